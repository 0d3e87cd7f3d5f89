import Kernel

/// How many workers a walk may have, found while it goes on.
///
/// Nobody can say beforehand what a server takes: one that answers in 3 ms wants hundreds of calls in flight, a local disk
/// as many as there are processors, and both change in mid-run. So it is tried, in two ways. At first, and whenever answers
/// suddenly take much longer, the pool doubles once in the time of a call, as long as work waits, workers are blocked, and
/// calls do not take twice as long as they did with few: a run on a quick server is over in a second, and climbing in
/// small steps would take longer. From then on it climbs the hill: a fifth fewer or a quarter more for a few answers' time
/// (down to a quarter where the queue is long, twice as many where there is none), kept only if that was worth it. What is
/// compared is not calls a second, which change with the mix of work, but workers divided by what a typical call of each kind
/// takes; by Little's law that is the throughput of the same mix.
///
/// Why not a limiter that holds queueing below a fixed share of the shortest answer (Vegas, the gradient limiters): it
/// mistakes a slower server for a full one, and keeps to a few workers when answers take 20 ms instead of one.
///
/// A plain value; the walk asks it in regular intervals and obeys.
struct WorkerPool {
  /// What the walk looks like when the pool is asked.
  struct Situation {
    var now: MonotonicTime
    var workers: Int
    var idle: Int
    /// There is work that nobody does.
    var workWaits: Bool
    var totals: OperationCounters.Totals
  }

  private enum Phase {
    /// Doubles with every answer.
    case growing
    case steady
    /// With another number of workers than `before`, to see what it does.
    case trying(Trial)
  }

  private struct Trial {
    /// Allowed before.
    var allowed: Int
    /// Calls in flight before.
    var inFlight: Double
    var before: OperationTimes
    /// Calls that began before the change are not counted.
    var measuresFrom: MonotonicTime
  }

  /// Times in a row that this is put up with: listings of new directories make a server busy for a moment.
  private static let fullWindowsAtMost = 3
  /// Of a trial's growth, what must come back as throughput for it to be kept.
  private static let worthwhile = 0.4
  /// Throughput that may be lost with a fifth of the workers: less is noise, and the server is better off.
  private static let loss = 0.03
  /// What a trial may bring beyond the number of workers by chance.
  private static let disbelief = 0.15
  /// Idle workers are kept so long: work comes in waves.
  private static let idleTime: Duration = .milliseconds(500)
  /// Asked more often than this it would only see noise.
  private static let shortestInterval: Duration = .milliseconds(1)
  private static let longestInterval: Duration = .milliseconds(50)
  /// What makes a measurement, and the time it takes at least.
  private static let enough = (roundTrips: UInt64(64), time: Duration.milliseconds(10))
  /// Where calls are quick, all workers standing still for a moment is the disk's journal, and more of them would not help.
  private static let patience: Duration = .milliseconds(100)
  /// Doublings in a row while not a single piece of work was finished: 16 times as many, then it waits for an answer.
  private static let mostBlindDoublings = 4
  /// The same once answers were measured: then it is a server that hangs for a moment, which more calls do not help.
  private static let mostBlindDoublingsLater = 1
  /// Round trips without a sign of life after which it is more than chance.
  private static let quietRoundTrips = 4.0
  /// Others on the machine, or in the pod, may end and leave threads to be had.
  private static let refusalTime: Duration = .seconds(5)

  let fewest: Int
  let most: Int
  /// What the system gave at last, and until when it is not asked for more.
  private var refused: (most: Int, until: MonotonicTime)?
  /// Fewer than `most` while memory is short.
  private var narrowedTo: Int?
  /// Workers that may be there in spite of it, while nobody of them comes back.
  private var besideHung: Int?
  /// How many workers there may be now.
  private(set) var allowed: Int

