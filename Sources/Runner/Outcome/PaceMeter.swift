import Kernel

/// How fast a target goes: over the last ten seconds, over the last minute, over all, and at its best.
struct PaceMeter: Sendable {
  /// What was done since the start.
  struct Count: Hashable, Sendable {
    /// Looked at.
    var files: UInt64 = 0
    /// Read.
    var directories: UInt64 = 0
    /// Files deleted.
    var deletions: UInt64 = 0
    /// Deleted.
    var emptyDirectories: UInt64 = 0
  }

  private struct Sample {
    var at: MonotonicTime
    var count: Count

    /// Per second since an earlier one.
    func rate(of value: KeyPath<Count, UInt64>, since earlier: Sample) -> Double {
      let time = at.since(earlier.at)
      return time > .zero ? Double(count[keyPath: value] - earlier.count[keyPath: value]) / time.inSeconds : 0
    }
  }

  /// So that a window of ten seconds has two samples at least; one of a minute then has a dozen.
  static let interval: Duration = .seconds(5)
  private static let short: Duration = .seconds(60)
  private static let instant: Duration = .seconds(10)

  private let start: Sample
  /// Of the last minute, the oldest first.
  private var samples: [Sample]
  /// As of the last note; the largest `instant` so far is in it.
  private(set) var figures = TargetProgress.Pace()

  init(now: MonotonicTime) {
    start = Sample(at: now, count: Count())
    samples = [start]
  }

  mutating func note(_ count: Count, at now: MonotonicTime) {
    samples.append(Sample(at: now, count: count))
    while samples.count > 2, now.since(samples[1].at) >= PaceMeter.short { samples.removeFirst() }
    figures = TargetProgress.Pace(
      files: rates(of: \.files, figures.files), directories: rates(of: \.directories, figures.directories),
      deletions: rates(of: \.deletions, figures.deletions),
      emptyDirectories: rates(of: \.emptyDirectories, figures.emptyDirectories))
  }

  private func rates(of value: KeyPath<Count, UInt64>, _ before: TargetProgress.Rates) -> TargetProgress.Rates {
    guard let last = samples.last else { return before }
    let instant = last.rate(of: value, since: sample(before: PaceMeter.instant, of: last))
    return TargetProgress.Rates(
      instant: instant, short: last.rate(of: value, since: sample(before: PaceMeter.short, of: last)),
      overall: last.rate(of: value, since: start), peak: max(before.peak, instant))
  }

  /// The last sample that is at least so much older than `last`, or the oldest there is.
  private func sample(before window: Duration, of last: Sample) -> Sample {
    samples.last { last.at.since($0.at) >= window } ?? samples.first ?? start
  }
}

extension PaceMeter.Count {
  init(_ tally: Tally) {
    self.init(
      files: tally.filesScanned, directories: tally.dirsScanned, deletions: tally.filesPurged,
      emptyDirectories: tally.emptyDirsDeleted)
  }
}
