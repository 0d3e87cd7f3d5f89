import Foundation
import Testing

/// Less than outputs are waited for without a signal, more than the five seconds that are promised: machines are busy.
private let soon = 8.0

@Suite struct SignalTests {
  private static let begun = "Starting EFS purge"

  @Test(arguments: [
    (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGHUP, "SIGHUP"), (SIGQUIT, "SIGQUIT"), (SIGXCPU, "SIGXCPU"),
  ])
  func `A signal ends a run in good order, and is named`(signal: Int32, name: String) throws {
    let files = try OldFiles(20)
    let session = try Session(files.runsSlowly)
    session.wait { session.errors.contains(Self.begun) }
    session.kill(signal)
    let end = try session.end()
    #expect(end.status == 4 && end.seconds < soon, "\(end)")
    #expect(end.errors.contains("\(name) was received"))
    #expect(try files.reported()?["outcome"] as? String == "stopped_signal")
    #expect(try files.reportedlyPurged() == files.count - files.left())
  }

  @Test(arguments: [SIGALRM, SIGUSR2, SIGVTALRM, SIGPROF, SIGIO, SIGPIPE, SIGXFSZ])
  func `A signal that says nothing to a run does not end it`(signal: Int32) throws {
    let files = try OldFiles(20)
    let session = try Session(files.runsSlowly)
    session.wait { session.errors.contains(Self.begun) }
    session.kill(signal)
    session.kill(SIGTERM)
    #expect(try session.end().status == 4)
  }

  @Test func `SIGUSR1 has every running target tell how far it is, and does no harm before`() throws {
    let files = try OldFiles(20, targets: 2)
    let session = try Session(files.runsSlowly + ["--set", "run.parallel_targets=2"])
    session.waitUntilBegun()
    session.kill(SIGUSR1)
    session.wait { session.errors.components(separatedBy: Self.begun).count == 3 }
    func told(_ target: String) -> Bool {
      session.errors.split(separator: "\n").contains {
        $0.contains("Progress update") && $0.contains("\"target\": \"\(target)\"")
      }
    }
    #expect(
      session.wait {
        session.kill(SIGUSR1)
        return told("t0") && told("t1")
      })
    session.kill(SIGTERM)
    #expect(try session.end().status == 4)
  }

  @Test func `SIGUSR1 is answered whatever the level of the log, and nothing else is told`() throws {
    let files = try OldFiles(20)
    let plan = ["plan", "--config", files.config, "--set", "run.operations_per_second=2", "--summary", "none"]
    let session = try Session(plan + ["--log-level", "error", "--log-format", "json"])
    session.waitUntilBegun()
    #expect(
      session.wait {
        session.kill(SIGUSR1)
        return session.errors.contains("Batch progress") && session.errors.contains("Progress update")
      })
    session.kill(SIGTERM)
    let end = try session.end()
    #expect(end.status == 4)
    #expect(!end.errors.contains("Starting EFS purge"))
  }

  @Test func `What was ignored when it was started stays ignored`() throws {
    let files = try OldFiles(20)
    let session = try Session(files.runsSlowly, shell: ("trap '' HUP INT QUIT", ""))
    session.wait { session.errors.contains(Self.begun) }
    for signal in [SIGHUP, SIGINT, SIGQUIT] { session.kill(signal) }
    session.kill(SIGTERM)
    let end = try session.end()
    #expect(end.status == 4)
    #expect(end.errors.contains("SIGTERM was received"))
  }

  @Test func `A limit on the size of files ends neither the log nor the work`() throws {
    let files = try OldFiles(40, targets: 40)
    // Units of 512 bytes.
    let session = try Session(files.runs, shell: ("ulimit -f 8", ""))
    let end = try session.end()
    #expect(end.status == 1, "\(end)")
    #expect(end.errors.utf8.count == 4096)
    #expect(try files.left() == 0)
    // The short one is short enough.
    let report = try #require(try files.reported())
    #expect(report["outcome"] as? String == "completed" && report["exit_status"] as? Int == 1)
  }

  @Test func `A config that never comes is not waited for after a signal`() throws {
    let scratch = try Scratch()
    try #require(mkfifo(scratch.path("pipe"), 0o600) == 0)
    for (config, input) in [(scratch.path("pipe"), Session.Stream.nothing), ("-", .idlePipe)] {
      for command in ["plan", "run"] {
        let message = scratch.path("end-\(command)")
        let session = try Session([command, "--config", config, "--termination-log", message], input: input)
        session.waitUntilBegun()
        session.kill(SIGTERM)
        let end = try session.end()
        #expect(end.status == 4 && end.seconds < soon, "\(end)")
        #expect(end.errors == "efs-purge-batch: error: SIGTERM was received; nothing was touched\n")
        #expect(try String(contentsOfFile: message, encoding: .utf8) == "SIGTERM was received; nothing was touched\n")
      }
    }
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
  func `A command that needs no good end is ended by a signal as any other`(signal: Int32) throws {
    let session = try Session(["check-config", "-"], input: .idlePipe)
    session.wait { session.has(SIGUSR2, in: "SigIgn") && !session.has(SIGTERM, in: "SigBlk") }
    session.kill(signal)
    #expect(try session.end().status == -signal)
  }

  /// From `main` on in the first half, and from the program's second start on, before its `main`, in the other.
  @Test func `SIGTERM at any moment ends a run with status 4 and a true account of it`() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed: \(seed)")
    var random = Moments(state: seed)
    for round in 0..<30 {
      let files = try OldFiles(200)
      let pace = ["--set", "run.operations_per_second=\(round % 3 == 0 ? "unlimited" : "200")"]
      let session = try Session(files.runs + pace)
      session.wait {
        round % 2 == 0 ? session.has(SIGTERM, in: "SigBlk") : session.tells("environ").contains("EFS_PURGE_RESTARTED=")
      }
      usleep(UInt32(random.next() % 100_000) / (round % 5 == 0 ? 10 : 1))
      session.kill(SIGTERM)
      let end = try session.end()
      let gone = try files.count - files.left()
      #expect(end.status == 4 || (end.status == 0 && gone == files.count), "round \(round), seed \(seed): \(end)")
      #expect(end.seconds < soon)
      if try files.reportedlyPurged() != gone {
        #expect(gone == 0 && end.errors.contains("SIGTERM was received; nothing was touched"), "\(seed): \(end)")
      }
    }
  }

  /// SplitMix64.
  private struct Moments {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}

