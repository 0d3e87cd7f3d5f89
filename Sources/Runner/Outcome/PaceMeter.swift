import Kernel

/// How fast a target goes: over the last ten seconds, over the last minute, over all, and at its best.
struct PaceMeter: Sendable {
  /// Files and directories read since the start.
  struct Count: Hashable, Sendable {
    var files: UInt64 = 0
    var directories: UInt64 = 0
  }

  private struct Sample {
    var at: MonotonicTime
    var count: Count
  }

  /// So that a window of ten seconds has two samples at least; one of a minute then has a dozen.
  static let interval: Duration = .seconds(5)
  private static let short: Duration = .seconds(60)
  private static let instant: Duration = .seconds(10)

  private let start: Sample
  /// Of the last minute, the oldest first.
  private var samples: [Sample]
  private var peak = 0.0

  init(now: MonotonicTime) {
    start = Sample(at: now, count: Count())
    samples = [start]
  }

  mutating func note(_ count: Count, at now: MonotonicTime) {
    samples.append(Sample(at: now, count: count))
    while samples.count > 2, now.since(samples[1].at) >= PaceMeter.short { samples.removeFirst() }
    peak = max(peak, figures.instant)
  }

  var figures: TargetProgress.Pace {
    TargetProgress.Pace(
      instant: rate(over: PaceMeter.instant), short: rate(over: PaceMeter.short), overall: rate(since: start),
      peak: peak,
      directories: directoryRate)
  }

  /// From the last sample that is at least so old, or the oldest there is.
  private func rate(over window: Duration) -> Double { rate(since: sample(before: window)) }

  private func sample(before window: Duration) -> Sample {
    guard let last = samples.last else { return start }
    return samples.last { last.at.since($0.at) >= window } ?? samples[0]
  }

  private func rate(since sample: Sample) -> Double {
    guard let last = samples.last, last.at > sample.at else { return 0 }
    return Double(last.count.files - sample.count.files) / last.at.since(sample.at).inSeconds
  }

  private var directoryRate: Double {
    let first = sample(before: PaceMeter.short)
    guard let last = samples.last, last.at > first.at else { return 0 }
    return Double(last.count.directories - first.count.directories) / last.at.since(first.at).inSeconds
  }
}
