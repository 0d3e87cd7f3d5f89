import Kernel
import Plan
import SystemPackage

/// The run's one memory monitor: looks at memory on a thread of its own and pauses, narrows or ends targets as the policy says.
///
/// Its thread has all it needs before it starts, runs soon after it wakes, and waits for no lock that workers hold: it acts by
/// way of the targets' gates, and leaves it to the coordinator to wake whom that concerns.
final class MemoryGovernor: Sendable {
  /// Time above `abort_at`, with all intake shut, after which the run ends: lanes drain in a second or two, and within 30
  /// seconds of a SIGTERM a pod is gone anyway.
  private static let patience: Duration = .seconds(5)
  /// Between two steps: lanes drain and the allocator gives back before the next one is judged.
  private static let settling: Duration = .milliseconds(300)
  /// Notices come in swarms when a group is at its limit, and a look each millisecond is enough.
  private static let betweenNotices: Duration = .milliseconds(1)
  /// Between two looks when memory is short, however long the interval.
  private static let longestNear: Duration = .milliseconds(250)
  /// Looks in vain after which it is told: a group that is being made anew is back sooner.
  private static let mostUnread = 10
  /// Of the limit: from here on the kubelet's figure is worth a word, and below the second one worth another.
  private static let workingSetAlarm = (on: 90.0, off: 80.0)

  private struct State: Sendable {
    var summary: MemorySummary
    var policy: PausePolicy
    /// In the order in which they started.
    var targets: [Governed] = []
    /// The same targets, as the policy knows them.
    var candidates: [PausePolicy.Candidate] = []
    var steps: [MemoryStep] = []
    var stepsLeftOut: UInt64 = 0
    var largestDelay: Duration = .zero
    var workingSetIsNear = false
    var isFinished = false
  }

  private struct Governed: Sendable {
    var id: Int
    var name: String
    var gate: IntakeGate
    var peak: ByteCount
    var pauses = PauseClock()
  }

  private let limit: MemoryLimit
  /// Of this process alone, before the first target: what neighbours in its group take they may give back.
  private let ownBase: ByteCount
  private let alarm: MemoryAlarm
  private let interval: Duration
  private let thresholds: (pause: ByteCount, resume: ByteCount, abort: ByteCount)
  private let stop: StopRequest
  private let onEvent: @Sendable (RunEvent) -> Void
  private let onStep: @Sendable (Int) -> Void
  private let state: Monitor<State>
  /// Of whoever asks besides the memory thread.
  private let reader: Monitor<MemoryReader>

  /// - Parameters:
  ///   - systemRoot: what stands before `/proc` and `/sys`.
  ///   - onStep: is told the number of a target whose gate was moved, on the memory thread.
  init(
    _ plan: MemoryPlan, systemRoot: String, stop: StopRequest, onEvent: @escaping @Sendable (RunEvent) -> Void,
    onStep: @escaping @Sendable (Int) -> Void
  ) {
    var configured: UInt64?
    if case .size(let size) = plan.limit { configured = size.bytes }
    limit = MemoryLimit(configured: configured, root: systemRoot)
    interval = plan.sampleInterval
    let bytes = ByteCount(bytes: limit.bytes)
    thresholds = (
      plan.pauseAt.resolved(against: bytes), plan.resumeAt.resolved(against: bytes),
      plan.abortAt.resolved(against: bytes)
    )
    alarm = limit.alarm()
    let reader = limit.reader()
    let base = reader.sample()
    let used = ByteCount(bytes: base?.unreclaimable ?? 0)
    ownBase = ByteCount(bytes: base.map { $0.workingSet == nil ? $0.unreclaimable : $0.process } ?? 0)
    var summary = MemorySummary(source: limit.source, limit: bytes, base: used, peak: used, current: used)
    summary.process = ByteCount(bytes: base?.process ?? 0)
    let policy = PausePolicy(
      pauseAt: thresholds.pause.bytes, resumeAt: thresholds.resume.bytes, abortAt: thresholds.abort.bytes,
      patience: MemoryGovernor.patience, settling: MemoryGovernor.settling)
    state = Monitor(State(summary: summary, policy: policy))
    self.reader = Monitor(reader)
    (self.stop, self.onEvent, self.onStep) = (stop, onEvent, onStep)
  }

