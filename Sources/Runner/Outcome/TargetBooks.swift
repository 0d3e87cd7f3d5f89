import Plan

/// What became of a run's targets, summed up as they end: of any number of them no more is kept than fits on some pages.
public struct TargetBooks: Hashable, Sendable {
  public private(set) var count = 0
  public private(set) var totals = Tally()
  /// How many targets ended in each way; ways in which none did are absent.
  public private(set) var endings: [Ending: Int] = [:]
  public private(set) var errorsByKind: [String: UInt64] = [:]

  /// The first ones, then further ones that did not end `completed`, in the order in which they ended.
  public private(set) var shown: [TargetOutcome] = []
  /// All others, in one.
  public private(set) var rest = Rest()

  /// The first few that were not walked to their end, disabled ones apart.
  public private(set) var unwalked: [TargetOutcome] = []
  /// The first one in which a guard tripped.
  public private(set) var guarded: TargetOutcome?
  /// Of those walked with files enough to tell, the one with the lowest rate.
  public private(set) var slowest: TargetOutcome?
  /// Of those walked in which something would go, the one with the fewest such files.
  public private(set) var smallest: TargetOutcome?
  /// Those that were never started, by reason, in the order in which reasons came up.
  public private(set) var notStarted: [TargetsNotStarted] = []
  /// Failed entries and targets that will fail again until somebody mends their cause.
  public private(set) var permanentErrors: UInt64 = 0
  /// Targets that failed without any entry, or any call, that did.
  private(set) var failuresWithoutErrors = 0
  private var walked: [Busy] = []

  static let mostFirst = 200
  static let mostTroubled = 100
  static let mostUnwalked = 3
  static let mostBusy = 500
  /// Each configured target may have one, when its cap is reached.
  static let mostReasons = 20
  private static let otherReasons = "other reasons, which the report has"
  /// Fewer files say nothing of a rate.
  static let fewFiles: UInt64 = 1000

  /// Targets of which no more than sums are kept.
  public struct Rest: Hashable, Sendable {
    public private(set) var count = 0
    public private(set) var tally = Tally()
    public private(set) var endings: [Ending: Int] = [:]
    public private(set) var errorsByKind: [String: UInt64] = [:]
    /// Of all of them, one after another.
    public private(set) var duration: Duration = .zero

    public init() {}

    public mutating func add(_ outcome: TargetOutcome) {
      count += 1
      tally += outcome.tally
      endings[outcome.ending, default: 0] += 1
      errorsByKind.merge(outcome.errorsByKind, uniquingKeysWith: +)
      duration += outcome.duration
    }
  }

  /// Operations in flight in the mean, in a target that was walked.
  public struct Busy: Hashable, Sendable {
    public let target: String
    public let mean: Double
  }

  public init() {}

  public init(_ outcomes: [TargetOutcome]) {
    for outcome in outcomes { add(outcome) }
  }

  public mutating func add(_ outcome: TargetOutcome) {
    count += 1
    totals += outcome.tally
    endings[outcome.ending, default: 0] += 1
    errorsByKind.merge(outcome.errorsByKind, uniquingKeysWith: +)
    permanentErrors += outcome.permanentErrors
    let isTroubled = [.failed, .completedWithErrors].contains(outcome.ending)
    if isTroubled, outcome.hasUncountedTrouble || outcome.tally.errors == 0 {
      failuresWithoutErrors += 1
    }
    if outcome.ending == .notStarted { addNotStarted(outcome) } else { keep(outcome) }
    if outcome.ending.isWalked { compare(outcome) }
    if outcome.ending == .stoppedGuard, guarded == nil { guarded = outcome }
    guard !outcome.ending.isWalked, outcome.ending != .skipped, unwalked.count < TargetBooks.mostUnwalked else {
      return
    }
    unwalked.append(outcome)
  }

  private mutating func addNotStarted(_ outcome: TargetOutcome) {
    var reason = outcome.reason ?? "the run ended before"
    if notStarted.count >= TargetBooks.mostReasons, !notStarted.contains(where: { $0.reason == reason }) {
      reason = TargetBooks.otherReasons
    }
    let index = notStarted.firstIndex { $0.reason == reason } ?? notStarted.count
    if index == notStarted.count { notStarted.append(TargetsNotStarted(reason: reason)) }
    notStarted[index].names.note(PrintableText.escaped(outcome.name))
  }

  private mutating func keep(_ outcome: TargetOutcome) {
    let isTroubled = outcome.ending != .completed
    if shown.count < TargetBooks.mostFirst
      || (isTroubled && shown.count < TargetBooks.mostFirst + TargetBooks.mostTroubled)
    {
      shown.append(outcome)
    } else {
      rest.add(outcome)
    }
  }

  private mutating func compare(_ outcome: TargetOutcome) {
    if outcome.tally.filesScanned >= TargetBooks.fewFiles,
      slowest.map({ outcome.filesPerSecond < $0.filesPerSecond }) ?? true
    {
      slowest = outcome
    }
    if outcome.tally.filesToPurge > 0, smallest.map({ outcome.tally.filesToPurge < $0.tally.filesToPurge }) ?? true {
      smallest = outcome
    }
    walked.append(Busy(target: outcome.name, mean: outcome.concurrencyMean))
    if walked.count >= 2 * TargetBooks.mostBusy { walked = busiest }
  }
}

extension TargetBooks {
  /// The targets with the most operations in flight, the most first.
  public var busiest: [Busy] {
    Array(walked.sorted { ($1.mean, $0.target) < ($0.mean, $1.target) }.prefix(TargetBooks.mostBusy))
  }

  /// Whether there are failures, and all of them will be there again until somebody mends their causes.
  var hasOnlyPermanentFailures: Bool {
    totals.errors > 0 && permanentErrors == totals.errors && failuresWithoutErrors == 0
  }

  /// How many targets ended in a way that `condition` holds for.
  public func count(where condition: (Ending) -> Bool) -> Int {
    endings.reduce(0) { condition($1.key) ? $0 + $1.value : $0 }
  }

  /// What so many targets' books hold on to at most, in bytes.
  static func price(of targets: Int) -> Int {
    let outcome = 3072, busy = 128
    return (min(targets, mostFirst + mostTroubled) + mostUnwalked + 3) * outcome + min(targets, 2 * mostBusy) * busy
  }
}

extension Ending {
  /// The target's folder was walked from one end to the other.
  public var isWalked: Bool { self == .completed || self == .completedWithErrors }
}

/// Targets that were never started for one reason.
public struct TargetsNotStarted: Hashable, Sendable {
  public var reason: String
  public var names = PathSamples()

  public init(reason: String) { self.reason = reason }
}