@Suite struct BlockedOutputTests {
  @Test func `A summary that nobody reads is waited for, not for ever, and comes behind the report`() throws {
    let files = try OldFiles(60, targets: 60)
    let message = files.scratch.path("end")
    let session = try Session(files.runs + ["--termination-log", message], output: .idlePipe)
    let end = try session.end()
    #expect(end.status == 1)
    #expect(end.errors.contains(#""error_description": "no answer within 10 s", "path": "standard output""#), "\(end)")
    #expect(try files.left() == 0 && files.reportedlyPurged() == 60)
    #expect(try String(contentsOfFile: message, encoding: .utf8).hasPrefix("completed (exit status 1)"))
    // The message comes last.
    #expect(try writtenAt(message).timeIntervalSince(writtenAt(files.report)) > 9)
  }

  private func writtenAt(_ path: String) throws -> Date {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
  }

  @Test func `A signal cuts the wait for a summary short`() throws {
    let files = try OldFiles(60, targets: 60)
    let session = try Session(files.runs, output: .idlePipe)
    session.wait { (try? files.reportedlyPurged()) == 60 }
    session.kill(SIGTERM)
    let end = try session.end()
    #expect(end.status == 1 && end.seconds < soon, "\(end)")
    #expect(end.errors.contains("Failed to write the summary"))
    #expect(try files.reportedlyPurged() == 60)
  }