  private var phase = Phase.growing
  /// Of each kind the quickest typical call since growing began.
  private var atBest = OperationTimes()
  /// The last measurement with the present number of workers.
  private var reference: OperationTimes?
  private var windowStart: OperationCounters.Totals
  private var windowStartedAt: MonotonicTime
  /// Pieces of work and round trips that were finished when it was last asked, and since when there are no more.
  private var piecesBefore: UInt64 = 0
  private var tripsBefore: UInt64 = 0
  private var quietSince: MonotonicTime
  /// Workers were mostly waiting in calls when last measured.
  private var isUsedToWaiting = true
  private var blindDoublings = 0
  private var roundTrip: Duration = WorkerPool.shortestInterval
  private var schedule: TrialSchedule
  /// Times in a row that calls took longer by the full stretch.
  private var fullWindows = 0
  /// There was less work than workers when it was last asked.
  private var isIdle = false
  /// Until then the end of a trial is still felt, and nothing is measured.
  private var settlesUntil = MonotonicTime(nanoseconds: 0)
  /// Since when a quarter of the workers is idle.
  private var idleSince: MonotonicTime?

  /// - Parameter fewest: as many as there are processors; what it starts with.
  init(fewest: Int, most: Int, now: MonotonicTime) {
    self.most = max(1, most)
    self.fewest = min(max(1, fewest), self.most)
    allowed = self.fewest
    windowStart = OperationCounters.Totals()
    windowStartedAt = now
    quietSince = now
    schedule = TrialSchedule(now: now)
  }

  /// How long until it should be asked again.
  var interval: Duration {
    switch phase {
    // Twice in a round trip: it may then go four times too far before it learns so, but a short run is not half over.
    case .growing where isIdle: WorkerPool.longestInterval / 5
    case .growing: min(max(roundTrip / 2, WorkerPool.shortestInterval), WorkerPool.longestInterval)
    case .steady where !isUsedToWaiting: WorkerPool.longestInterval
    case .steady, .trying: min(max(roundTrip, .milliseconds(5)), WorkerPool.longestInterval)
    }
  }

  /// The system gives no more workers than these; after a while it is asked again.
  mutating func limit(to workers: Int, at now: MonotonicTime) {
    refused = (most: max(1, workers), until: now.advanced(by: WorkerPool.refusalTime))
    set(allowed)
  }

  /// While memory is short, no more than these; nil: as many as help.
  mutating func narrow(to workers: Int?) {
    (narrowedTo, besideHung) = (workers, nil)
    set(allowed)
  }

  private var ceiling: Int {
    let narrowest = narrowedTo.map { max($0, besideHung ?? 0) }
    return max(1, min(most, narrowest ?? most, refused?.most ?? most))
  }

  private mutating func set(_ workers: Int) {
    allowed = min(max(workers, min(fewest, ceiling)), ceiling)
  }
}

// MARK: - Finding the number

extension WorkerPool {
  /// Looks at the walk and adjusts `allowed`.
  mutating func adjust(to situation: Situation) {
    if let until = refused?.until, situation.now >= until { refused = nil }
    isIdle = situation.idle > 0
    if trim(situation) { return }
    let window = situation.totals - windowStart
    if let typical = window.roundTrips.typical { roundTrip = typical }
    if situation.totals.pieces != piecesBefore || situation.totals.roundTrips.count != tripsBefore {
      tripsBefore = situation.totals.roundTrips.count
      (piecesBefore, quietSince, blindDoublings) = (situation.totals.pieces, situation.now, 0)
      if besideHung != nil {
        besideHung = nil
        set(allowed)
      }
    } else if situation.isWanting(allowed) {
      // Who waits for a rate limit is not blocked by the server.
      if situation.totals.waitingForLeave > 0 { quietSince = situation.now }
      return growBlindly(situation)
    } else {
      quietSince = situation.now
    }
    switch phase {
    case .growing: grow(situation, window)
    case .steady: rest(situation, window)
    case .trying(let trial): judge(trial, situation, window)
    }
  }

  /// Every worker sits in a call, and work waits.
  private mutating func growBlindly(_ situation: Situation) {
    let doublings = atBest.count == 0 ? WorkerPool.mostBlindDoublings : WorkerPool.mostBlindDoublingsLater
    guard situation.now.since(quietSince) >= patience, blindDoublings < doublings else { return }
    blindDoublings += 1
    quietSince = situation.now
    phase = .growing
    // Whoever hangs counts as a worker: others must be allowed beside them, or all that can be done stands still.
    let beside = situation.workers + 1
    besideHung = beside
    change(to: max(allowed * 2, beside), situation)
  }

