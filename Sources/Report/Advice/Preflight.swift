public import Plan
public import Runner

/// What an operator should have seen before the first real run, ticked off with the figures of a dry run.
public struct Preflight: Hashable, Sendable {
  public enum Result: String, Hashable, Sendable {
    case passed
    case failed
    /// No program can tell.
    case byHand = "by_hand"
  }

  public struct Item: Hashable, Sendable {
    public let name: String
    public let result: Result
    public let figures: String
  }

  public let items: [Item]

  public var hasFailed: Bool { items.contains { $0.result == .failed } }

  /// Fewer files say nothing of a rate.
  private static let fewFiles: UInt64 = 1000
  private static let slowest = 100.0
  private static let alarmPercent = 80.0

  /// - Parameters:
  ///   - plan: what was walked.
  ///   - config: the config's path, for commands to paste.
  public init(_ outcome: BatchOutcome, plan: BatchPlan, advice: ResourceAdvice, config: String) {
    items = [
      Preflight.walked(outcome), Preflight.readable(outcome), Preflight.trend(outcome.memory),
      Preflight.usage(outcome.memory.summary), Preflight.limit(outcome.memory.summary, advice),
      Preflight.pauses(outcome.memory.summary), Preflight.pace(outcome), Preflight.caps(outcome, plan),
      Preflight.alerts(plan), Preflight.subset(outcome, config),
    ]
  }

  // MARK: Items, in the order of the guide

  private static func walked(_ outcome: BatchOutcome) -> Item {
    let walked: Set<Ending> = [.completed, .completedWithErrors, .skipped]
    let others = outcome.targets.filter { !walked.contains($0.ending) }
    let name = "dry run on everything, to its end"
    guard others.isEmpty, !outcome.targets.isEmpty else {
      let names = others.map { "\($0.name) (\($0.ending.rawValue))" }
      return Item(name: name, result: .failed, figures: names.isEmpty ? "no target" : list(names))
    }
    let files = SummaryTable.files(outcome.totals.filesScanned)
    let targets = outcome.targets.count == 1 ? "1 target" : "\(HumanText.count(UInt64(outcome.targets.count))) targets"
    return Item(
      name: name, result: .passed, figures: "\(files) of \(targets) in \(HumanText.duration(outcome.duration))")
  }

  private static func readable(_ outcome: BatchOutcome) -> Item {
    let errors = outcome.totals.errors
    return Item(
      name: "everything can be read", result: errors == 0 ? .passed : .failed,
      figures: errors == 1 ? "1 error" : "\(HumanText.count(errors)) errors")
  }

  private static func trend(_ memory: MemoryOutcome) -> Item {
    let name = "memory per 1000 files does not rise"
    let series = memory.points.filter { $0.files > 0 }
    guard let trend = memory.trend, let last = series.last else {
      return Item(name: name, result: .byHand, figures: "too little was seen for a trend")
    }
    let middle = series[series.count / 2]
    let figures =
      "\(trend.rawValue): \(perThousand(middle)) MiB in the middle, \(perThousand(last)) MiB at the end"
    return Item(name: name, result: trend == .growing ? .failed : .passed, figures: figures)
  }

  private static func perThousand(_ point: MemoryPoint) -> String {
    HumanText.decimal(point.used.inMebibytes * 1000 / Double(point.files), digits: 4)
  }

  private static func usage(_ memory: MemorySummary) -> Item {
    Item(
      name: "memory stays below 80 % of the limit", result: memory.peakPercent < alarmPercent ? .passed : .failed,
      figures: "peak \(memory.peak.text), \(HumanText.decimal(memory.peakPercent, digits: 1)) %")
  }

  private static func limit(_ memory: MemorySummary, _ advice: ResourceAdvice) -> Item {
    let twice = advice.peak + advice.peak
    return Item(
      name: "the limit is twice what the process takes", result: memory.limit >= twice ? .passed : .failed,
      figures: "limit \(memory.limit.text) (\(PrintableText.escaped(memory.source))), twice the peak is \(twice.text)")
  }

  private static func pauses(_ memory: MemorySummary) -> Item {
    Item(
      name: "no pause for want of memory", result: memory.pauses == 0 ? .passed : .failed,
      figures: memory.pauses == 0
        ? "none" : "\(HumanText.count(memory.pauses)), \(HumanText.duration(memory.paused)) in all")
  }

  private static func pace(_ outcome: BatchOutcome) -> Item {
    let name = "at least 100 files a second"
    let slow = outcome.targets.filter { $0.tally.filesScanned >= fewFiles && $0.filesPerSecond < slowest }
    if let slowest = slow.min(by: { $0.filesPerSecond < $1.filesPerSecond }) {
      let figures = "\(slowest.name): \(HumanText.rate(slowest.filesPerSecond)); raise its concurrency"
      return Item(name: name, result: .failed, figures: figures)
    }
    let isTelling = outcome.targets.contains { $0.tally.filesScanned >= fewFiles }
    return Item(
      name: name, result: isTelling ? .passed : .byHand,
      figures: isTelling ? HumanText.rate(outcome.filesPerSecond) : "too few files to tell")
  }

  private static func caps(_ outcome: BatchOutcome, _ plan: BatchPlan) -> Item {
    let name = "what a mistake can delete is bounded"
    let totals = outcome.totals
    if let cap = plan.safety.maxDeletions {
      return Item(
        name: name, result: totals.filesToPurge <= cap ? .passed : .failed,
        figures: "safety.max_deletions is \(HumanText.count(cap)), \(HumanText.count(totals.filesToPurge)) would go")
    }
    if let cap = plan.safety.maxDeletedBytes {
      return Item(
        name: name, result: totals.bytesToFree <= cap.bytes ? .passed : .failed,
        figures: "safety.max_deleted_bytes is \(cap.text), \(ByteCount(bytes: totals.bytesToFree).text) would go")
    }
    let unbounded = plan.targets.filter { $0.isEnabled && $0.maxDeletions == nil && $0.maxDeletedBytes == nil }
    return Item(
      name: name, result: unbounded.isEmpty ? .passed : .byHand,
      figures: unbounded.isEmpty
        ? "every target has a cap" : "no cap (safety.max_deletions); what goes is gone: is there a backup?")
  }

  private static func alerts(_ plan: BatchPlan) -> Item {
    let advice = "alert on an exit status other than 0 and on memory_usage_percent above 80"
    return Item(
      name: "somebody is told when it goes wrong", result: .byHand,
      figures: plan.report.file == nil ? "no report.file; \(advice)" : advice)
  }

  private static func subset(_ outcome: BatchOutcome, _ config: String) -> Item {
    let name = "a real run on a small target first"
    let smallest = outcome.targets.filter { $0.tally.filesToPurge > 0 }
      .min { $0.tally.filesToPurge < $1.tally.filesToPurge }
    guard let smallest else { return Item(name: name, result: .byHand, figures: "nothing would go") }
    let command = "efs-purge-batch run --config \(quoted(config)) --target \(quoted(smallest.name))"
    return Item(
      name: name, result: .byHand,
      figures: "\(command) deletes \(SummaryTable.files(smallest.tally.filesToPurge))")
  }

  /// For a shell.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || "-_./".utf8.contains(byte)
    }
    return isPlain && !word.isEmpty
      ? word : "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
  }

  private static func list(_ names: [String]) -> String {
    names.count <= 3
      ? names.joined(separator: ", ") : "\(names.prefix(3).joined(separator: ", ")) and \(names.count - 3) more"
  }
}
