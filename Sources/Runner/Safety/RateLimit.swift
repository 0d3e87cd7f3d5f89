import Kernel

/// A token bucket that may run into debt: a large request passes when the balance is not negative, and the next one waits.
struct TokenBucket: Sendable {
  let perSecond: Double
  private var balance: Double = 0
  private var filledAt: MonotonicTime

  init(perSecond: Int, now: MonotonicTime) {
    self.perSecond = Double(max(1, perSecond))
    self.filledAt = now
  }

  /// Takes `count` tokens and returns nil, or returns how long to wait before asking again.
  mutating func take(_ count: Int, now: MonotonicTime) -> Duration? {
    // A tenth of a second's worth may be saved up: enough to even out scheduling, too little to be felt by the server.
    balance = min(perSecond / 10, balance + perSecond * now.since(filledAt).inSeconds)
    filledAt = now
    if balance >= 0 {
      balance -= Double(count)
      return nil
    }
    return .nanoseconds(Int64(-balance / perSecond * 1e9) + 1)
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

  /// Waits for leave to do `count` operations; false when `isStopped` became true first.
  func acquire(_ count: Int, unless isStopped: () -> Bool) -> Bool {
    while !isStopped() {
      guard let wait = bucket.withLock({ $0.take(count, now: .now()) }) else { return true }
      // In short naps, so that a stop is noticed.
      PlainThread.nap(min(wait, .milliseconds(100)))
    }
    return false
  }
}
