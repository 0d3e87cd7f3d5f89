import Kernel
import Plan
import SystemPackage

/// One run, as its one coordinating thread sees it: which targets wait, which are being walked, when to report, when to end.
struct Coordinator {
  /// Workers of a target with `concurrency: auto` at most. Ten thousand calls a second at 100 ms each.
  static let mostWorkers = 1000
  /// After a stop, workers are waited for this long; the rest is for the report.
  static let grace: Duration = RunPlan.timeToEnd - .seconds(1)

  /// Patterns without a match that are told in the log.
  private static let mostPatternsTold = 20

  enum Message: Sendable {
    case gathered(TargetGathering)
    case targetEnded(Int)
    /// The cap of the target with this number in the plan, which all its folders share, refused a deletion.
    case capReached(Int)
    /// The memory monitor moved its gate.
    case gateMoved(Int)
    case stopRequested
    case progressRequested
  }

  struct Running {
    let walk: TargetWalk
    let startedAt: Timestamp
    var pace: PaceMeter
    var stalls: StallWatch
    /// When its pool wants to be adjusted.
    var nextAdjustment: MonotonicTime
    /// Calls up to the last report, and when that was.
    var reported: (calls: OperationTimes, at: MonotonicTime)
    /// Nil: it was not paused or narrowed, or all that it gave up was given back to the system.
    var debt: Debt?
    /// Workers it was narrowed to because memory follows the files.
    var widthWhileGrowing: Int?
  }

  /// Memory that a paused target frees and the system has not got back yet.
  struct Debt {
    /// Workers there were when some was given back last, and when that was.
    var workers: Int
    var repaidAt: MonotonicTime

    /// Giving back takes the allocator's locks for some milliseconds.
    static let interval: Duration = .milliseconds(500)
  }

  let runner: BatchRunner
  let startedAt: MonotonicTime
  let now: Timestamp
  let governor: MemoryGovernor
  let mailbox = Monitor<[Message]>([])
  let runLimits: [RateLimit]
  let runCap: DeletionCap?
  let descriptors: DescriptorShares
  var parallelTargets: Int { descriptors.parallelTargets }
  let deadline: MonotonicTime?
  /// Of the whole run, those never started included; 0 until it is known.
  var targets = 0
  /// See `BatchRunner.Settings`.
  var ownFiles: [FileIdentity] = []

  var admission: Admission
  var waiting = FolderQueue(FolderList(of: []), order: [])
  var running: [Int: Running] = [:]
  /// Of the targets that may have several folders, by their number in the plan, once one of these has started.
  var sharedCaps: [Int: TargetCaps] = [:]
  var capLookahead: CapLookahead
  var books = TargetBooks()
  var patternUse = PatternUse()
  var started = 0
  var hasFailedTarget = false
  /// The target of which was last said that it waits for memory.
  var toldToWait: String?
  var series = MemorySeries()
  var trend: MemoryTrend?
  /// Of all targets together.
  var pace: PaceMeter

  init(_ runner: BatchRunner) {
    self.runner = runner
    startedAt = .now()
    pace = PaceMeter(now: startedAt)
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
      of: nil, maxFiles: plan.safety.maxDeletions, maxBytes: plan.safety.maxDeletedBytes
    ) { [stop = runner.stop] in stop.request(.stoppedGuard, message: $0) }
    capLookahead = CapLookahead(run: runCap)
    descriptors = DescriptorShares(
      limit: ProcessLimits.raiseDescriptorLimit(), parallelTargets: plan.run.parallelTargets)
    admission = Admission(room: governor.room, parallelTargets: descriptors.parallelTargets)
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
    lineUp(gathering)
    unfitting += objections()
    if gathering.unmatched.isEmpty, unfitting.isEmpty, let objection = runner.settings.willStart() {
      unfitting.append(objection)
    }
    if gathering.unmatched.isEmpty, unfitting.isEmpty {
      targets = gathering.settled.count + gathering.order.count
      ownFiles = runner.settings.ownFiles()
      runner.onEvent(.batchStarted(targets: targets))
      for outcome in gathering.outcomes { record(outcome) }
      walkAll()
      for folder in waiting.rest { notStarted(waiting.folders[folder]) }
      for targets in books.notStarted { runner.onEvent(.targetsNotStarted(targets)) }
    }
    noteMemory()
    var memory = governor.finish()
    (memory.points, memory.trend) = (series.points, MemoryTrend.of(series.points))
    let (ending, exitStatus) = Verdicts.ofBatch(books, stopped: runner.stop.reason?.ending)
    var outcome = BatchOutcome(
      runID: runner.settings.runID, mode: runner.settings.mode, startedAt: beganAt,
      finishedAt: Timestamp(WallClock.now()), duration: MonotonicTime.now().since(startedAt), ending: ending,
      exitStatus: exitStatus, memory: memory, books: books)
    outcome.passedOver = gathering.passedOver
    outcome.foldersKept = gathering.foldersKept
    outcome.unmatchedSelection = gathering.unmatched
    outcome.unmatchedPatterns = patternUse.unmatched
    for pattern in outcome.unmatchedPatterns.prefix(Coordinator.mostPatternsTold) {
      runner.onEvent(.notice(target: pattern.target, message: pattern.sentence))
    }
    outcome.unfitting = unfitting
    outcome.capForecasts = capLookahead.forecasts
    // A run would end so, and whoever rehearses it must not overlook that.
    if !outcome.capForecasts.isEmpty, exitStatus.isOfAWholeRun { outcome.exitStatus = .guardTripped }
    return outcome
  }
}

