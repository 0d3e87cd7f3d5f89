import Kernel
import Plan
import Report
import Runner
import SystemPackage

/// Writes the list of a plan while it goes on: one line for each file that would go. It takes its place when it is whole.
final class ListStream: EntryRecorder {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let path: String
  /// What it is written to until it is put in its place; nil where that is no file.
  let temporary: FileIdentity?
  private let file: BackgroundFile
  private let patience: StopPatience

  var wantsKept: Bool { false }

  /// Makes sure that the list can be written at all. `-` is standard output.
  init(to path: String, _ patience: StopPatience) throws(Errno) {
    self.path = path
    self.patience = patience
    let file = try path == "-" ? AtomicFile(openAs: .standardOutput) : AtomicFile(at: path)
    temporary = file.identity
    self.file = BackgroundFile(file)
  }

  /// To be called after `ProcessSignals.watch`, so that no signal finds a thread that does not expect it.
  func start() throws(Errno) { try file.start() }

  func record(_ entry: RecordedEntry) {
    if entry.fate == .wouldPurge { file.append(ListLine.bytes(entry), patience: patience.isLeft) }
  }

  func finish() throws(Failure) {
    do throws(Errno) {
      try file.commit(patience: patience.isLeft)
    } catch {
      throw Failure(description: "\(error)")
    }
  }

  /// Leaves what stood in its place.
  func abandon() { file.abandon(patience: patience.isLeft) }
}
