import Kernel
import Plan
import Report
import Runner
import SystemPackage

/// Writes the report while the run goes on, a target when it has ended, so that not all of it has to be kept. What goes wrong
/// with it never stops the run, and is told at the end.
final class ReportStream: Sendable {
  private struct State {
    var report = RunReport()
    /// It could not be put into JSON.
    var failure: StreamedFile.Failure?
  }

  let path: String
  /// What `path` was made from.
  private let pattern: String
  /// Nil: the disk had no room even for an empty file.
  private let file: StreamedFile?
  private let state = Monitor(State())

  /// Makes sure that the report can be written at all, but for a full disk, which the run may free.
  init(to path: String, madeFrom pattern: String, _ patience: StopPatience) throws(Errno) {
    (self.path, self.pattern) = (path, pattern)
    do throws(Errno) {
      file = StreamedFile(try AtomicFile(at: path, madeFrom: pattern), at: path, patience)
    } catch {
      guard error.meansFull else { throw error }
      file = nil
      state.withLock { $0.failure = StreamedFile.Failure(description: "\(error)") }
    }
  }

  /// See `StreamedFile`.
  var temporary: FileIdentity? { file?.temporary }

  /// See `StreamedFile`.
  func start() throws(Errno) {
    try file?.start()
    append { $0.beginning }
  }

  func note(_ event: RunEvent) {
    if case .targetFinished(let outcome) = event { append { $0.target(outcome) } }
  }

  /// Puts `record` where the report is to be.
  func put(_ record: [UInt8]) throws(Errno) { try AtomicFile.put(record, at: path, madeFrom: pattern) }

  /// Puts the report in its place.
  func finish(_ outcome: BatchOutcome, _ advice: RehearsalAdvice?) throws(StreamedFile.Failure) {
    append { try $0.end(outcome, toolVersion: ToolVersion.current, host: Host.name(), advice: advice) }
    if let failure = state.withLock({ $0.failure }) {
      abandon()
      throw failure
    }
    try file?.commit()
  }

  /// Leaves what stood in its place.
  func abandon() { file?.abandon() }

  private func append(_ make: (inout RunReport) throws -> [UInt8]) {
    guard let file else { return }
    let bytes = state.withLock { state -> [UInt8] in
      do {
        return try make(&state.report)
      } catch {
        if state.failure == nil { state.failure = StreamedFile.Failure(description: "\(error)") }
        return []
      }
    }
    file.append(bytes)
  }
}
