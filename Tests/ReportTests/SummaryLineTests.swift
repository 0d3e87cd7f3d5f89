import Foundation
import Plan
import Report
import Runner
import Testing

@Suite struct SummaryLineTests {
  private func line(_ outcome: BatchOutcome, _ advice: RehearsalAdvice? = nil) -> String {
    SummaryLine(outcome, toolVersion: "1.2.3", advice: advice).text
  }

  private func fields(_ outcome: BatchOutcome, _ advice: RehearsalAdvice? = nil) throws -> [String: Any] {
    try object(Array(line(outcome, advice).utf8))
  }

  @Test func `It is one line, with the report's fields`() throws {
    let outcome = Samples.troubled
    #expect(line(outcome).filter { $0 == "\n" }.count == 1 && line(outcome).hasSuffix("}\n"))
    let fields = try fields(outcome)
    #expect(
      Set(fields.keys) == [
        "schema_version", "tool_version", "run_id", "mode", "started_at", "finished_at", "duration_seconds", "outcome",
        "exit_status", "totals", "memory", "targets", "targets_not_started", "targets_left_out",
      ])
    // What both have is the same in both.
    let report = try object(RunReport().beginning + RunReport().end(outcome, toolVersion: "1.2.3", host: "h"))
    for key in ["schema_version", "run_id", "mode", "started_at", "finished_at", "outcome", "exit_status", "totals"] {
      #expect(fields[key] as? NSObject == report[key] as? NSObject, "\(key)")
    }
    let memory = try #require(report["memory"] as? [String: Any])
    for (key, value) in try #require(fields["memory"] as? [String: Any]) {
      #expect(value as? NSObject == memory[key] as? NSObject, "\(key)")
    }
  }

  @Test func `It names targets with their main counters, and those that never started by reason`() throws {
    let fields = try fields(Samples.troubled)
    let targets = try #require(fields["targets"] as? [[String: Any]])
    #expect(targets.map { $0["name"] as? String } == ["api-files", "monthly/2026-07"])
    #expect(targets[0]["outcome"] as? String == "completed_with_errors")
    #expect(targets[0]["reason"] as? String == "9 entries failed")
    #expect(targets[0]["files_purged"] as? Int == 30_500 && targets[0]["errors"] as? Int == 9)
    let waiting = try #require(fields["targets_not_started"] as? [[String: Any]])
    #expect(waiting.map { $0["reason"] as? String } == ["the run was stopped before"])
    #expect(waiting[0]["count"] as? Int == 1 && waiting[0]["first"] as? [String] == ["monthly/2026-08"])
    #expect(fields["targets_left_out"] as? Int == 0)
  }

  @Test func `Of a dry run it has the checklist, the recommendation and the caps ahead`() throws {
    var outcome = Samples.rehearsal
    (outcome.root, outcome.unwritten) = ("/mnt/copy", ["The list could not be written."])
    let advice = RehearsalAdvice(outcome, plan: BatchPlan(targets: []), isSelection: false)
    let fields = try fields(outcome, advice)
    let items = try #require(fields["preflight"] as? [[String: Any]])
    #expect(items.map { $0["id"] as? String } == advice.preflight.items.map(\.id))
    #expect(items.first { $0["id"] as? String == "caps" }?["result"] as? String == "failed")
    #expect((fields["recommendation"] as? [String: Any])?["memory_limit_mb"] as? Int == 64)
    #expect(fields["root"] as? String == "/mnt/copy")
    #expect(fields["unwritten"] as? [String] == ["The list could not be written."])
    #expect((fields["caps_ahead"] as? [[String: Any]])?.count == 2)
  }

  @Test func `Of very many targets it has as many as a pipe takes that nobody reads`() throws {
    let name = String(repeating: "👩🏽‍🚀\n", count: 40)
    let targets = (0..<1000).map { Samples.target("\($0)\(name)", .failed, reason: "\($0)\(name)") }
    let outcome = Samples.batch(targets, ending: .completedWithErrors, status: .failures)
    #expect(line(outcome).utf8.count < 60 << 10)
    #expect(line(outcome).filter { $0 == "\n" }.count == 1)
    let fields = try fields(outcome)
    let shown = try #require(fields["targets"] as? [Any]).count
    #expect(shown > 20)
    #expect(fields["targets_left_out"] as? Int == 1000 - shown)
  }
}
