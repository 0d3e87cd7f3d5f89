public import Plan
public import SystemPackage

/// What a run tells while it goes on. Events come from several threads; a handler must be quick and must not call back.
public enum RunEvent: Sendable {
  /// All folders were found, and the first target is about to start; `targets` counts every one the report will have.
  case batchStarted(targets: Int)
  case batchProgress(BatchProgress)
  case targetStarted(TargetStart)
  case progress(TargetProgress)
  case failure(PurgeFailure)
  /// Failures of one kind beyond the first few, which are not told one by one.
  case failuresSuppressed(target: String, kind: String, count: UInt64)
  /// The monitor begins to look at memory.
  case memoryWatched(MemoryWatch)
  /// Besides, the kernel wakes it, by these files of the group's.
  case memoryNotices([String])
  /// What the kubelet counts has come near the limit.
  case workingSetNear(MemorySummary)
  /// A target was paused, narrowed, or goes on.
  case memoryStep(MemoryStep)
  /// Calls of a target do not answer. `quiet`: no worker of it has finished anything for so long; nil: others go on.
  case targetStalled(target: String, quiet: Duration?, operationsInFlight: Int, calls: [HangingCall])
  case guardTripped(target: String?, message: String)
  /// Entries that a target's path may have been meant to find, and that are not purged.
  case passedOver(PassedOver, target: String)
  /// Something an operator should know, but no failure.
  case notice(target: String?, message: String)
  case stopping(ending: Ending, message: String)
  case targetFinished(TargetOutcome)
  /// Told once at the end, in place of a line for each.
  case targetsNotStarted(TargetsNotStarted)
}

/// What is known when a target starts.
public struct TargetStart: Hashable, Sendable {
  public var target: String
  public var path: String
  /// Nil: no file goes.
  public var maxAge: Duration?
  /// Files older than this go.
  public var cutoff: Timestamp
  public var concurrency: Int
  public var mode: RunMode
  public var progressInterval: Duration
  public var memoryLimit: ByteCount
  /// What it may reserve; nil: its share of the machine's memory, which is a figure without meaning.
  public var memoryBudget: ByteCount?
  public var removeEmptyDirectories: Bool
  public var maxEmptyDirectories: UInt64?

  public init(
    target: String, path: String, maxAge: Duration?, cutoff: Timestamp, concurrency: Int, mode: RunMode,
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
  /// How often per second something was done.
  public struct Rates: Hashable, Sendable {
    /// Over the last ten seconds.
    public var instant = 0.0
    /// Over the last minute.
    public var short = 0.0
    /// Since the target's start.
    public var overall = 0.0
    /// The largest `instant` so far.
    public var peak = 0.0

    public init(instant: Double = 0, short: Double = 0, overall: Double = 0, peak: Double = 0) {
      (self.instant, self.short, self.overall, self.peak) = (instant, short, overall, peak)
    }
  }

  public struct Pace: Hashable, Sendable {
    /// Files looked at, and directories read.
    public var files = Rates()
    public var directories = Rates()
    /// Files deleted, and empty directories; none in a dry run.
    public var deletions = Rates()
    public var emptyDirectories = Rates()

    public init(
      files: Rates = Rates(), directories: Rates = Rates(), deletions: Rates = Rates(),
      emptyDirectories: Rates = Rates()
    ) {
      (self.files, self.directories) = (files, directories)
      (self.deletions, self.emptyDirectories) = (deletions, emptyDirectories)
    }
  }

  public var target: String
  public var elapsed: Duration
  public var tally: Tally
  /// Files that all targets together have scanned so far.
  public var filesOfRun: UInt64 = 0
  public var memory: MemorySummary
  /// Of the run so far; nil while too little was seen.
  public var trend: MemoryTrend?
  public var pace = Pace()
  public var workers: Int
  /// Workers that are carrying out a piece of work, as against waiting for one.
  public var busyWorkers: Int
  /// The most there were at once.
  public var workersPeak: Int
  /// The most there may be.
  public var workersLimit: Int
  /// File system calls since the last report of this target.
  public var operations = OperationFigures()
  public var isPaused: Bool
  public var pauses: UInt64 = 0

  public init(
    target: String, elapsed: Duration, tally: Tally, memory: MemorySummary, workers: Int, busyWorkers: Int,
    workersPeak: Int, workersLimit: Int, isPaused: Bool
  ) {
    self.target = target
    self.elapsed = elapsed
    self.tally = tally
    self.memory = memory
    self.workers = workers
    self.busyWorkers = busyWorkers
    self.workersPeak = workersPeak
    self.workersLimit = workersLimit
    self.isPaused = isPaused
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
