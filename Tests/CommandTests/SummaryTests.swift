import Foundation
import Testing

/// What standard output gets at the end, and where it stands among the log's lines.
@Suite struct SummaryTests {
  private let files: OldFiles

  init() throws { files = try OldFiles(6, targets: 2) }

  /// Everything that comes out of it, in the order in which it came.
  private func output(_ arguments: [String], status: Int32 = 0) throws -> [Substring] {
    let end = try Session(arguments, shell: ("", "1>&2")).end()
    #expect(end.status == status, "\(end)")
    #expect(end.errors.hasSuffix("\n"))
    return end.errors.split(separator: "\n")
  }

  @Test func `As JSON every line of all output is an object, and the last one is the summary`() throws {
    let objects = try output(files.runs + ["--summary", "json"]).map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
    }
    #expect(objects.dropLast().allSatisfy { $0["message"] is String })
    #expect(objects.dropLast().last?["message"] as? String == "Batch completed")
    let summary = try #require(objects.last)
    #expect(summary["outcome"] as? String == "completed" && summary["exit_status"] as? Int == 0)
    #expect((summary["totals"] as? [String: Any])?["files_purged"] as? Int == 6)
    #expect((summary["targets"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["t0", "t1"])
    #expect(try summary["run_id"] as? String == files.reported()?["run_id"] as? String)
  }

  @Test func `A plan's JSON summary has the checklist and the recommendation`() throws {
    let command = try Command("plan", "--config", files.config, "--summary", "json")
    #expect(command.status == 0 && command.errors.isEmpty, "\(command.errors)")
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
    #expect(summary["mode"] as? String == "dry-run")
    #expect((summary["preflight"] as? [Any])?.count ?? 0 > 10)
    #expect((summary["recommendation"] as? [String: Any])?["memory_limit_mb"] is NSNumber)
    #expect(try files.left() == 6)
  }

  @Test(arguments: [[], ["--summary", "auto"], ["--summary", "table"]])
  func `A table is the last thing on a terminal`(_ option: [String]) throws {
    let lines = try output(files.runs + option)
    let first = try #require(lines.firstIndex { $0.hasPrefix("Purge ") })
    #expect(lines[first - 1].contains("\"message\": \"Batch completed\""))
    #expect(lines.last?.hasPrefix("Memory: ") == true)
    #expect(!lines[first...].contains { $0.contains("\"message\"") })
  }

  @Test func `Without a summary there is nothing but the log`() throws {
    let command = try Command(files.runs + ["--summary", "none"])
    #expect(command.status == 0 && command.output.isEmpty)
    #expect(command.errors.contains("Batch completed"))
    // Not even where nothing could be written.
    #expect(try Command(files.runs + ["--summary", "none"], output: "/dev/full").status == 0)
  }

  @Test func `What goes wrong with it is logged behind all else`() throws {
    let command = try Command(files.runs + ["--summary", "json"], output: "/dev/full")
    #expect(command.status == 1)
    let messages = try command.errors.split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])["message"] as? String
    }
    #expect(messages.suffix(2) == ["Batch completed", "Failed to write the summary"])
  }

  @Test func `A signal brings the summary as well`() throws {
    let session = try Session(files.runsSlowly + ["--summary", "json"], shell: ("", "1>&2"))
    session.wait { session.errors.contains("Starting EFS purge") }
    session.kill(SIGTERM)
    let end = try session.end()
    #expect(end.status == 4)
    let last = try #require(end.errors.split(separator: "\n").last)
    let summary = try #require(try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
    #expect(summary["outcome"] as? String == "stopped_signal" && summary["exit_status"] as? Int == 4)
  }
}
