public import Plan
public import SystemPackage

/// What a run tells while it goes on. Events come from several threads; a handler must be quick and must not call back.
public enum RunEvent: Sendable {
  case targetStarted(TargetStart)
  case progress(TargetProgress)
  case failure(PurgeFailure)
  /// Failures of one kind beyond the first few, which are not told one by one.
  case failuresSuppressed(target: String, kind: String, count: UInt64)
  case targetPaused(target: String, memory: MemorySummary)
  case targetResumed(target: String, memory: MemorySummary, after: Duration)
  /// No worker of the target has finished anything for this long.
  case targetStalled(target: String, for: Duration, operationsInFlight: Int)
  case guardTripped(target: String?, message: String)
  /// Something an operator should know, but no failure.
  case notice(target: String?, message: String)
  case stopping(ending: Ending, message: String)
  case targetFinished(TargetOutcome)
}

/// What is known when a target starts.
public struct TargetStart: Hashable, Sendable {
  public var target: String
  public var path: String
  public var maxAge: Duration
  /// Files older than this go.
  public var cutoff: Timestamp
  public var concurrency: Int
  public var mode: RunMode
  public var progressInterval: Duration
  public var memoryLimit: ByteCount
  public var removeEmptyDirectories: Bool
  public var maxEmptyDirectories: UInt64?

  public init(
    target: String, path: String, maxAge: Duration, cutoff: Timestamp, concurrency: Int, mode: RunMode,
    progressInterval: Duration, memoryLimit: ByteCount, removeEmptyDirectories: Bool, maxEmptyDirectories: UInt64?
  ) {
    self.target = target
    self.path = path
    self.maxAge = maxAge
    self.cutoff = cutoff
    self.concurrency = concurrency
    self.mode = mode
    self.progressInterval = progressInterval
    self.memoryLimit = memoryLimit
    self.removeEmptyDirectories = removeEmptyDirectories
    self.maxEmptyDirectories = maxEmptyDirectories
  }
}

/// A running target at one moment.
public struct TargetProgress: Hashable, Sendable {
  public var target: String
  public var elapsed: Duration
  public var tally: Tally
  public var memory: MemorySummary
  /// Files and directories per second since the previous progress of this target.
  public var filesPerSecond: Double
  public var dirsPerSecond: Double
  public var workers: Int
  /// Workers that are carrying out a piece of work, as against waiting for one.
  public var busyWorkers: Int
  public var isPaused: Bool
  public var pauses: UInt64

  public init(
    target: String, elapsed: Duration, tally: Tally, memory: MemorySummary, filesPerSecond: Double,
    dirsPerSecond: Double, workers: Int, busyWorkers: Int, isPaused: Bool, pauses: UInt64
  ) {
    self.target = target
    self.elapsed = elapsed
    self.tally = tally
    self.memory = memory
    self.filesPerSecond = filesPerSecond
    self.dirsPerSecond = dirsPerSecond
    self.workers = workers
    self.busyWorkers = busyWorkers
    self.isPaused = isPaused
    self.pauses = pauses
  }
}

/// One entry, or one target, with which something could not be done.
public struct PurgeFailure: Hashable, Sendable {
  public enum Operation: String, Hashable, Sendable {
    case openDirectory = "open directory"
    case readDirectory = "read directory"
    case readStatus = "read status"
    case removeFile = "remove file"
    case removeDirectory = "remove directory"
    case expandTarget = "find target folders"
  }

  public var target: String
  public var operation: Operation
  /// Absolute; bytes that are not printable UTF-8 are escaped as `\xNN`.
  public var path: String
  public var errno: Errno

  public init(target: String, operation: Operation, path: String, errno: Errno) {
    (self.target, self.operation, self.path, self.errno) = (target, operation, path, errno)
  }
}
