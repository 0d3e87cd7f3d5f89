import Foundation
import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    [], ["purge"], ["report", "x.json"], ["restore"], ["schema", "x"], ["check-config"], ["run", "--bogus"],
    ["run", "extra"],
    ["plan", "--config"], ["plan", "--dry-run"], ["run", "--html", "x"], ["run", "--shard", "0/2"],
  ])
  func `A malformed command line ends with status 64 and says why on standard error`(_ arguments: [String]) throws {
    let command = try Command(arguments)
    #expect(command.status == 64)
    #expect(command.output.isEmpty)
    #expect(command.errors.hasPrefix("Error: "))
  }

  @Test(arguments: ["run", "plan"])
  func `A config that is not there ends with status 2 and one line`(_ name: String) throws {
    let command = try Command(name, "--config", "/nonexistent/purge.yaml")
    #expect(command.status == 2)
    #expect(command.output.isEmpty)
    #expect(
      command.errors
        == "efs-purge-batch: error: cannot read config \"/nonexistent/purge.yaml\": No such file or directory\n")
  }

  @Test(arguments: ["run", "plan"])
  func `A config that is a directory ends with status 2 and one line`(_ name: String) throws {
    let command = try Command([name, "--config", "/"])
    #expect(command.status == 2)
    #expect(command.errors == "efs-purge-batch: error: cannot read config \"/\": Is a directory\n")
  }

  @Test func `A config without end is refused instead of filling the memory`() throws {
    let command = try Command("check-config", "/dev/zero")
    #expect(command.status == 2)
    #expect(command.errors == "efs-purge-batch: error: cannot read config \"/dev/zero\": it is larger than 16 MiB\n")
  }

  @Test(arguments: [
    ("--now", "yesterday"), ("--log-level", "loud"), ("--log-format", "xml"), ("--summary", "xml"),
    ("--target", "a["), ("--target", ""),
  ])
  func `A value that means nothing ends with status 2 and names the option`(_ option: String, _ value: String) throws {
    let command = try Command("run", "--config", "/nonexistent", option, value)
    #expect(command.status == 2)
    #expect(command.errors.hasPrefix("efs-purge-batch: error: \(option) \"\(value)\": "))
    #expect(command.errors.split(separator: "\n").count == 1)
  }

  @Test(arguments: [
    ("-", "write --report /dev/stdout"),
    ("/r/{date}.json", "unknown field {date} at byte 3; the fields are {run_id}, {YYYY}, "),
    ("/r/{run_id", "a brace without its partner at byte 3"),
  ])
  func `A report's path that cannot be meant is refused before the config is read`(_ path: String, _ said: String)
    throws
  {
    for name in ["run", "plan"] {
      let command = try Command(name, "--config", "/nonexistent", "--report", path)
      #expect(command.status == 2)
      #expect(command.errors.contains(said), "\(command.errors)")
    }
  }

  @Test func `With JSON lines asked for, why nothing is done is one, too`() throws {
    let config = "version: 1\ntargets: [{path: /data/a}, {path: b, max_age: 1d}]\n"
    let json = try Command("run", "--log-format", "json", "--config", "-", input: config)
    #expect(json.status == 2)
    let lines = try json.errors.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
    }
    let line = try #require(lines.last)
    #expect(lines.count == 1)
    #expect(line["message"] as? String == "Run refused")
    let fields = try #require(line["extra_fields"] as? [String: Any])
    #expect((fields["reason"] as? String)?.hasSuffix("2 errors; nothing was touched") == true)
    #expect((fields["findings"] as? [String])?.count == 2)
    // Nobody reads along here, so that auto means JSON lines, too; what a person is to read stays text.
    let auto = try Command("run", "--config", "-", input: config)
    #expect(auto.errors.hasSuffix("2 errors; nothing was touched\n") && auto.errors.contains("\n  hint: "))
  }

  @Test func `Shards are refused, and one of several pods is told that it purges everything`() throws {
    let config = "version: 1\ntargets: [{path: /nonexistent/a, max_age: 1d}]\n"
    func command(_ environment: [String: String]) throws -> Command {
      try Command("plan", "--config", "-", input: config, environment: environment)
    }
    for arguments in [["plan"], ["run"]] {
      let refused = try Command(
        arguments + ["--config", "-"], input: config,
        environment: ["EFS_PURGE_SHARDS": "4", "JOB_COMPLETION_INDEX": "0"])
      #expect(refused.status == 2)
      #expect(refused.errors.contains("EFS_PURGE_SHARDS is '4', and shards are not supported yet"), "\(refused.errors)")
    }
    let warning = "JOB_COMPLETION_INDEX is '3': this is one of several pods"
    #expect(try command(["JOB_COMPLETION_INDEX": "3"]).errors.contains(warning))
    for quiet in [["JOB_COMPLETION_INDEX": "0"], ["JOB_COMPLETION_INDEX": "3", "EFS_PURGE_SHARDS": "1"], [:]] {
      let command = try command(quiet)
      #expect(command.status == 1 && !command.errors.contains("JOB_COMPLETION_INDEX"), "\(command.errors)")
    }
  }

  @Test func `A hostile file name cannot steer the terminal through an error message`() throws {
    let command = try Command("check-config", "/none\u{1B}[2J\nx")
    #expect(
      command.errors == #"efs-purge-batch: error: cannot read config "/none\x1b[2J\x0ax": No such file or directory"#
        + "\n")
  }
}

