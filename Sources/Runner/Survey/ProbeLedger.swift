import Synchronization

/// The files that one look has made, or is about to make, and has not seen gone: written down before each is made, so that
/// whoever gives the look up can name what may remain.
final class ProbeLedger: Sendable {
  private struct State {
    var isClosed = false
    var paths: [String] = []
  }

  private let state = Mutex(State())

  /// Whether the file at `path` may be made, which from now on counts as there; false: nobody waits for the look any more.
  func add(_ path: String) -> Bool {
    state.withLock { state in
      if !state.isClosed { state.paths.append(path) }
      return !state.isClosed
    }
  }

  /// The file is not there, or no longer.
  func remove(_ path: String) { state.withLock { $0.paths.removeAll { $0 == path } } }

  /// No further file may be made.
  func close() { state.withLock { $0.isClosed = true } }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// What may be there now.
  var paths: [String] { state.withLock { $0.paths } }
}
