import Kernel

/// When calls that do not answer are told of: each once, and all that still do not from time to time.
struct StallWatch {
  struct Times: Hashable, Sendable {
    /// It is looked for them so often.
    var interval: Duration = PaceMeter.interval
    /// A call that takes so long is told of.
    var hangsAfter: Duration = .seconds(30)
    /// All that were told of before are told of again.
    var repeatedAfter: Duration = .seconds(60)

    /// When nothing was finished for so long, nobody goes on beside a call that hangs. It is seen only now and then when
    /// something was finished last.
    var quietAfter: Duration { hangsAfter - interval * 2 }
  }

  private let times: Times
  private var told: Set<CallInHand.ID> = []
  private var toldAt = MonotonicTime.distantPast
  /// What was finished by the last look, and since when that has not changed.
  private var finished: UInt64 = 0
  private var quietSince: MonotonicTime

  init(_ times: Times, at now: MonotonicTime) { (self.times, quietSince) = (times, now) }

  struct Stall: Hashable {
    /// Nothing was finished for so long; nil: others go on.
    var quiet: Duration?
    var calls: [CallInHand.ID]
  }

  /// What is to be told now, if anything. `calls`: those in hand that take longer than `hangsAfter`; `finished`: changes when
  /// anything is; `isHeldBack`: we ourselves keep it from going on.
  mutating func look(
    _ calls: [CallInHand.ID], finished: UInt64, isHeldBack: Bool, at time: MonotonicTime
  ) -> Stall? {
    if finished != self.finished || isHeldBack { quietSince = time }
    self.finished = finished
    let quiet = time.since(quietSince)
    let new = calls.filter { !told.contains($0) }
    let isRepeated = time.since(toldAt) >= times.repeatedAfter
    // Whatever it is that nobody is in a call and nothing is finished all the same.
    let isStuck = calls.isEmpty && quiet >= times.repeatedAfter
    guard !new.isEmpty || (isRepeated && (!calls.isEmpty || isStuck)) else {
      told.formIntersection(calls)
      return nil
    }
    told = Set(calls)
    toldAt = time
    return Stall(quiet: quiet >= times.quietAfter ? quiet : nil, calls: isRepeated ? calls : new)
  }
}
