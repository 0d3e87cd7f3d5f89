public import Plan

/// Whether files are really removed.
public enum RunMode: String, Hashable, Sendable {
  case dryRun = "dry-run"
  case purge
}

/// How a target, or the whole run, ended. The raw values are those of the report.
public enum Ending: String, Hashable, Sendable, CaseIterable {
  case completed
  case completedWithErrors = "completed_with_errors"
  case stoppedMemory = "stopped_memory"
  case stoppedTime = "stopped_time"
  case stoppedSignal = "stopped_signal"
  case stoppedGuard = "stopped_guard"
  case failed
  case skipped
  case notStarted = "not_started"
}

public struct TargetOutcome: Hashable, Sendable {
  public var name: String
  /// The absolute path; bytes that are not UTF-8 are escaped as `\xNN`.
  public var path: String
  public var ending: Ending
  /// A sentence for every ending but `completed`.
  public var reason: String?
  /// Nil when it never started.
  public var startedAt: Timestamp?
  public var finishedAt: Timestamp?
  public var duration: Duration = .zero
  public var tally = Tally()
  /// Errors by errno name (`EACCES`) or, where no call failed, by our own word for it.
  public var errorsByKind: [String: UInt64] = [:]
  /// Of `tally.errors`, those that will happen again until somebody mends their cause (EACCES, EPERM, EROFS that the server
  /// stands by).
  public var permanentErrors: UInt64 = 0
  /// Something besides the errors counted went wrong, which may go right another time.
  public var hasUncountedTrouble = false
  /// Folders with a `.purge-hold` that were met.
  public var holds = PathSamples()
  /// Of a dry run: some of the files that would go, `FileSample.most` at most.
  public var samples: [FileSample] = []
  /// Files that all targets together had scanned when this one ended.
  public var filesOfRun: UInt64 = 0
  /// The largest sample taken while this target ran.
  public var peakMemory = ByteCount(bytes: 0)
  public var pauses: UInt64 = 0
  public var paused: Duration = .zero
  /// What it was allowed to reserve.
  public var memoryBudget = ByteCount(bytes: 0)
  /// The most it had reserved at once.
  public var memoryReservedPeak = ByteCount(bytes: 0)
  /// Times it went beyond the budget, since nothing else could go on.
  public var memoryOverdrafts = 0
  /// The largest number of workers at once.
  public var concurrencyPeak = 0
  /// Operations in flight in the mean over its time.
  public var concurrencyMean = 0.0
  /// All its file system calls.
  public var operations = OperationFigures()

  public init(name: String, path: String, ending: Ending, reason: String? = nil) {
    (self.name, self.path, self.ending, self.reason) = (name, path, ending, reason)
  }

  /// Files looked at per second of running time; 0 for a target that took no time.
  public var filesPerSecond: Double { duration.inSeconds > 0 ? Double(tally.filesScanned) / duration.inSeconds : 0 }
}

/// What of its matches one target did not take.
public struct TargetPassedOver: Hashable, Sendable {
  /// As configured.
  public var target: String
  public var passedOver: PassedOver

  public init(target: String, _ passedOver: PassedOver) { (self.target, self.passedOver) = (target, passedOver) }
}

/// A pattern of the selection that means nothing that a run would walk.
public struct UnmatchedSelection: Hashable, Sendable {
  public var pattern: String
  /// Of the folders that it matches, one, and why that is not purged now, in a sentence; nil: it matches none.
  public var reason: String?

  public init(_ pattern: String, reason: String? = nil) { (self.pattern, self.reason) = (pattern, reason) }
}

public struct BatchOutcome: Hashable, Sendable {
  public var runID: String
  public var mode: RunMode
  public var startedAt: Timestamp
  public var finishedAt: Timestamp
  public var duration: Duration
  public var ending: Ending
  public var exitStatus: ExitStatus
  public var memory: MemoryOutcome
  public var books: TargetBooks
  /// What of their matches targets did not take, by the configured name; of the first few targets that have such.
  public var passedOver: [TargetPassedOver] = []
  /// The folder that stood for the root in a rehearsal on a copy, escaped where it is not UTF-8; nil: the root itself.
  public var root: String?
  /// Patterns of the selection that match neither a configured name nor that of a folder to be purged. When there are any,
  /// nothing was walked.
  public var unmatchedSelection: [UnmatchedSelection] = []
  /// Of targets with dates in their paths, the folders that are not purged now; of the first few that have such.
  public var foldersKept: [FoldersKept] = []
  /// What else of the run should be there and is not, a sentence for each: its report, its list.
  public var unwritten: [String] = []
  /// Of a dry run: the caps that a run would meet.
  public var capForecasts: [CapForecast] = []
  /// Why targets can never start for want of memory, a sentence for each. When there are any, nothing was walked.
  public var unfitting: [String] = []

  /// Patterns that matched no file and no folder, where all was seen that they could have matched.
  public var unmatchedPatterns: [PatternUse.Unmatched] = []

  public init(
    runID: String, mode: RunMode, startedAt: Timestamp, finishedAt: Timestamp, duration: Duration, ending: Ending,
    exitStatus: ExitStatus, memory: MemoryOutcome, books: TargetBooks
  ) {
    self.runID = runID
    self.mode = mode
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.duration = duration
    self.ending = ending
    self.exitStatus = exitStatus
    self.memory = memory
    self.books = books
  }

  public var totals: Tally { books.totals }

  /// As many as a person looks at, in the order in which they ended.
  public var targets: [TargetOutcome] { books.shown }
}

extension Duration {
  public var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
