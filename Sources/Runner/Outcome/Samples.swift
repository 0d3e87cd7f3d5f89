public import Plan

/// Some of many paths, as text: how many there are, and the first that were met.
public struct PathSamples: Hashable, Sendable {
  /// As many as anyone reads.
  public static let most = 20

  public private(set) var count: UInt64 = 0
  /// Escaped where they are not printable; `most` of them at most.
  public private(set) var first: [String] = []

  public init() {}

  /// `path` is asked for only when it is kept.
  public mutating func note(_ path: @autoclosure () -> String) {
    count += 1
    if first.count < PathSamples.most { first.append(path()) }
  }
}

/// One file that a dry run would delete.
public struct FileSample: Hashable, Sendable {
  /// Of one target.
  public static let most = 3

  /// Absolute, and escaped where it is not printable.
  public var path: String
  public var size: ByteCount
  /// Nil: it could not be looked at a second time.
  public var age: Duration?

  public init(path: String, size: ByteCount, age: Duration?) {
    (self.path, self.size, self.age) = (path, size, age)
  }
}

/// The folders of one target with dates in its path that are not purged now.
public struct FoldersKept: Hashable, Sendable {
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// By `older_than`.
    case tooYoung = "too_young"
    /// By `from` or `to`.
    case outsideBounds = "outside_bounds"
    case keepLast = "keep_last"
  }

  /// As configured.
  public var target: String
  /// Reasons that keep none are absent.
  public var folders: [Reason: PathSamples] = [:]

  public init(target: String) { self.target = target }
}

/// Targets that were never started for one reason.
public struct TargetsNotStarted: Hashable, Sendable {
  public var reason: String
  public var names = PathSamples()

  public init(reason: String) { self.reason = reason }
}

/// A cap that a run would meet, as a dry run that counts on beyond it sees.
public struct CapForecast: Hashable, Sendable {
  /// As written in the config: `safety.max_deletions`, `max_deleted_bytes`.
  public var key: String
  /// As configured; nil: the whole run's.
  public var target: String?
  /// Files or bytes that may be deleted, and those that would have to go.
  public var limit: UInt64
  public var wanted: UInt64
  public var isBytes: Bool

  public init(key: String, target: String?, limit: UInt64, wanted: UInt64, isBytes: Bool) {
    (self.key, self.target, self.limit, self.wanted, self.isBytes) = (key, target, limit, wanted, isBytes)
  }
}

/// A file system call that does not answer.
public struct HangingCall: Hashable, Sendable {
  /// As many of a target as are told.
  public static let most = 10

  public var operation: PurgeFailure.Operation
  /// For so long.
  public var age: Duration
  /// The folder it is about; absolute, and escaped where it is not printable.
  public var path: String

  public init(operation: PurgeFailure.Operation, age: Duration, path: String) {
    (self.operation, self.age, self.path) = (operation, age, path)
  }
}

/// The whole run at one moment.
public struct BatchProgress: Hashable, Sendable {
  /// All of the run; each is done, running or waiting.
  public var targets: Int
  public var targetsDone: Int
  public var targetsRunning: Int
  public var elapsed: Duration
  /// Of the targets done and running.
  public var tally: Tally
  /// Files looked at, and files deleted (none in a dry run), per second over the last minute.
  public var filesPerSecond: Double
  public var deletionsPerSecond: Double
  public var memory: MemorySummary
  /// Until `time_limit` ends the run; nil: no limit.
  public var timeLeft: Duration?

  public var targetsWaiting: Int { targets - targetsDone - targetsRunning }

  public init(
    targets: Int, targetsDone: Int, targetsRunning: Int, elapsed: Duration, tally: Tally, filesPerSecond: Double,
    deletionsPerSecond: Double, memory: MemorySummary, timeLeft: Duration? = nil
  ) {
    (self.targets, self.targetsDone, self.targetsRunning) = (targets, targetsDone, targetsRunning)
    (self.elapsed, self.tally, self.memory, self.timeLeft) = (elapsed, tally, memory, timeLeft)
    (self.filesPerSecond, self.deletionsPerSecond) = (filesPerSecond, deletionsPerSecond)
  }
}
