import Foundation
import Glibc
import Testing

/// Whole runs on small trees, seen from outside.
@Suite struct RunTests {
  private let scratch: Scratch
  private let config: String

  /// Two old files and a new one, an old file two folders down, and a link to an old file.
  init() throws {
    scratch = try Scratch()
    let old = Date(timeIntervalSinceNow: -40 * 86_400)
    for name in ["old-1", "old-2", "new", "a/b/old-3"] {
      let file = scratch.url.appendingPathComponent("data/\(name)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try "content".write(to: file, atomically: false, encoding: .utf8)
      if name != "new" { try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: file.path) }
    }
    try FileManager.default.createSymbolicLink(atPath: scratch.path("data/link"), withDestinationPath: "old-1")
    config = try scratch.write(
      """
      version: 1
      targets:
        - name: scratch
          path: \(scratch.path("data"))
          max_age: 30d

      """, to: "config.yaml"
    ).path
  }

  private func files() throws -> Set<String> {
    Set(try FileManager.default.subpathsOfDirectory(atPath: scratch.path("data")))
  }

  private func report(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: scratch.path(name)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func log(_ command: Command) throws -> [[String: Any]] {
    try command.errors.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
    }
  }

  private static let everything: Set = ["old-1", "old-2", "new", "a", "a/b", "a/b/old-3", "link"]

