import Plan
import Report
import Runner
import Testing

@Suite struct SummaryTableTests {
  @Test func `A purge that completed`() throws {
    let outcome = Samples.batch([
      Samples.target("api-files", tally: Samples.tally(kept: 18_766, purged: 81_234)),
      Samples.target("monthly/2026-07", tally: Samples.tally(kept: 0, purged: 12_000)),
    ])
    try expectGolden(SummaryTable(outcome).text, "purge-completed.txt")
  }

  @Test func `A dry run says what it would delete`() throws {
    let outcome = Samples.batch(
      [Samples.target("api-files", tally: Samples.tally(kept: 18_766, purged: 1, mode: .dryRun))], mode: .dryRun)
    try expectGolden(SummaryTable(outcome).text, "dry-run.txt")
  }

  @Test func `What did not complete is explained below the table`() throws {
    try expectGolden(SummaryTable(Samples.troubled).text, "purge-troubled.txt")
  }

  @Test(arguments: [(1, " 1 symbolic link was kept."), (1234, " 1,234 symbolic links were kept.")])
  func `The first line says how many links were kept`(count: UInt64, sentence: String) {
    var tally = Samples.tally(kept: 1, purged: 2)
    tally.symlinksSkipped = count
    for mode in [RunMode.purge, .dryRun] {
      let text = SummaryTable(Samples.batch([Samples.target("a", tally: tally)], mode: mode)).text
      #expect(text.prefix { $0 != "\n" }.hasSuffix(sentence))
    }
    #expect(!SummaryTable(Samples.batch([Samples.target("a")])).text.contains("symbolic"))
  }

  @Test func `A plan says what is kept, what would be deleted, and which caps a run would meet`() throws {
    try expectGolden(SummaryTable(Samples.rehearsal).text, "rehearsal.txt")
  }

  @Test func `Every row adds up, and only what there is has a column`() throws {
    var tally = Samples.tally(kept: 20, purged: 252)
    (tally.filesVanished, tally.filesToPurge, tally.filesScanned) = (1636, 1888, 1908)
    let others = { (tally: Tally) in
      let text = SummaryTable(Samples.batch([Samples.target("a", tally: tally), Samples.target("b")])).text
      let lines = text.split(separator: "\n").dropFirst().map { $0.split(whereSeparator: { $0 == " " }) }
      let (titles, row) = (lines[lines.startIndex], lines[lines.startIndex + 1])
      let figures = row[2..<(titles.firstIndex(of: "ERRORS") ?? 0)].compactMap { Int($0.filter { $0 != "," }) }
      #expect(figures.first == figures.dropFirst().reduce(0, +))
      return titles.filter { ["VANISHED", "FAILED", "LEFT"].contains($0) }
    }
    #expect(others(tally) == ["VANISHED"])
    (tally.filesVanished, tally.filesFailed, tally.filesLeft) = (1600, 0, 36)
    #expect(others(tally) == ["VANISHED", "LEFT"])
    (tally.filesVanished, tally.filesFailed, tally.filesLeft) = (0, 1636, 0)
    #expect(others(tally) == ["FAILED"])
    #expect(others(Samples.tally(kept: 1, purged: 2)) == [])
  }

  @Test func `A plan that was stopped tells what it did not come to`() {
    var tally = Samples.tally(kept: 20, purged: 248, mode: .dryRun)
    (tally.filesToPurge, tally.filesScanned, tally.filesLeft) = (258, 278, 10)
    let text = SummaryTable(Samples.batch([Samples.target("a", .stoppedTime, tally: tally)], mode: .dryRun)).text
    #expect(text.contains("would delete 248 of 278 files"))
    #expect(text.contains("SCANNED  WOULD DELETE  KEPT  LEFT  ERRORS"))
  }