  @Test func `Neither a log nor a summary that nobody reads holds up the end after a signal`() throws {
    let files = try OldFiles(60, targets: 60)
    let message = files.scratch.path("end")
    let arguments = files.runs + ["--set", "run.operations_per_second=50", "--termination-log", message]
    let session = try Session(arguments, shell: ("", "2>&1"), output: .idlePipe)
    session.wait { (try? files.left()) ?? 60 < 50 }
    session.kill(SIGTERM)
    let end = try session.end()
    #expect(end.status == 4 && end.seconds < soon, "\(end)")
    #expect(try String(contentsOfFile: message, encoding: .utf8).hasPrefix("stopped_signal (exit status 4)"))
    #expect(try files.reportedlyPurged() == files.count - files.left())
  }

  @Test func `A report that a pipe never takes is told of`() throws {
    let files = try OldFiles(60, targets: 60)
    try #require(mkfifo(files.report, 0o600) == 0)
    // Somebody has it open, and never reads.
    let pipe = open(files.report, O_RDWR | O_CLOEXEC)
    defer { close(pipe) }
    try #require(fcntl(pipe, 1031, 4096) == 4096)
    let session = try Session(files.runsSlowly)
    session.wait { session.errors.contains("Starting EFS purge") }
    session.kill(SIGTERM)
    let end = try session.end()
    #expect(end.status == 4 && end.seconds < soon, "\(end)")
    #expect(end.errors.contains("Failed to write the report") && end.errors.contains("Batch completed"))
  }

  @Test func `A termination log that is a pipe without a reader is told of, and not waited for`() throws {
    let files = try OldFiles(3)
    try #require(mkfifo(files.scratch.path("end"), 0o600) == 0)
    let end = try Session(files.runs + ["--termination-log", files.scratch.path("end")]).end()
    #expect(end.status == 0, "\(end)")
    #expect(end.errors.contains("Failed to write the termination log"))
    #expect(end.errors.contains("No such device or address"))
  }

  @Test(arguments: ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
  func `What is closed at the start is opened to nowhere`(redirections: String) throws {
    let files = try OldFiles(20)
    let session = try Session(files.runsSlowly, shell: ("", redirections))
    let closed = redirections.split(separator: " ").map { $0.hasPrefix("2") ? 2 : $0.hasPrefix(">") ? 1 : 0 }
    session.wait { (try? files.left()) != files.count }
    for number in closed { #expect(session.file(ofDescriptor: number) == "/dev/null") }
    session.kill(SIGTERM)
    #expect(try session.end().status == 4)
    #expect(try files.reportedlyPurged() == files.count - files.left())
    // A report is whole however much is logged meanwhile.
    for _ in 0..<5 {
      let files = try OldFiles(40, targets: 40)
      #expect(try Session(files.runs, shell: ("", redirections)).end().status == 0)
      #expect(try files.reportedlyPurged() == 40)
    }
  }

  @Test func `Findings that nobody reads do not hold up a signal`() throws {
    let scratch = try Scratch()
    let wrong = (0..<200).map { "  - {name: t\($0), path: /data/\($0), max_aeg: 1d}\n" }.joined()
    let config = try scratch.write("version: 1\ntargets:\n" + wrong, to: "wrong.yaml").path
    let session = try Session(
      ["run", "--config", config, "--termination-log", scratch.path("end")], shell: ("", "2>&1"), output: .idlePipe)
    session.wait { FileManager.default.fileExists(atPath: scratch.path("end")) }
    session.kill(SIGTERM)
    let end = try session.end()
    #expect(end.status == 2 && end.seconds < soon, "\(end)")
  }
}

@Suite struct ArgumentBytesTests {
  @Test func `An argument that is no text is refused before anything is touched`() throws {
    let files = try OldFiles(3)
    let report = "\(files.scratch.url.path)/r$(printf '\\377').json"
    let session = try Session(
      ["run", "--config", files.config], shell: ("set -- \"$@\" --report \"\(report)\"", ""))
    let end = try session.end()
    #expect(end.status == 64)
    #expect(
      end.errors.hasPrefix("Error: Argument 5 is not UTF-8: \"\(files.scratch.url.path)/r\\xff.json\". "), "\(end)")
    #expect(try files.left() == 3)
    #expect(
      try Set(FileManager.default.contentsOfDirectory(atPath: files.scratch.url.path)) == ["config.yaml", "data"])
  }
}
