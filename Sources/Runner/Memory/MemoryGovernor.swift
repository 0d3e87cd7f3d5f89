import Kernel
import Plan

/// The run's one memory monitor: looks at memory on a thread of its own and pauses, narrows or ends targets as the policy says.
///
/// Its thread has all it needs before it starts, runs soon after it wakes, and waits for no lock that workers hold: it acts by
/// way of the targets' gates, and leaves it to the coordinator to wake whom that concerns.
final class MemoryGovernor: Sendable {
  /// Time above `abort_at`, with all intake shut, after which the run ends.
  private static let patience: Duration = .seconds(5)
  /// Between two steps: lanes drain and the allocator gives back before the next one is judged.
  private static let settling: Duration = .milliseconds(300)
  /// Notices come in swarms when a group is at its limit, and a look each millisecond is enough.
  private static let betweenNotices: Duration = .milliseconds(1)
  /// Of the limit: from here on the kubelet's figure is worth a word, and below the second one worth another.
  private static let workingSetAlarm = (on: 90.0, off: 80.0)

  private struct State: Sendable {
    var summary: MemorySummary
    var policy: PausePolicy
    var targets: [Int: Governed] = [:]
    var steps: [MemoryStep] = []
    var stepsLeftOut: UInt64 = 0
    var latestSample: Duration = .zero
    var workingSetIsNear = false
    var isFinished = false
  }

  private struct Governed: Sendable {
    var name: String
    var gate: IntakeGate
    var candidate: PausePolicy.Candidate
    var peak: ByteCount
    var pauses = PauseClock()
  }

