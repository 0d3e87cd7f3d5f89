import Kernel
import Plan
import SystemPackage

/// One run, as its one coordinating thread sees it: which targets wait, which are being walked, when to report, when to end.
struct Coordinator {
  /// Workers of a target with `concurrency: auto` at most. Ten thousand calls a second at 100 ms each.
  static let mostWorkers = 1000
  /// After a stop, workers are waited for this long; with the report written after it, a run ends within five seconds.
  static let grace: Duration = .seconds(4)
  /// A target none of whose workers finished anything for so long is reported as stalled.
  static let stallAfter: Duration = .seconds(60)
  /// Descriptors that are not for directories: log, report, cgroup files, the runtime's own.
  static let otherDescriptors = 64

  enum Message: Sendable {
    case gathered(TargetGathering)
    case targetEnded(Int)
    /// The memory monitor moved its gate.
    case gateMoved(Int)
    case stopRequested
  }

  private struct Running {
    let walk: TargetWalk
    let startedAt: Timestamp
    var pace: PaceMeter
    /// What the books said at the last report, and when they last said something else.
    var lastTally = Tally()
    var lastChange: MonotonicTime
    /// When its pool wants to be adjusted.
    var nextAdjustment: MonotonicTime
    /// Calls up to the last report, and when that was.
    var reported: (calls: OperationTimes, at: MonotonicTime)
    /// It was paused or narrowed, and what it gave up was not yet given back to the system.
    var owesMemory = false
    /// Workers it was narrowed to because memory follows the files.
    var widthWhileGrowing: Int?
  }

  private let runner: BatchRunner
  private let startedAt: MonotonicTime
  private let now: Timestamp
  private let governor: MemoryGovernor
  private let mailbox = Monitor<[Message]>([])
  private let runLimits: [RateLimit]
  private let runCap: DeletionCap?
  /// For directories of all targets together.
  private let descriptors: Int
  private let parallelTargets: Int
  private let deadline: MonotonicTime?

  private var admission: Admission
  private var waiting: [ResolvedTarget] = []
  private var running: [Int: Running] = [:]
  private var outcomes: [TargetOutcome] = []
  private var started = 0
  private var hasFailedTarget = false
  /// The target of which was last said that it waits for memory.
  private var toldToWait: String?
  private var series = MemorySeries()
  private var trend: MemoryTrend?

  init(_ runner: BatchRunner) {
    self.runner = runner
    startedAt = .now()
    now = runner.settings.now ?? Timestamp(WallClock.now())
    let plan = runner.plan
    governor = MemoryGovernor(
      plan.memory, systemRoot: runner.settings.systemRoot, stop: runner.stop, onEvent: runner.onEvent
    ) { [mailbox] id in
      mailbox.withLock { $0.append(.gateMoved(id)) }
      mailbox.broadcast()
    }
    runLimits = plan.run.operationsPerSecond.map { [RateLimit(perSecond: $0)] } ?? []
    runCap = DeletionCap(
      "the run's cap on deletions", maxFiles: plan.safety.maxDeletions, maxBytes: plan.safety.maxDeletedBytes
    ) { [stop = runner.stop] in stop.request(.stoppedGuard, message: $0) }
    descriptors = max(16, ProcessLimits.raiseDescriptorLimit() - Coordinator.otherDescriptors)
    // Each needs a few to go down and up a tree at all.
    parallelTargets = min(plan.run.parallelTargets, max(1, descriptors / 16))
    admission = Admission(room: governor.room, parallelTargets: parallelTargets)
    deadline = plan.run.timeLimit.map { [startedAt] in startedAt.advanced(by: $0) }
  }

