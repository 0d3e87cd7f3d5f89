import Plan

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
