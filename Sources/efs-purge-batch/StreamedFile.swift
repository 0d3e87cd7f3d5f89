import Kernel
import SystemPackage

/// A file that is written while a run goes on, and takes its place when it is whole.
struct StreamedFile: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let path: String
  /// What it is written to until it is put in its place; nil where that is no file.
  let temporary: FileIdentity?
  private let file: BackgroundFile
  private let patience: StopPatience

  init(_ file: AtomicFile, at path: String, _ patience: StopPatience) {
    (self.path, self.patience) = (path, patience)
    temporary = file.identity
    self.file = BackgroundFile(file)
  }

  /// Starts its thread. To be called after `ProcessSignals.watch`, so that no signal finds a thread that does not expect it.
  func start() throws(Errno) { try file.start() }

  func append(_ bytes: [UInt8]) { file.append(bytes, patience: patience.isLeft) }

  func commit() throws(Failure) {
    do throws(Errno) {
      try file.commit(patience: patience.isLeft)
    } catch {
      throw Failure(description: "\(error)")
    }
  }

  /// Leaves what stood in its place.
  func abandon() { file.abandon(patience: patience.isLeft) }
}