  mutating func run() -> BatchOutcome {
    let beganAt = Timestamp(WallClock.now())
    runner.stop.observe { [mailbox] in
      mailbox.withLock { $0.append(.stopRequested) }
      mailbox.broadcast()
    }
    var unfitting = [governor.objection(to: runner.plan.memory) ?? governor.start()].compactMap { $0 }
    let gathering = gatherTargets()
    for outcome in gathering.outcomes { record(outcome) }
    waiting = Admission.inOrder(gathering.targets)
    unfitting += waiting.compactMap(objection)
    if gathering.unmatched.isEmpty, unfitting.isEmpty {
      walkAll()
      for target in waiting { notStarted(target) }
    }
    noteMemory()
    var memory = governor.finish()
    (memory.points, memory.trend) = (series.points, MemoryTrend.of(series.points))
    let (ending, exitStatus) = Verdicts.ofBatch(outcomes, stopped: runner.stop.reason?.ending)
    var outcome = BatchOutcome(
      runID: runner.settings.runID, mode: runner.settings.mode, startedAt: beganAt,
      finishedAt: Timestamp(WallClock.now()), duration: MonotonicTime.now().since(startedAt), ending: ending,
      exitStatus: exitStatus, memory: memory, targets: outcomes)
    outcome.unmatchedSelection = gathering.unmatched
    outcome.unfitting = unfitting
    return outcome
  }
}

// MARK: - Which targets

extension Coordinator {
  /// Has the folders found on a thread of its own, since a file server that hangs must not keep a stop from being heeded.
  private mutating func gatherTargets() -> TargetGathering {
    let (plan, selection) = (runner.plan, runner.settings.selection)
    let expansion = TargetExpansion(
      fileSystem: runner.fileSystem, now: now, isStopped: { [stop = runner.stop] in stop.isRequested },
      onEvent: runner.onEvent)
    do throws(Errno) {
      try PlainThread.start(name: "folders") { [mailbox] in
        let gathering = TargetGathering(plan, selection: selection, expansion: expansion)
        mailbox.withLock { $0.append(.gathered(gathering)) }
        mailbox.broadcast()
      }
    } catch {
      return TargetGathering(plan, selection: selection, expansion: expansion)
    }
    var end: MonotonicTime?
    while end.map({ MonotonicTime.now() < $0 && !runner.stop.isUrgent }) ?? true {
      for case .gathered(let gathering) in nextMessages(until: end ?? deadline ?? .distantFuture) { return gathering }
      stopIfTimeIsUp()
      if end == nil, runner.stop.reason != nil { end = MonotonicTime.now().advanced(by: Coordinator.grace) }
    }
    return TargetGathering(notStarted: plan, selection: selection, reason: "the search for folders did not come back")
  }

  private mutating func notStarted(_ target: ResolvedTarget) {
    let reason = runner.stop.reason?.message ?? "a target failed before it, and on_target_failure is stop"
    record(
      TargetOutcome(name: target.name, path: PrintableText.path(target.path), ending: .notStarted, reason: reason))
  }

  private mutating func record(_ outcome: TargetOutcome) {
    outcomes.append(outcome)
    if [.failed, .completedWithErrors, .stoppedGuard].contains(outcome.ending) { hasFailedTarget = true }
    runner.onEvent(.targetFinished(outcome))
  }
}

// MARK: - Walking them

extension Coordinator {
  private mutating func walkAll() {
    let interval = runner.plan.run.progressInterval
    var nextProgress = startedAt.advanced(by: interval)
    var nextPace = startedAt.advanced(by: PaceMeter.interval)
    var nextPoint = startedAt
    while true {
      startWhatFits()
      if running.isEmpty { return }
      handle(nextMessages(until: min(nextProgress, nextPace, nextPoint, adjustPools(), deadline ?? nextProgress)))
      stopIfTimeIsUp()
      if runner.stop.reason != nil { return stopAll() }
      let time = MonotonicTime.now()
      if time >= nextPoint {
        noteMemory()
        nextPoint = time.advanced(by: series.interval)
      }
      if time >= nextPace { heedTrend() }
      if time >= nextPace || time >= nextProgress {
        for (id, target) in running { running[id]?.pace.note(target.walk.pace, at: time) }
        nextPace = time.advanced(by: PaceMeter.interval)
      }
      if time >= nextProgress {
        reportProgress(at: time)
        nextProgress = max(nextProgress, time).advanced(by: interval)
      }
    }
  }

