import Plan
import Runner

/// What an operator should have seen before the first real run, ticked off with the figures of a dry run. The items are those
/// of the replaced tool's guide.
public struct Preflight: Hashable, Sendable {
  public enum Verdict: String, Hashable, Sendable {
    case passed
    case failed
    /// No program can tell, or there is too little to tell from.
    case byHand = "by_hand"
  }

  public struct Item: Hashable, Sendable {
    /// For programs; does not change.
    public let id: String
    public let name: String
    public let verdict: Verdict
    public let figures: String

    init(_ id: String, _ name: String, _ verdict: Verdict, _ figures: String) {
      (self.id, self.name, self.verdict, self.figures) = (id, name, verdict, figures)
    }
  }

  public let items: [Item]

  public var failed: [Item] { items.filter { $0.verdict == .failed } }

  /// The guide's: slower is a sign of too little concurrency.
  private static let leastRate = 100.0
  /// The guide's alarm.
  private static let alarmPercent = 80.0
  /// The guide's, for a walk that is not over by then.
  private static let watching: Duration = .seconds(300)

  init(_ outcome: BatchOutcome, plan: BatchPlan, peak: ByteCount, isSelection: Bool) {
    let memory = outcome.memory
    items = [
      Preflight.walked(outcome, isSelection), Preflight.watched(outcome), Preflight.readable(outcome),
      Preflight.perThousand(memory), Preflight.estimate(memory, peak), Preflight.limit(memory.summary, peak),
      Preflight.usage(memory.summary), Preflight.calm(memory.summary), Preflight.pace(outcome),
      Preflight.caps(outcome, plan), Preflight.report(plan),
      Item("alerts", "alerts are set", .byHand, "on an exit status other than 0, and on memory_usage_percent above 80"),
      Item("rollback", "what is deleted can be brought back", .byHand, "is there a backup, and was it tried?"),
      Preflight.subset(outcome),
    ]
  }
}

// MARK: - The walk

extension Preflight {
  private static func walked(_ outcome: BatchOutcome, _ isSelection: Bool) -> Item {
    let (id, name) = ("dry_run", "dry run on everything")
    let books = outcome.books
    guard books.unwalked.isEmpty, books.count > 0 else {
      let names = books.unwalked.map { "\($0.name) \(SummaryTable.word(for: $0.ending))" }
      return Item(id, name, .failed, names.isEmpty ? "no target" : list(names, of: books.count(where: \.isUnwalked)))
    }
    let files = SummaryTable.files(outcome.totals.filesScanned)
    let targets = books.count == 1 ? "1 target" : "\(HumanText.count(UInt64(books.count))) targets"
    if isSelection { return Item(id, name, .byHand, "\(files) of \(targets), but only of those that --target selects") }
    return Item(id, name, .passed, "\(files) of \(targets)")
  }

  private static func watched(_ outcome: BatchOutcome) -> Item {
    let isWhole = outcome.books.count > 0 && outcome.books.unwalked.isEmpty
    let time = HumanText.duration(outcome.duration)
    return Item(
      "watched", "watched to its end, or 5 minutes", isWhole || outcome.duration >= watching ? .passed : .failed,
      isWhole ? "to its end, \(time)" : time)
  }

  private static func readable(_ outcome: BatchOutcome) -> Item {
    let errors = outcome.totals.errors
    return Item(
      "readable", "everything can be read", errors == 0 ? .passed : .failed,
      errors == 1 ? "1 error" : "\(HumanText.count(errors)) errors")
  }

  private static func pace(_ outcome: BatchOutcome) -> Item {
    let (id, name) = ("rate", "at least 100 files a second are looked at")
    guard let slowest = outcome.books.slowest else {
      return Item(id, name, .byHand, "too few files to tell")
    }
    let figures = "\(HumanText.rate(slowest.filesPerSecond)) in \(slowest.name)"
    if slowest.filesPerSecond >= leastRate { return Item(id, name, .passed, figures) }
    return Item(id, name, .failed, "\(figures); see its latency_ms, concurrency and operations_per_second")
  }
}

// MARK: - Memory

extension Preflight {
  private static func perThousand(_ memory: MemoryOutcome) -> Item {
    let (id, name) = ("per_1000_files", "memory per 1000 files does not rise")
    let points = memory.points.filter { $0.files > 0 }
    guard let last = points.last else { return Item(id, name, .byHand, "no file was seen") }
    guard let trend = memory.trend else {
      return Item(id, name, .byHand, "\(perThousand(last)) MiB; too little was seen for a trend")
    }
    return Item(
      id, name, trend == .growing ? .failed : .passed,
      "\(perThousand(points[points.count / 2])) MiB in the middle, \(perThousand(last)) at the end: \(trend.rawValue)")
  }

