import Plan
public import Runner

/// What a run did, as the table a person reads at its end. However many targets there were, it fits into a pipe that nobody
/// reads yet (64 KiB), with some room for what is said after it.
public struct SummaryTable: Sendable {
  let outcome: BatchOutcome
  /// The targets that have rows of their own, and the others.
  let shown: [TargetOutcome]
  let rest: TargetBooks.Rest

  /// Bytes of the table, of it with all that is said below, and what each part below has at least.
  private static let mostBytes = (table: 40 << 10, all: 56 << 10)
  private static let leastBytes = 2 << 10

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

  private var tableBytes: Int { SummaryTable.bytes(of: table.lines) }

  private static func bytes(of lines: [String]) -> Int { lines.reduce(0) { $0 + $1.utf8.count + 1 } }

  /// Ends with a newline. The same outcome always gives the same text.
  public var text: String {
    var lines = [headline] + stopped + notPermitted + outcome.unwritten + outcome.capLines(most: 10) + [""]
    if !shown.isEmpty { lines += table.lines + [""] }
    let parts = [remarks, keptFiles, folders, samples].filter { !$0.isEmpty }
    for (index, part) in parts.enumerated() {
      let reserved = (parts.count - index - 1) * SummaryTable.leastBytes
      let used = SummaryTable.bytes(of: lines + [memoryLine])
      lines += SummaryTable.fitting(part, within: SummaryTable.mostBytes.all - used - reserved) + [""]
    }
    lines.append(memoryLine)
    return lines.joined(separator: "\n") + "\n"
  }

  /// As many of `lines` as fit, with a blank one behind them; the last one then says how many do not.
  private static func fitting(_ lines: [String], within bytes: Int) -> [String] {
    let more = 80
    var (fitting, left): ([String], Int) = ([], bytes - more)
    for (index, line) in lines.enumerated() {
      left -= line.utf8.count + 1
      // One that has all the room to itself is shown, however long.
      guard left >= 0 || lines.count == 1 else {
        return fitting + ["… and \(HumanText.count(UInt64(lines.count - index))) more; the report has all"]
      }
      fitting.append(line)
    }
    return fitting
  }

  var isRehearsal: Bool { outcome.mode == .dryRun }

  private var headline: String {
    let totals = outcome.totals
    let files = HumanText.count(totals.deleted(in: outcome.mode))
    let scanned = "of \(SummaryTable.files(totals.filesScanned)) scanned in \(HumanText.duration(outcome.duration))"
    if isRehearsal {
      // More than a run may delete is no promise.
      let ifAllowed = outcome.capForecasts.isEmpty ? "" : ", if no cap stopped it"
      return "Dry run \(runID): would delete \(files) \(scanned), "
        + "freeing \(ByteCount(bytes: totals.bytesToFree).text)\(ifAllowed). Nothing was deleted.\(linksKept)\(place)"
    }
    return "Purge \(runID): deleted \(files) \(scanned), "
      + "freeing \(ByteCount(bytes: totals.bytesFreed).text).\(linksKept)"
  }

  /// The figures of a plan that was stopped are not those of a run.
  private var stopped: [String] {
    guard isRehearsal, let cause = outcome.ending.causeOfStop else { return [] }
    let (totals, waiting) = (outcome.totals, UInt64(outcome.books.endings[.notStarted] ?? 0))
    var facts = [
      "\(SummaryTable.files(totals.filesScanned)) scanned so far",
      "\(HumanText.counted(totals.dirsLeft, "directory", "directories")) not read",
    ]
    if waiting > 0 { facts.append("\(HumanText.counted(waiting, "target")) not started") }
    return ["Stopped by \(cause): \(facts.joined(separator: ", ")). Run it again for the whole."]
  }

  /// What is not permitted is no promise.
  private var notPermitted: [String] {
    let count = outcome.totals.filesNotPermitted
    guard isRehearsal, count > 0 else { return [] }
    return ["\(HumanText.count(count)) of these files cannot be deleted: see \"\(Preflight.permissionName)\"."]
  }

  private var place: String { outcome.root.map { " All paths below \($0)." } ?? "" }

  /// Whoever finds folders that are never empty looks for the reason; empty when there is none.
  private var linksKept: String {
    let count = outcome.totals.symlinksSkipped
    guard count > 0 else { return "" }
    return " \(HumanText.counted(count, "symbolic link")) \(count == 1 ? "was" : "were") kept."
  }

  private var runID: String { PrintableText.escaped(outcome.runID) }

  static func files(_ count: UInt64) -> String { HumanText.counted(count, "file") }
}

// MARK: - Memory

extension SummaryTable {
  /// Only one figure is called a peak, the process's: what counts against the limit leaves out what the kernel can take back,
  /// and takes in the neighbours.
  private var memoryLine: String {
    let memory = outcome.memory.summary
    let share = "\(HumanText.decimal(memory.peakPercent, digits: 1)) %, \(PrintableText.escaped(memory.source))"
    let counted = SummaryTable.counted(memory).map { "\($0) (\(share))" }
    let facts = [SummaryTable.process(outcome.memory), counted, SummaryTable.waits(memory)]
    return "Memory: \(facts.compactMap { $0 }.joined(separator: "; "))."
  }

