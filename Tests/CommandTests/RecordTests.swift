import Foundation
import Testing

/// What is left of a run, however it ends: nobody is told of a success that was none.
@Suite(.serialized) struct RecordTests {
  private static let kills = ProcessInfo.processInfo.environment["KILLS"].flatMap { Int($0) } ?? 12

  @Test func `A run that is killed at any moment leaves a report that says so, or had touched nothing`() throws {
    for round in 0..<RecordTests.kills {
      let files = try OldFiles(300, targets: 3)
      try #"{"run_id": "older", "outcome": "completed"}"#.write(toFile: files.report, atomically: true, encoding: .utf8)
      let session = try Session(files.runs + ["--set", "run.operations_per_second=3000"])
      usleep(UInt32.random(in: 0..<400_000) / (round % 2 == 0 ? 1 : 8))
      session.kill(SIGKILL)
      _ = try session.end()
      let report = try #require(try files.reported())
      let left = try files.left()
      switch report["outcome"] as? String {
      case "running": #expect(report["run_id"] as? String != "older")
      case "completed" where report["run_id"] as? String == "older": #expect(left == files.count)
      case let outcome: #expect(outcome == "completed" && left == 0)
      }
    }
  }

  @Test func `A report says from the start that the run goes on, and claims nothing`() throws {
    let files = try OldFiles(20)
    let session = try Session(files.runsSlowly)
    session.wait { (try? files.left() < 20) ?? false }
    let report = try #require(try files.reported())
    #expect(report["outcome"] as? String == "running")
    #expect(report["exit_status"] is NSNull)
    #expect(try files.reportedlyPurged() == 0)
    session.kill(SIGTERM)
    #expect(try session.end().status == 4)
    #expect(try files.reported()?["outcome"] as? String == "stopped_signal")
  }

  @Test func `A refused selection leaves the report of the last run`() throws {
    let files = try OldFiles(3)
    try "{}".write(toFile: files.report, atomically: true, encoding: .utf8)
    #expect(try Command(files.runs + ["--target", "nothing"]).status == 2)
    #expect(try String(contentsOfFile: files.report, encoding: .utf8) == "{}")
  }

