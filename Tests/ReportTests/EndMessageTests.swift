import Plan
import Report
import Runner
import Testing

@Suite struct EndMessageTests {
  @Test func `A run that completed leaves one line`() {
    var outcome = Samples.batch([Samples.target("a", tally: Samples.tally(kept: 1, purged: 2))])
    let counted = "21.0 MiB at most counted against the limit of 256.0 MiB\n"
    let deleted = "completed (exit status 0): deleted 2 of 3 files, 0 errors"
    #expect(EndMessage.text(outcome) == "\(deleted); \(counted)")
    outcome.memory.processPeak = .mebibytes(14)
    let peak = "the process took 14.0 MiB at its peak"
    #expect(EndMessage.text(outcome) == "\(deleted); \(peak); \(counted)")
  }

  @Test func `The caps that a run would meet are told`() {
    let lines = EndMessage.text(Samples.rehearsal).split(separator: "\n")
    #expect(
      lines.dropFirst() == [
        "A run would stop at safety.max_deletions: 2,500 of 23,010 files.",
        "Target monthly would stop at its max_deleted_bytes: 10.0 GiB of 31.2 GiB.",
      ])
  }

  @Test func `One file and one error are told as such`() {
    var tally = Samples.tally(kept: 1, purged: 0)
    tally.errors = 1
    let text = EndMessage.text(Samples.batch([Samples.target("a", tally: tally)]))
    #expect(text.contains("deleted 0 of 1 file, 1 error;"))
  }

  @Test func `Targets that never started are told once for each reason`() {
    let targets = (0..<5000).map { Samples.target("t\($0)", .notStarted, reason: $0 < 2 ? "first" : "second") }
    let lines = EndMessage.text(Samples.batch(targets, ending: .stoppedSignal)).split(separator: "\n")
    #expect(
      lines.dropFirst() == [
        "2 targets not started: first (t0, t1)", "4,998 targets not started: second (t2, t3, … and 4,996 more)",
      ])
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
