import Kernel
import Plan
import Synchronization
import SystemPackage

/// One target being walked: its workers, their schedule, and what came of it.
///
/// The coordinator starts it, pauses and stops it; its own threads do the rest and call `onEnd` once, from one of them.
final class TargetWalk: Sendable {
  /// Why the target will not be completed.
  private struct Trouble {
    var reason: String?
    var hasFailed = false
    /// For a reason that is none of the errors counted.
    var isUncounted = false
    var hasTripped = false
    /// Protected by somebody: nothing is to be done, and that is no failure.
    var isSkipped = false
  }

  struct Means: Sendable {
    var fileSystem: any FileSystem
    /// Of the target and of the run; an operation must have leave of each.
    var rateLimits: [RateLimit]
    /// Of the target and of the run; a deletion must have room in each.
    var caps: [DeletionCap]
    /// Between this host's clock and the file system's; nil: not to be checked (a dry run deletes nothing).
    var clockGuard: ClockGuard?
    /// Nil: nobody wants to know of single entries.
    var recorder: (any EntryRecorder)?
    /// See `BatchRunner.Settings`.
    var retryHaste = 1
    /// Of the whole run.
    var stop: StopRequest
    var onEvent: @Sendable (RunEvent) -> Void
  }

  let target: ResolvedTarget
  let rules: WalkRules
  let means: Means
  let failures: FailureLog
  let operations = OperationCounters()
  /// Of calls that were refused though they are permitted.
  let retries = RetryLine()
  /// Nil: there are no patterns.
  let matchers: PatternMatchers?
  let stickyRule = StickyRule()
  let gate = IntakeGate()
  let state: Monitor<WalkState>
  let startedAt = MonotonicTime.now()
  private let isStoppedItself = Atomic<Bool>(false)
  private let hasLackedDescriptors = Atomic<Bool>(false)
  private let hasLackedThreads = Atomic<Bool>(false)
  private let trouble = Monitor(Trouble())
  /// Of workers that have not ended.
  private let samples = Monitor<[FileSample]>([])
  private let wantsSamples = Atomic<Bool>(true)
  private let holds = Monitor(PathSamples())
  let inHand = Monitor<[RemovalProgress]>([])
  private let toldOfHolds = Monitor(0)
  private let toldOfMoves = Monitor(0)
  private let toldForbidden = Monitor(0)
  private let onEnd: @Sendable () -> Void

  init(
    _ target: ResolvedTarget, rules: WalkRules, limits: WalkLimits, means: Means, onEnd: @escaping @Sendable () -> Void
  ) {
    self.target = target
    self.rules = rules
    self.matchers = PatternMatchers(rules.cutoff.selection)
    self.means = means
    self.failures = FailureLog(target: target.name, onEvent: means.onEvent)
    self.state = Monitor(WalkState(rules: rules, limits: limits))
    self.onEnd = onEnd
  }

  /// Asked by workers between calls, without a lock. The run's own stop is heeded even before the coordinator passes it on.
  var isStopped: Bool { isStoppedItself.load(ordering: .acquiring) || means.stop.isRequested }

  /// Starts the first worker; it finds the others when there is work for them.
  func start() {
    state.withLock { _ = $0.addWorker() }
    startWorker()
  }
}

// MARK: - What the coordinator does to it

extension TargetWalk {
  /// Ends the walk early; workers come back when their present call returns.
  func stop(_ ending: Ending, message: String) {
    // A walk that is finished, and only waits to be booked, was not stopped.
    state.withLock { if $0.stop == nil, !$0.isFinished { $0.stop = ending } }
    trouble.withLock { if $0.reason == nil { $0.reason = message } }
    isStoppedItself.store(true, ordering: .releasing)
    state.broadcast()
  }

  /// Wakes idle workers after `gate` was opened further, or narrowed.
  func heedGate() {
    state.withLock { $0.heed(gate.opening) }
    state.broadcast()
  }

