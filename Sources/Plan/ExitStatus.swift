/// The process's exit status, as users' retry rules know it.
public enum ExitStatus: Int32, Hashable, Sendable, CaseIterable {
  case success = 0
  case failures = 1
  case unusable = 2
  case memory = 3
  case interrupted = 4
  case guardTripped = 5
  case locked = 6
  /// As `failures`, but all that failed will fail again until the cause is fixed.
  case permanentFailures = 7
  case usage = 64

  /// Whether a further attempt may do what this one did not; false where every one would end the same way.
  public var isWorthARetry: Bool {
    switch self {
    case .failures, .memory, .interrupted, .locked: true
    case .success, .unusable, .guardTripped, .permanentFailures, .usage: false
    }
  }

  /// In a few words.
  public var meaning: String {
    switch self {
    case .success: "everything done"
    case .failures: "some entries failed"
    case .unusable: "unusable config"
    case .memory: "out of memory"
    case .interrupted: "ended early, cleanly"
    case .guardTripped: "a safety guard"
    case .locked: "another run holds the lock"
    case .permanentFailures: "failures a retry will not fix"
    case .usage: "wrong command line"
    }
  }
}