  @Test func `A target that is disabled is no selection`() throws {
    let files = try OldFiles(3, targets: 2)
    let disabled = files.runs + ["--set", "targets.t0.enabled=false", "--target"]
    let command = try Command(disabled + ["t0"])
    #expect(command.status == 2)
    #expect(
      command.errors.contains(#"--target \"t0\": target t0 is disabled; nothing was touched"#), "\(command.errors)")
    #expect(try Command(disabled + ["t*"]).status == 0)
    #expect(try files.left() == 2)
  }

  // MARK: Where it can't be written

  private static let obstacle = getuid() == 0 ? nil : "only root can mount a small disk"

  private func mounted(_ folder: String, _ test: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try #require(mount("none", folder, "tmpfs", 0, "size=16k") == 0)
    defer { umount2(folder, CInt(MNT_DETACH)) }
    try test()
  }

  /// Writes a file until the disk is full.
  private func filled(_ folder: String) throws -> FileHandle {
    #expect(FileManager.default.createFile(atPath: "\(folder)/rest", contents: Data()))
    let rest = try #require(FileHandle(forWritingAtPath: "\(folder)/rest"))
    while (try? rest.write(contentsOf: Data(count: 4096))) != nil {}
    return rest
  }

  /// Status 1, everything done, and the summary says what is missing.
  private func expectLostReport(_ command: Command, _ files: OldFiles) throws {
    #expect(command.status == 1, "\(command.errors)")
    #expect(try files.left() == 0)
    #expect(command.errors.contains("Failed to write the report"))
    #expect(command.output.contains("The report could not be written"))
  }

  /// What stands in its place tells of the run's end, and that it was no success.
  private func expectShortReport(at path: String, purged: Int) throws {
    let data = try #require(FileManager.default.contents(atPath: path))
    let report = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(report["outcome"] as? String == "completed")
    #expect(report["exit_status"] as? Int == 1)
    #expect(report["run_id"] as? String != "older")
    #expect((report["totals"] as? [String: Any])?["files_purged"] as? Int == purged)
    let unwritten = try #require(report["unwritten"] as? [String])
    #expect(unwritten.count == 1 && unwritten[0].hasPrefix("The report could not be written to \(path)"))
  }

  @Test(.enabled(if: obstacle == nil, "only root can mount a small disk"))
  func `On a full disk the run goes on, ends with status 1, and no older report stands for it`() throws {
    let files = try OldFiles(7)
    let folder = files.scratch.path("reports")
    try mounted(folder) {
      let report = "\(folder)/r.json"
      let run = ["run", "--config", files.config, "--report", report]
      try #"{"run_id": "older", "outcome": "completed", "exit_status": 0}"#
        .appending(String(repeating: " ", count: 3000)).write(toFile: report, atomically: false, encoding: .utf8)
      let rest = try filled(folder)
      defer { try? rest.close() }
      try expectLostReport(Command(run), files)
      try expectShortReport(at: report, purged: 7)
    }
  }

  @Test(.enabled(if: obstacle == nil, "only root can mount a small disk"))
  func `On a disk with no room for any report the run goes on, ends with status 1, and leaves no older one`() throws {
    for hasOlder in [false, true] {
      let files = try OldFiles(7)
      let folder = files.scratch.path("reports")
      try mounted(folder) {
        let report = "\(folder)/r.json"
        if hasOlder {
          // Without room of its own, which would do for another.
          #expect(FileManager.default.createFile(atPath: report, contents: nil))
          try #require(truncate(report, 3000) == 0)
        }
        let rest = try filled(folder)
        defer { try? rest.close() }
        let command = try Command("run", "--config", files.config, "--report", report)
        try expectLostReport(command, files)
        #expect(command.errors.contains("the disk is full; the run goes on"))
        #expect(FileManager.default.contents(atPath: report) == (hasOlder ? Data() : nil))
      }
    }
  }

  @Test(.enabled(if: obstacle == nil, "only root can mount a small disk"))
  func `On a disk with no room for another file the run goes on, and leaves a short report if it can`() throws {
    let files = try OldFiles(7)
    let folder = files.scratch.path("reports")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // The folder and the older report.
    try #require(mount("none", folder, "tmpfs", 0, "nr_inodes=2") == 0)
    defer { umount2(folder, CInt(MNT_DETACH)) }
    let report = "\(folder)/r.json"
    try #"{"run_id": "older"}"#.write(toFile: report, atomically: false, encoding: .utf8)
    let run = ["run", "--config", files.config, "--report"]
    try expectLostReport(Command(run + [report]), files)
    try expectShortReport(at: report, purged: 7)
    let others = try OldFiles(7)
    try expectLostReport(Command("run", "--config", others.config, "--report", "\(folder)/another"), others)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["r.json"])
  }

  @Test(.enabled(if: obstacle == nil, "only root can mount a small disk"))
  func `A purge frees the full disk on which its report is to stand`() throws {
    let files = try OldFiles(0)
    try mounted(files.scratch.path("data/t0")) {
      try filled(files.scratch.path("data/t0")).close()
      let old = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
      utimensat(AT_FDCWD, files.scratch.path("data/t0/rest"), old, 0)
      let report = files.scratch.path("data/t0/r.json")
      let command = try Command("run", "--config", files.config, "--report", report)
      #expect(command.status == 0, "\(command.errors)")
      #expect(command.errors.contains("the disk is full; the run goes on"))
      let data = try #require(FileManager.default.contents(atPath: report))
      let whole = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect(whole["exit_status"] as? Int == 0 && (whole["targets"] as? [Any])?.count == 1)
      #expect((whole["totals"] as? [String: Any])?["files_purged"] as? Int == 1)
    }
  }

