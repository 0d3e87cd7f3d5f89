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

  @Test(arguments: Ending.allCases)
  func `Every ending has a word of its own`(_ ending: Ending) {
    let words = Ending.allCases.map { other in
      SummaryTable(Samples.batch([Samples.target("x", other)], ending: other)).text.split(separator: "\n")[2]
    }
    let own = SummaryTable(Samples.batch([Samples.target("x", ending)], ending: ending)).text.split(separator: "\n")[2]
    #expect(words.filter { $0 == own }.count == 1)
  }
}
