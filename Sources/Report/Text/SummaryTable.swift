import Plan
public import Runner

/// What a run did, as the table a person reads at its end. However many targets there were, it fits into a pipe that nobody
/// reads yet (64 KiB), with some room for what is said after it.
public struct SummaryTable: Sendable {
  private let outcome: BatchOutcome
  /// The targets that have rows of their own, and the others.
  private let shown: [TargetOutcome]
  private let rest: TargetBooks.Rest

  /// Bytes of the table, and of it with the remarks below.
  private static let mostBytes = (table: 40 << 10, all: 56 << 10)

  public init(_ outcome: BatchOutcome) {
    var (shown, rest) = (outcome.books.shown, outcome.books.rest)
    // Rows are short but for names that take many bytes for each column.
    while SummaryTable(outcome, shown, rest).tableBytes > SummaryTable.mostBytes.table, shown.count > 1 {
      let fewer = shown.count / 2
      for target in shown[fewer...] { rest.add(target) }
      shown.removeSubrange(fewer...)
    }
    self.init(outcome, shown, rest)
  }

  private init(_ outcome: BatchOutcome, _ shown: [TargetOutcome], _ rest: TargetBooks.Rest) {
    (self.outcome, self.shown, self.rest) = (outcome, shown, rest)
  }

  private var tableBytes: Int { table.lines.reduce(0) { $0 + $1.utf8.count + 1 } }

  /// Ends with a newline. The same outcome always gives the same text.
  public var text: String {
    var lines = [headline, ""]
    if !shown.isEmpty { lines += table.lines + [""] }
    let remarks = remarks(within: SummaryTable.mostBytes.all - lines.reduce(0) { $0 + $1.utf8.count + 1 })
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
        + "freeing \(ByteCount(bytes: totals.bytesToFree).text). Nothing was deleted.\(linksKept)\(place)"
    }
    return "Purge \(runID): deleted \(HumanText.count(totals.filesPurged)) \(scanned), "
      + "freeing \(ByteCount(bytes: totals.bytesFreed).text).\(linksKept)"
  }

  private var place: String { outcome.root.map { " All paths below \($0)." } ?? "" }

  /// Whoever finds folders that are never empty looks for the reason; empty when there is none.
  private var linksKept: String {
    switch outcome.totals.symlinksSkipped {
    case 0: ""
    case 1: " 1 symbolic link was kept."
    case let count: " \(HumanText.count(count)) symbolic links were kept."
    }
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
    for target in shown { table.add(row(target)) }
    if rest.count > 0 { table.add(restRow) }
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

  private var restRow: [String] {
    let rate = rest.duration.inSeconds > 0 ? Double(rest.tally.filesScanned) / rest.duration.inSeconds : 0
    let isCompleted = rest.endings.keys.allSatisfy { $0 == .completed }
    return [restName, isCompleted ? SummaryTable.word(for: .completed) : "various"] + figures(rest.tally)
      + [HumanText.duration(rest.duration), HumanText.rate(rate)]
  }

  private var restName: String { "\(HumanText.count(UInt64(rest.count))) more" }

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
  /// As many as fit; the last one then says how many do not.
  private func remarks(within bytes: Int) -> [String] {
    let all = shown.flatMap(remarks) + remarkOnRest + outcome.unmatchedPatterns.map(\.sentence)
    var (remarks, left): ([String], Int) = ([], bytes)
    for (index, remark) in all.enumerated() {
      left -= remark.utf8.count + 1
      // One that has all the room to itself is shown, however long.
      guard left >= 0 || all.count == 1 else {
        return remarks + ["… and \(HumanText.count(UInt64(all.count - index))) more; the report has all"]
      }
      remarks.append(remark)
    }
    return remarks
  }

  private var remarkOnRest: [String] {
    var facts = Ending.allCases.filter { $0 != .completed }.compactMap { ending in
      rest.endings[ending].map { "\(HumanText.count(UInt64($0))) \(SummaryTable.word(for: ending))" }
    }
    facts += left(rest.tally)
    if !rest.errorsByKind.isEmpty { facts.append("errors: \(kinds(rest.errorsByKind))") }
    return facts.isEmpty ? [] : ["\(restName): \(facts.joined(separator: "; "))"]
  }

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