  @Test func `A report whose folder is gone in the end is told of, with status 1`() throws {
    let files = try OldFiles(4)
    let folder = files.scratch.path("reports")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let slow = [
      "run", "--config", files.config, "--report", "\(folder)/r.json", "--set", "run.operations_per_second=20",
    ]
    let session = try Session(slow)
    session.wait { FileManager.default.fileExists(atPath: "\(folder)/r.json") }
    try FileManager.default.removeItem(atPath: folder)
    let end = try session.end()
    #expect(end.status == 1)
    #expect(end.errors.contains("Failed to write the report"))
    #expect(try files.left() == 0)
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test(.enabled(if: obstacle == nil, "only root can mount a small disk"))
  func `A report whose folder can't be written to in the end is told of, and a short one stands there`() throws {
    let files = try OldFiles(4)
    let folder = files.scratch.path("reports")
    try mounted(folder) {
      let slow = [
        "run", "--config", files.config, "--report", "\(folder)/r.json", "--set", "run.operations_per_second=20",
      ]
      let session = try Session(slow)
      session.wait { FileManager.default.fileExists(atPath: "\(folder)/r.json") }
      // The temporary file is open, so that no mount can be made read-only.
      guard chattr(folder, "+i") == 0 else {
        session.kill(SIGTERM)
        print("skipped: this file system has no immutable folders")
        try Test.cancel("this file system has no immutable folders")
      }
      defer { _ = chattr(folder, "-i") }
      let end = try session.end()
      #expect(end.status == 1, "\(end)")
      try expectShortReport(at: "\(folder)/r.json", purged: 4)
    }
  }

  // MARK: Where it stands

  @Test func `The report of a run that goes on is not purged by it`() throws {
    let files = try OldFiles(3)
    let report = files.scratch.path("data/t0/report.json")
    // By this clock all is old that was written just now.
    let now = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 40 * 86_400))
    let run = ["run", "--config", files.config, "--report", report, "--now", now]
    let session = try Session(run + ["--set", "safety.max_clock_skew=100d", "--set", "run.operations_per_second=20"])
    session.wait { FileManager.default.fileExists(atPath: report) }
    let end = try session.end()
    #expect(end.status == 0, "\(end)")
    let data = try #require(FileManager.default.contents(atPath: report))
    let whole = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect((whole["totals"] as? [String: Any])?["files_purged"] as? Int == 3)
  }

  @Test func `Killed runs whose reports have a name each leave one temporary file, not one each`() throws {
    let files = try OldFiles(20)
    let folder = files.scratch.path("reports")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for count in 1...3 {
      let run = ["run", "--config", files.config, "--report", "\(folder)/{run_id}.json"]
      let session = try Session(run + ["--set", "run.operations_per_second=1"])
      session.wait { session.errors.contains("Starting EFS purge") }
      session.kill(SIGKILL)
      _ = try session.end()
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.filter { $0.hasPrefix(".") } == [".efs-purge-batch-{run_id}.json.tmp"])
      #expect(names.count == count + 1)
    }
  }

  @Test func `A report on standard output, by whatever link, stands there with the summary, and the link stays`() throws
  {
    let files = try OldFiles(2)
    let link = files.scratch.path("stdout")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/proc/self/fd/1")
    let command = try Command("plan", "--config", files.config, "--report", link, "--summary", "json")
    #expect(command.status == 0, "\(command.errors)")
    #expect(command.output.hasPrefix("{\n  \"targets\" : ["))
    #expect(command.output.contains("\n}\n{"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/proc/self/fd/1")
  }

  @Test func `No output takes the place of the config or of another one`() throws {
    let files = try OldFiles(2)
    let text = try String(contentsOfFile: files.config, encoding: .utf8)
    let link = files.scratch.path("link.yaml")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "config.yaml")
    let other = files.scratch.path("out")
    for path in [files.config, link, files.scratch.path("data/../config.yaml")] {
      for option in ["--report", "--list", "--termination-log"] {
        let command = try Command("plan", "--config", files.config, option, path)
        #expect(command.status == 2)
        #expect(
          command.errors.contains("\(option) \"\(path)\": that is the file of the config, too; nothing was touched"))
      }
    }
    for (one, two) in [("--report", "--list"), ("--list", "--termination-log"), ("--report", "--termination-log")] {
      let command = try Command(
        "plan", "--config", files.config, one, other, two, files.scratch.path("data/../out"))
      #expect(command.status == 2)
      #expect(command.errors.contains("that is the file of \(one), too; nothing was touched"))
    }
    // Whatever else is wrong.
    let wrong = ["run", "--config", files.config, "--termination-log", files.config, "--log-level", "no"]
    #expect(try Command(wrong).status == 2)
    #expect(try String(contentsOfFile: files.config, encoding: .utf8) == text)
    // Any number may write to a device.
    let nowhere = ["--report", "/dev/null", "--list", "/dev/null", "--termination-log", "/dev/null"]
    #expect(try Command(["plan", "--config", files.config] + nowhere).status == 0)
  }

  private func chattr(_ path: String, _ flag: String) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/chattr")
    process.arguments = [flag, path]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}