  /// Has idle workers of a shut walk go home; how many are left, and whether all is free that a pause or a narrowing sets free.
  func retireIdleWorkers() -> (workers: Int, isDrained: Bool) {
    let (workers, isDrained, isRetiring) = state.withLock { state in
      state.heed(gate.opening)
      let opening = state.opening
      state.retiring = opening.isShut ? max(0, state.idle - 1) : 0
      let isAtRest = state.workers == 1 && state.idle == 1
      let isNarrow = state.workers <= opening.workers ?? .max
      return (state.workers, opening.isShut ? isAtRest : isNarrow, state.retiring > 0)
    }
    if isRetiring { state.broadcast() }
    return (workers, isDrained)
  }

  /// Has the pool look at how things go, and adjust itself; how long until it should do so again.
  func adjustPool() -> Duration {
    let (interval, wantsHelp, isTooMany) = state.withLock { state in
      let situation = WorkerPool.Situation(
        now: .now(), workers: state.workers, idle: state.idle, workWaits: state.hasMoreWork, totals: operations.totals)
      state.heed(gate.opening)
      state.noteBusy(at: .now())
      state.pool.adjust(to: situation)
      let isTooMany = state.workers > state.pool.allowed && state.idle > 0
      return (state.pool.interval, self.wantsHelp(&state), isTooMany)
    }
    if isTooMany { state.broadcast() }
    if wantsHelp { startWorker() }
    return interval
  }

  /// The books so far, with the errors.
  var tally: Tally {
    var tally = state.withLock { $0.tally }
    tally.errors = failures.total
    return tally
  }

  /// What was done so far.
  var pace: PaceMeter.Count { state.withLock { PaceMeter.Count($0.tally) } }

  /// What the series of memory needs to know.
  var filesAndReserved: (files: UInt64, reserved: Int) {
    state.withLock { ($0.tally.filesScanned, $0.ledger.reserved) }
  }

  /// Workers there are, and those there may be.
  var workers: Int { state.withLock { $0.workers } }
  var allowedWorkers: Int { state.withLock { $0.pool.allowed } }
  /// Those that carry out a piece of work.
  var busyWorkers: Int { state.withLock { $0.workers - $0.idle } }

  func progress(_ pace: PaceMeter, memory: MemorySummary) -> TargetProgress {
    var progress = state.withLock { state in
      TargetProgress(
        target: target.name, elapsed: MonotonicTime.now().since(startedAt), tally: state.tally, memory: memory,
        workers: state.workers, busyWorkers: state.workers - state.idle, workersPeak: state.peakWorkers,
        workersLimit: state.limits.workers, isPaused: gate.opening.isShut)
    }
    progress.tally.errors = failures.total
    progress.pace = pace.figures
    return progress
  }

  /// The books, closed. Workers that have not come back by now are counted as stuck, and what they still do is not booked.
  func outcome(startedAt: Timestamp, finishedAt: Timestamp) -> TargetOutcome {
    let stuck = state.withLock { $0.workers - $0.idle }
    let unreturned = stuck == 0 ? nil : unreturned(stuck)
    let state = state.withLock { state in
      if !state.isFinished || state.stop != nil { state.settleWhatIsLeft(inHand.withLock { $0 }) }
      return state
    }
    failures.sumUp()
    var outcome = TargetOutcome(name: target.name, path: PrintableText.path(target.path), ending: .completed)
    outcome.startedAt = startedAt
    outcome.finishedAt = finishedAt
    outcome.duration = MonotonicTime.now().since(self.startedAt)
    outcome.tally = state.tally
    outcome.tally.errors = failures.total
    outcome.errorsByKind = failures.byKind
    outcome.holds = holds.withLock { $0 }
    outcome.samples = samples.withLock { $0 }
    outcome.permanentErrors = failures.permanent
    outcome.concurrencyMean = state.meanBusy
    outcome.concurrencyPeak = state.peakWorkers
    outcome.operations = OperationFigures(operations.totals.calls, over: outcome.duration)
    outcome.memoryBudget = state.limits.memory
    outcome.memoryOverdrafts = state.ledger.overdrafts
    outcome.memoryReservedPeak = ByteCount(bytes: UInt64(state.ledger.peak))
    (outcome.ending, outcome.reason) = ending(of: state, unreturned, outcome.tally)
    outcome.hasUncountedTrouble = trouble.withLock { $0.isUncounted } || state.restlessDirectories > 0
    return outcome
  }

