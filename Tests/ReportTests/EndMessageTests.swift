import Plan
import Report
import Runner
import Testing

@Suite struct EndMessageTests {
  @Test func `A run that completed leaves one line`() {
    let outcome = Samples.batch([Samples.target("a", tally: Samples.tally(kept: 1, purged: 2))])
    #expect(
      EndMessage.text(outcome)
        == "completed (exit status 0): deleted 2 of 3 files, 0 errors, peak memory 21.0 MiB\n")
  }

  @Test func `Targets that did not complete are listed with their reasons`() throws {
    try expectGolden(EndMessage.text(Samples.troubled), "end-message.txt")
  }

  @Test func `However many targets failed, the message fits and says how many it leaves out`() {
    let targets = (0..<500).map { Samples.target("target-\($0)", .failed, reason: "cannot open it: ü") }
    let text = EndMessage.text(Samples.batch(targets, ending: .completedWithErrors, status: .failures))
    #expect(text.utf8.count <= EndMessage.maxBytes)
    let listed = text.split(separator: "\n").count { $0.hasPrefix("target-") }
    #expect(listed > 50)
    #expect(text.hasSuffix("… and \(500 - listed) more\n"))
  }

  @Test func `Targets that are only counted are among those it leaves out`() {
    let targets = (0..<20_000).map { Samples.target("\($0)", .failed) }
    let text = EndMessage.text(Samples.batch(targets, ending: .completedWithErrors, status: .failures))
    let listed = text.split(separator: "\n").count { $0.hasSuffix(": failed") }
    #expect(text.hasSuffix("… and \(20_000 - listed) more\n"))
    #expect(text.utf8.count <= EndMessage.maxBytes)
  }

  @Test func `A single message is cut at a character's end and stays on one line`() {
    let text = EndMessage.text("x\ny " + String(repeating: "日", count: 3000))
    #expect(text.utf8.count <= EndMessage.maxBytes)
    #expect(text.utf8.count > EndMessage.maxBytes - 3)
    #expect(text.hasPrefix(#"x\x0ay 日"#))
    #expect(!text.contains("\u{FFFD}"))
  }
}
