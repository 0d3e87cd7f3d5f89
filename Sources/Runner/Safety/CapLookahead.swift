import Plan

/// Which caps a run would meet, found by a dry run, which goes on beyond them.
struct CapLookahead: Sendable {
  private struct Sum {
    var cap: DeletionCap
    var files: UInt64 = 0
    var bytes: UInt64 = 0
  }

  private let run: DeletionCap?
  /// Of targets with caps, by their number in the plan.
  private var sums: [Int: Sum] = [:]
  /// Of all others.
  private var files: UInt64 = 0
  private var bytes: UInt64 = 0

  init(run: DeletionCap?) { self.run = run }

  /// One folder of a target would have so much deleted.
  mutating func note(_ tally: Tally, of target: Int, _ cap: DeletionCap?) {
    guard let cap else {
      files += tally.filesToPurge
      bytes.add(tally.bytesToFree)
      return
    }
    sums[target, default: Sum(cap: cap)].files += tally.filesToPurge
    sums[target, default: Sum(cap: cap)].bytes.add(tally.bytesToFree)
  }

  /// Targets in the order of the plan, the whole run last, of which a target's cap takes its part away beforehand.
  var forecasts: [CapForecast] {
    let targets = sums.sorted { $0.key < $1.key }.map(\.value)
    var (files, bytes) = (files, bytes)
    for sum in targets {
      let allowed = sum.cap.allowed(files: sum.files, bytes: sum.bytes)
      files += allowed.files
      bytes.add(allowed.bytes)
    }
    return targets.flatMap { $0.cap.forecasts(files: $0.files, bytes: $0.bytes) }
      + (run?.forecasts(files: files, bytes: bytes) ?? [])
  }
}
