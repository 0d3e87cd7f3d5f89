import Kernel
import Plan

/// Starting targets: which may, with how much of everything.
extension Coordinator {
  mutating func startWhatFits() {
    let policy = runner.plan.run.onTargetFailure
    while let next = waiting.first, runner.stop.reason == nil, !(hasFailedTarget && policy == .stop) {
      if let refusal = refusal(of: next) {
        if let target = waiting.popFirst() { notStarted(target, because: refusal) }
        continue
      }
      guard let budget = admission.admit(started, wanting: waiting.folders.spec(of: next).memoryBudget) else {
        return tellOfWaiting(waiting.folders[next])
      }
      if let target = waiting.popFirst() { start(target, budget: budget) }
    }
  }

  /// What keeps a folder from being walked when another one of its target has met their cap; nil: nothing.
  private func refusal(of folder: FolderList.Index) -> String? {
    guard let cap = sharedCaps[waiting.folders.target(of: folder)]?.deletions, cap.isReached else { return nil }
    return cap.refusal
  }

  /// The caps for one folder of a target.
  mutating func caps(for target: ResolvedTarget) -> TargetCaps {
    if target.spec.path.isLiteral { return TargetCaps(target.spec) }
    if let known = sharedCaps[target.number] { return known }
    let caps = TargetCaps(target.spec) { [mailbox, number = target.number] _ in
      mailbox.withLock { $0.append(.capReached(number)) }
      mailbox.broadcast()
    }
    sharedCaps[target.number] = caps
    return caps
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

  /// Why targets can never start: of each that the config names, with the name of its first folder.
  func objections() -> [String] {
    var (sentences, judged): ([String], Set<Int>) = ([], [])
    for folder in waiting.rest where judged.insert(waiting.folders.target(of: folder)).inserted {
      guard let budget = waiting.folders.spec(of: folder).memoryBudget,
        let objection = governor.objection(to: budget, runner.plan.memory)
      else { continue }
      sentences.append("target '\(PrintableText.escaped(waiting.folders.name(of: folder)))': \(objection)")
    }
    return sentences
  }

  private mutating func start(_ target: ResolvedTarget, budget: ByteCount) {
    let id = started
    started += 1
    let caps = caps(for: target)
    var rules = WalkRules(
      target.spec, mode: runner.settings.mode, now: now, maxSkew: runner.plan.safety.maxClockSkew, caps: caps,
      runner.fileSystem)
    rules.ownFiles = ownFiles
    let limits = limits(of: target.spec, budget: budget)
    if case .atMost(let wanted) = target.spec.concurrency, limits.workers < wanted {
      let message =
        "concurrency \(wanted) is more than run.concurrency, the memory budget or the descriptor limit allow"
      runner.onEvent(.notice(target: target.name, message: "\(message): going on with \(limits.workers)"))
    }
    let walk = TargetWalk(target, rules: rules, limits: limits, means: means(for: target.spec, caps)) { [mailbox] in
      mailbox.withLock { $0.append(.targetEnded(id)) }
      mailbox.broadcast()
    }
    runner.onEvent(.targetStarted(startEvent(target, rules, limits)))
    running[id] = Running(
      walk: walk, startedAt: Timestamp(WallClock.now()), pace: PaceMeter(now: .now()),
      stalls: StallWatch(runner.settings.stalls, at: .now()), nextAdjustment: .now(),
      reported: (OperationTimes(), .now()))
    governor.add(walk, id: id, priority: target.spec.priority)
    walk.start()
  }

  private func limits(of target: Target, budget: ByteCount) -> WalkLimits {
    let ceiling = max(1, runner.plan.run.concurrency / parallelTargets)
    let wanted =
      switch target.concurrency {
      case .auto: Coordinator.mostWorkers
      case .atMost(let count): count
      }
    // Workers may take a quarter of the budget: the rest is for directories in work and, in a small container of which the
    // budget is most, for what the kernel caches.
    let affordable = Int(clamping: budget.bytes / 4) / MemoryPrice.worker
    let workers = max(1, min(wanted, ceiling, affordable, descriptors.workers))
    return WalkLimits(
      workers: workers, firstWorkers: min(workers, ProcessLimits.processors),
      openDirectories: descriptors.openDirectories,
      reopenedAtOnce: descriptors.reopenedAtOnce(by: workers), memory: budget)
  }

  private func means(for target: Target, _ caps: TargetCaps) -> TargetWalk.Means {
    let isPurge = runner.settings.mode == .purge
    return TargetWalk.Means(
      fileSystem: runner.fileSystem,
      rateLimits: runLimits + (target.operationsPerSecond.map { [RateLimit(perSecond: $0)] } ?? []),
      // A dry run counts on beyond them.
      caps: isPurge ? [runCap, caps.deletions].compactMap { $0 } : [],
      clockGuard: isPurge ? clockGuard : nil, recorder: runner.settings.recorder,
      retryHaste: runner.settings.retryHaste,
      stop: runner.stop, onEvent: runner.onEvent)
  }

  private var clockGuard: ClockGuard {
    ClockGuard(
      maxSkew: runner.plan.safety.maxClockSkew, now: now,
      nowName: runner.settings.now == nil ? "this host's" : "the time given as now", readAt: startedAt)
  }

  /// A share of the machine's memory is a figure without meaning.
  private func tellsBudget(of target: Target) -> Bool {
    target.memoryBudget != nil || governor.summary.source != MemorySummary.machine
  }

  private func startEvent(_ target: ResolvedTarget, _ rules: WalkRules, _ limits: WalkLimits) -> TargetStart {
    var start = TargetStart(
      target: target.name, path: PrintableText.path(target.path), maxAge: target.spec.retention.maxAge,
      cutoff: rules.cutoff.instant, concurrency: limits.workers, mode: rules.mode,
      progressInterval: runner.plan.run.progressInterval, memoryLimit: governor.summary.limit,
      removeEmptyDirectories: target.spec.emptyDirectories != nil,
      maxEmptyDirectories: target.spec.emptyDirectories?.maxCount)
    if tellsBudget(of: target.spec) { start.memoryBudget = limits.memory }
    return start
  }
}

extension WalkRules {
  init(
    _ target: Target, mode: RunMode, now: Timestamp, maxSkew: Duration = .seconds(300), caps: TargetCaps,
    _ fileSystem: any FileSystem
  ) {
    self.init(
      mode: mode,
      cutoff: Cutoff(target.retention, now: now, future: Timestamp(WallClock.now()) - (.zero - maxSkew)),
      removalsAreSerial: fileSystem.removalsAreSerial,
      emptyBefore: target.emptyDirectories.map { now - $0.minAge },
      ownFolderBefore: target.ownFolder.map { now - $0.minAge },
      emptyDirectoryCap: caps.emptyDirectories)
    (self.now, self.maxSkew) = (now, maxSkew)
  }
}
