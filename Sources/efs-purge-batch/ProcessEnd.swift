import Glibc
import Kernel
import Plan
import Report
import Runner
import SystemPackage

/// Sees to it that `plan` and `run` end within five seconds of a signal, whatever they are doing, and tell what they can.
///
/// ```text
///  starting ──> touching ──> running ──> ending ──> the process ends
///     │            │            └── a signal asks the walk to stop, and sets when all must be over
///     │            └── a signal waits three seconds for what comes next: what is made must be removed again
///     └──> over: a signal ends the process at once, nothing was touched
/// ```
final class ProcessEnd: Sendable {
  /// A little less than what is promised, `RunPlan.timeToEnd`.
  static let timeToEnd: Duration = RunPlan.timeToEnd - .milliseconds(300)
  /// Where nothing was done, there is little to tell. A signal may have waited for a slow start besides.
  private static let timeToEndAtOnce: Duration = .seconds(2)

  private enum Phase {
    case starting
    case touching
    case running(StopRequest, ProgressWish)
    case ending(ExitStatus)
    case over
  }

  let patience = Patience()
  private let phase = Monitor(Phase.starting)
  private let terminationLog: String?
  private let config: String
  private let errors: LogFormat

  /// - Parameters:
  ///   - config: what is not written to, even if it is called the termination log.
  ///   - errors: the form in which it tells why the process ends before its time.
  init(terminationLog: String?, config: String, errors: LogFormat) {
    (self.terminationLog, self.config, self.errors) = (terminationLog, config, errors)
  }

  /// To be called before any thread is started.
  func watchSignals() throws(Unusable) {
    do throws(Errno) {
      try ProcessSignals.watch { [self] notice in
        heed(notice)
        return patience.deadline
      }
    } catch {
      throw Unusable("cannot watch for signals: \(error)")
    }
  }

  // MARK: - What the first thread says

  /// From now on something may be left behind where it is not done to its end, until `run` or `exit`.
  func touch() { enter(.touching) }

  /// From now on a signal asks the run to stop.
  func run(_ stop: StopRequest, _ progress: ProgressWish) { enter(.running(stop, progress)) }

  /// From now on it is only told what was done.
  func begin(_ status: ExitStatus) { enter(.ending(status)) }

  /// Without what exit(3) does besides: it would wait for locks that a thread which hangs may hold.
  func exit(_ status: ExitStatus) -> Never {
    enter(.ending(status))
    _exit(status.rawValue)
  }

  /// Tells why nothing was done.
  func exit(_ unusable: Unusable) -> Never {
    enter(.ending(.unusable))
    leaveMessage(unusable.message)
    if errors == .text, !unusable.findings.isEmpty {
      try? patience.wait(.summary) { StandardError.write(Array(unusable.findings.joined().utf8)) }
    }
    try? patience.wait(.log) { [errors] in
      ErrorLine.write(unusable.message, as: errors, "Run refused", findings: unusable.findings)
    }
    _exit(unusable.status)
  }

  private func enter(_ next: Phase) {
    // Over: the signals' thread ends the process, and nothing must be begun any more.
    _ = phase.wait { phase -> Void? in
      if case .over = phase { return nil }
      phase = next
      return ()
    }
    phase.broadcast()
  }

  private func leaveMessage(_ text: String, insists: Bool = true) {
    guard let path = terminationLog else { return }
    do {
      try patience.wait(.message, insists: insists) { [config] in
        // Not before: to look at it, too, may take for ever.
        if FilePlace.areOne(path, config) { return }
        try MessageFile.write(Array(EndMessage.text(text).utf8), to: path)
      }
    } catch {
      let message = "cannot write the termination log to \(quoted(path)): \(error)"
      try? patience.wait(.log, insists: insists) { [errors] in
        ErrorLine.write(message, as: errors, "Failed to write the termination log")
      }
    }
  }

  // MARK: - What the signals' thread does

  private func heed(_ notice: ProcessSignals.Notice) {
    switch notice {
    case .progress:
      if case .running(_, let progress) = phase.withLock({ $0 }) { progress.make() }
    case .stop(let signal): stop(signal)
    case .timeIsUp: giveUp()
    }
  }

  /// The first signal ends the run in good order, a second one without waiting for what is in flight.
  private func stop(_ signal: String) {
    let isFirst = patience.shorten(to: .now().advanced(by: ProcessEnd.timeToEnd))
    switch phaseToStop() {
    case .running(let stop, _):
      if isFirst {
        stop.request(.stoppedSignal, message: "\(signal) was received")
      } else if signal != "SIGXCPU" {
        // SIGXCPU comes every second by itself.
        stop.hurry()
      }
    case .over:
      patience.shorten(to: .now().advanced(by: ProcessEnd.timeToEndAtOnce))
      let message = "\(signal) was received; nothing was touched"
      try? patience.wait(.log, insists: false) { [errors] in ErrorLine.write(message, as: errors) }
      leaveMessage(message, insists: false)
      _exit(ExitStatus.interrupted.rawValue)
    case .starting, .touching, .ending: break
    }
  }

  /// The phase now, in which a process that has not begun is not to begin any more.
  private func phaseToStop() -> Phase {
    let seen = phase.wait(timeout: .seconds(3)) { phase -> Phase? in
      if case .touching = phase { return nil }
      if case .starting = phase { phase = .over }
      return phase
    }
    if let seen { return seen }
    return phase.withLock { phase in
      phase = .over
      return phase
    }
  }

  /// Something does not answer that nobody waits for with patience.
  private func giveUp() -> Never {
    let status: ExitStatus =
      if case .ending(let status) = phase.withLock({ $0 }) { status.withSomethingUntold } else {
        .interrupted
      }
    let message =
      "ended \(RunPlan.timeToEnd.components.seconds) s after a signal, before all was told: something does not answer"
    try? patience.wait(.log, insists: false) { [errors] in ErrorLine.write(message, as: errors) }
    _exit(status.rawValue)
  }
}

extension ExitStatus {
  /// The same where something could not be told besides: trying again may mend that.
  var withSomethingUntold: ExitStatus { [.success, .permanentFailures].contains(self) ? .failures : self }
}