  @Test func `Whether folders are to come is reckoned from the time that ages are counted from`() throws {
    let path = "\(scratch.path("data"))/{YYYY}-{MM}"
    let text = "version: 1\ntargets: [{path: '\(path)', max_age: 1d, partitions: {from: 2031-05}}]\n"
    let config = try scratch.write(text, to: "dated.yaml").path
    for (now, isTold) in [("2031-04-30T23:59:59Z", true), ("2031-05-01T00:00:00Z", false)] {
      let command = try Command("plan", "--config", config, "--now", now)
      #expect(command.status == 0)
      #expect(
        command.errors.contains("no folder is taken before the month 2031-05 is over") == isTold, "\(command.errors)")
    }
    let check = try Command("check-config", "-", input: text.replacing("2031-05", with: "9998-05"))
    #expect(check.output.contains("'from' is in the future"))
  }

  @Test func `A run deletes the old files and nothing else`() throws {
    let command = try Command("run", "--config", config, "--report", scratch.path("report.json"))
    #expect(command.status == 0, "\(command.errors)")
    #expect(try files() == ["new", "a", "a/b", "link"])
    #expect(command.output.contains("deleted 3 of 4 files"))

    let target = try #require((report("report.json")["targets"] as? [[String: Any]])?.first)
    #expect(target["outcome"] as? String == "completed")
    #expect(target["files_scanned"] as? Int == 4)
    #expect(target["files_purged"] as? Int == 3)
    #expect((target["files_kept"] as? [String: Int])?["too_new"] == 1)
    #expect(target["symlinks_skipped"] as? Int == 1)
  }

  @Test(arguments: [["plan"], ["run", "--dry-run"]])
  func `A rehearsal deletes nothing and counts what a run would`(_ arguments: [String]) throws {
    let command = try Command(arguments + ["--config", config, "--report", scratch.path("report.json")])
    #expect(command.status == 0, "\(command.errors)")
    #expect(try files() == Self.everything)
    #expect(command.output.contains("would delete 3 of 4 files"))
    let report = try report("report.json")
    #expect(report["mode"] as? String == "dry-run")
    #expect((report["totals"] as? [String: Any])?["files_to_purge"] as? Int == 3)
    #expect((report["totals"] as? [String: Any])?["files_purged"] as? Int == 0)
  }

  @Test func `Only a purge writes the config's report file`() throws {
    let path = scratch.path("from-config.json")
    for arguments in [["plan"], ["run", "--dry-run"]] {
      #expect(try Command(arguments + ["--config", config, "--set", "report.file=\(path)"]).status == 0)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
    #expect(try Command("run", "--config", config, "--set", "report.file=\(path)").status == 0)
    #expect(try report("from-config.json")["mode"] as? String == "purge")
  }

  @Test func `Runs whose id is in the report's path leave a report each`() throws {
    let path = scratch.path("{YYYY}-purge-{run_id}.json")
    for option in [["--set", "report.file=\(path)"], ["--report", path]] {
      #expect(try Command(["run", "--config", config] + option).status == 0)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).filter { $0.contains("-purge-") }
    #expect(names.count == 2)
    for name in names {
      let (id, start) = (try report(name)["run_id"] as? String, try report(name)["started_at"] as? String)
      #expect(name == "\(start?.prefix(4) ?? "")-purge-\(id ?? "").json")
    }
    let missing = try Command("run", "--config", config, "--report", scratch.path("{YYYY}/{run_id}.json"))
    #expect(missing.status == 2)
    #expect(missing.errors.contains("cannot write the report to "))
  }

  @Test func `The log of a run is JSON lines with the messages that dashboards look for`() throws {
    let lines = try log(Command("run", "--config", config))
    let wanted = ["Batch started", "Starting EFS purge", "Purge operation completed", "Batch completed"]
    #expect(lines.compactMap { $0["message"] as? String }.filter(wanted.contains) == wanted)
    for line in lines {
      #expect(Set(line.keys) == ["timestamp", "level", "message", "logger", "extra_fields"])
      #expect((line["timestamp"] as? String)?.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) == true)
    }
    let end = try #require(lines.last?["extra_fields"] as? [String: Any])
    #expect(end["exit_status"] as? Int == 0)
    #expect(end["files_purged"] as? Int == 3)
  }

  @Test func `A plan logs nothing unless asked`() throws {
    #expect(try Command("plan", "--config", config).errors == "")
    #expect(try !Command("plan", "--config", config, "--log-level", "info").errors.isEmpty)
  }

  @Test func `A selection that matches nothing touches nothing and ends with status 2`() throws {
    let command = try Command("run", "--config", config, "--target", "other*")
    #expect(command.status == 2)
    #expect(
      command.errors.hasSuffix("efs-purge-batch: error: no target matches --target \"other*\"; nothing was touched\n"))
    #expect(try files() == Self.everything)
  }

  @Test func `A selection that matches is carried out`() throws {
    #expect(try Command("run", "--config", config, "--target", "scr*").status == 0)
    #expect(try files() == ["new", "a", "a/b", "link"])
  }

  @Test func `An override wins over the config, and a wrong one touches nothing`() throws {
    #expect(try Command("run", "--config", config, "--set", "targets.scratch.max_age=50d").status == 0)
    #expect(try files() == Self.everything)
    let wrong = try Command("run", "--config", config, "--set", "targets.scratch.max_age=soon")
    #expect(wrong.status == 2)
    #expect(wrong.errors.contains("--set"))
    #expect(try files() == Self.everything)
  }

  @Test func `A summary that cannot be written makes a success a failure, and the work is done`() throws {
    let command = try Command("run", "--config", config, output: "/dev/full")
    #expect(command.status == 1)
    #expect(command.errors.contains("Failed to write the summary"))
    #expect(try files() == ["new", "a", "a/b", "link"])
  }

  @Test func `A report that cannot be written makes a success a failure`() throws {
    let command = try Command("run", "--config", config, "--report", "/dev/full")
    #expect(command.status == 1)
    #expect(try log(command).last?["message"] as? String == "Batch completed")
    #expect(command.errors.contains("Failed to write the report"))
  }

  @Test func `A pipe without a reader is no place for a report, which is said before anything is touched`() throws {
    #expect(mkfifo(scratch.path("pipe"), 0o600) == 0)
    let command = try Command("run", "--config", config, "--report", scratch.path("pipe"))
    #expect(command.status == 2)
    #expect(command.errors.contains("cannot write the report to \"\(scratch.path("pipe"))\""))
    #expect(try files() == Self.everything)
  }

  @Test func `Of hundreds of targets each is in the report, and the table sums up what is too much for it`() throws {
    let old = Date(timeIntervalSinceNow: -40 * 86_400)
    for index in 0..<320 {
      let file = scratch.url.appendingPathComponent("many/d\(index)/old")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
      try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: file.path)
    }
    let text = "version: 1\ntargets:\n  - {name: many, path: '\(scratch.path("many"))/*', max_age: 30d}\n"
    let many = try scratch.write(text, to: "many.yaml").path
    let command = try Command("run", "--config", many, "--report", scratch.path("report.json"))
    #expect(command.status == 0, "\(command.errors)")
    #expect(command.output.contains("\n120 more "))
    let (report, names) = (try report("report.json"), Set((0..<320).map { "many/d\($0)" }))
    let targets = try #require(report["targets"] as? [[String: Any]])
    #expect(Set(targets.compactMap { $0["name"] as? String }) == names)
    #expect(targets.allSatisfy { $0["files_purged"] as? Int == 1 && $0["concurrency_mean"] is Double })
    #expect((report["totals"] as? [String: Any])?["files_purged"] as? Int == 320)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).allSatisfy { !$0.hasSuffix(".tmp") })
  }

  @Test func `A run that is refused leaves no trace of its report`() throws {
    let command = try Command("run", "--config", config, "--target", "x", "--report", scratch.path("report.json"))
    #expect(command.status == 2)
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path)) == ["config.yaml", "data"])
  }

  @Test func `The termination log says how the run ended`() throws {
    _ = try Command("run", "--config", config, "--termination-log", scratch.path("end"))
    let message = try String(contentsOfFile: scratch.path("end"), encoding: .utf8)
    #expect(message.hasPrefix("completed (exit status 0): deleted 3 of 4 files, 0 errors"))
  }

  @Test func `SIGTERM ends a run in good order, with status 4 and a report`() throws {
    let slow = ["--set", "targets.scratch.operations_per_second=1", "--report", scratch.path("report.json")]
    let command = try Command(["run", "--config", config] + slow, terminatedAfter: ["Starting EFS purge"])
    #expect(command.status == 4, "\(command.errors)")
    #expect(command.output.contains("stopped: signal"))
    #expect(try report("report.json")["outcome"] as? String == "stopped_signal")
  }

  /// No operation hangs here, so this shows no more than that a second signal does no harm.
  @Test func `A second signal ends the run at once, with status 4 and a report`() throws {
    let slow = ["--set", "targets.scratch.operations_per_second=1", "--report", scratch.path("report.json")]
    let clock = ContinuousClock()
    let start = clock.now
    let command = try Command(
      ["run", "--config", config] + slow, terminatedAfter: ["Starting EFS purge", "Stopping"])
    // Less than what operations in flight are waited for.
    #expect(clock.now - start < .seconds(4))
    #expect(command.status == 4, "\(command.errors)")
    #expect(try report("report.json")["outcome"] as? String == "stopped_signal")
  }

  @Test func `Memory above abort_at for five seconds ends the run, with status 3 and a report`() throws {
    // What a run keeps of its folders stays until its end, and no pause frees it.
    for index in 0..<6000 {
      mkdir(scratch.path("data/\(String(repeating: "x", count: 230))\(index)"), 0o755)
    }
    let thresholds = ["resume_at=2900Ki", "pause_at=3000Ki", "abort_at=3100Ki"].flatMap { ["--set", "memory.\($0)"] }
    let wide = ["--set", "targets.scratch.path=\(scratch.path("data"))/x*", "--report", scratch.path("report.json")]
    let command = try Command(["run", "--config", config] + thresholds + wide)
    #expect(command.status == 3, "\(command.errors)")
    #expect(command.output.contains("stopped: memory"))
    #expect(try report("report.json")["exit_status"] as? Int == 3)
  }

  @Test func `A cap lets as many files go as it says, and ends the run with status 5`() throws {
    let cap = ["--set", "targets.scratch.max_deletions=1", "--report", scratch.path("report.json")]
    let command = try Command(["run", "--config", config] + cap)
    #expect(command.status == 5, "\(command.errors)")
    #expect(command.output.contains("stopped: guard"))
    #expect(try report("report.json")["exit_status"] as? Int == 5)
    #expect(try files().count == Self.everything.count - 1)
  }

  @Test func `A log that nobody reads holds up neither the work nor a stop`() throws {
    // Each missing folder is told with two lines, which fill the pipe before the slow target begins.
    let missing = (0..<40).map {
      "  - {name: m\($0), path: \(scratch.path("missing-\($0)")), max_age: 30d, priority: 1}\n"
    }
    let text = try String(contentsOfFile: config, encoding: .utf8) + missing.joined()
    let crowded = try scratch.write(text, to: "crowded.yaml").path
    let slow = ["--set", "targets.scratch.operations_per_second=1", "--log-format", "json"]
    let command = try Command(unreadLogOf: ["run", "--config", crowded] + slow, terminatedAfter: 2)
    #expect(command.status == 4)
    #expect(command.output.contains("stopped: signal"))
  }

  @Test func `A wrong config touches nothing, is shown with its place and ends with status 2`() throws {
    let text = try String(contentsOfFile: config, encoding: .utf8)
    let wrong = try scratch.write(text.replacingOccurrences(of: "max_age", with: "max_aeg"), to: "wrong.yaml").path
    let command = try Command("run", "--config", wrong)
    #expect(command.status == 2)
    #expect(command.errors.contains("\(wrong):5:5: error: unknown key 'max_aeg'"))
    #expect(command.errors.hasSuffix("efs-purge-batch: error: config \"\(wrong)\": 1 error; nothing was touched\n"))
    #expect(try files() == Self.everything)
  }

  @Test func `A link that is the way to the config stays`() throws {
    let way = scratch.path("data/config-link")
    try FileManager.default.createSymbolicLink(atPath: way, withDestinationPath: config)
    let old = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
    for link in [way, scratch.path("data/link")] { utimensat(AT_FDCWD, link, old, AT_SYMLINK_NOFOLLOW) }
    let command = try Command("run", "--config", way, "--set", "targets.scratch.symlinks=delete")
    #expect(command.status == 0, "\(command.errors)")
    #expect(try files() == ["new", "a", "a/b", "config-link"])
  }

  @Test
  func `Nought days of the replaced tool's variable delete no file, and one phase of it none that the config would`()
    throws
  {
    let text = try String(contentsOfFile: config, encoding: .utf8)
    let open = try scratch.write(text.replacingOccurrences(of: "    max_age: 30d\n", with: ""), to: "open.yaml").path
    let nought = try Command(
      "run", "--config", open, environment: ["EFSPURGE_MAX_AGE_DAYS": "0", "EFSPURGE_REMOVE_EMPTY_DIRS": "1"])
    #expect(nought.status == 0, "\(nought.errors)")
    #expect(nought.output.contains("deleted 0 of 4 files"))
    let phase = try Command("run", "--config", config, environment: ["EFSPURGE_PHASE1_ONLY": "1"])
    #expect(phase.status == 2)
    #expect(try files() == Self.everything)
  }
}