  private var patience: Duration {
    if !isUsedToWaiting { return WorkerPool.patience }
    return atBest.count == 0 ? roundTrip / 2 : roundTrip * WorkerPool.quietRoundTrips
  }

  private mutating func grow(_ situation: Situation, _ window: OperationCounters.Totals) {
    guard window.isTelling else { return }
    isUsedToWaiting = window.isBlocked
    guard isUsedToWaiting else { return settleUnblocked(situation) }
    let stretch = window.roundTrips.stretch(over: atBest) ?? 1
    atBest.keepQuickest(of: window.roundTrips)
    // A server can be full though there is too little work for all workers.
    guard situation.isWanting(allowed) || stretch >= TrialSchedule.fullStretch else {
      // What was long ago must not hide what is now.
      if isEnough(window, at: situation.now) { startWindow(situation) }
      return
    }
    // Only what each worker has had an answer to says anything of so many workers.
    guard window.roundTrips.count >= UInt64(allowed) else { return }
    if stretch < TrialSchedule.fullStretch {
      fullWindows = 0
      if allowed < ceiling { change(to: allowed * 2, situation) } else { settle(at: allowed, situation) }
    } else if fullWindows < WorkerPool.fullWindowsAtMost {
      fullWindows += 1
      startWindow(situation)
    } else {
      fullWindows = 0
      let inFlight = inFlight(window, situation)
      begin(at: inFlight / stretch * TrialSchedule.step.up, from: inFlight, window.roundTrips, situation)
      schedule.postponeUp(situation.now)
    }
  }

  private mutating func rest(_ situation: Situation, _ window: OperationCounters.Totals) {
    if situation.now < settlesUntil || situation.workers > allowed { return startWindow(situation) }
    guard isEnough(window, at: situation.now), window.isTelling else { return }
    isUsedToWaiting = window.isBlocked
    guard isUsedToWaiting else { return settleUnblocked(situation) }
    let stretch = reference.flatMap { window.roundTrips.stretch(over: $0) }
    let inFlight = inFlight(window, situation)
    reference = window.roundTrips
    startWindow(situation)
    // With the same number of workers: the server has become slower, and more in flight may help where there is work.
    if let stretch, stretch >= TrialSchedule.fullStretch, situation.isWanting(allowed) {
      return startGrowing(window.roundTrips)
    }
    if let stretch, stretch <= 1 / TrialSchedule.fullStretch { schedule.forgetFailures(situation.now) }
    let queueing = window.roundTrips.stretch(over: atBest) ?? 1
    atBest.keepQuickest(of: window.roundTrips)
    // While answers take longer and longer, or less and less time, a trial would only measure that.
    guard let stretch, abs(stretch - 1) <= WorkerPool.disbelief else { return }
    let proposal = schedule.proposal(
      queueing: queueing, canGoUp: allowed < ceiling && situation.isWanting(allowed),
      canGoDown: inFlight > Double(fewest), now: situation.now)
    guard let proposal else { return }
    let workers =
      proposal.direction == .up ? (Double(allowed) * proposal.factor).rounded(.up) : inFlight * proposal.factor
    begin(at: workers, from: inFlight, window.roundTrips, situation)
  }

  /// Lets workers go, but for some, that have found nothing to do for a while: in a pause, or behind a call that hangs, too.
  private mutating func trim(_ situation: Situation) -> Bool {
    guard situation.idle > situation.workers / 4, allowed > fewest else {
      idleSince = nil
      return false
    }
    let since = idleSince ?? situation.now
    idleSince = since
    guard situation.now.since(since) >= WorkerPool.idleTime else { return false }
    idleSince = nil
    settle(at: situation.workers - situation.idle / 2, situation)
    // After a pause it should go as quickly as at the start.
    if situation.idle * 4 >= situation.workers * 3 { phase = .growing }
    return true
  }

  private mutating func begin(
    at workers: Double, from inFlight: Double, _ before: OperationTimes, _ situation: Situation
  ) {
    phase = .trying(
      Trial(
        allowed: allowed, inFlight: inFlight, before: before,
        measuresFrom: situation.now.advanced(by: roundTrip * 2)))
    change(to: Int(workers), situation)
  }

