/// All that one run is to do: a validated config, with every default filled in.
public struct BatchPlan: Hashable, Sendable {
  public var memory: MemoryPlan
  public var run: RunPlan
  public var safety: SafetyPlan
  public var report: ReportPlan
  /// In config order; disabled ones included.
  public var targets: [Target]

  public init(
    memory: MemoryPlan = MemoryPlan(), run: RunPlan = RunPlan(), safety: SafetyPlan = SafetyPlan(),
    report: ReportPlan = ReportPlan(), targets: [Target]
  ) {
    self.memory = memory
    self.run = run
    self.safety = safety
    self.report = report
    self.targets = targets
  }
}

public struct MemoryPlan: Hashable, Sendable {
  public enum Limit: Hashable, Sendable {
    /// The smallest limit that binds this process.
    case auto
    case size(ByteCount)
  }

  /// A share of the limit, or a size of its own.
  public enum Threshold: Hashable, Sendable {
    case share(Percentage)
    case size(ByteCount)

    public func resolved(against limit: ByteCount) -> ByteCount {
      switch self {
      case .share(let share): share.of(limit)
      case .size(let size): min(size, limit)
      }
    }
  }

  public var limit: Limit = .auto
  public var pauseAt: Threshold = .share(.eighty)
  public var resumeAt: Threshold = .share(.seventy)
  public var abortAt: Threshold = .share(.ninetyFive)
  public var sampleInterval: Duration = .milliseconds(100)

  public init() {}

  /// What the program itself takes before its first target, the buffers of log and report included, rounded up: the rest is for
  /// budgets, less what a run with very many folders keeps for each (some fifty bytes and its name).
  // A release build took 1.5 MiB before its first target, 1.9 while one worker walked 10 000 files, and ended below a
  // `pause_at` of 2; below one of 1.4 it never did.
  public static let base = ByteCount.mebibytes(2)

  /// With less a target does not start while others run: it would be slower than waiting.
  public static let leastBudget = ByteCount.mebibytes(4)

  /// What budgets may add up to at most.
  public func available(under limit: ByteCount) -> ByteCount { pauseAt.resolved(against: limit) - MemoryPlan.base }

  /// Whether `pause_at` is no higher than what the program itself takes, so that every target would wait for ever.
  public func leavesNoRoom(under limit: ByteCount, above taken: ByteCount = base) -> Bool {
    pauseAt.resolved(against: limit) <= taken
  }

  /// A threshold that is above the limit itself, by its key; nil: none is. There the kernel would act first.
  public func thresholdAbove(_ limit: ByteCount) -> (key: String, size: ByteCount)? {
    for (key, threshold) in [("resume_at", resumeAt), ("pause_at", pauseAt), ("abort_at", abortAt)] {
      if case .size(let size) = threshold, size > limit { return (key, size) }
    }
    return nil
  }

  /// Why the thresholds make no sense under this limit, when the program itself takes so much; in a sentence. Nil: they do.
  public func objection(under limit: ByteCount, taken: ByteCount = base) -> String? {
    if let (key, size) = thresholdAbove(limit) {
      return "memory.\(key) (\(size.text)) is above the limit of \(limit.text): the kernel would act before the guard"
    }
    let (resume, pause, abort) = (
      resumeAt.resolved(against: limit), pauseAt.resolved(against: limit), abortAt.resolved(against: limit)
    )
    if resume < pause, pause < abort {
      guard leavesNoRoom(under: limit, above: taken) else { return nil }
      return "memory.pause_at (\(pause.text)) leaves no room above the \(taken.text) that the program itself takes, "
        + "under a limit of \(limit.text)"
    }
    return
      "memory.resume_at (\(resume.text)), pause_at (\(pause.text)) and abort_at (\(abort.text)) are not in this order "
      + "under a limit of \(limit.text)"
  }
}

extension Percentage {
  fileprivate init(fraction: Double) { self.fraction = fraction }
  static let seventy = Percentage(fraction: 0.70)
  static let eighty = Percentage(fraction: 0.80)
  static let ninetyFive = Percentage(fraction: 0.95)
}

public struct RunPlan: Hashable, Sendable {
  /// `stop`: after a target that failed, had errors or tripped a guard, no further one starts.
  public enum FailurePolicy: String, Hashable, Sendable, CaseIterable { case `continue`, stop }

  /// Between the request to end and the end of the process, at most: the report is written by then.
  public static let timeToEnd: Duration = .seconds(5)

  public var parallelTargets = 1
  /// Ceiling on file system operations in flight over all targets; divided by `parallelTargets`.
  public var concurrency = 2000
  /// Over all targets; nil: unlimited.
  public var operationsPerSecond: Int?
  /// Nil: none.
  public var timeLimit: Duration?
  /// By whose clocks the periods of dated folders end.
  public var timeZone = TimeZoneRules.utc
  public var onTargetFailure: FailurePolicy = .continue
  public var progressInterval: Duration = .seconds(30)

  public init() {}
}

public struct SafetyPlan: Hashable, Sendable {
  /// Absolute paths; empty: no restriction but the protected list.
  public var allowedRoots: [String] = []
  /// Between this host's clock and the file system's.
  public var maxClockSkew: Duration = .seconds(300)
  /// Files over all targets: the removal beyond it does not happen; the whole run stops with status 5. Nil: unlimited.
  public var maxDeletions: UInt64?
  /// The same for bytes: the allocated blocks of last links.
  public var maxDeletedBytes: ByteCount?

  public init() {}
}

public struct ReportPlan: Hashable, Sendable {
  /// Where the JSON report goes; nil: nowhere.
  public var file: ReportPath?

  public init() {}
}

/// One entry of `targets`: which folders, and what may go in them.
public struct Target: Hashable, Sendable {
  public enum Concurrency: Hashable, Sendable {
    case auto
    /// An upper bound on operations in flight, at least 1.
    case atMost(Int)
  }

  public var name: String
  public var path: PathPattern
  /// Present exactly when the path has a date template.
  public var partitions: PartitionRule?
  public var retention: Retention
  public var concurrency: Concurrency = .auto
  /// Nil: its share of what `pause_at` leaves.
  public var memoryBudget: ByteCount?
  /// Nil: unlimited.
  public var operationsPerSecond: Int?
  /// Higher: paused later, started sooner.
  public var priority = 0
  public var oneFileSystem = true
  /// Nil: empty directories stay.
  public var emptyDirectories: EmptyDirectoryRule?
  /// Whether the target's own folder goes when nothing is left in it, and when; nil: it stays.
  public var ownFolder: EmptyDirectoryRule?
  /// Files: the removal beyond it does not happen; the target stops with status 5. Nil: unlimited.
  public var maxDeletions: UInt64?
  /// The same for bytes: the allocated blocks of last links.
  public var maxDeletedBytes: ByteCount?
  public var isEnabled = true

  public init(name: String, path: PathPattern, retention: Retention) {
    (self.name, self.path, self.retention) = (name, path, retention)
  }
}

public struct EmptyDirectoryRule: Hashable, Sendable {
  /// A directory changed more recently than this before the run stays.
  public var minAge: Duration
  /// In one run; nil: unlimited. The rest waits for the next run.
  public var maxCount: UInt64?

  public init(minAge: Duration = .seconds(3600), maxCount: UInt64? = nil) {
    (self.minAge, self.maxCount) = (minAge, maxCount)
  }
}