  /// Where the kernel is to notice usage: at each threshold, and between them and the limit.
  private var noticeLevels: [UInt64] {
    let (pause, abort, limit) = (thresholds.pause.bytes, thresholds.abort.bytes, limit.bytes)
    return [thresholds.resume.bytes, pause, pause / 2 + abort / 2, abort, abort / 2 + limit / 2]
  }

  // MARK: Figures

  var summary: MemorySummary { state.withLock { $0.summary } }

  /// What targets may reserve together: `pause_at` less what was taken before the first one.
  var room: ByteCount {
    min(max(thresholds.pause - summary.base, Admission.leastBudget), ByteCount(bytes: limit.bytes))
  }

  /// Why the thresholds make no sense under the limit that was found, for what this process takes by now; nil: they do.
  func objection(to plan: MemoryPlan) -> String? {
    plan.objection(under: ByteCount(bytes: limit.bytes), taken: ownBase).map { "\($0) (\(limit.source))" }
  }

  /// Why a target with this budget can never start, whatever else uses memory now; nil: it can.
  func objection(to budget: ByteCount, _ plan: MemoryPlan) -> String? {
    let bytes = ByteCount(bytes: limit.bytes)
    let most = plan.available(under: bytes)
    guard budget > most else { return nil }
    return "its memory_budget of \(budget.text) can never fit: pause_at leaves \(most.text) of \(bytes.text) "
      + "(\(limit.source)); lower the budget or raise the limit"
  }

  func pauses(of id: Int) -> UInt64 {
    state.withLock { state in state.targets.first { $0.id == id }?.pauses.count ?? 0 }
  }

  // MARK: Beginning and end

  /// Tells what is watched and starts; why that cannot be done, or nil.
  func start() -> String? {
    let watch = MemoryWatch(
      memory: summary, pauseAt: thresholds.pause, resumeAt: thresholds.resume, abortAt: thresholds.abort,
      interval: interval)
    onEvent(.memoryWatched(watch))
    do throws(Errno) {
      try PlainThread.start(name: "memory") { [self] in
        PlainThread.bePunctual()
        PlainThread.reserveStack()
        watchMemory()
      }
      return nil
    } catch {
      return "memory cannot be watched: no thread could be started (\(ErrnoName.of(error)))"
    }
  }

  /// Ends sampling; the figures of the whole run, but for what only the coordinator knows.
  func finish() -> MemoryOutcome {
    measure()
    defer { alarm.ring() }
    return state.withLock { state in
      state.isFinished = true
      var outcome = MemoryOutcome(state.summary)
      (outcome.steps, outcome.stepsLeftOut, outcome.largestDelay) =
        (state.steps, state.stepsLeftOut, state.largestDelay)
      outcome.processPeak = ByteCount(bytes: ProcessLimits.peakMemory)
      return outcome
    }
  }

  func add(_ walk: TargetWalk, id: Int, priority: Int) {
    state.withLock {
      $0.candidates.append(PausePolicy.Candidate(id: id, priority: priority, state: .running))
      $0.targets.append(Governed(id: id, name: walk.target.name, gate: walk.gate, peak: $0.summary.current))
    }
    // So that a target that is over before the next sample has a peak of its own.
    measure()
  }

  /// The largest sample while the target ran, and its pauses.
  func remove(_ id: Int) -> (peak: ByteCount, pauses: PauseClock) {
    measure()
    return state.withLock { state in
      guard let index = state.targets.firstIndex(where: { $0.id == id }) else {
        return (state.summary.current, PauseClock())
      }
      var target = state.targets.remove(at: index)
      state.candidates.remove(at: index)
      state.summary.paused += target.pauses.end(.now())
      return (target.peak, target.pauses)
    }
  }

