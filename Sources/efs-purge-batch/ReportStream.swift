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
    var stop: StopRequest?
    var isStarted = false
    /// When a signal put an end to waiting for a volume that hangs.
    var end: MonotonicTime?
  }

  let path: String
  /// What it is written to until it is put in its place; nil where that is no file.
  let temporary: FileIdentity?
  private let file: BackgroundFile
  private let state = Monitor(State())

  /// What is left of the time to end when workers that hang have been waited for, at least.
  private static let patience: Duration = .seconds(1)

  /// Makes sure that the report can be written at all.
  init(to path: String) throws(Errno) {
    self.path = path
    let file = try AtomicFile(at: path)
    temporary = file.identity
    self.file = BackgroundFile(file)
  }

  /// Starts its thread. To be called after `ProcessSignals.watch`, so that no signal finds a thread that does not expect it.
  func start(_ stop: StopRequest) throws(Unusable) {
    do throws(Errno) {
      try file.start()
    } catch {
      throw Unusable("cannot start the report's thread: \(error)")
    }
    state.withLock { ($0.stop, $0.isStarted) = (stop, true) }
    append { $0.beginning }
  }

  func note(_ event: RunEvent) {
    switch event {
    case .targetFinished(let outcome): append { $0.target(outcome) }
    case .stopping(.stoppedSignal, _):
      let end = MonotonicTime.now().advanced(by: RunPlan.timeToEnd - ReportStream.patience / 2)
      state.withLock { $0.end = end }
    default: break
    }
  }

  /// Puts the report in its place.
  func finish(_ outcome: BatchOutcome, _ advice: RehearsalAdvice?) throws(Failure) {
    append { try $0.end(outcome, toolVersion: ToolVersion.current, host: Host.name(), advice: advice) }
    if let failure = state.withLock({ $0.failure }) {
      abandon()
      throw failure
    }
    do throws(Errno) {
      try file.commit(patience: hasPatience)
    } catch {
      throw Failure(description: "\(error)")
    }
  }

  /// Leaves what stood in its place.
  func abandon() {
    if !state.withLock({ $0.isStarted }) { return file.close() }
    file.abandon(patience: hasPatience)
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
    file.append(bytes, patience: hasPatience)
  }

  /// A volume that hangs is waited for like everything else on it, but a signal's word counts.
  private func hasPatience() -> Bool {
    state.withLock { state in
      guard state.stop?.reason?.ending == .stoppedSignal else { return true }
      let end = state.end ?? MonotonicTime.now().advanced(by: ReportStream.patience)
      state.end = end
      return MonotonicTime.now() < end
    }
  }
}