// MARK: - Which targets

extension Coordinator {
  /// Has the folders found on a thread of its own, since a file server that hangs must not keep a stop from being heeded.
  private mutating func gatherTargets() -> TargetGathering {
    let (plan, selection) = (runner.plan, runner.settings.selection)
    let place = SearchPlace()
    let expansion = TargetExpansion(
      fileSystem: runner.fileSystem, now: now, timeZone: plan.run.timeZone, place: place,
      retryHaste: runner.settings.retryHaste,
      isStopped: { [stop = runner.stop] in stop.isRequested },
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
    var stalls = StallWatch(runner.settings.stalls, at: .now())
    while end.map({ MonotonicTime.now() < $0 && !runner.stop.isUrgent }) ?? true {
      let nextLook = MonotonicTime.now().advanced(by: runner.settings.stalls.interval)
      let messages = nextMessages(until: min(nextLook, end ?? deadline ?? nextLook))
      for case .gathered(let gathering) in messages { return gathering }
      tellOfStall(of: place, &stalls, at: .now())
      stopIfTimeIsUp()
      if end == nil, runner.stop.reason != nil { end = MonotonicTime.now().advanced(by: Coordinator.grace) }
    }
    return TargetGathering(notStarted: plan, selection: selection)
  }

  /// Puts the folders in the order in which they start, and takes what is held for them out of the room.
  mutating func lineUp(_ gathering: TargetGathering) {
    let folders = gathering.folders
    waiting = FolderQueue(folders, order: Admission.inOrder(gathering.order) { folders.spec(of: $0).priority })
    let held = gathering.footprint + TargetBooks.price(of: gathering.order.count + gathering.settled.count)
    admission.keep(ByteCount(bytes: UInt64(held)))
  }

  private mutating func notStarted(_ target: ResolvedTarget) {
    notStarted(
      target, because: runner.stop.reason?.message ?? "a target failed before it, and on_target_failure is stop")
  }

  mutating func notStarted(_ target: ResolvedTarget, because reason: String) {
    patternUse.noteUnwalked(target.spec.name)
    record(
      TargetOutcome(name: target.name, path: PrintableText.path(target.path), ending: .notStarted, reason: reason))
  }

  private mutating func record(_ outcome: TargetOutcome) {
    books.add(outcome)
    if [.failed, .completedWithErrors, .stoppedGuard].contains(outcome.ending) { hasFailedTarget = true }
    runner.onEvent(.targetFinished(outcome))
  }
}

// MARK: - Walking them

extension Coordinator {
  private mutating func walkAll() {
    runner.progress.observe { [mailbox] in
      mailbox.withLock { $0.append(.progressRequested) }
      mailbox.broadcast()
    }
    let interval = runner.plan.run.progressInterval
    var nextProgress = startedAt.advanced(by: interval)
    var nextPace = startedAt.advanced(by: PaceMeter.interval)
    var nextPoint = startedAt
    var nextLook = MonotonicTime.now()
    while true {
      startWhatFits()
      if running.isEmpty { return }
      handle(
        nextMessages(until: min(nextProgress, nextPace, nextPoint, nextLook, adjustPools(), deadline ?? nextProgress)))
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
        notePace(at: time)
        nextPace = time.advanced(by: PaceMeter.interval)
      }
      if time >= nextLook {
        tellOfStalls(at: time)
        nextLook = time.advanced(by: runner.settings.stalls.interval)
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
      if let debt = target.debt {
        let rest = repaid(debt, by: target.walk, at: now)
        running[id]?.debt = rest
      }
    }
    return running.values.map(\.nextAdjustment).min() ?? .distantFuture
  }