  @Test(arguments: [
    (Ending.stoppedSignal, "a signal"), (.stoppedTime, "the time limit"), (.stoppedMemory, "the memory guard"),
  ])
  func `The second line of a plan that was stopped says so`(ending: Ending, cause: String) {
    var tally = Samples.tally(kept: 304, purged: 0, mode: .dryRun)
    tally.dirsLeft = 12
    let told = { (mode: RunMode, targets: [TargetOutcome]) in
      SummaryTable(Samples.batch(targets, mode: mode, ending: ending)).text.split(separator: "\n")[1]
    }
    let cut = Samples.target("a", ending, tally: tally)
    let line = "Stopped by \(cause): 304 files scanned so far, 12 directories not read"
    #expect(told(.dryRun, [cut]) == "\(line). Run it again for the whole.")
    #expect(
      told(.dryRun, [cut, Samples.target("b", .notStarted)])
        == "\(line), 1 target not started. Run it again for the whole.")
    #expect(told(.purge, [cut]).hasPrefix("TARGET"))
  }

  @Test func `Files that could not be deleted are no promise of a plan`() {
    var tally = Samples.tally(kept: 1, purged: 2000, mode: .dryRun)
    tally.filesNotPermitted = 1751
    let lines = SummaryTable(Samples.batch([Samples.target("a", tally: tally)], mode: .dryRun)).text
      .split(separator: "\n")
    #expect(lines[1] == #"1,751 of these files cannot be deleted: see "deleting would be permitted"."#)
  }

  @Test func `A hold that a whole target is skipped for is told once`() {
    var target = Samples.target("a", .skipped, reason: "a .purge-hold protects it")
    target.holds.note("/data/a")
    let text = SummaryTable(Samples.batch([target])).text
    #expect(text.split(separator: "\n").filter { $0.contains(".purge-hold") } == ["a: a .purge-hold protects it"])
  }

  @Test func `Targets that never started are told once for each reason, and have no rows`() {
    let waiting = (1...7).map { Samples.target("monthly/2026-0\($0)", .notStarted, reason: "SIGTERM was received") }
    let text = SummaryTable(Samples.batch([Samples.target("a")] + waiting, ending: .stoppedSignal)).text
    let line = "7 targets not started: SIGTERM was received (monthly/2026-01, monthly/2026-02, … and 5 more)"
    #expect(text.split(separator: "\n").filter { $0.contains("monthly") } == [line[...]])
    let single = SummaryTable(Samples.batch([waiting[0]], ending: .stoppedSignal)).text
    #expect(single.contains("\n1 target not started: SIGTERM was received (monthly/2026-01)\n"))
  }

  @Test func `Errors are counted once, and told by kind`() {
    var tally = Samples.tally(kept: 1, purged: 2)
    tally.errors = 101
    var target = Samples.target("a", .completedWithErrors, reason: "101 errors", tally: tally)
    (target.errorsByKind, target.permanentErrors) = (["EACCES": 101], 100)
    let told = { (target: TargetOutcome) in SummaryTable(Samples.batch([target])).text }
    #expect(told(target).contains("\na: 101 × EACCES; a retry will not help 100 of them until the cause is fixed\n"))
    target.permanentErrors = 101
    #expect(told(target).contains("\na: 101 × EACCES; a retry will not help until the cause is fixed\n"))
    (target.tally.errors, target.errorsByKind, target.permanentErrors) = (1, ["EIO": 1], 0)
    target.reason = "1 error"
    #expect(told(target).contains("\na: 1 × EIO\n"))
    target.reason = "its folder cannot be opened (EIO)"
    #expect(told(target).contains("\na: its folder cannot be opened (EIO)\n"))
  }

  @Test(arguments: KeepReason.allCases) func `Every reason to keep a file has words of its own`(_ reason: KeepReason) {
    let words = KeepReason.allCases.map { reason -> String in
      var tally = Samples.tally(kept: 0, purged: 0)
      (tally.filesKept[reason], tally.filesScanned) = (7, 7)
      return SummaryTable(Samples.batch([Samples.target("a", tally: tally)])).text
    }
    #expect(Set(words).count == KeepReason.allCases.count)
    #expect(words.allSatisfy { $0.contains("\nkept: 7 ") })
  }

  @Test func `Whatever a plan of very many targets has to tell, it fits into a pipe that nobody reads`() {
    var outcome = Samples.rehearsal
    let path = "/data/" + String(repeating: "long-", count: 40)
    let targets = (0..<1000).map { index in
      var target = Samples.target("\(index)", tally: Samples.tally(kept: 3, purged: 4, mode: .dryRun))
      target.samples = (0..<3).map { FileSample(path: "\(path)\($0)", size: .mebibytes(1), age: .seconds(1)) }
      for number in 0..<30 { target.holds.note("\(path)\(number)") }
      return target
    }
    outcome.books = TargetBooks(targets)
    outcome.foldersKept = (0..<100).map { _ in outcome.foldersKept[0] }
    outcome.capForecasts = (0..<500).map { _ in outcome.capForecasts[0] }
    let text = SummaryTable(outcome).text
    #expect(text.utf8.count < 56 << 10)
    // Of each part there is something.
    for part in ["\n… and 490 further caps.\n", "kept in 1: 3 too new", "folders are kept", "Memory: "] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(text.contains("\nSome of the files that would be deleted:\n  /data/long-"))
  }

  @Test func `Only the process's memory is called a peak`() {
    for outcome in [Samples.rehearsal, Samples.troubled] {
      let lines = SummaryTable(outcome).text.split(separator: "\n").filter { $0.contains("peak") }
      #expect(lines.count == 1)
      #expect(lines.allSatisfy { $0.contains("the process took \(outcome.memory.processPeak.text) at its peak") })
    }
  }

  @Test func `A run without targets has no table`() throws {
    try expectGolden(SummaryTable(Samples.batch([])).text, "no-targets.txt")
  }

  @Test func `Hostile, wide and long names neither break the lines nor the columns`() throws {
    let names = [
      "日本語のファイル", "a\nb\u{1B}[2J", String(repeating: "long-", count: 20) + "2026-07", "👩‍👩‍👧 family", "e\u{301}",
    ]
    let outcome = Samples.batch(
      names.map {
        Samples.target($0, .failed, reason: "cannot open\n\u{202E}it", tally: Samples.tally(kept: 1, purged: 2))
      },
      ending: .completedWithErrors, status: .failures)
    let text = SummaryTable(outcome).text
    try expectGolden(text, "hostile-names.txt")
    let rows = text.split(separator: "\n").filter { $0.contains("  failed  ") }
    #expect(rows.count == names.count)
    #expect(Set(rows.map { PrintableText.width(String($0)) }).count == 1)
  }

  @Test func `The largest figures stay aligned`() {
    var tally = Tally()
    tally.filesScanned = .max
    tally.errors = .max
    tally.bytesFreed = .max
    let outcome = Samples.batch([Samples.target("huge", tally: tally), Samples.target("small")])
    let rows = SummaryTable(outcome).text.split(separator: "\n").filter { $0.contains("  completed  ") }
    #expect(rows.count == 3)
    #expect(Set(rows.map { PrintableText.width(String($0)) }).count == 1)
  }

  @Test func `Of very many targets it shows the first ones and those in trouble, and sums up the others`() throws {
    let targets = (0..<20_000).map { index in
      index % 100 == 99
        ? Samples.target("folders/\(index)", .failed, reason: "cannot be opened")
        : Samples.target("folders/\(index)", tally: Samples.tally(kept: 1, purged: 2))
    }
    let text = SummaryTable(Samples.batch(targets, ending: .completedWithErrors, status: .failures)).text
    let lines = text.split(separator: "\n")
    #expect(text.utf8.count < 64 << 10)
    #expect(lines.count { $0.hasPrefix("folders/") && $0.contains("  completed  ") } == 198)
    #expect(lines.count { $0.hasPrefix("folders/") && $0.contains("  failed  ") } == 102)
    #expect(lines.contains { $0.hasPrefix("19,700 more  ") && $0.contains("  various  ") })
    #expect(lines.contains("19,700 more: 98 failed"))
    // 19 800 × 3 in all, 198 × 3 in rows.
    #expect(lines.first { $0.hasPrefix("19,700 more  ") }?.contains(" 58,806 ") == true)
    #expect(lines.first { $0.hasPrefix("total") }?.contains(" 59,400 ") == true)
  }

  /// The second name takes one column for each letter, however many marks it has.
  @Test(arguments: ["👩🏽‍🚀日", "e" + String(repeating: "\u{301}", count: 50)])
  func `However long the names and remarks, it fits into a pipe that nobody reads`(letter: String) {
    let name = String(repeating: letter, count: 40)
    let targets = (0..<1000).map { Samples.target("\($0)\(name)", .failed, reason: "\($0)\(name)") }
    let text = SummaryTable(Samples.batch(targets, ending: .completedWithErrors, status: .failures)).text
    #expect(text.utf8.count < 60 << 10)
    #expect(text.contains(" more; the report has all\n"))
    #expect(text.hasSuffix(".\n"))
  }

  @Test(arguments: Ending.allCases)
  func `Every ending has a word of its own`(_ ending: Ending) {
    let total = { (ending: Ending) in
      SummaryTable(Samples.batch([Samples.target("x")], ending: ending)).text.split(separator: "\n")[4]
    }
    let (words, own) = (Ending.allCases.map(total), total(ending))
    #expect(words.filter { $0 == own }.count == 1)
  }
}
