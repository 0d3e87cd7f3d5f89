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

  // MARK: Where it can't be written

  private static let obstacle = getuid() == 0 ? nil : "only root can mount a small disk"

  private func mounted(_ folder: String, _ test: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try #require(mount("none", folder, "tmpfs", 0, "size=16k") == 0)
    defer { umount2(folder, CInt(MNT_DETACH)) }
    try test()
  }

  /// Status 1, everything done, and the summary says what is missing.
  private func expectLostReport(_ command: Command, _ files: OldFiles) throws {
    #expect(command.status == 1, "\(command.errors)")
    #expect(try files.left() == 0)
    #expect(command.errors.contains("Failed to write the report"))
    #expect(command.output.contains("The report could not be written"))
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
      #expect(FileManager.default.createFile(atPath: "\(folder)/rest", contents: Data()))
      let rest = try #require(FileHandle(forWritingAtPath: "\(folder)/rest"))
      while (try? rest.write(contentsOf: Data(count: 4096))) != nil {}
      try expectLostReport(Command(run), files)
      let data = try #require(FileManager.default.contents(atPath: report))
      let left = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect(left["outcome"] as? String == "running")
      #expect(left["run_id"] as? String != "older")
    }
  }

  @Test(.enabled(if: obstacle == nil, "only root can mount a small disk"))
  func `On a disk with no room for any report nothing is touched`() throws {
    let files = try OldFiles(7)
    let folder = files.scratch.path("reports")
    try mounted(folder) {
      #expect(FileManager.default.createFile(atPath: "\(folder)/rest", contents: Data()))
      let rest = try #require(FileHandle(forWritingAtPath: "\(folder)/rest"))
      while (try? rest.write(contentsOf: Data(count: 4096))) != nil {}
      let command = try Command("run", "--config", files.config, "--report", "\(folder)/r.json")
      #expect(command.status == 2)
      #expect(try files.left() == 7)
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
  }

  @Test(.enabled(if: obstacle == nil, "only root can mount a small disk"))
  func `A report whose folder can't be written to in the end is told of, and still says running`() throws {
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
      #expect(try String(contentsOfFile: "\(folder)/r.json", encoding: .utf8).contains(#""outcome" : "running""#))
    }
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
