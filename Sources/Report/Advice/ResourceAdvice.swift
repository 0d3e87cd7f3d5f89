public import Plan
public import Runner

/// What a container should be given for the run that a dry run rehearsed: measured, not reckoned from the number of files.
public struct ResourceAdvice: Hashable, Sendable {
  /// What the process took at most: resident memory and what the kernel held for its threads.
  public let peak: ByteCount
  /// To request, and as the limit: twice the peak, and at least what the budgets need, rounded up.
  public let memory: ByteCount
  /// Whether the config's budgets need more than twice the peak.
  public let isForBudgets: Bool
  /// Thousandths of a processor, rounded up.
  public let millicores: UInt64
  /// Operations in flight in the mean, for each target that was walked.
  public let concurrency: [Concurrency]

  public struct Concurrency: Hashable, Sendable {
    public let target: String
    public let operations: Int
  }

  /// Containers come in such steps, and what the kernel caches of a directory should find room in the smallest: with half of
  /// it, a flat directory of 200 000 files on a cold disk took ten times as long.
  private static let step = ByteCount.mebibytes(64)
  /// What the program takes before its first target, well rounded up.
  private static let base = ByteCount.mebibytes(8)

  /// - Parameter plan: what was walked, for its budgets and thresholds.
  public init(_ outcome: BatchOutcome, plan: BatchPlan) {
    peak = outcome.memory.processPeak
    let twice = peak + peak
    let forBudgets = ResourceAdvice.limit(forBudgetsOf: plan)
    isForBudgets = forBudgets > twice
    memory = ResourceAdvice.roundedUp(max(twice, forBudgets))
    let wall = max(outcome.duration.inSeconds, 0.001)
    millicores = UInt64(max(1, (outcome.processorTime.inSeconds / wall * 10).rounded(.up))) * 100
    concurrency = outcome.targets.filter { $0.startedAt != nil }.map {
      Concurrency(target: $0.name, operations: max(1, Int($0.concurrencyMean.rounded())))
    }
  }

  private static func roundedUp(_ size: ByteCount) -> ByteCount {
    let steps = (size.bytes + step.bytes - 1) / step.bytes
    return ByteCount(bytes: max(1, steps) * step.bytes)
  }

  /// The limit under whose `pause_at` the largest budgets fit that may run at once.
  private static func limit(forBudgetsOf plan: BatchPlan) -> ByteCount {
    let budgets = plan.targets.filter(\.isEnabled).compactMap(\.memoryBudget).sorted(by: >)
      .prefix(plan.run.parallelTargets)
    guard !budgets.isEmpty else { return ByteCount(bytes: 0) }
    let needed = budgets.reduce(base, +)
    switch plan.memory.pauseAt {
    case .size: return needed
    case .share(let share):
      // A share of nothing can never be enough, and a config with it can never run.
      return ByteCount(bytes: UInt64(Double(needed.bytes) / max(share.fraction, 0.01)))
    }
  }

  /// In the unit of Kubernetes manifests: `64Mi`.
  public var memoryQuantity: String { "\(memory.bytes / 1_048_576)Mi" }
}
