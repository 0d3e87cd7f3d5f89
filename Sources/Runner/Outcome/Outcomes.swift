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

/// The process's exit status, as users' retry rules know it.
public enum ExitStatus: Int32, Hashable, Sendable {
  case success = 0
  case failures = 1
  case unusable = 2
  case memory = 3
  case interrupted = 4
  case guardTripped = 5
  case locked = 6
  case usage = 64
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
  /// The largest sample taken while this target ran.
  public var peakMemory = ByteCount(bytes: 0)
  public var pauses: UInt64 = 0
  public var paused: Duration = .zero
  /// The largest number of workers at once.
  public var concurrencyPeak = 0
  /// All its file system calls.
  public var operations = OperationFigures()

  public init(name: String, path: String, ending: Ending, reason: String? = nil) {
    (self.name, self.path, self.ending, self.reason) = (name, path, ending, reason)
  }

  /// Files looked at per second of running time; 0 for a target that took no time.
  public var filesPerSecond: Double { duration.inSeconds > 0 ? Double(tally.filesScanned) / duration.inSeconds : 0 }
}

public struct BatchOutcome: Hashable, Sendable {
  public var runID: String
  public var mode: RunMode
  public var startedAt: Timestamp
  public var finishedAt: Timestamp
  public var duration: Duration
  public var ending: Ending
  public var exitStatus: ExitStatus
  public var memory: MemorySummary
  /// In the order in which they were taken up.
  public var targets: [TargetOutcome]
  /// Patterns of the selection that match neither a configured name nor a folder's. When there are any, nothing was
  /// walked.
  public var unmatchedSelection: [String] = []

  public init(
    runID: String, mode: RunMode, startedAt: Timestamp, finishedAt: Timestamp, duration: Duration, ending: Ending,
    exitStatus: ExitStatus, memory: MemorySummary, targets: [TargetOutcome]
  ) {
    self.runID = runID
    self.mode = mode
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.duration = duration
    self.ending = ending
    self.exitStatus = exitStatus
    self.memory = memory
    self.targets = targets
  }

  public var totals: Tally { targets.reduce(into: Tally()) { $0 += $1.tally } }
}

/// The memory of a run, as the monitor saw it.
public struct MemorySummary: Hashable, Sendable {
  /// Where the limit comes from, e.g. `cgroup v2 memory.max /kubepods/pod1`, `configured`, `physical memory`.
  public var source: String
  public var limit: ByteCount
  /// Before the first target.
  public var base: ByteCount
  public var peak: ByteCount
  /// What was measured last.
  public var current: ByteCount
  /// What the kubelet compares with the limit, when it was measured last; nil outside a cgroup.
  public var workingSet: ByteCount?
  public var pauses: UInt64
  public var paused: Duration

  public init(
    source: String, limit: ByteCount, base: ByteCount, peak: ByteCount, current: ByteCount, pauses: UInt64 = 0,
    paused: Duration = .zero
  ) {
    (self.source, self.limit, self.base, self.peak, self.current) = (source, limit, base, peak, current)
    (self.pauses, self.paused) = (pauses, paused)
  }

  public var currentPercent: Double { limit.bytes > 0 ? 100 * Double(current.bytes) / Double(limit.bytes) : 0 }
  public var peakPercent: Double { limit.bytes > 0 ? 100 * Double(peak.bytes) / Double(limit.bytes) : 0 }
}

extension Duration {
  public var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