  private func ending(of state: WalkState, _ unreturned: String?, _ tally: Tally) -> (Ending, String?) {
    let trouble = trouble.withLock { $0 }
    if let ending = state.stop {
      let reasons = [trouble.reason ?? means.stop.reason?.message, unreturned].compactMap { $0 }
      return (ending, reasons.joined(separator: "; "))
    }
    if trouble.hasFailed { return (.failed, trouble.reason) }
    if trouble.isSkipped { return (.skipped, trouble.reason) }
    if let imbalance = tally.imbalance(in: rules.mode) ?? state.unsettled {
      return (.failed, "the books do not balance: \(imbalance)")
    }
    if tally.errors > 0 { return (.completedWithErrors, tally.errors == 1 ? "1 error" : "\(tally.errors) errors") }
    if state.restlessDirectories > 0 {
      let directories = state.restlessDirectories == 1 ? "1 directory" : "\(state.restlessDirectories) directories"
      let reason = "\(directories) gave up new entries at each of \(WalkLimits.rereads) listings"
      return (.completedWithErrors, reason)
    }
    return (.completed, nil)
  }
}

// MARK: - What the workers do

extension TargetWalk {
  /// Books what a worker brings back and gives it the next piece of work; waits while there is none.
  func exchange(_ delivery: inout Delivery?, _ progress: RemovalProgress) -> WalkState.Order {
    var preferred: NodeID?
    var isIdle = false
    var wantsHelp = false
    let order = state.wait { state -> WalkState.Order? in
      state.heed(gate.opening)
      if delivery != nil {
        preferred = book(&delivery, &state)
        progress.clear()
      }
      let order = state.order(preferring: preferred, wasIdle: isIdle)
      isIdle = order == nil
      preferred = nil
      if case .work = order { wantsHelp = self.wantsHelp(&state) }
      return order
    }
    if wantsHelp { startWorker() } else { wakeOthers() }
    // Without a time limit it only returns with an order.
    return order ?? .goHome(isLast: false)
  }

  private func book(_ delivery: inout Delivery?, _ state: inout WalkState) -> NodeID? {
    guard let brought = delivery.take(), !state.isSettled else { return nil }
    if state.stop == nil, let reason = means.stop.reason { state.stop = reason.ending }
    let preferred = state.apply(brought)
    noteUnreachable(&state)
    return preferred
  }

  /// Each that is woken wakes the next while there is work; the last one sends all home.
  private func wakeOthers() {
    let (more, over) = state.withLock { ($0.idle > 0 && $0.hasMoreWork, $0.isOver) }
    if over { state.broadcast() } else if more { state.signal() }
  }

  /// Counts a further worker in when all are busy and there is more to do.
  private func wantsHelp(_ state: inout WalkState) -> Bool {
    state.idle == 0 && state.workers < state.pool.allowed && state.hasMoreWork && state.addWorker()
  }

  private func noteUnreachable(_ state: inout WalkState) {
    guard state.unreachableEntries > 0 else { return }
    failures.add(.openDirectory, state.unreachableFor, count: state.unreachableEntries)
    state.unreachableEntries = 0
  }

  /// The system refused a descriptor or memory: goes on with fewer open directories.
  func yieldDescriptors(_ errno: Errno) {
    state.withLock { $0.yieldDescriptors(at: .now()) }
    tellOnce(hasLackedDescriptors, "\(ErrnoName.of(errno)): going on with fewer open directories")
  }

  /// The directory was asked for: whoever waits to look at names in it may go on.
  func namesChecked(in node: NodeID, at time: MonotonicTime, changedAt: FileTime) {
    state.withLock { state in
      state.wasChanged(node, at: changedAt)
      state.table[node].lane.namesChecked(at: time)
      state.table[node].lane.endCheck()
      state.list(node)
    }
    state.signal()
  }

  func register(_ progress: RemovalProgress) { inHand.withLock { $0.append(progress) } }