@Suite struct EnvironmentTests {
  @Test func `EFS_PURGE_CONFIG names the config when no option does`() throws {
    let environment = ["EFS_PURGE_CONFIG": "/nonexistent/from-environment"]
    #expect(try Command("run", environment: environment).errors.contains("\"/nonexistent/from-environment\""))
    let both = try Command("run", "--config", "/nonexistent/from-option", environment: environment)
    #expect(both.errors.contains("\"/nonexistent/from-option\""))
  }

  @Test func `An empty EFS_PURGE_CONFIG counts as none`() throws {
    let command = try Command("plan", environment: ["EFS_PURGE_CONFIG": ""])
    #expect(command.errors.contains("\"/etc/efs-purge-batch/config.yaml\""))
  }

  @Test(arguments: ["DEBUG", "Info", "WARNING", "critical"])
  func `The log level variable of the old tool takes the old tool's names`(_ level: String) throws {
    let command = try Command("run", "--config", "/nonexistent", environment: ["EFSPURGE_LOG_LEVEL": level])
    #expect(command.errors.contains("cannot read config"))
  }

  @Test func `A log level variable that means nothing is named in the error`() throws {
    let command = try Command("run", "--config", "/nonexistent", environment: ["EFSPURGE_LOG_LEVEL": "loud"])
    #expect(command.status == 2)
    #expect(command.errors.hasPrefix("efs-purge-batch: error: $EFSPURGE_LOG_LEVEL \"loud\": "))
  }

  @Test func `The termination log says why nothing was done`() throws {
    let scratch = try Scratch()
    _ = try Command("run", "--config", "/nonexistent", "--termination-log", scratch.path("end"))
    let message = try String(contentsOfFile: scratch.path("end"), encoding: .utf8)
    #expect(message == "cannot read config \"/nonexistent\": No such file or directory\n")
  }

  @Test(arguments: ["run", "plan"])
  func `The termination log says which option's value means nothing`(_ name: String) throws {
    let scratch = try Scratch()
    let command = try Command(
      name, "--config", "/nonexistent", "--now", "yesterday", "--termination-log", scratch.path("end"))
    #expect(command.status == 2)
    let message = try String(contentsOfFile: scratch.path("end"), encoding: .utf8)
    #expect(message == "--now \"yesterday\": not an RFC 3339 time, e.g. 2026-11-23T06:00:00Z\n")
    #expect(command.errors == "efs-purge-batch: error: \(message)")
  }

  @Test func `A termination log that cannot be written does not hide why nothing was done`() throws {
    let command = try Command("run", "--config", "/nonexistent", "--termination-log", "/nonexistent/end")
    #expect(command.status == 2)
    #expect(command.errors.contains("error: cannot write the termination log to \"/nonexistent/end\": "))
    #expect(command.errors.contains("error: cannot read config \"/nonexistent\": "))
  }
}