  /// Has each pool look at how things go when it wants to; when the next one wants to.
  private mutating func adjustPools() -> MonotonicTime {
    let now = MonotonicTime.now()
    for (id, target) in running where target.nextAdjustment <= now {
      running[id]?.nextAdjustment = now.advanced(by: target.walk.adjustPool())
      if target.owesMemory, target.walk.retireIdleWorkers() {
        if target.walk.gate.opening != IntakeGate.Opening() { ProcessLimits.returnFreedMemory() }
        running[id]?.owesMemory = false
      }
    }
    return running.values.map(\.nextAdjustment).min() ?? .distantFuture
  }

  private func stopIfTimeIsUp() {
    guard let deadline, MonotonicTime.now() >= deadline else { return }
    runner.stop.request(.stoppedTime, message: "the time limit is reached")
  }

  private mutating func startWhatFits() {
    let policy = runner.plan.run.onTargetFailure
    while let next = waiting.first, runner.stop.reason == nil, !(hasFailedTarget && policy == .stop) {
      guard let budget = admission.admit(started, wanting: next.spec.memoryBudget) else {
        return tellOfWaiting(next)
      }
      start(waiting.removeFirst(), budget: budget)
    }
  }

  /// Says once of each target that it waits for memory, which is not to be seen otherwise.
  private mutating func tellOfWaiting(_ target: ResolvedTarget) {
    guard running.count < parallelTargets, toldToWait != target.name else { return }
    toldToWait = target.name
    let wanted = target.spec.memoryBudget.map { "its memory_budget of \($0.text)" } ?? "its share"
    let message =
      "waits for memory: \(admission.taken.text) of \(admission.room.text) are reserved, and \(wanted) does not fit"
    runner.onEvent(.notice(target: target.name, message: message))
  }

  /// Why a target can never start; nil: it can.
  private func objection(to target: ResolvedTarget) -> String? {
    target.spec.memoryBudget.flatMap { governor.objection(to: $0, runner.plan.memory) }
      .map { "target '\(PrintableText.escaped(target.name))': \($0)" }
  }

  private mutating func start(_ target: ResolvedTarget, budget: ByteCount) {
    let id = started
    started += 1
    let rules = WalkRules(target.spec, mode: runner.settings.mode, now: now, runner.fileSystem)
    let limits = limits(of: target.spec, budget: budget)
    if case .atMost(let wanted) = target.spec.concurrency, limits.workers < wanted {
      let message =
        "concurrency \(wanted) is more than run.concurrency, the memory budget or the descriptor limit allow"
      runner.onEvent(.notice(target: target.name, message: "\(message): going on with \(limits.workers)"))
    }
    let walk = TargetWalk(target, rules: rules, limits: limits, means: means(for: target.spec)) { [mailbox] in
      mailbox.withLock { $0.append(.targetEnded(id)) }
      mailbox.broadcast()
    }
    runner.onEvent(.targetStarted(startEvent(target, rules, limits)))
    running[id] = Running(
      walk: walk, startedAt: Timestamp(WallClock.now()), pace: PaceMeter(now: .now()),
      lastChange: .now(), nextAdjustment: .now(), reported: (OperationTimes(), .now()))
    governor.add(walk, id: id, priority: target.spec.priority)
    walk.start()
  }

  private func limits(of target: Target, budget: ByteCount) -> WalkLimits {
    let ceiling = max(1, runner.plan.run.concurrency / parallelTargets)
    let descriptors = self.descriptors / parallelTargets
    let wanted =
      switch target.concurrency {
      case .auto: Coordinator.mostWorkers
      case .atMost(let count): count
      }
    // Workers may take half of the budget, the rest is for directories in work. Half of the descriptors is for those too;
    // of the other half each worker needs two at a time, and more when it opens again what was closed.
    let affordable = Int(clamping: budget.bytes / 2) / MemoryPrice.worker
    let workers = max(1, min(wanted, ceiling, affordable, descriptors / 8))
    let spare = descriptors / 2 - 2 * workers
    return WalkLimits(
      workers: workers, firstWorkers: min(workers, ProcessLimits.processors), openDirectories: descriptors / 2,
      reopenedAtOnce: min(32, max(1, spare / workers)),
      memory: budget)
  }

