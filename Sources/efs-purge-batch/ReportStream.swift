import Kernel
import Plan
import Report
import Runner
import SystemPackage

/// Writes the report while the run goes on, a target when it has ended, so that not all of it has to be kept. What goes wrong
/// with it never stops the run, and is told at the end.
final class ReportStream: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private struct State {
    var report = RunReport()
    /// It could not be put into JSON.
    var failure: Failure?
    var isStarted = false
  }

  let path: String
  /// What it is written to until it is put in its place; nil where that is no file.
  let temporary: FileIdentity?
  private let file: BackgroundFile
  private let state = Monitor(State())
  private let patience: StopPatience

  /// Makes sure that the report can be written at all.
  init(to path: String, _ patience: StopPatience) throws(Errno) {
    (self.path, self.patience) = (path, patience)
    let file = try AtomicFile(at: path)
    temporary = file.identity
    self.file = BackgroundFile(file)
  }

  /// Starts its thread. To be called after `ProcessSignals.watch`, so that no signal finds a thread that does not expect it.
  func start() throws(Unusable) {
    do throws(Errno) {
      try file.start()
    } catch {
      throw Unusable("cannot start the report's thread: \(error)")
    }
    state.withLock { $0.isStarted = true }
    append { $0.beginning }
  }

  func note(_ event: RunEvent) {
    if case .targetFinished(let outcome) = event { append { $0.target(outcome) } }
  }

  /// Puts the report in its place.
  func finish(_ outcome: BatchOutcome, _ advice: RehearsalAdvice?) throws(Failure) {
    append { try $0.end(outcome, toolVersion: ToolVersion.current, host: Host.name(), advice: advice) }
    if let failure = state.withLock({ $0.failure }) {
      abandon()
      throw failure
    }
    do throws(Errno) {
      try file.commit(patience: patience.isLeft)
    } catch {
      throw Failure(description: "\(error)")
    }
  }

  /// Leaves what stood in its place.
  func abandon() {
    if !state.withLock({ $0.isStarted }) { return file.close() }
    file.abandon(patience: patience.isLeft)
  }

  private func append(_ make: (inout RunReport) throws -> [UInt8]) {
    let bytes = state.withLock { state -> [UInt8] in
      do {
        return try make(&state.report)
      } catch {
        if state.failure == nil { state.failure = Failure(description: "\(error)") }
        return []
      }
    }
    file.append(bytes, patience: patience.isLeft)
  }
}