  // MARK: Looking

  private func watchMemory() {
    let reader = limit.reader()
    var interval = look(reader) ?? self.interval
    let notices = alarm.arm(at: noticeLevels)
    if !notices.isEmpty, !state.withLock({ $0.isFinished }) { onEvent(.memoryNotices(notices)) }
    var unread = 0
    while !state.withLock({ $0.isFinished }) {
      let asleep = MonotonicTime.now()
      let isNoticed = alarm.wait(interval)
      let delay = isNoticed ? .zero : MonotonicTime.now().since(asleep) - interval
      if let next = look(reader, late: delay) {
        (interval, unread) = (next, 0)
      } else {
        // Looks that a notice brought come in swarms.
        if !isNoticed { unread += 1 }
        if unread == MemoryGovernor.mostUnread, !isNoticed {
          onEvent(.notice(target: nil, message: "memory cannot be read any more: it is not watched"))
        }
        if unread >= MemoryGovernor.mostUnread { goOnBlindly() }
      }
      if isNoticed { PlainThread.nap(MemoryGovernor.betweenNotices) }
    }
  }

  /// Nobody may wait for ever for figures that do not come: as in the middle of the band, one goes on after the other.
  private func goOnBlindly() {
    let sample = MemorySample(unreclaimable: thresholds.resume.bytes + 1, workingSet: nil, process: 0)
    if let taken = act(on: sample, at: .now()) { onEvent(.memoryStep(taken)) }
  }

  /// Looks, acts, and only then talks; when to look again, or nil when there was nothing to be seen.
  private func look(_ reader: MemoryReader, late delay: Duration = .zero) -> Duration? {
    guard let sample = reader.sample() else { return nil }
    let taken = act(on: sample, at: .now())
    note(sample, late: delay)
    if let taken { onEvent(.memoryStep(taken)) }
    guard sample.unreclaimable >= thresholds.resume.bytes else { return interval }
    // Where it matters, more often; a look costs some microseconds.
    return min(interval, max(interval / 4, .milliseconds(5)), MemoryGovernor.longestNear)
  }

  /// A look from another thread than the memory thread.
  private func measure() {
    if let sample = reader.withLock({ $0.sample() }) { note(sample, late: .zero) }
  }

  private func note(_ sample: MemorySample, late delay: Duration) {
    let isNear = state.withLock { state in
      if state.isFinished { return false }
      let used = ByteCount(bytes: sample.unreclaimable)
      state.summary.current = used
      state.summary.process = ByteCount(bytes: sample.process)
      state.summary.workingSet = sample.workingSet.map { ByteCount(bytes: $0) }
      state.summary.peak = max(state.summary.peak, used)
      state.largestDelay = max(state.largestDelay, delay)
      for index in state.targets.indices where state.targets[index].peak < used { state.targets[index].peak = used }
      return MemoryGovernor.workingSetHasComeNear(&state)
    }
    if isNear { onEvent(.workingSetNear(summary)) }
  }

  /// Once when it comes near the limit, and again after it was well below.
  private static func workingSetHasComeNear(_ state: inout State) -> Bool {
    guard let percent = state.summary.workingSetPercent else { return false }
    if percent < workingSetAlarm.off { state.workingSetIsNear = false }
    guard percent >= workingSetAlarm.on, !state.workingSetIsNear else { return false }
    state.workingSetIsNear = true
    return true
  }

  // MARK: Acting

  /// Only the memory thread acts, so that steps are as far apart as the policy wants. What was done, to be told.
  private func act(on sample: MemorySample, at now: MonotonicTime) -> MemoryStep? {
    let (step, taken) = state.withLock { state -> (PausePolicy.Step, MemoryStep?) in
      guard !state.isFinished else { return (.none, nil) }
      let step = state.policy.next(usage: sample.unreclaimable, targets: state.candidates, at: now)
      return (step, carryOut(step, sample, now, &state))
    }
    if let id = step.target { onStep(id) }
    if step == .stop { stop.request(.stoppedMemory, message: lastWords(sample)) }
    return taken
  }

