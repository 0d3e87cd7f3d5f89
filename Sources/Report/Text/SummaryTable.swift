import Plan
public import Runner

/// What a run did, as the table a person reads at its end.
public struct SummaryTable: Sendable {
  private let outcome: BatchOutcome

  public init(_ outcome: BatchOutcome) { self.outcome = outcome }

  /// Ends with a newline. The same outcome always gives the same text.
  public var text: String {
    var lines = [headline, ""]
    if !outcome.targets.isEmpty { lines += table.lines + [""] }
    let remarks = outcome.targets.flatMap(remarks)
    if !remarks.isEmpty { lines += remarks + [""] }
    lines.append(memoryLine)
    return lines.joined(separator: "\n") + "\n"
  }

  private var isRehearsal: Bool { outcome.mode == .dryRun }

  private var headline: String {
    let totals = outcome.totals
    let scanned = "of \(SummaryTable.files(totals.filesScanned)) scanned in \(HumanText.duration(outcome.duration))"
    if isRehearsal {
      return "Dry run \(runID): would delete \(HumanText.count(totals.filesToPurge)) \(scanned), "
        + "freeing \(ByteCount(bytes: totals.bytesToFree).text). Nothing was deleted."
    }
    return "Purge \(runID): deleted \(HumanText.count(totals.filesPurged)) \(scanned), "
      + "freeing \(ByteCount(bytes: totals.bytesFreed).text)."
  }

  private var runID: String { PrintableText.escaped(outcome.runID) }

  private var memoryLine: String {
    let memory = outcome.memory.summary
    var line = "Memory: peak \(memory.peak.text)"
    if memory.limit.bytes > 0 {
      let share = HumanText.decimal(memory.peakPercent, digits: 1)
      line += ", \(share) % of the limit of \(memory.limit.text) (\(PrintableText.escaped(memory.source)))"
    }
    return "\(line); \(SummaryTable.waits(memory))."
  }

  /// `no pause`, or `2 pauses, 12.4s in all; narrowed once`.
  static func waits(_ memory: MemorySummary) -> String {
    let times = { (count: UInt64) in count == 1 ? "once" : "\(HumanText.count(count)) times" }
    let narrowed = memory.narrowings > 0 ? "; narrowed to one worker \(times(memory.narrowings))" : ""
    guard memory.pauses > 0 else { return "no pause\(narrowed)" }
    let pauses = memory.pauses == 1 ? "1 pause" : "\(HumanText.count(memory.pauses)) pauses"
    return "\(pauses), \(HumanText.duration(memory.paused)) in all\(narrowed)"
  }

  static func files(_ count: UInt64) -> String { count == 1 ? "1 file" : "\(HumanText.count(count)) files" }
}

// MARK: - Rows

extension SummaryTable {
  // Room for `name/2026-07` with a name of usual length; longer ones would push the figures off a terminal's edge.
  private static let nameColumns = 36

  private var table: TextTable {
    var table = TextTable([
      .init(title: "TARGET", alignment: .left), .init(title: "OUTCOME", alignment: .left), .init(title: "SCANNED"),
      .init(title: isRehearsal ? "WOULD DELETE" : "DELETED"), .init(title: "KEPT"), .init(title: "ERRORS"),
      .init(title: "EMPTY DIRS"),
      .init(title: isRehearsal ? "WOULD FREE" : "FREED"), .init(title: "TIME"), .init(title: "FILES/S"),
    ])
    for target in outcome.targets { table.add(row(target)) }
    table.addRule()
    table.add(totalRow)
    return table
  }

  private func row(_ target: TargetOutcome) -> [String] {
    let name = PrintableText.shortened(PrintableText.escaped(target.name), to: SummaryTable.nameColumns)
    let started = target.startedAt != nil
    return [name, SummaryTable.word(for: target.ending)] + figures(target.tally)
      + (started ? [HumanText.duration(target.duration), HumanText.rate(target.filesPerSecond)] : ["-", "-"])
  }

  private var totalRow: [String] {
    let (totals, seconds) = (outcome.totals, outcome.duration.inSeconds)
    let rate = seconds > 0 ? Double(totals.filesScanned) / seconds : 0
    return ["total", SummaryTable.word(for: outcome.ending)] + figures(totals)
      + [HumanText.duration(outcome.duration), HumanText.rate(rate)]
  }

  private func figures(_ tally: Tally) -> [String] {
    [
      HumanText.count(tally.filesScanned),
      HumanText.count(isRehearsal ? tally.filesToPurge : tally.filesPurged),
      HumanText.count(tally.filesKept.total),
      HumanText.count(tally.errors),
      HumanText.count(isRehearsal ? tally.emptyDirsToDelete : tally.emptyDirsDeleted),
      (ByteCount(bytes: isRehearsal ? tally.bytesToFree : tally.bytesFreed)).text,
    ]
  }

  static func word(for ending: Ending) -> String {
    switch ending {
    case .completed: "completed"
    case .completedWithErrors: "with errors"
    case .stoppedMemory: "stopped: memory"
    case .stoppedTime: "stopped: time"
    case .stoppedSignal: "stopped: signal"
    case .stoppedGuard: "stopped: guard"
    case .failed: "failed"
    case .skipped: "skipped"
    case .notStarted: "not started"
    }
  }
}

// MARK: - Remarks

extension SummaryTable {
  /// What the figures do not say: why a target did not complete, what was left, which errors there were.
  private func remarks(on target: TargetOutcome) -> [String] {
    var facts: [String] = []
    if let reason = target.reason { facts.append(PrintableText.escaped(reason)) }
    facts += left(target.tally)
    if !target.errorsByKind.isEmpty { facts.append("errors: \(kinds(target.errorsByKind))") }
    guard !facts.isEmpty else { return [] }
    return ["\(PrintableText.escaped(target.name)): \(facts.joined(separator: "; "))"]
  }

  private func left(_ tally: Tally) -> [String] {
    var facts: [String] = []
    if tally.filesLeft > 0 { facts.append("\(SummaryTable.files(tally.filesLeft)) to delete left") }
    if tally.dirsLeft > 0 { facts.append("\(directories(tally.dirsLeft)) not read") }
    if tally.emptyDirsLeft > 0 {
      facts.append("empty directories for the next run: \(HumanText.count(tally.emptyDirsLeft))")
    }
    return facts
  }

  private func directories(_ count: UInt64) -> String {
    count == 1 ? "1 directory" : "\(HumanText.count(count)) directories"
  }

  /// The most frequent first, equally frequent ones by name.
  private func kinds(_ errors: [String: UInt64]) -> String {
    errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\(HumanText.count($0.value)) × \(PrintableText.escaped($0.key))" }.joined(separator: ", ")
  }
}