  private func means(for target: Target) -> TargetWalk.Means {
    let caps = [
      runCap,
      DeletionCap("the target's cap on deletions", maxFiles: target.maxDeletions, maxBytes: target.maxDeletedBytes),
    ]
    let isPurge = runner.settings.mode == .purge
    return TargetWalk.Means(
      fileSystem: runner.fileSystem,
      rateLimits: runLimits + (target.operationsPerSecond.map { [RateLimit(perSecond: $0)] } ?? []),
      caps: caps.compactMap { $0 },
      clockGuard: isPurge ? clockGuard : nil,
      stop: runner.stop, onEvent: runner.onEvent)
  }

  private var clockGuard: ClockGuard {
    ClockGuard(
      maxSkew: runner.plan.safety.maxClockSkew, now: now,
      nowName: runner.settings.now == nil ? "this host's" : "the time given as now", readAt: startedAt)
  }

  private func startEvent(_ target: ResolvedTarget, _ rules: WalkRules, _ limits: WalkLimits) -> TargetStart {
    var start = TargetStart(
      target: target.name, path: PrintableText.path(target.path), maxAge: target.spec.retention.maxAge,
      cutoff: rules.cutoff.instant, concurrency: limits.workers, mode: rules.mode,
      progressInterval: runner.plan.run.progressInterval, memoryLimit: governor.summary.limit,
      removeEmptyDirectories: target.spec.emptyDirectories != nil,
      maxEmptyDirectories: target.spec.emptyDirectories?.maxCount)
    start.memoryBudget = limits.memory
    return start
  }
}

extension WalkRules {
  init(_ target: Target, mode: RunMode, now: Timestamp, _ fileSystem: any FileSystem) {
    self.init(
      mode: mode, cutoff: Cutoff(target.retention, now: now), removalsAreSerial: fileSystem.removalsAreSerial,
      emptyDirectories: target.emptyDirectories.map {
        EmptyDirectories(instant: now - $0.minAge, maxCount: $0.maxCount ?? .max)
      })
  }
}

// MARK: - Waiting, reporting, ending

extension Coordinator {
  private func nextMessages(until wake: MonotonicTime) -> [Message] {
    let timeout = max(.zero, wake.since(.now()))
    return mailbox.wait(timeout: timeout) { mailbox in
      if mailbox.isEmpty { return nil }
      defer { mailbox.removeAll() }
      return mailbox
    } ?? []
  }

  private mutating func handle(_ messages: [Message]) {
    for message in messages {
      switch message {
      case .targetEnded(let id): finish(id)
      case .gateMoved(let id):
        running[id]?.walk.heedGate()
        running[id]?.owesMemory = true
      case .gathered, .stopRequested: break
      }
    }
  }

  private mutating func finish(_ id: Int) {
    guard let ended = running.removeValue(forKey: id) else { return }
    let (peak, pauses) = governor.remove(id)
    admission.release(id)
    var outcome = ended.walk.outcome(startedAt: ended.startedAt, finishedAt: Timestamp(WallClock.now()))
    outcome.peakMemory = peak
    (outcome.pauses, outcome.paused) = (pauses.count, pauses.total)
    if outcome.memoryOverdrafts > 0 {
      let message =
        "a memory budget of \(outcome.memoryBudget.text) is too little for this tree: "
        + "\(outcome.memoryReservedPeak.text) were reserved at most"
      runner.onEvent(.notice(target: outcome.name, message: message))
    }
    record(outcome)
  }

  private mutating func reportProgress(at time: MonotonicTime) {
    for (id, target) in running.sorted(by: { $0.key < $1.key }) {
      var progress = target.walk.progress(target.pace, memory: governor.summary)
      progress.pauses = governor.pauses(of: id)
      progress.trend = trend
      let calls = target.walk.operations.totals.calls
      progress.operations = OperationFigures(calls - target.reported.calls, over: time.since(target.reported.at))
      running[id]?.reported = (calls, time)
      runner.onEvent(.progress(progress))
      if progress.tally != target.lastTally || progress.isPaused { running[id]?.lastChange = time }
      running[id]?.lastTally = progress.tally
      let quiet = time.since(running[id]?.lastChange ?? time)
      if quiet >= Coordinator.stallAfter {
        runner.onEvent(
          .targetStalled(target: progress.target, for: quiet, operationsInFlight: progress.busyWorkers))
      }
    }
  }