  private func lastWords(_ sample: MemorySample) -> String {
    "memory stayed above abort_at although everything was paused: "
      + "\(ByteCount(bytes: sample.unreclaimable).text) of \(summary.limit.text) "
      + "(\(limit.source)), abort_at is \(thresholds.abort.text); with the same thresholds it needs a limit of "
      + "\(MemoryGovernor.limit(whosePauseIsAbove: sample.unreclaimable, thresholds.pause, summary.limit).text) or more"
  }

  /// Of which `pause` would be as large a part as it is now, in whole MiB.
  private static func limit(whosePauseIsAbove used: UInt64, _ pause: ByteCount, _ limit: ByteCount) -> ByteCount {
    let share = max(0.01, Double(pause.bytes) / Double(max(1, limit.bytes)))
    return .mebibytes(UInt64(min(Double(used) / share / 1_048_576, 0x1p40)) + 1)
  }

  /// Moves the target's gate and writes down what was done and why.
  private func carryOut(
    _ step: PausePolicy.Step, _ sample: MemorySample, _ now: MonotonicTime, _ state: inout State
  ) -> MemoryStep? {
    guard let index = state.candidates.firstIndex(where: { $0.id == step.target }) else { return nil }
    let gate = state.targets[index].gate
    var (threshold, workers, paused): (Threshold, Int?, Duration?) = (pause, nil, nil)
    let kind: MemoryStep.Kind
    switch step {
    case .none, .stop: return nil
    case .pause:
      gate.shut()
      kind = .paused
      if state.candidates.count(where: { $0.state != .paused }) == 1 { threshold = abort }
      state.candidates[index].state = .paused
      state.targets[index].pauses.begin(now)
      state.summary.pauses += 1
    case .narrow:
      gate.narrow(whileShort: 1)
      (kind, workers) = (.narrowed, 1)
      state.candidates[index].state = .narrowed
      state.summary.narrowings += 1
    case .widen:
      gate.narrow(whileShort: nil)
      (kind, threshold) = (.widened, resume)
      state.candidates[index].state = .running
    case .resume, .resumeNarrowed:
      if case .resumeNarrowed = step { workers = 1 }
      gate.narrow(whileShort: workers)
      gate.open()
      (kind, threshold) = (.resumed, workers == nil ? resume : abort)
      state.candidates[index].state = workers == nil ? .running : .narrowed
      let duration = state.targets[index].pauses.end(now)
      state.summary.paused += duration
      paused = duration
    }
    let taken = record(kind, state.targets[index].name, sample, threshold, paused: paused, workers: workers)
    if state.steps.count < MemoryOutcome.mostSteps { state.steps.append(taken) } else { state.stepsLeftOut += 1 }
    return taken
  }

  private typealias Threshold = (name: String, bytes: ByteCount)
  private var pause: Threshold { ("pause_at", thresholds.pause) }
  private var resume: Threshold { ("resume_at", thresholds.resume) }
  private var abort: Threshold { ("abort_at", thresholds.abort) }

  private func record(
    _ kind: MemoryStep.Kind, _ target: String, _ sample: MemorySample, _ threshold: Threshold,
    paused: Duration? = nil, workers: Int? = nil
  ) -> MemoryStep {
    MemoryStep(
      kind, target: target, at: Timestamp(WallClock.now()), used: ByteCount(bytes: sample.unreclaimable),
      limit: ByteCount(bytes: limit.bytes), threshold: threshold.name, thresholdBytes: threshold.bytes,
      paused: paused, workers: workers)
  }
}

extension PausePolicy.Step {
  /// The number of the target it is about.
  var target: Int? {
    switch self {
    case .none, .stop: nil
    case .pause(let id), .narrow(let id), .widen(let id), .resume(let id), .resumeNarrowed(let id): id
    }
  }
}