  /// Of the process, which is what the trend is judged by.
  private static func perThousand(_ point: MemoryPoint) -> String {
    HumanText.decimal(point.process.inMebibytes * 1000 / Double(point.files), digits: 4)
  }

  private static func estimate(_ memory: MemoryOutcome, _ peak: ByteCount) -> Item {
    let (id, name) = ("estimate", "the run's need is known")
    switch memory.trend {
    case nil: return Item(id, name, .byHand, "\(peak.text) here; too little was seen to tell")
    case .flat: return Item(id, name, .passed, "\(peak.text), as here: it does not follow the number of files")
    case .linear: return Item(id, name, .byHand, "\(peak.text) here; it follows the number of files")
    case .growing: return Item(id, name, .failed, "\(peak.text) here; it grows faster than the number of files")
    }
  }

  private static func limit(_ memory: MemorySummary, _ peak: ByteCount) -> Item {
    let (id, name, twice) = ("limit", "the limit is twice the peak", peak + peak)
    if !memory.isContainer { return Item(id, name, .byHand, "no container here: run plan where the run will be") }
    return Item(
      id, name, memory.limit >= twice ? .passed : .failed, "\(memory.limit.text) for a peak of \(peak.text)")
  }

  private static func usage(_ memory: MemorySummary) -> Item {
    let (id, name) = ("usage", "memory stays below 80 % of the limit")
    if !memory.isContainer { return Item(id, name, .byHand, "no container here: run plan where the run will be") }
    let figures = "\(memory.peak.text) at most, \(HumanText.decimal(memory.peakPercent, digits: 1)) %"
    return Item(id, name, memory.peakPercent < alarmPercent ? .passed : .failed, figures)
  }

  private static func calm(_ memory: MemorySummary) -> Item {
    let isCalm = memory.pauses == 0 && memory.narrowings == 0
    return Item(
      "pauses", "nothing had to wait for memory", isCalm ? .passed : .failed, SummaryTable.waits(memory))
  }
}

// MARK: - Care

extension Preflight {
  private static func caps(_ outcome: BatchOutcome, _ plan: BatchPlan) -> Item {
    let (id, name) = ("caps", "what a mistake can delete is bounded")
    if let stopped = outcome.books.guarded {
      return Item(id, name, .failed, "\(stopped.name): \(stopped.reason ?? "a guard tripped")")
    }
    let goes = "\(SummaryTable.files(outcome.totals.filesToPurge)) would go"
    let isCapped = { (files: UInt64?, bytes: ByteCount?) in files != nil || bytes != nil }
    if isCapped(plan.safety.maxDeletions, plan.safety.maxDeletedBytes) {
      return Item(id, name, .passed, "by a cap on the run; \(goes)")
    }
    let isEveryTarget = plan.targets.allSatisfy { !$0.isEnabled || isCapped($0.maxDeletions, $0.maxDeletedBytes) }
    return isEveryTarget
      ? Item(id, name, .passed, "by a cap on each target; \(goes)")
      : Item(id, name, .byHand, "no cap (safety.max_deletions); \(goes)")
  }

  private static func report(_ plan: BatchPlan) -> Item {
    Item(
      "report", "the run leaves a report", plan.report.file == nil ? .byHand : .passed,
      plan.report.file?.text ?? "no report.file: give run a --report")
  }

  private static func subset(_ outcome: BatchOutcome) -> Item {
    let (id, name) = ("subset", "a real run on a small target first")
    guard let smallest = outcome.books.smallest else { return Item(id, name, .byHand, "nothing would go") }
    let files = SummaryTable.files(smallest.tally.filesToPurge)
    return Item(id, name, .byHand, "the smallest is \(smallest.name), \(files) would go: run with --target")
  }

  /// The first few of so many.
  private static func list(_ names: [String], of count: Int) -> String {
    let shown = names.joined(separator: ", ")
    return names.count >= count ? shown : "\(shown) and \(count - names.count) more"
  }
}

extension Ending {
  fileprivate var isUnwalked: Bool { !isWalked && self != .skipped }
}

extension MemorySummary {
  /// The limit is a container's, or one that was set: not the machine's memory.
  var isContainer: Bool { source != MemorySummary.machine }
}
