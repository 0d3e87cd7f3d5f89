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
    let words = Ending.allCases.map { other in
      SummaryTable(Samples.batch([Samples.target("x", other)], ending: other)).text.split(separator: "\n")[2]
    }
    let own = SummaryTable(Samples.batch([Samples.target("x", ending)], ending: ending)).text.split(separator: "\n")[2]
    #expect(words.filter { $0 == own }.count == 1)
  }
}
