import Kernel

/// A token bucket that runs into debt: whoever asks is charged at once and told how long to wait, so that all who wait have
/// their place in line.
struct TokenBucket: Sendable {
  let perSecond: Double
  /// Tokens that were taken so far.
  private(set) var taken = 0
  private var balance: Double = 0
  private var filledAt: MonotonicTime

  init(perSecond: Int, now: MonotonicTime) {
    self.perSecond = Double(max(1, perSecond))
    self.filledAt = now
  }

  /// Takes `count` tokens; how long to wait before using them, until the debt of those before is paid.
  mutating func take(_ count: Int, now: MonotonicTime) -> Duration {
    // A tenth of a second's worth may be saved up: enough to even out scheduling, too little to be felt by the server.
    balance = min(perSecond / 10, balance + perSecond * now.since(filledAt).inSeconds)
    filledAt = now
    taken += count
    defer { balance -= Double(count) }
    return balance >= 0 ? .zero : .nanoseconds(Int64(-balance / perSecond * 1e9) + 1)
  }
}

/// Holds back file system operations to so many a second, over all threads that ask.
final class RateLimit: Sendable {
  let perSecond: Int
  private let bucket: Monitor<TokenBucket>

  init(perSecond: Int) {
    self.perSecond = perSecond
    bucket = Monitor(TokenBucket(perSecond: perSecond, now: .now()))
  }

  /// Operations that leave was given for so far, or that were charged.
  var taken: Int { bucket.withLock { $0.taken } }

  /// Counts operations that are done without asking: others wait for them all the longer.
  func charge(_ count: Int) {
    let now = MonotonicTime.now()
    _ = bucket.withLock { $0.take(count, now: now) }
  }

  /// Waits for leave to do `count` operations; false when `isStopped` became true first.
  func acquire(_ count: Int, unless isStopped: () -> Bool) -> Bool {
    let now = MonotonicTime.now()
    let end = now.advanced(by: bucket.withLock { $0.take(count, now: now) })
    while !isStopped() {
      let wait = end.since(.now())
      if wait <= .zero { return true }
      // In short naps, so that a stop is noticed.
      PlainThread.nap(min(wait, .milliseconds(100)))
    }
    return false
  }
}