  /// Gives back to the system what a pause or a narrowing has set free: at its end, and now and then before, since a call that
  /// hangs may put the end off. What is still owed; nil: nothing.
  private func repaid(_ debt: Debt, by walk: TargetWalk, at now: MonotonicTime) -> Debt? {
    if walk.gate.opening == IntakeGate.Opening() { return nil }
    let (workers, isDrained) = walk.retireIdleWorkers()
    guard isDrained || (workers < debt.workers && now.since(debt.repaidAt) >= Debt.interval) else { return debt }
    ProcessLimits.returnFreedMemory()
    return isDrained ? nil : Debt(workers: workers, repaidAt: now)
  }

  private func stopIfTimeIsUp() {
    guard let deadline, MonotonicTime.now() >= deadline else { return }
    runner.stop.request(
      .stoppedTime, message: "run.time_limit: \(runner.plan.run.timeLimit?.text ?? "") reached")
  }
}

// MARK: - Waiting and ending

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
      case .capReached(let number): stopFolders(of: number)
      case .gateMoved(let id):
        guard let walk = running[id]?.walk else { continue }
        walk.heedGate()
        running[id]?.debt = Debt(workers: walk.workers, repaidAt: .now())
      case .progressRequested:
        runner.progress.answer()
        reportProgress(at: .now())
      case .gathered, .stopRequested: break
      }
    }
  }

  /// What is being walked of a target whose cap is reached.
  private func stopFolders(of number: Int) {
    guard let refusal = sharedCaps[number]?.deletions?.refusal else { return }
    for folder in running.values where folder.walk.target.number == number {
      folder.walk.stop(.stoppedGuard, message: refusal)
    }
  }

  private mutating func finish(_ id: Int) {
    guard let ended = running.removeValue(forKey: id) else { return }
    let (peak, pauses) = governor.remove(id)
    admission.release(id)
    var outcome = ended.walk.outcome(startedAt: ended.startedAt, finishedAt: Timestamp(WallClock.now()))
    outcome.peakMemory = peak
    outcome.filesOfRun = tally.filesScanned + outcome.tally.filesScanned
    (outcome.pauses, outcome.paused) = (pauses.count, pauses.total)
    if outcome.memoryOverdrafts > 0 {
      let message =
        "a memory budget of \(outcome.memoryBudget.text) is too little for this tree: "
        + "\(outcome.memoryReservedPeak.text) were reserved at most"
      runner.onEvent(.notice(target: outcome.name, message: message))
    }
    note(ended.walk, outcome)
    tellOfTheFuture(outcome)
    if runner.settings.mode == .dryRun {
      capLookahead.note(outcome.tally, of: ended.walk.target.number, caps(for: ended.walk.target).deletions)
    }
    record(outcome)
  }

  private mutating func note(_ walk: TargetWalk, _ outcome: TargetOutcome) {
    guard let matchers = walk.matchers else { return }
    patternUse.note(matchers.patterns, of: walk.target.spec.name, matched: matchers.matched)
    if !outcome.hasSeenAll { patternUse.noteUnwalked(walk.target.spec.name) }
  }

  /// Files that are dated in the future stay until then, and many of them mean that a clock is wrong, or was.
  private func tellOfTheFuture(_ outcome: TargetOutcome) {
    let (late, files) = (outcome.tally.filesKept[.inFuture], outcome.tally.filesScanned)
    guard late > 0, late * 100 >= files else { return }
    let message =
      "\(late) of \(files) files are dated later than this host's clock, and are kept: "
      + "is its clock right, and was that of whoever wrote them?"
    runner.onEvent(.notice(target: outcome.name, message: message))
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
