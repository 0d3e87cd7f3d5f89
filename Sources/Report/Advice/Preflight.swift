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

  /// From so many times the recommended limit on, the limit is called too large.
  private static let farAbove: UInt64 = 8

  /// - Parameter recommended: the limit to give the container; nil: not known.
  init(_ outcome: BatchOutcome, plan: BatchPlan, recommended: ByteCount?, isSelection: Bool) {
    let (memory, peak) = (outcome.memory, outcome.memory.processPeak)
    items = [
      Preflight.walked(outcome, isSelection), Preflight.watched(outcome), Preflight.readable(outcome),
      Preflight.perThousand(memory), Preflight.estimate(memory, peak),
      Preflight.limit(memory.summary, peak, recommended), Preflight.usage(memory.summary),
      Preflight.calm(memory.summary), Preflight.pace(outcome, plan), Preflight.permission(outcome),
      Preflight.caps(outcome, plan), Preflight.report(plan), Preflight.alerts,
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
    guard books.unwalked.isEmpty else {
      let names = books.unwalked.map { "\($0.name) \(SummaryTable.word(for: $0.ending))" }
      return Item(id, name, .failed, list(names, of: books.count(where: \.isUnwalked)))
    }
    if outcome.walkedNothing { return Item(id, name, .failed, "no folder was walked") }
    let files = SummaryTable.files(outcome.totals.filesScanned)
    let targets = HumanText.counted(UInt64(books.count), "target")
    if isSelection { return Item(id, name, .byHand, "\(files) of \(targets), but only of those that --target selects") }
    return Item(id, name, .passed, "\(files) of \(targets)")
  }

  private static func watched(_ outcome: BatchOutcome) -> Item {
    let (id, name) = ("watched", "watched to its end, or 5 minutes")
    if outcome.walkedNothing { return Item(id, name, .byHand, "nothing to watch") }
    let isWhole = outcome.books.endings.keys.allSatisfy(\.isOfAWholeWalk)
    let time = HumanText.duration(outcome.duration)
    return Item(
      id, name, isWhole || outcome.duration >= watching ? .passed : .failed, isWhole ? "to its end, \(time)" : time)
  }

  private static func readable(_ outcome: BatchOutcome) -> Item {
    let errors = outcome.totals.errors
    return Item(
      "readable", "everything can be read", errors == 0 ? .passed : .failed, HumanText.counted(errors, "error"))
  }

  private static func pace(_ outcome: BatchOutcome, _ plan: BatchPlan) -> Item {
    let (id, name) = ("rate", "at least 100 files a second are scanned")
    guard let slowest = outcome.books.slowest else {
      return Item(id, name, .byHand, "too few files to tell")
    }
    let figures = "\(HumanText.rate(slowest.filesPerSecond)) in \(slowest.name), the slowest target"
    if slowest.filesPerSecond >= leastRate { return Item(id, name, .passed, figures) }
    return Item(id, name, .failed, "\(figures): \(remedy(for: slowest, plan))")
  }

  /// What makes a target faster.
  private static func remedy(for slowest: TargetOutcome, _ plan: BatchPlan) -> String {
    let target = plan.target(of: slowest)
    let limits = [
      target?.operationsPerSecond.map { ("operations_per_second", $0) },
      plan.run.operationsPerSecond.map { ("run.operations_per_second", $0) },
    ].compactMap { $0 }
    // A dry run waits for the removals it only pretends, too, which are not among the operations that are counted.
    if let (key, limit) = limits.min(by: { $0.1 < $1.1 }), slowest.operations.perSecond * 3 > Double(limit) {
      return "\(key): \(limit) limits it: raise that if the file server has room"
    }
    if case .atMost(let concurrency)? = target?.concurrency {
      return "raise its concurrency, now \(concurrency), or leave it at auto"
    }
    return "its file server is slow: see latency_ms in the log"
  }

  /// The summary refers to it.
  static let permissionName = "deleting would be permitted"

  private static func permission(_ outcome: BatchOutcome) -> Item {
    let (id, name, totals) = ("permission", permissionName, outcome.totals)
    let (files, folders) = (totals.filesNotPermitted, totals.dirsNotPermitted)
    guard files == 0, folders == 0 else {
      let closed = "\(HumanText.counted(folders, "folder")) read-only or without write permission"
      let file = "\(SummaryTable.files(files)) could not be deleted"
      // Where the folder is writable, a file is kept for a reason of its own.
      let figures =
        files == 0
        ? closed
        : folders == 0
          ? "\(file) (in a sticky folder, or immutable)"
          : "\(file) (\(closed); any others are in a sticky folder or immutable)"
      return Item(id, name, .failed, figures)
    }
    guard totals.filesToPurge > 0 || totals.emptyDirsToDelete > 0 else {
      return Item(id, name, .byHand, "nothing would be deleted")
    }
    let walked = outcome.books.unwalked.isEmpty ? "" : " that were walked"
    return Item(id, name, .passed, "in all folders with files to delete\(walked)")
  }
}

