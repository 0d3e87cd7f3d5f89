import Kernel
import Plan
import Synchronization
import SystemPackage

/// One target being walked: its workers, their schedule, and what came of it.
///
/// The coordinator starts it, pauses and stops it; its own threads do the rest and call `onEnd` once, from one of them.
final class TargetWalk: Sendable {
  struct Means: Sendable {
    var fileSystem: any FileSystem
    /// Of the target and of the run; an operation must have leave of each.
    var rateLimits: [RateLimit]
    /// Of the target and of the run; a deletion must have room in each.
    var caps: [DeletionCap]
    /// Between this host's clock and the file system's; nil: not to be checked (a dry run deletes nothing).
    var clockGuard: ClockGuard?
    /// Of the whole run.
    var stop: StopRequest
    var onEvent: @Sendable (RunEvent) -> Void
  }

  let target: ResolvedTarget
  let rules: WalkRules
  let means: Means
  let failures: FailureLog
  let state: Monitor<WalkState>
  let startedAt = MonotonicTime.now()
  private let isStoppedItself = Atomic<Bool>(false)
  private let hasBeenShort = Atomic<Bool>(false)
  private let verdict = Monitor<(reason: String?, guardMessage: String?, failed: Bool)>((nil, nil, false))
  private let pauses = Monitor(PauseClock())
  private let onEnd: @Sendable () -> Void

  init(
    _ target: ResolvedTarget, rules: WalkRules, limits: WalkLimits, means: Means, onEnd: @escaping @Sendable () -> Void
  ) {
    self.target = target
    self.rules = rules
    self.means = means
    self.failures = FailureLog(target: target.name, onEvent: means.onEvent)
    self.state = Monitor(WalkState(rules: rules, limits: limits))
    self.onEnd = onEnd
  }

  /// Asked by workers between calls, without a lock. The run's own stop is heeded even before the coordinator passes it on.
  var isStopped: Bool { isStoppedItself.load(ordering: .acquiring) || means.stop.isRequested }

  /// Starts the first worker; it finds the others when there is work for them.
  func start() {
    state.withLock {
      $0.workers = 1
      $0.peakWorkers = 1
    }
    startWorker()
  }
}

// MARK: - What the coordinator does to it

extension TargetWalk {
  /// Ends the walk early; workers come back when their present call returns.
  func stop(_ ending: Ending, message: String) {
    state.withLock { if $0.stop == nil { $0.stop = ending } }
    verdict.withLock { if $0.reason == nil { $0.reason = message } }
    isStoppedItself.store(true, ordering: .releasing)
    state.broadcast()
  }

  /// Shuts intake. What has been listed is finished.
  func pause() {
    state.withLock { $0.isPaused = true }
    pauses.withLock { $0.begin(.now()) }
  }

  /// Opens intake again; how long it was shut.
  func resume() -> Duration {
    state.withLock { $0.isPaused = false }
    state.broadcast()
    return pauses.withLock { $0.end(.now()) }
  }

  /// Lets only so many workers take in; nil: all.
  func narrow(to workers: Int?) {
    state.withLock { $0.intakeWorkers = workers ?? $0.limits.workers }
    state.broadcast()
  }

  func progress(since last: TargetProgress?, memory: MemorySummary) -> TargetProgress {
    let elapsed = MonotonicTime.now().since(startedAt)
    var (tally, workers, idle, isPaused) = state.withLock { ($0.tally, $0.workers, $0.idle, $0.isPaused) }
    tally.errors = failures.total
    let seconds = max((elapsed - (last?.elapsed ?? .zero)).inSeconds, 1e-9)
    return TargetProgress(
      target: target.name, elapsed: elapsed, tally: tally, memory: memory,
      filesPerSecond: Double(tally.filesScanned - (last?.tally.filesScanned ?? 0)) / seconds,
      dirsPerSecond: Double(tally.dirsScanned - (last?.tally.dirsScanned ?? 0)) / seconds, workers: workers,
      busyWorkers: workers - idle, isPaused: isPaused, pauses: pauses.withLock { $0.count })
  }

  var isOver: Bool { state.withLock { $0.workers == 0 } }

  /// The books, closed. Workers that have not come back by now are counted as stuck, and what they still do is not booked.
  func outcome(startedAt: Timestamp, finishedAt: Timestamp) -> TargetOutcome {
    let (stuck, state) = state.withLock { state in
      let stuck = state.workers - state.idle
      if !state.isFinished || state.stop != nil { state.settleWhatIsLeft() }
      return (stuck, state)
    }
    failures.sumUp()
    var outcome = TargetOutcome(name: target.name, path: PrintableText.path(target.path), ending: .completed)
    outcome.startedAt = startedAt
    outcome.finishedAt = finishedAt
    outcome.duration = MonotonicTime.now().since(self.startedAt)
    outcome.tally = state.tally
    outcome.tally.errors = failures.total
    outcome.errorsByKind = failures.byKind
    outcome.concurrencyPeak = state.peakWorkers
    _ = pauses.withLock { $0.end(.now()) }
    (outcome.pauses, outcome.paused) = pauses.withLock { ($0.count, $0.total) }
    let verdict = verdict.withLock { $0 }
    (outcome.ending, outcome.reason) = ending(of: state, failed: verdict.failed, stuck: stuck, outcome.tally)
    if outcome.reason == nil, state.stop != nil { outcome.reason = verdict.reason ?? means.stop.reason?.message }
    if outcome.reason == nil, verdict.failed { outcome.reason = verdict.reason }
    return outcome
  }

