public import Plan

/// The memory of a run, as the monitor sees it.
public struct MemorySummary: Hashable, Sendable {
  /// The source of a limit that is the machine's own memory.
  public static let machine = "physical memory"

  /// Where the limit comes from, e.g. `cgroup v2 memory.max of /kubepods/pod1`, `configured`, `physical memory`.
  public var source: String
  public var limit: ByteCount
  /// Before the first target.
  public var base: ByteCount
  public var peak: ByteCount
  /// What was measured last.
  public var current: ByteCount
  /// What the kubelet compares with the limit, when it was measured last; nil outside a cgroup.
  public var workingSet: ByteCount?
  /// Anonymous memory of this process alone, when it was measured last.
  public var process = ByteCount(bytes: 0)
  public var pauses: UInt64
  public var paused: Duration
  /// Times that the last running target went on with one worker.
  public var narrowings: UInt64 = 0

  public init(
    source: String, limit: ByteCount, base: ByteCount, peak: ByteCount, current: ByteCount, pauses: UInt64 = 0,
    paused: Duration = .zero
  ) {
    (self.source, self.limit, self.base, self.peak, self.current) = (source, limit, base, peak, current)
    (self.pauses, self.paused) = (pauses, paused)
  }

  public var currentPercent: Double { current.percent(of: limit) }
  public var peakPercent: Double { peak.percent(of: limit) }
  public var workingSetPercent: Double? { workingSet?.percent(of: limit) }
}

/// What is known of memory when a run begins.
public struct MemoryWatch: Hashable, Sendable {
  public var memory: MemorySummary
  public var pauseAt: ByteCount
  public var resumeAt: ByteCount
  public var abortAt: ByteCount
  public var interval: Duration

  public init(
    memory: MemorySummary, pauseAt: ByteCount, resumeAt: ByteCount, abortAt: ByteCount, interval: Duration
  ) {
    (self.memory, self.pauseAt, self.resumeAt, self.abortAt) = (memory, pauseAt, resumeAt, abortAt)
    self.interval = interval
  }
}

/// Something the monitor did to a target, and the figures that made it do so.
public struct MemoryStep: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable { case paused, resumed, narrowed, widened }

  public var kind: Kind
  public var target: String
  public var at: Timestamp
  public var used: ByteCount
  public var limit: ByteCount
  /// The threshold that was crossed, by its name in the config, and what it comes to.
  public var threshold: String
  public var thresholdBytes: ByteCount
  /// Of `resumed`: how long the target was paused.
  public var paused: Duration?
  /// Of `resumed` and `narrowed`: workers it goes on with; nil: as many as help.
  public var workers: Int?

  public init(
    _ kind: Kind, target: String, at: Timestamp, used: ByteCount, limit: ByteCount, threshold: String,
    thresholdBytes: ByteCount, paused: Duration? = nil, workers: Int? = nil
  ) {
    (self.kind, self.target, self.at, self.used, self.limit) = (kind, target, at, used, limit)
    (self.threshold, self.thresholdBytes, self.paused, self.workers) = (threshold, thresholdBytes, paused, workers)
  }

  public var percent: Double { used.percent(of: limit) }
}

/// Memory and progress at one moment of a run.
public struct MemoryPoint: Hashable, Sendable {
  public var elapsed: Duration
  public var used: ByteCount
  public var workingSet: ByteCount?
  /// Anonymous memory of this process alone.
  public var process: ByteCount
  /// What running targets had reserved.
  public var reserved: ByteCount
  /// Files scanned so far, over all targets.
  public var files: UInt64

  public init(
    elapsed: Duration, used: ByteCount, workingSet: ByteCount?, process: ByteCount, reserved: ByteCount, files: UInt64
  ) {
    (self.elapsed, self.used, self.workingSet) = (elapsed, used, workingSet)
    (self.process, self.reserved, self.files) = (process, reserved, files)
  }
}

/// The memory of a whole run, when it is over.
public struct MemoryOutcome: Hashable, Sendable {
  public var summary: MemorySummary
  /// What this process took at most, by the kernel's count: resident memory and what the kernel held for its threads.
  public var processPeak = ByteCount(bytes: 0)
  /// The longest that a look at memory came later than it was meant to.
  public var largestDelay: Duration = .zero
  public var trend: MemoryTrend?
  /// Evenly spread over the run.
  public var points: [MemoryPoint] = []
  /// The first ones; `MemoryOutcome.mostSteps` at most.
  public var steps: [MemoryStep] = []
  /// Further ones that are not among them.
  public var stepsLeftOut: UInt64 = 0

  /// Enough to see a pattern; a report must not grow with the length of a run.
  public static let mostSteps = 200

  public init(_ summary: MemorySummary) { self.summary = summary }
}
