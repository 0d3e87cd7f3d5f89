import Plan

/// How a run ended, from how its targets did.
enum Verdicts {
  /// The gravest of the targets' endings counts: a guard, memory, time or signal, failures. `stopped`: why the whole run was to
  /// stop, which does not count when every target had come to its end by then.
  static func ofBatch(_ books: TargetBooks, stopped: Ending?) -> (Ending, ExitStatus) {
    let targets = Set(books.endings.keys)
    let failures: ExitStatus = books.hasOnlyPermanentFailures ? .permanentFailures : .failures
    let ended: Set<Ending> = [.completed, .completedWithErrors, .failed, .skipped]
    let cutShort = targets.isEmpty || !targets.isSubset(of: ended)
    let endings = targets.union(stopped.flatMap { cutShort ? [$0] : nil } ?? [])
    let byGravity: [(Ending, Ending, ExitStatus)] = [
      (.stoppedGuard, .stoppedGuard, .guardTripped),
      (.stoppedMemory, .stoppedMemory, .memory),
      (.stoppedTime, .stoppedTime, .interrupted),
      (.stoppedSignal, .stoppedSignal, .interrupted),
      (.failed, .completedWithErrors, failures),
      (.completedWithErrors, .completedWithErrors, failures),
    ]
    for (cause, ending, status) in byGravity where endings.contains(cause) { return (ending, status) }
    return (.completed, .success)
  }
}

extension ExitStatus {
  /// The run was not cut short.
  var isOfAWholeRun: Bool { [.success, .failures, .permanentFailures].contains(self) }
}
