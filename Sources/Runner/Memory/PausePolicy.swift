import Kernel

/// When memory is short, who pauses, and when it is not, who goes on: a rule without side effects.
///
/// ```
///             resume_at        pause_at          abort_at
///   ── resume ────┼── as it is ───┼── pause, narrow ──┼── pause all; stop when it stays ──
/// ```
struct PausePolicy: Sendable {
  /// A running target, as far as the rule needs to know it.
  struct Candidate: Hashable, Sendable {
    enum State: Hashable, Sendable { case running, narrowed, paused }
    /// Later starts have larger numbers.
    var id: Int
    var priority: Int
    var state: State
  }

  enum Step: Hashable, Sendable {
    case none
    case pause(Int)
    /// Down to one worker.
    case narrow(Int)
    case widen(Int)
    case resume(Int)
    /// With one worker: memory is not back, but somebody must run.
    case resumeNarrowed(Int)
    /// Pausing did not help: end the run before the kernel does.
    case stop
  }

  /// In bytes.
  let pauseAt: UInt64
  let resumeAt: UInt64
  let abortAt: UInt64
  /// Time above `abortAt` with everything paused after which the run ends. In that time the lanes drain.
  let patience: Duration
  /// Between two steps below `abortAt`, in which the former shows its effect; nobody running is mended at once.
  let settling: Duration

  private var pausedInVainSince: MonotonicTime?
  private var settlesUntil: MonotonicTime?
  /// The last step let one go on because nobody ran.
  private var isOnItsOwn = false

  init(pauseAt: UInt64, resumeAt: UInt64, abortAt: UInt64, patience: Duration, settling: Duration) {
    (self.pauseAt, self.resumeAt, self.abortAt) = (pauseAt, resumeAt, abortAt)
    (self.patience, self.settling) = (patience, settling)
  }

  /// What to do after a sample of `usage` bytes. At most one target is acted on at a time.
  mutating func next(usage: UInt64, targets: [Candidate], at now: MonotonicTime) -> Step {
    let areAllPaused = !targets.isEmpty && targets.allSatisfy { $0.state == .paused }
    if usage >= abortAt, areAllPaused {
      let since = pausedInVainSince ?? now
      pausedInVainSince = since
      if now.since(since) > patience { return .stop }
    } else {
      pausedInVainSince = nil
    }
    if let until = settlesUntil, now < until {
      // Somebody must run below `abortAt`, whatever happened a moment ago; and who goes on for that reason is not stopped again
      // at once, or memory that is short only while somebody runs would make a swarm of steps.
      if usage < abortAt ? !areAllPaused : isOnItsOwn { return .none }
    }
    let step = step(usage, targets, areAllPaused)
    if step != .none { settlesUntil = now.advanced(by: settling) }
    switch step {
    case .none, .stop: break
    case .resumeNarrowed: isOnItsOwn = true
    case .pause, .narrow, .widen, .resume: isOnItsOwn = false
    }
    return step
  }

  private func step(_ usage: UInt64, _ targets: [Candidate], _ allPaused: Bool) -> Step {
    if allPaused, usage > resumeAt {
      return usage < abortAt ? firstToResume(targets).map { .resumeNarrowed($0.id) } ?? .none : .none
    }
    if usage >= pauseAt { return relieve(usage, targets) }
    return usage <= resumeAt ? restore(targets) : .none
  }

  /// Lowest priority first, then the youngest. The last one is narrowed, and paused only above `abortAt`.
  private func relieve(_ usage: UInt64, _ targets: [Candidate]) -> Step {
    let active = targets.lazy.filter { $0.state != .paused }
    let first = active.min { ($0.priority, $1.id) < ($1.priority, $0.id) }
    guard let first else { return .none }
    if usage >= abortAt || active.contains(where: { $0.id != first.id }) { return .pause(first.id) }
    return first.state == .running ? .narrow(first.id) : .none
  }

  /// The reverse: widen what was narrowed, then resume the highest priority, the oldest first.
  private func restore(_ targets: [Candidate]) -> Step {
    if let narrowed = targets.first(where: { $0.state == .narrowed }) { return .widen(narrowed.id) }
    return firstToResume(targets).map { .resume($0.id) } ?? .none
  }

  private func firstToResume(_ targets: [Candidate]) -> Candidate? {
    targets.lazy.filter { $0.state == .paused }.min { ($1.priority, $0.id) < ($0.priority, $1.id) }
  }
}
