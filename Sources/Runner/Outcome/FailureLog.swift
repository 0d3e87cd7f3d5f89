import Kernel
import SystemPackage

/// Counts the failures of one target and tells of the first few of each kind; the rest is summed up.
final class FailureLog: Sendable {
  /// Enough to see what is wrong; a million lines would bury it.
  static let toldOfEachKind: UInt64 = 20

  private struct Key: Hashable {
    var operation: PurgeFailure.Operation
    var errno: Errno
    var isPassing: Bool
  }

  private let target: String
  private let onEvent: @Sendable (RunEvent) -> Void
  private struct Count {
    var all: UInt64 = 0
    /// One by one.
    var told: UInt64 = 0
  }

  private let counts = Monitor<[Key: Count]>([:])

  init(target: String, onEvent: @escaping @Sendable (RunEvent) -> Void) {
    (self.target, self.onEvent) = (target, onEvent)
  }

  /// Books one failure. `path` is built only when it is going to be told. `isPassing`: what was refused (EACCES) may not be the
  /// next time.
  func add(_ operation: PurgeFailure.Operation, _ errno: Errno, isPassing: Bool = false, path: () -> String) {
    let key = Key(operation: operation, errno: errno, isPassing: isPassing && errno == .permissionDenied)
    let isTold = counts.withLock { counts in
      let told = counts[key, default: Count()].told < FailureLog.toldOfEachKind
      counts[key, default: Count()].all += 1
      if told { counts[key, default: Count()].told += 1 }
      return told
    }
    guard isTold else { return }
    onEvent(.failure(PurgeFailure(target: target, operation: operation, path: path(), errno: errno)))
  }

  /// Books failures that have one cause and are not told one by one.
  func add(_ operation: PurgeFailure.Operation, _ errno: Errno, count: UInt64) {
    let key = Key(operation: operation, errno: errno, isPassing: false)
    counts.withLock { $0[key, default: Count()].all += count }
  }

  var total: UInt64 { counts.withLock { $0.values.reduce(0) { $0 + $1.all } } }

  /// Those that will happen again until somebody mends their cause.
  var permanent: UInt64 {
    counts.withLock { counts in
      counts.reduce(0) { $0 + ($1.key.errno.meansForbidden && !$1.key.isPassing ? $1.value.all : 0) }
    }
  }

  /// By errno name.
  var byKind: [String: UInt64] {
    counts.withLock { counts in
      counts.reduce(into: [:]) { $0[ErrnoName.of($1.key.errno), default: 0] += $1.value.all }
    }
  }

  /// Tells how many of each kind were not told one by one.
  func sumUp() {
    for (key, count) in counts.withLock({ $0 }) where count.all > count.told {
      let kind = "\(key.operation.rawValue): \(ErrnoName.of(key.errno))"
      onEvent(.failuresSuppressed(target: target, kind: kind, count: count.all - count.told))
    }
  }
}
