import Kernel

/// When a worker pool tries another number of workers, and how many.
///
/// A trial that brought nothing is repeated ever later, one that was worth it at once. Up and down are independent, but what
/// was right in one direction is wrong in the other.
struct TrialSchedule {
  enum Direction { case down, up }

  /// Another number of workers, as a part of those now, or of the calls in flight when it goes down.
  struct Proposal {
    var direction: Direction
    var factor: Double
  }

  static let step = (down: 0.8, up: 1.25)
  /// Where calls take longer than without a queue by this factor, half of the workers wait in it.
  static let fullStretch = 2.0
  /// Up to this factor it is chance.
  static let noQueue = 1.2
  /// Down to this part at once, where the queue is long.
  private static let boldestStepDown = 0.25
  /// After a trial that brought nothing the next one of its direction waits, twice as long each time, up to this.
  private static let longestWait: Duration = .seconds(2)
  private static let shortestWait: Duration = .milliseconds(50)

  private struct Turn {
    var at: MonotonicTime
    var wait = TrialSchedule.shortestWait

    mutating func postpone(_ now: MonotonicTime) {
      at = now.advanced(by: wait)
      wait = min(wait * 2, TrialSchedule.longestWait)
    }
  }

  private var down: Turn
  private var up: Turn
  /// When it doubts that there is no queue.
  private var nextDoubt: MonotonicTime
  /// Down to no less than this part in the next trial: milder after a bold one that cost throughput.
  private var stepDownAtLeast = TrialSchedule.boldestStepDown

  init(now: MonotonicTime) {
    (down, up) = (Turn(at: now), Turn(at: now))
    nextDoubt = now.advanced(by: TrialSchedule.longestWait)
  }

  /// What to try now, if anything. `queueing` is by what factor calls take longer than without a queue.
  mutating func proposal(
    queueing: Double, canGoUp: Bool, canGoDown: Bool, now: MonotonicTime
  ) -> Proposal? {
    let isUpDue = now >= up.at && canGoUp
    let hasQueue = queueing >= TrialSchedule.noQueue
    // Without a queue fewer workers are less throughput; all the same it is tried now and then, since what passes for an
    // answer without a queue may have been measured when the server was slower.
    let downIsDueAt = hasQueue ? down.at : max(down.at, nextDoubt)
    let isDownDue = now >= downIsDueAt && canGoDown
    if isUpDue, !isDownDue || (queueing < TrialSchedule.fullStretch && up.at <= downIsDueAt) {
      // Where nobody waits for anybody, more workers are more throughput: a large step.
      return Proposal(direction: .up, factor: hasQueue ? TrialSchedule.step.up : 2)
    }
    guard isDownDue else { return nil }
    nextDoubt = now.advanced(by: TrialSchedule.longestWait)
    let factor = max(TrialSchedule.step.up / queueing, stepDownAtLeast)
    return Proposal(direction: .down, factor: min(TrialSchedule.step.down, factor))
  }

  /// More workers would not help now.
  mutating func postponeUp(_ now: MonotonicTime) { up.postpone(now) }

  /// A trial was worth it; not believably so, when it brought more than can be: then it was the server that changed.
  mutating func wasWorthIt(_ direction: Direction, isBelievable: Bool, now: MonotonicTime) {
    switch direction {
    case .up: up = Turn(at: now)
    case .down: down = Turn(at: now)
    }
    guard isBelievable else { return up.at = now }
    switch direction {
    case .up: down.postpone(now)
    case .down:
      (nextDoubt, stepDownAtLeast) = (now, TrialSchedule.boldestStepDown)
      up.postpone(now)
    }
  }

  /// A trial with `growth` times the calls in flight, fewer, cost throughput, and calls then took `stretch` times as long.
  /// Whether that shows that there is no queue: it can also be that the step was too bold.
  mutating func downCostThroughput(growth: Double, stretch: Double, now: MonotonicTime) -> Bool {
    let wasBold = growth < TrialSchedule.step.down * 0.95 && stepDownAtLeast < TrialSchedule.step.down
    if wasBold, stretch < 1 / TrialSchedule.noQueue {
      stepDownAtLeast = min(growth.squareRoot(), TrialSchedule.step.down)
      down.at = now
      return false
    }
    down.postpone(now)
    up.at = now
    return true
  }

  /// The server became quicker: what failed before may be right.
  mutating func forgetFailures(_ now: MonotonicTime) { (down, up) = (Turn(at: now), Turn(at: now)) }

  /// The server became slower.
  mutating func beBold() { stepDownAtLeast = TrialSchedule.boldestStepDown }
}