  /// Nil where it is not known.
  static func process(_ memory: MemoryOutcome) -> String? {
    memory.processPeak.bytes > 0 ? "the process took \(memory.processPeak.text) at its peak" : nil
  }

  /// Nil where no limit is known.
  static func counted(_ memory: MemorySummary) -> String? {
    guard memory.limit.bytes > 0 else { return nil }
    return "\(memory.peak.text) at most counted against the limit of \(memory.limit.text)"
  }

  /// `no pause`, or `2 pauses, 12.4s in all; narrowed once`.
  static func waits(_ memory: MemorySummary) -> String {
    let times = { (count: UInt64) in count == 1 ? "once" : "\(HumanText.count(count)) times" }
    let narrowed = memory.narrowings > 0 ? "; narrowed to one worker \(times(memory.narrowings))" : ""
    guard memory.pauses > 0 else { return "no pause\(narrowed)" }
    return "\(HumanText.counted(memory.pauses, "pause")), \(HumanText.duration(memory.paused)) in all\(narrowed)"
  }
}

// MARK: - Rows

extension SummaryTable {
  // Room for `name/2026-07` with a name of usual length; longer ones would push the figures off a terminal's edge.
  private static let nameColumns = 36

  /// What became of the files looked at, besides those kept and deleted. Only what there is has a column.
  private var otherFiles: [(title: String, count: KeyPath<Tally, UInt64>)] {
    [("VANISHED", \.filesVanished), ("FAILED", \.filesFailed), ("LEFT", \.filesLeft)]
      .filter { outcome.totals[keyPath: $0.count] > 0 }
  }

  private var table: TextTable {
    var table = TextTable(
      [
        .init(title: "TARGET", alignment: .left), .init(title: "OUTCOME", alignment: .left), .init(title: "SCANNED"),
        .init(title: isRehearsal ? "WOULD DELETE" : "DELETED"), .init(title: "KEPT"),
      ] + otherFiles.map { .init(title: $0.title) } + [
        .init(title: "ERRORS"), .init(title: "EMPTY DIRS"), .init(title: isRehearsal ? "WOULD FREE" : "FREED"),
        .init(title: "TIME"), .init(title: "SCANNED/S"),
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

  var restName: String { "\(HumanText.count(UInt64(rest.count))) more" }

  private var totalRow: [String] {
    ["total", SummaryTable.word(for: outcome.ending)] + figures(outcome.totals)
      + [HumanText.duration(outcome.duration), HumanText.rate(outcome.filesPerSecond)]
  }

  /// Scanned is the sum of all up to the errors, which count folders, too.
  private func figures(_ tally: Tally) -> [String] {
    let files = [tally.filesScanned, tally.deleted(in: outcome.mode), tally.filesKept.total]
    let others = otherFiles.map { tally[keyPath: $0.count] }
    return (files + others + [tally.errors]).map(HumanText.count) + [
      HumanText.count(isRehearsal ? tally.emptyDirsToDelete : tally.emptyDirsDeleted),
      ByteCount(bytes: isRehearsal ? tally.bytesToFree : tally.bytesFreed).text,
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

extension Tally {
  /// Files deleted; in a dry run those that would be.
  func deleted(in mode: RunMode) -> UInt64 {
    guard mode == .dryRun else { return filesPurged }
    let others = filesVanished + filesFailed + filesLeft
    return filesToPurge > others ? filesToPurge - others : 0
  }
}

extension BatchOutcome {
  /// Those of the whole run first.
  var capsAhead: [CapForecast] {
    capForecasts.filter { $0.target == nil } + capForecasts.filter { $0.target != nil }
  }

  /// A line for each cap that a run would meet, the first few.
  func capLines(most: Int) -> [String] {
    let lines = capsAhead.prefix(most).map { "\($0.words.prefix(1).uppercased())\($0.words.dropFirst())." }
    let further = capForecasts.count - lines.count
    return further > 0 ? lines + ["… and \(HumanText.counted(UInt64(further), "further cap"))."] : lines
  }
}

extension Ending {
  /// What stopped the whole run before its end; nil: nothing did.
  fileprivate var causeOfStop: String? {
    switch self {
    case .stoppedSignal: "a signal"
    case .stoppedTime: "the time limit"
    case .stoppedMemory: "the memory guard"
    case .completed, .completedWithErrors, .stoppedGuard, .failed, .skipped, .notStarted: nil
    }
  }
}

extension CapForecast {
  /// Who would stop at it, and where. A target's cap stops that target alone.
  var words: String {
    let place = target.map { "target \(PrintableText.escaped($0)) would stop at its \(key)" }
    return "\(place ?? "a run would stop at \(key)"): \(figures)"
  }

  /// `2,500 of 23,010 files`, `10.0 GiB of 31.2 GiB`.
  var figures: String {
    let sizes = (ByteCount(bytes: limit).text, ByteCount(bytes: wanted).text)
    if isBytes, sizes.0 != sizes.1 { return "\(sizes.0) of \(sizes.1)" }
    return "\(HumanText.count(limit)) of \(HumanText.counted(wanted, isBytes ? "byte" : "file"))"
  }
}