  private let limit: MemoryLimit
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
    alarm = limit.alarm(at: MemoryGovernor.noticed(thresholds.resume.bytes, limit.bytes))
    let reader = limit.reader()
    let base = reader.sample()
    let used = ByteCount(bytes: base?.unreclaimable ?? 0)
    var summary = MemorySummary(source: limit.source, limit: bytes, base: used, peak: used, current: used)
    summary.process = ByteCount(bytes: base?.process ?? 0)
    let policy = PausePolicy(
      pauseAt: thresholds.pause.bytes, resumeAt: thresholds.resume.bytes, abortAt: thresholds.abort.bytes,
      patience: MemoryGovernor.patience, settling: MemoryGovernor.settling)
    state = Monitor(State(summary: summary, policy: policy))
    self.reader = Monitor(reader)
    (self.stop, self.onEvent, self.onStep) = (stop, onEvent, onStep)
  }

  /// Where the kernel is to notice usage: evenly from `resume_at` to the limit.
  private static func noticed(_ resumeAt: UInt64, _ limit: UInt64) -> [UInt64] {
    (0..<8).map { resumeAt + (limit - min(limit, resumeAt)) / 8 * $0 }
  }

  // MARK: Figures

  var summary: MemorySummary { state.withLock { $0.summary } }

  /// What targets may reserve together: `pause_at` less what was taken before the first one.
  var room: ByteCount {
    min(max(thresholds.pause - summary.base, Admission.leastBudget), ByteCount(bytes: limit.bytes))
  }

  /// Why a target with this budget can never start, whatever else uses memory now; nil: it can.
  func objection(to budget: ByteCount) -> String? {
    let most = thresholds.pause - summary.process
    guard budget > most else { return nil }
    return "its memory_budget of \(budget.text) can never fit: pause_at leaves \(most.text) "
      + "of \(summary.limit.text) (\(limit.source))"
  }

  func pauses(of id: Int) -> UInt64 { state.withLock { $0.targets[id]?.pauses.count ?? 0 } }

  // MARK: Beginning and end

  /// Starts to watch, and tells what is watched.
  func start() {
    let watch = MemoryWatch(
      memory: summary, pauseAt: thresholds.pause, resumeAt: thresholds.resume, abortAt: thresholds.abort,
      interval: interval, notices: alarm.sources)
    onEvent(.memoryWatched(watch))
    do {
      try PlainThread.start(name: "memory") { [self] in
        PlainThread.bePunctual()
        PlainThread.reserveStack()
        watchMemory()
      }
    } catch {
      onEvent(.notice(target: nil, message: "memory is not watched: \(ErrnoName.of(error))"))
    }
  }

  /// Ends sampling; the figures of the whole run, but for what only the coordinator knows.
  func finish() -> MemoryOutcome {
    measure()
    defer { alarm.ring() }
    return state.withLock { state in
      state.isFinished = true
      var outcome = MemoryOutcome(state.summary)
      (outcome.steps, outcome.stepsLeftOut, outcome.latestSample) =
        (state.steps, state.stepsLeftOut, state.latestSample)
      outcome.processPeak = ByteCount(bytes: ProcessLimits.peakMemory)
      return outcome
    }
  }

  func add(_ walk: TargetWalk, id: Int, priority: Int) {
    let candidate = PausePolicy.Candidate(id: id, priority: priority, order: id, state: .running)
    state.withLock {
      $0.targets[id] = Governed(
        name: walk.target.name, gate: walk.gate, candidate: candidate, peak: $0.summary.current)
    }
    // So that a target that is over before the next sample has a peak of its own.
    measure()
  }

  /// The largest sample while the target ran, and its pauses.
  func remove(_ id: Int) -> (peak: ByteCount, pauses: PauseClock) {
    measure()
    return state.withLock { state in
      guard var target = state.targets.removeValue(forKey: id) else { return (state.summary.current, PauseClock()) }
      state.summary.paused += target.pauses.end(.now())
      return (target.peak, target.pauses)
    }
  }

  // MARK: Looking

  private func watchMemory() {
    let reader = limit.reader()
    var isNear = false
    while !state.withLock({ $0.isFinished }) {
      // Where it matters, more often; a look costs some microseconds.
      let pause = isNear ? max(interval / 4, min(interval, .milliseconds(5))) : interval
      let asleep = MonotonicTime.now()
      let isNoticed = alarm.wait(pause)
      guard let sample = reader.sample() else { continue }
      let now = MonotonicTime.now()
      isNear = sample.unreclaimable >= thresholds.resume.bytes
      note(sample, late: isNoticed ? .zero : now.since(asleep) - pause)
      act(on: sample, at: now)
      if isNoticed { PlainThread.nap(MemoryGovernor.betweenNotices) }
    }
  }

  /// A look from another thread than the memory thread.
  private func measure() {
    if let sample = reader.withLock({ $0.sample() }) { note(sample, late: .zero) }
  }

  private func note(_ sample: MemorySample, late: Duration) {
    let message = state.withLock { state -> String? in
      let used = ByteCount(bytes: sample.unreclaimable)
      state.summary.current = used
      state.summary.process = ByteCount(bytes: sample.process)
      state.summary.workingSet = sample.workingSet.map { ByteCount(bytes: $0) }
      state.summary.peak = max(state.summary.peak, used)
      state.latestSample = max(state.latestSample, late)
      for (id, target) in state.targets where target.peak < used { state.targets[id]?.peak = used }
      return MemoryGovernor.wordOnWorkingSet(&state)
    }
    if let message { onEvent(.notice(target: nil, message: message)) }
  }

  /// Once when it comes near the limit, and again after it was well below.
  private static func wordOnWorkingSet(_ state: inout State) -> String? {
    guard let workingSet = state.summary.workingSet, let percent = state.summary.workingSetPercent else { return nil }
    if percent < workingSetAlarm.off { state.workingSetIsNear = false }
    guard percent >= workingSetAlarm.on, !state.workingSetIsNear else { return nil }
    state.workingSetIsNear = true
    return "the working set, as the kubelet counts it, is \(workingSet.text) of "
      + "\(state.summary.limit.text); \(state.summary.current.text) of it cannot be taken back "
      + "by the kernel, the rest is cache"
  }

  // MARK: Acting

  /// Only the memory thread acts, so that steps are as far apart as the policy wants.
  private func act(on sample: MemorySample, at now: MonotonicTime) {
    let (step, taken) = state.withLock { state -> (PausePolicy.Step, MemoryStep?) in
      guard !state.isFinished else { return (.none, nil) }
      let step = state.policy.next(
        usage: sample.unreclaimable, targets: state.targets.values.map(\.candidate), at: now)
      return (step, carryOut(step, sample, now, &state))
    }
    if let id = step.target { onStep(id) }
    if let taken { onEvent(.memoryStep(taken)) }
    if step == .stop { stop.request(.stoppedMemory, message: lastWords(sample)) }
  }

  private func lastWords(_ sample: MemorySample) -> String {
    "memory stayed above abort_at although everything was paused: "
      + "\(ByteCount(bytes: sample.unreclaimable).text) of \(summary.limit.text) "
      + "(\(limit.source)), abort_at is \(thresholds.abort.text)"
  }

  /// Moves the target's gate and writes down what was done and why.
  private func carryOut(
    _ step: PausePolicy.Step, _ sample: MemorySample, _ now: MonotonicTime, _ state: inout State
  ) -> MemoryStep? {
    guard let id = step.target, var target = state.targets[id] else { return nil }
    defer { state.targets[id] = target }
    let taken: MemoryStep
    switch step {
    case .none, .stop: return nil
    case .pause:
      target.gate.shut()
      target.candidate.state = .paused
      target.pauses.begin(now)
      state.summary.pauses += 1
      let isLast = state.targets.values.allSatisfy { $0.candidate.state == .paused || $0.candidate.id == id }
      taken = record(
        .paused, target.name, sample, isLast && sample.unreclaimable >= thresholds.abort.bytes ? abort : pause)
    case .narrow:
      target.gate.narrow(whileShort: 1)
      target.candidate.state = .narrowed
      taken = record(.narrowed, target.name, sample, pause, workers: 1)
    case .widen:
      target.gate.narrow(whileShort: nil)
      target.candidate.state = .running
      taken = record(.widened, target.name, sample, resume)
    case .resume, .resumeNarrowed:
      let workers: Int? = step == .resume(id) ? nil : 1
      target.gate.narrow(whileShort: workers)
      target.gate.open()
      target.candidate.state = workers == nil ? .running : .narrowed
      let paused = target.pauses.end(now)
      state.summary.paused += paused
      taken = record(
        .resumed, target.name, sample, workers == nil ? resume : abort, paused: paused, workers: workers)
    }
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
