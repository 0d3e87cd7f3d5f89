public import Plan
public import Runner

/// What a container should be given for the run that a dry run rehearsed: measured, not reckoned from the number of files.
public struct ResourceAdvice: Hashable, Sendable {
  /// Why the container needs so much.
  public enum Reason: Hashable, Sendable {
    case twiceThePeak
    /// With others in the group, the group's own peak is more.
    case peakOfTheGroup
    case budgets
    case thresholds
  }

  /// What the process took at most: resident memory, program and libraries included, and what the kernel held for its threads.
  public let peak: ByteCount
  /// What the group took at most of what cannot be taken back, others in it included.
  public let groupPeak: ByteCount
  /// To request, and as the limit; rounded up.
  public let memory: ByteCount
  public let reason: Reason
  /// Why a run would be refused with this limit all the same; nil: it would not.
  public let objection: String?
  /// Operations in flight on average while listing and looking, for the targets with the most that were walked to their
  /// ends; the most first.
  public let operationsInFlight: [InFlight]
  /// All targets that were walked to their ends.
  public let walkedTargets: Int

  public struct InFlight: Hashable, Sendable {
    public let target: String
    public let mean: Int
  }

  /// Containers come in such steps, and what the kernel caches of a directory should find room in the smallest: with half of
  /// it, a flat directory of 200 000 files on a cold disk took ten times as long.
  private static let step = ByteCount.mebibytes(64)

  /// Nil when the walk was cut short: then nothing is known.
  ///
  /// - Parameter plan: what was walked, for its budgets and thresholds.
  public init?(_ outcome: BatchOutcome, plan: BatchPlan) {
    walkedTargets = outcome.books.count(where: \.isWalked)
    guard walkedTargets > 0, outcome.books.endings.keys.allSatisfy(\.isOfAWholeWalk) else { return nil }
    peak = outcome.memory.processPeak
    groupPeak = outcome.memory.summary.peak
    let needs: [(ByteCount, Reason)] = [
      (peak + peak, .twiceThePeak), (ResourceAdvice.limit(whosePauseLeaves: groupPeak, plan.memory), .peakOfTheGroup),
      (ResourceAdvice.limit(forBudgetsOf: plan), .budgets),
      (ResourceAdvice.limit(forThresholdsOf: plan.memory), .thresholds),
    ]
    let (most, reason) = needs.dropFirst().reduce(needs[0]) { $1.0 > $0.0 ? $1 : $0 }
    (memory, self.reason) = (ResourceAdvice.roundedUp(most), reason)
    objection = plan.memory.objection(under: memory)
    operationsInFlight = outcome.books.busiest.map {
      InFlight(target: $0.target, mean: max(1, Int($0.mean.rounded())))
    }
  }

  private static func roundedUp(_ size: ByteCount) -> ByteCount {
    let steps = size.bytes / step.bytes + (size.bytes % step.bytes == 0 ? 0 : 1)
    return ByteCount.mebibytes(max(1, min(steps, 1 << 40)) * (step.bytes >> 20))
  }

  private static func limit(whosePauseLeaves size: ByteCount, _ memory: MemoryPlan) -> ByteCount {
    switch memory.pauseAt {
    case .size: return size
    case .share(let share): return limit(ofWhich: size, isThe: share)
    }
  }

  private static func limit(ofWhich size: ByteCount, isThe share: Percentage) -> ByteCount {
    // A share of nothing can never be enough, and a config with it can never run.
    let bytes = Double(size.bytes) / max(share.fraction, 0.01)
    return ByteCount(bytes: bytes < 0x1p60 ? UInt64(bytes) + 1 : 1 << 60)
  }

  /// The limit under whose `pause_at` the largest budgets fit that may run at once.
  private static func limit(forBudgetsOf plan: BatchPlan) -> ByteCount {
    let budgets = plan.largestBudgets
    if budgets.isEmpty { return ByteCount(bytes: 0) }
    return limit(whosePauseLeaves: budgets.reduce(MemoryPlan.base, +), plan.memory)
  }

  private static func limit(forThresholdsOf memory: MemoryPlan) -> ByteCount {
    // The smallest limit first: each size itself, and what a share above it must come to.
    let ascending = [memory.resumeAt, memory.pauseAt, memory.abortAt]
    var (least, largestSize) = (ByteCount(bytes: 0), ByteCount(bytes: 0))
    for threshold in ascending {
      switch threshold {
      case .size(let size): (least, largestSize) = (max(least, size), max(largestSize, size))
      case .share(let share):
        least = max(least, largestSize.bytes > 0 ? limit(ofWhich: largestSize, isThe: share) : least)
      }
    }
    return least
  }

  /// In the unit of Kubernetes manifests: `64Mi`.
  public var memoryQuantity: String { "\(memory.bytes / 1_048_576)Mi" }
}

extension BatchPlan {
  /// The budgets of the targets that may run at once, at most: a pattern may find as many folders as run in parallel.
  var largestBudgets: [ByteCount] {
    let budgets = targets.filter(\.isEnabled).flatMap { target -> [ByteCount] in
      guard let budget = target.memoryBudget else { return [] }
      return Array(repeating: budget, count: target.path.isLiteral ? 1 : run.parallelTargets)
    }
    return Array(budgets.sorted(by: >).prefix(run.parallelTargets))
  }
}

extension Ending {
  /// Nothing was cut short.
  public var isOfAWholeWalk: Bool { isWalked || self == .skipped || self == .failed }
}