  private mutating func noteMemory() {
    let summary = governor.summary
    let finished = outcomes.reduce(0) { $0 + $1.tally.filesScanned }
    var (files, reserved) = (finished, 0)
    for target in running.values {
      let (scanned, held) = target.walk.filesAndReserved
      (files, reserved) = (files + scanned, reserved + held)
    }
    series.note(
      MemoryPoint(
        elapsed: MonotonicTime.now().since(startedAt), used: summary.current, workingSet: summary.workingSet,
        process: summary.process, reserved: ByteCount(bytes: UInt64(reserved)), files: files))
  }

  /// While memory per 1000 files rises, every target goes on with half of its workers, and with half of those when it still
  /// does at the next look.
  private mutating func heedTrend() {
    let before = trend
    trend = MemoryTrend.of(series.points)
    guard trend == .growing || before == .growing else { return }
    for (id, target) in running {
      if trend == .growing {
        // What a pause has left of its workers says nothing.
        guard !target.walk.gate.opening.isShut else { continue }
        narrow(id, target, to: max(1, (target.widthWhileGrowing ?? target.walk.workers) / 2))
      } else if target.widthWhileGrowing != nil {
        narrow(id, target, to: nil)
      }
    }
  }

  private mutating func narrow(_ id: Int, _ target: Running, to workers: Int?) {
    guard workers != target.widthWhileGrowing else { return }
    running[id]?.widthWhileGrowing = workers
    target.walk.gate.narrow(whileGrowing: workers)
    target.walk.heedGate()
    let message =
      workers.map { "memory per 1000 files rises: going on with \($0 == 1 ? "1 worker" : "\($0) workers")" }
      ?? "memory per 1000 files does not rise any more: going on with all workers"
    runner.onEvent(.notice(target: target.walk.target.name, message: message))
  }

  /// Ends all targets orderly: in-flight operations are waited for, but not for ever.
  private mutating func stopAll() {
    let reason = runner.stop.reason ?? StopRequest.Reason(ending: .stoppedSignal, message: "stopped")
    // First act, then talk: whoever reads the log may be slow.
    for target in running.values { target.walk.stop(reason.ending, message: reason.message) }
    let deadline = MonotonicTime.now().advanced(by: Coordinator.grace)
    runner.onEvent(.stopping(ending: reason.ending, message: reason.message))
    while !running.isEmpty, MonotonicTime.now() < deadline, !runner.stop.isUrgent {
      handle(nextMessages(until: deadline))
    }
    for id in running.keys.sorted() { finish(id) }
  }
}

/// How a run ended, from how its targets did.
enum Verdicts {
  /// The gravest counts: a guard, memory, time or signal, failures. `stopped`: why the whole run was to stop, which does
  /// not count when every target had come to its end by then.
  static func ofBatch(_ outcomes: [TargetOutcome], stopped: Ending?) -> (Ending, ExitStatus) {
    let ended: Set<Ending> = [.completed, .completedWithErrors, .failed, .skipped]
    let cutShort = outcomes.isEmpty || outcomes.contains { !ended.contains($0.ending) }
    let endings = Set(outcomes.map(\.ending) + (stopped.flatMap { cutShort ? [$0] : nil } ?? []))
    let byGravity: [(Ending, Ending, ExitStatus)] = [
      (.stoppedGuard, .stoppedGuard, .guardTripped),
      (.stoppedMemory, .stoppedMemory, .memory),
      (.stoppedTime, .stoppedTime, .interrupted),
      (.stoppedSignal, .stoppedSignal, .interrupted),
      (.failed, .completedWithErrors, .failures),
      (.completedWithErrors, .completedWithErrors, .failures),
    ]
    for (cause, ending, status) in byGravity where endings.contains(cause) { return (ending, status) }
    return (.completed, .success)
  }
}