  private func ending(of state: WalkState, failed: Bool, stuck: Int, _ tally: Tally) -> (Ending, String?) {
    if let ending = state.stop {
      return (ending, stuck == 0 ? nil : "\(stuck) operations in flight did not return in time")
    }
    if failed { return (.failed, nil) }
    if let imbalance = tally.imbalance(in: rules.mode) ?? state.unsettled {
      return (.failed, "the books do not balance: \(imbalance)")
    }
    if tally.errors > 0 { return (.completedWithErrors, "\(tally.errors) errors") }
    if state.restlessDirectories > 0 {
      let reason =
        "\(state.restlessDirectories) directories gave up new entries at each of \(WalkLimits.rereads) listings"
      return (.completedWithErrors, reason)
    }
    return (.completed, nil)
  }
}

// MARK: - What the workers do

extension TargetWalk {
  /// Books what a worker brings back and gives it the next piece of work; waits while there is none. Nil: go home.
  func exchange(_ completion: inout Completion?) -> Work? {
    var preferred: NodeID?
    var isIdle = false
    var wantsHelp = false
    let work = state.wait { state -> Work?? in
      if state.isSettled { return .some(nil) }
      if state.stop == nil, let reason = means.stop.reason { state.stop = reason.ending }
      if let brought = completion {
        preferred = state.apply(brought)
        noteUnreachable(brought, &state)
        completion = nil
      }
      if isIdle { state.idle -= 1 }
      isIdle = false
      if let work = state.take(preferring: preferred) {
        wantsHelp = self.wantsHelp(&state)
        return work
      }
      if state.isFinished || state.stop != nil { return .some(nil) }
      preferred = nil
      isIdle = true
      state.idle += 1
      return nil
    }
    if wantsHelp { startWorker() } else { wakeOne(afterTaking: work != nil) }
    return work ?? nil
  }

  private func wakeOne(afterTaking: Bool) {
    // Each that is woken wakes the next while there is work; the last one sends all home.
    let (more, over) = state.withLock { ($0.idle > 0 && $0.hasMoreWork, $0.isFinished || $0.stop != nil) }
    if over { state.broadcast() } else if more { state.signal() }
  }

  /// Counts a further worker in when all are busy and there is more to do.
  private func wantsHelp(_ state: inout WalkState) -> Bool {
    guard state.idle == 0, state.workers < state.limits.workers, state.hasMoreWork else { return false }
    state.workers += 1
    state.peakWorkers = max(state.peakWorkers, state.workers)
    return true
  }

  private func noteUnreachable(_ completion: Completion, _ state: inout WalkState) {
    guard case .reopened(_, .failed(let errno)) = completion, state.unreachableEntries > 0 else { return }
    failures.add(.openDirectory, errno, count: state.unreachableEntries)
    state.unreachableEntries = 0
  }

  /// The system refused a descriptor or memory: goes on with fewer open directories.
  func yieldDescriptors(_ errno: Errno) {
    state.withLock { $0.yieldDescriptors() }
    let isFirst = hasBeenShort.exchange(true, ordering: .relaxed) == false
    guard isFirst else { return }
    means.onEvent(
      .notice(target: target.name, message: "\(ErrnoName.of(errno)): going on with fewer open directories"))
  }

  /// Whether ages can be believed in this directory; trips the guard when not.
  func clockAgrees(in directory: DirectoryHandle) -> Bool {
    guard let message = means.clockGuard?.objection(in: directory) else { return true }
    trip(message)
    return false
  }

  private func startWorker() {
    do {
      try PlainThread.start(name: "worker") { [self] in
        PurgeWorker(self).run()
        workerLeft()
      }
    } catch {
      let left = state.withLock { state in
        state.workers -= 1
        state.limits.workers = max(1, state.workers)
        return state.workers
      }
      if left == 0 {
        fail("no thread could be started: \(ErrnoName.of(error))")
        onEnd()
      } else {
        means.onEvent(
          .notice(
            target: target.name,
            message: "the system gives no more threads (\(ErrnoName.of(error))): going on with \(left) workers"))
      }
    }
  }

  private func workerLeft() {
    let isLast = state.withLock { state in
      state.workers -= 1
      return state.workers == 0
    }
    if isLast { onEnd() }
  }

  /// The target as a whole cannot be done.
  func fail(_ reason: String) {
    verdict.withLock { verdict in
      verdict.failed = true
      if verdict.reason == nil { verdict.reason = reason }
    }
  }

  /// A guard tripped: nothing more is removed here.
  func trip(_ message: String) {
    let isFirst = verdict.withLock { verdict in
      defer { verdict.guardMessage = message }
      return verdict.guardMessage == nil
    }
    stop(.stoppedGuard, message: message)
    if isFirst { means.onEvent(.guardTripped(target: target.name, message: message)) }
  }

  /// The absolute path of an entry, for people.
  func shownPath(of node: NodeID?, entry: some Sequence<UInt8>) -> String {
    let directory = node.map { node in state.withLock { $0.table.relativePath(of: node) } } ?? []
    let parts = [target.path, directory, Array(entry)].filter { !$0.isEmpty }
    return PrintableText.path(parts.joined(separator: [UInt8(ascii: "/")]))
  }
}

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
