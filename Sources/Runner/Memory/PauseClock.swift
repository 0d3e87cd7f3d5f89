import Kernel

/// Adds up the time a target was paused.
struct PauseClock: Sendable {
  private(set) var count: UInt64 = 0
  private(set) var total: Duration = .zero
  private var since: MonotonicTime?

  mutating func begin(_ now: MonotonicTime) {
    guard since == nil else { return }
    since = now
    count += 1
  }

  /// How long this pause was; zero when there was none.
  mutating func end(_ now: MonotonicTime) -> Duration {
    guard let begun = since else { return .zero }
    since = nil
    total += now.since(begun)
    return now.since(begun)
  }
}