/// Which files go, one by one.
@Suite struct EntryTests {
  private func lines(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func `The list of a plan names what goes, with size, age, target and rule`() throws {
    let files = try OldFiles(5)
    let list = files.scratch.path("list")
    let command = try Command("plan", "--config", files.config, "--list", list)
    #expect(command.status == 0, "\(command.errors)")
    let entries = try lines(String(contentsOfFile: list, encoding: .utf8))
    #expect(Set(entries.compactMap { $0["path"] as? String }).count == 5)
    for entry in entries {
      #expect(Set(entry.keys) == ["path", "size", "age", "target", "rule"])
      #expect(entry["target"] as? String == "t0" && entry["rule"] as? String == "target" && entry["size"] as? Int == 0)
      #expect(((entry["age"] as? Int) ?? 0) / 86_400 == 40)
    }
    #expect(try files.left() == 5)
  }

  @Test func `A list goes to standard output, too, and nothing else with it`() throws {
    let files = try OldFiles(5)
    let command = try Command("plan", "--config", files.config, "--list", "-")
    #expect(try lines(command.output).count == 5)
  }

  @Test func `A list to a standard output that is closed is refused`() throws {
    let files = try OldFiles(5)
    let plan = ["plan", "--config", files.config, "--list", "-"]
    let end = try Session(plan, shell: ("", ">&-")).end()
    #expect(end.status == 2)
    #expect(end.errors.contains("--list -: standard output is closed; nothing was touched"))
    #expect(try Session(plan, shell: ("", ">/dev/null")).end().status == 0)
    #expect(try Session(plan, shell: ("", "1<>/dev/null")).end().status == 0)
  }

  @Test func `The list of a plan that was stopped is not left as if it were whole`() throws {
    let files = try OldFiles(30, targets: 2)
    let list = files.scratch.path("list")
    let session = try Session(
      ["plan", "--config", files.config, "--list", list, "--log-level", "info", "--set", "run.operations_per_second=5"])
    session.wait { session.errors.contains("Starting EFS purge") }
    session.kill(SIGTERM)
    let end = try session.end()
    #expect(end.status == 4)
    #expect(end.errors.contains("Failed to write the list"))
    #expect(!FileManager.default.fileExists(atPath: list))
  }

  @Test func `A list that can't be written is refused before anything is walked`() throws {
    let files = try OldFiles(1)
    let command = try Command("plan", "--config", files.config, "--list", files.scratch.path("missing/list"))
    #expect(command.status == 2)
    #expect(command.errors.contains("cannot write the list"))
  }

  @Test func `At debug each file is a line, whose sums are the counters`() throws {
    let files = try OldFiles(3000, targets: 3)
    for number in 0..<40 { try files.scratch.write("", to: "data/t0/new\(number)") }
    try FileManager.default.createSymbolicLink(
      atPath: files.scratch.path("data/t1/link"), withDestinationPath: "nowhere")
    let options = ["--config", files.config, "--log-format", "json", "--log-level", "debug"]
    for (command, went) in [("plan", "Would purge: "), ("run", "Purged: ")] {
      let messages = try lines(Command([command] + options).errors).compactMap { $0["message"] as? String }
      #expect(messages.count { $0.hasPrefix(went) } == 3000)
      #expect(messages.count { $0.hasPrefix("Skipping file: ") } == 40)
      #expect(messages.count { $0.hasPrefix("Skipping symlink/special file: ") } == 1)
      #expect(messages.contains("\(went)\(files.scratch.path("data/t0/f0"))"))
    }
  }

  @Test func `Without debug no file is a line`() throws {
    let files = try OldFiles(3)
    let errors = try Command(files.runs).errors
    #expect(!errors.contains("Purged: ") && !errors.contains("Skipping"))
  }
}