// MARK: - Memory

extension Preflight {
  private static func perThousand(_ memory: MemoryOutcome) -> Item {
    let (id, name) = ("per_1000_files", "memory per 1000 files does not rise")
    let points = memory.points.filter { $0.files > 0 }
    guard let last = points.last else { return Item(id, name, .byHand, "no file was seen") }
    guard let trend = memory.trend else {
      // Of fewer files the figure means nothing.
      let figure = last.files >= 1000 ? "\(perThousand(last)) MiB; " : ""
      return Item(id, name, .byHand, "\(figure)too little was seen for a trend")
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

  private static func limit(_ memory: MemorySummary, _ peak: ByteCount, _ recommended: ByteCount?) -> Item {
    let (id, name, twice) = ("limit", "the limit is twice the peak", peak + peak)
    if !memory.isContainer { return Item(id, name, .byHand, "no container here: run plan where the run will be") }
    let figures = "\(memory.limit.text) for a peak of \(peak.text)"
    guard memory.limit >= twice else { return Item(id, name, .failed, figures) }
    guard let need = recommended?.bytes, need > 0, memory.limit.bytes / need >= farAbove else {
      return Item(id, name, .passed, figures)
    }
    return Item(id, name, .passed, "\(figures): the limit is \(memory.limit.bytes / need) times the need")
  }

  private static func usage(_ memory: MemorySummary) -> Item {
    let (id, name) = ("usage", "memory stays below 80 % of the limit")
    if !memory.isContainer { return Item(id, name, .byHand, "no container here: run plan where the run will be") }
    let percent = HumanText.decimal(memory.peakPercent, digits: 1)
    let figures = "\(memory.peak.text) at most counted against it, \(percent) %"
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
    if let ahead = outcome.capsAhead.first {
      let further = outcome.capForecasts.count - 1
      let others = further > 0 ? "; and \(HumanText.counted(UInt64(further), "further cap"))" : ""
      return Item(id, name, .failed, ahead.words + others)
    }
    let goes = "\(SummaryTable.files(outcome.totals.deleted(in: .dryRun))) would be deleted"
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

  /// Progress lines come every now and then, and memory rises and falls in between.
  private static let alerts = Item(
    "alerts", "alerts are set", .byHand,
    "on an exit status other than 0, on \"Paused to free memory\", on no \"Batch completed\" in time")

  private static func subset(_ outcome: BatchOutcome) -> Item {
    let (id, name) = ("subset", "a real run on a small target first")
    guard let smallest = outcome.books.smallest else {
      let files = outcome.totals.filesToPurge
      let some = "\(SummaryTable.files(files)) would be deleted, but in no target that was walked to its end"
      return Item(id, name, .byHand, files == 0 ? "nothing would be deleted" : some)
    }
    let files = SummaryTable.files(smallest.tally.deleted(in: .dryRun))
    return Item(id, name, .byHand, "the smallest is \(smallest.name), \(files) would be deleted: run with --target")
  }

  /// The first few of so many.
  private static func list(_ names: [String], of count: Int) -> String {
    let shown = names.joined(separator: ", ")
    return names.count >= count ? shown : "\(shown) and \(count - names.count) more"
  }
}

extension BatchPlan {
  /// The configured target that `outcome` is of, or is a folder of; of several with such names the longest.
  fileprivate func target(of outcome: TargetOutcome) -> Target? {
    targets.filter { outcome.name == $0.name || outcome.name.hasPrefix("\($0.name)/") }
      .max { $0.name.utf8.count < $1.name.utf8.count }
  }
}

extension Ending {
  fileprivate var isUnwalked: Bool { !isWalked && self != .skipped }
}

extension MemorySummary {
  /// The limit is a container's, or one that was set: not the machine's memory.
  var isContainer: Bool { source != MemorySummary.machine }
}