  func unregister(_ progress: RemovalProgress) { inHand.withLock { $0.removeAll { $0 === progress } } }

  private func startWorker() {
    do throws(Errno) {
      try startThread()
    } catch {
      let (left, isOver) = state.withLock { state in
        state.takeBackWorker()
        state.pool.limit(to: state.workers, at: .now())
        return (state.workers, state.isOver)
      }
      // Somebody may have gone to rest in the belief that this one would go on.
      state.broadcast()
      if left == 0, isOver {
        onEnd()
      } else if left == 0 {
        fail("no thread could be started: \(ErrnoName.of(error))")
        onEnd()
      } else {
        tellOnce(
          hasLackedThreads, "the system gives no more threads (\(ErrnoName.of(error))): going on with \(left) workers")
      }
    }
  }

  /// The only worker there would be is worth some patience.
  private func startThread() throws(Errno) {
    for _ in 0..<TargetWalk.tries where state.withLock({ $0.workers == 1 }) {
      do throws(Errno) {
        return try startThreadOnce()
      } catch {
        PlainThread.nap(.milliseconds(10))
      }
    }
    try startThreadOnce()
  }
  private static let tries = 20

  private func startThreadOnce() throws(Errno) {
    try PlainThread.start(name: "worker") { [self] in
      if PurgeWorker(self).run() { onEnd() }
    }
  }

  private func tellOnce(_ isTold: borrowing Atomic<Bool>, _ message: @autoclosure () -> String) {
    guard !isTold.exchange(true, ordering: .relaxed) else { return }
    means.onEvent(.notice(target: target.name, message: message()))
  }

  /// The target as a whole cannot be done.
  ///
  /// - Parameter isCounted: as an error.
  func fail(_ reason: String, isCounted: Bool = false) {
    trouble.withLock { trouble in
      trouble.hasFailed = true
      if !isCounted { trouble.isUncounted = true }
      if trouble.reason == nil { trouble.reason = reason }
    }
  }

  /// The target is not to be touched.
  func skip(_ reason: String) {
    trouble.withLock { trouble in
      trouble.isSkipped = true
      trouble.reason = reason
    }
    means.onEvent(.notice(target: target.name, message: reason))
  }

  /// A guard tripped: nothing more is removed here.
  func trip(_ message: String) {
    let isFirst = trouble.withLock { trouble in
      defer { trouble.hasTripped = true }
      return !trouble.hasTripped
    }
    stop(.stoppedGuard, message: message)
    if isFirst { means.onEvent(.guardTripped(target: target.name, message: message)) }
  }

  /// The target as a whole cannot be done any more: what is left is counted.
  func giveUp(_ reason: String) {
    trouble.withLock { $0.isUncounted = true }
    stop(.failed, message: reason)
  }

  /// The absolute path of an entry.
  func path(of node: NodeID?, entry: some Sequence<UInt8>) -> [UInt8] {
    let directory = node.map { node in state.withLock { $0.table.relativePath(of: node) } } ?? []
    let parts = [target.path, directory, Array(entry)].filter { !$0.isEmpty }
    return Array(parts.joined(separator: [UInt8(ascii: "/")]))
  }

  /// The same for people.
  func shownPath(of node: NodeID?, entry: some Sequence<UInt8>) -> String {
    PrintableText.path(path(of: node, entry: entry))
  }

  // MARK: What somebody wants to know of single entries

  /// Whether a file that would go is still wanted as a sample.
  var wantsSample: Bool { wantsSamples.load(ordering: .relaxed) }

  /// Keeps the first few files that a dry run would delete.
  func keepSample(_ entry: RecordedEntry) {
    let isEnough = samples.withLock { samples in
      if samples.count < FileSample.most, let size = entry.size {
        let path = PrintableText.shortened(PrintableText.path(entry.path), to: TargetWalk.longestSample)
        let bounded = PrintableText.cut(path, toBytes: PathSamples.mostBytes)
        samples.append(FileSample(path: bounded, size: size, age: entry.age))
      }
      return samples.count == FileSample.most
    }
    if isEnough { wantsSamples.store(false, ordering: .relaxed) }
  }
  /// Characters of a path: a long one says no more.
  private static let longestSample = 200

