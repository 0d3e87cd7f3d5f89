import Kernel
import Plan

/// The run's one memory monitor: samples on a thread of its own and pauses, narrows or ends targets as the policy says.
final class MemoryGovernor: Sendable {
  /// Time above `abort_at`, with all intake shut, after which the run ends.
  private static let patience: Duration = .seconds(5)
  /// A target gets at least this much, however small the limit: it goes slower, but it goes.
  private static let smallestShare = ByteCount.mebibytes(4)

  private struct State: Sendable {
    var summary: MemorySummary
    var policy: PausePolicy
    var targets: [Int: Governed] = [:]
    var isFinished = false
  }

  private struct Governed: Sendable {
    var walk: TargetWalk
    var candidate: PausePolicy.Candidate
    var peak: ByteCount
  }

  private let reader: MemoryReader
  private let interval: Duration
  private let pauseAt: ByteCount
  private let stop: StopRequest
  private let onEvent: @Sendable (RunEvent) -> Void
  private let state: Monitor<State>

  init(_ plan: MemoryPlan, stop: StopRequest, onEvent: @escaping @Sendable (RunEvent) -> Void) {
    var configured: UInt64?
    if case .size(let size) = plan.limit { configured = size.bytes }
    reader = MemoryReader(configured: configured)
    interval = plan.sampleInterval
    let limit = ByteCount(bytes: reader.limit)
    pauseAt = plan.pauseAt.resolved(against: limit)
    let samples = { (time: Duration) in max(1, Int(time.inSeconds / plan.sampleInterval.inSeconds)) }
    let policy = PausePolicy(
      pauseAt: pauseAt.bytes, resumeAt: plan.resumeAt.resolved(against: limit).bytes,
      abortAt: plan.abortAt.resolved(against: limit).bytes, patience: samples(MemoryGovernor.patience),
      // Three samples: lanes drain and the allocator gives back before the next one is judged.
      settling: 3)
    let base = ByteCount(bytes: reader.sample()?.unreclaimable ?? 0)
    state = Monitor(
      State(
        summary: MemorySummary(source: reader.source, limit: limit, base: base, peak: base, current: base),
        policy: policy))
    self.stop = stop
    self.onEvent = onEvent
  }

  var summary: MemorySummary { state.withLock { $0.summary } }

  /// What targets may reserve together: `pause_at` less what was taken before the first one.
  var room: ByteCount { max(pauseAt - summary.base, MemoryGovernor.smallestShare) }

  /// The budget of a target that has none of its own.
  func share(among parallelTargets: Int) -> ByteCount {
    max(ByteCount(bytes: room.bytes / UInt64(parallelTargets)), MemoryGovernor.smallestShare)
  }

  func start() {
    do {
      try PlainThread.start(name: "memory") { [self] in
        while !nap() { sampleAndAct() }
      }
    } catch {
      onEvent(.notice(target: nil, message: "memory is not watched: \(ErrnoName.of(error))"))
    }
  }

  func add(_ walk: TargetWalk, id: Int, priority: Int) {
    let candidate = PausePolicy.Candidate(id: id, priority: priority, order: id, state: .running)
    state.withLock { $0.targets[id] = Governed(walk: walk, candidate: candidate, peak: $0.summary.current) }
    // So that a target that is over before the next sample has a peak of its own.
    measure()
  }

  /// The largest sample while the target ran.
  func remove(_ id: Int) -> ByteCount {
    measure()
    return state.withLock { $0.targets.removeValue(forKey: id)?.peak ?? $0.summary.current }
  }

  /// Ends sampling; the figures of the whole run.
  func finish() -> MemorySummary {
    measure()
    let summary = state.withLock { state in
      state.isFinished = true
      return state.summary
    }
    state.broadcast()
    return summary
  }

  /// Waits for the next sample; true when there will be none.
  private func nap() -> Bool {
    state.wait(timeout: interval) { $0.isFinished ? true : nil } ?? false
  }

  /// Looks at memory and acts on it. Only the memory thread acts, so that steps are as far apart as samples.
  private func sampleAndAct() {
    guard let usage = measure() else { return }
    let (step, walk) = state.withLock { state -> (PausePolicy.Step, TargetWalk?) in
      guard !state.isFinished else { return (.none, nil) }
      let step = state.policy.next(usage: usage.bytes, targets: state.targets.values.map(\.candidate))
      return (step, MemoryGovernor.note(step, &state))
    }
    carryOut(step, walk)
  }

  @discardableResult
  private func measure() -> ByteCount? {
    guard let sample = reader.sample() else { return nil }
    let usage = ByteCount(bytes: sample.unreclaimable)
    state.withLock { state in
      state.summary.current = usage
      state.summary.workingSet = sample.workingSet.map { ByteCount(bytes: $0) }
      state.summary.peak = max(state.summary.peak, usage)
      for (id, target) in state.targets where target.peak < usage { state.targets[id]?.peak = usage }
    }
    return usage
  }

  private static func note(_ step: PausePolicy.Step, _ state: inout State) -> TargetWalk? {
    switch step {
    case .none, .stop: return nil
    case .pause(let id):
      state.targets[id]?.candidate.state = .paused
      state.summary.pauses += 1
      return state.targets[id]?.walk
    case .narrow(let id), .resumeNarrowed(let id):
      state.targets[id]?.candidate.state = .narrowed
      return state.targets[id]?.walk
    case .widen(let id), .resume(let id):
      state.targets[id]?.candidate.state = .running
      return state.targets[id]?.walk
    }
  }

  private func carryOut(_ step: PausePolicy.Step, _ walk: TargetWalk?) {
    switch step {
    case .none: return
    case .pause:
      walk?.pause()
      ProcessLimits.returnFreedMemory()
      walk.map { onEvent(.targetPaused(target: $0.target.name, memory: summary)) }
    case .narrow:
      walk?.narrow(to: 1)
      walk.map { onEvent(.notice(target: $0.target.name, message: "memory is short: going on with one worker")) }
    case .widen:
      walk?.narrow(to: nil)
      walk.map { onEvent(.notice(target: $0.target.name, message: "memory is back: going on with all workers")) }
    case .resume: walk.map { resume($0, workers: nil) }
    case .resumeNarrowed: walk.map { resume($0, workers: 1) }
    case .stop:
      stop.request(.stoppedMemory, message: "memory stayed above abort_at although everything was paused")
    }
  }

  private func resume(_ walk: TargetWalk, workers: Int?) {
    walk.narrow(to: workers)
    let paused = walk.resume()
    onEvent(.targetResumed(target: walk.target.name, memory: summary, after: paused))
  }
}