  private mutating func judge(_ trial: Trial, _ situation: Situation, _ window: OperationCounters.Totals) {
    if windowStartedAt < trial.measuresFrom {
      if situation.workers > allowed {
        // Workers go home when their piece is done.
        var delayed = trial
        delayed.measuresFrom = situation.now.advanced(by: roundTrip * 2)
        phase = .trying(delayed)
      } else if situation.now >= trial.measuresFrom {
        startWindow(situation)
      }
      return
    }
    guard isEnough(window, at: situation.now) else { return }
    let growth = Double(allowed) / trial.inFlight
    let stretch = window.roundTrips.stretch(over: trial.before)
    let gain = stretch.map { growth / $0 } ?? 1
    let isUp = growth > 1
    let isWorthwhile =
      isUp ? gain >= 1 + WorkerPool.worthwhile * (growth - 1) : gain >= 1 - WorkerPool.loss
    if isWorthwhile {
      reference = window.roundTrips
      schedule.wasWorthIt(
        isUp ? .up : .down, isBelievable: gain <= max(growth, 1) + WorkerPool.disbelief, now: situation.now)
    } else {
      takeBack(trial, situation)
      if isUp {
        schedule.postponeUp(situation.now)
      } else if schedule.downCostThroughput(growth: growth, stretch: stretch ?? 1, now: situation.now) {
        // Answers take as long with fewer workers: that is the server, not a queue.
        atBest = window.roundTrips
      }
    }
    phase = .steady
    startWindow(situation)
  }

  private mutating func takeBack(_ trial: Trial, _ situation: Situation) {
    change(to: trial.allowed, situation)
    reference = nil
    settlesUntil = situation.now.advanced(by: roundTrip * 4)
  }
}

// MARK: - Steps

extension WorkerPool {
  private mutating func change(to workers: Int, _ situation: Situation) {
    set(workers)
    startWindow(situation)
  }

  private mutating func settle(at workers: Int, _ situation: Situation) {
    phase = .steady
    reference = nil
    change(to: workers, situation)
  }

  /// Where calls are quick, more workers than processors are in each other's way.
  private mutating func settleUnblocked(_ situation: Situation) {
    settle(at: situation.workWaits ? fewest : min(allowed, situation.workers - situation.idle), situation)
  }

  private mutating func startGrowing(_ times: OperationTimes) {
    phase = .growing
    atBest = times
    reference = nil
    schedule.beBold()
  }

  private mutating func startWindow(_ situation: Situation) {
    windowStart = situation.totals
    windowStartedAt = situation.now
  }

  /// By Little's law, how many calls were in flight; where there is work for more, that is all that are allowed.
  private func inFlight(_ window: OperationCounters.Totals, _ situation: Situation) -> Double {
    if situation.isWanting(allowed) { return Double(allowed) }
    let time = situation.now.since(windowStartedAt) / .nanoseconds(1)
    return min(max(1, Double(window.roundTrips.nanoseconds) / max(1, time)), Double(allowed))
  }

  private func isEnough(_ window: OperationCounters.Totals, at now: MonotonicTime) -> Bool {
    let time = now.since(windowStartedAt)
    guard time >= max(roundTrip * 2, WorkerPool.enough.time) else { return false }
    return window.roundTrips.count >= WorkerPool.enough.roundTrips || !window.isBlocked
  }
}

extension WorkerPool.Situation {
  /// More workers than are allowed would find something to do.
  fileprivate func isWanting(_ allowed: Int) -> Bool { workWaits && idle == 0 && workers >= allowed }
}

extension OperationCounters.Totals {
  /// Workers mostly wait in calls, rather than for a processor's work to be done or for leave by a rate limit.
  fileprivate var isBlocked: Bool {
    let waited = roundTrips.nanoseconds
    return calls.nanoseconds < waited * 2 && processor < waited && heldBack < waited
  }

  /// Enough to tell whether workers are blocked: the first calls of a run are to directories above the target, on a disk.
  fileprivate var isTelling: Bool { roundTrips.count > 0 || calls.nanoseconds > 10_000_000 }
}