  /// A folder with a `.purge-hold` was met, by its path in the target.
  func noteHold(_ path: [UInt8]) {
    let path = shownPath(of: nil, entry: path)
    // Several workers may see one.
    holds.withLock { if !$0.contains(path) { $0.note(path) } }
  }

  /// The same of the target's own folder, or the one so many levels above it.
  func noteHold(above levels: Int) {
    let components = target.path.split(separator: UInt8(ascii: "/")).dropLast(levels)
    let path = components.reduce(into: [UInt8]()) { $0 += [UInt8(ascii: "/")] + $1 }
    holds.withLock { $0.note(path.isEmpty ? "/" : PrintableText.path(path)) }
  }
}

// MARK: - Clocks, and what changes meanwhile

extension TargetWalk {
  /// Whether anything may be removed, as far as clocks go.
  enum ClockAnswer: Hashable {
    case known
    /// Asked just now, which takes time, and has set the directory's times.
    case agreed
    /// One removal may be tried, and `settleTrial` is to be called.
    case onTrial
    case refused
  }

  /// Whether ages can be believed in this directory; trips the guard when not.
  func clockAnswer(in place: Place, unless isStopped: () -> Bool) -> ClockAnswer {
    switch means.clockGuard?.ask(in: place.directory, means.fileSystem, unless: isStopped) {
    case nil, .known: return .known
    case .agrees:
      state.withLock { if $0.table.contains(place.node) { $0.table[place.node].isChangedByUs = true } }
      return .agreed
    case .onTrial: return .onTrial
    case .objects(let message):
      trip(message)
      return .refused
    case .stopped: return .refused
    }
  }

  /// The one removal was tried; trips the guard, and gives false, when nothing more may be removed.
  func settleTrial(in place: Place, hasRemoved: Bool) -> Bool {
    let message = means.clockGuard?.settleTrial(in: place.directory, means.fileSystem, hasRemoved: hasRemoved)
    guard let message else { return true }
    trip(message)
    return false
  }

  /// The directory exists, if perhaps elsewhere.
  func isAlive(_ directory: DirectoryHandle) -> Bool {
    ((try? means.fileSystem.freshStatus(of: directory))?.links ?? 0) > 0
  }

  /// Trips the guard: the target's own folder is not where it was.
  func tripOverRoot() { trip(TargetWalk.rootMoved) }

  private static let rootMoved = "the target's folder was moved or replaced during the run"

  /// A `.purge-hold` has appeared in a directory, by its path in the target.
  func tellHeld(_ path: [UInt8]) {
    noteHold(path)
    tell(toldOfHolds, "a \(PurgeHold.name) protects \(shownPath(of: nil, entry: path)) from now on")
  }

  /// A directory is not where it was; when that is the target's own, the guard trips.
  func tellMoved(_ node: NodeID) {
    let root = state.withLock { state in state.root.flatMap { state.table.contains($0) ? state.table[$0].handle : nil }
    }
    let rootLocation = state.withLock { $0.rootLocation }
    if let root, !rootLocation.isEmpty, means.fileSystem.isAt(rootLocation, root) == false, isAlive(root) {
      return trip(TargetWalk.rootMoved)
    }
    tell(
      toldOfMoves,
      "\(shownPath(of: node, entry: [])) was moved or removed during the run: nothing more is deleted in it")
  }

  /// In a dry run: what a run would be refused.
  func tellForbidden(_ path: String, _ error: Errno) {
    tell(toldForbidden, "deleting in \(path) would not be permitted (\(ErrnoName.of(error)))")
  }

  /// The first few are told: thousands may be below one that was moved.
  private func tell(_ told: Monitor<Int>, _ message: @autoclosure () -> String) {
    let count = told.withLock { count in
      count += 1
      return count
    }
    if count <= TargetWalk.mostTold { means.onEvent(.notice(target: target.name, message: message())) }
  }
  private static let mostTold = 20
}
