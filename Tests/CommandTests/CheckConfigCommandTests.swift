import Foundation
import Testing

private let good = "version: 1\ntargets:\n  - {name: api, path: /data/api, max_age: 30d}\n"
private let bad = "version: 1\ntargets:\n  - {name: api, path: /data/api, max_age: 30}\n"
private let warned = "version: 1\ntargets:\n  - {name: api, path: /data/api, max_age: 1h}\n"

private func configMap(_ config: String, key: String = "config.yaml") -> String {
  let lines = config.split(separator: "\n").map { "    \($0)\n" }.joined()
  return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: purge}\ndata:\n  \(key): |\n\(lines)"
}

private func json(_ command: Command) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
}

@Suite struct CheckedInputTests {
  @Test func `A folder is searched for configs, and what holds none is passed over`() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(at: scratch.url.appending(path: "a/b"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(at: scratch.url.appending(path: ".git"), withIntermediateDirectories: true)
    for (name, text) in [
      ("purge.yaml", good), ("a/map.yml", configMap(bad)), ("a/b/values.yaml", "replicas: 3\n"), (".git/x.yaml", bad),
      ("a/b/notes.txt", bad),
    ] {
      _ = try scratch.write(text, to: name)
    }
    let command = try Command("check-config", scratch.url.path)
    #expect(command.status == 2)
    let lines = command.output.split(separator: "\n").map { String($0) }
    #expect(lines[0].contains("/a/map.yml:8:47: error: 'max_age' needs a unit: '30'"), "\(lines)")
    #expect(lines.contains { $0.hasSuffix("/purge.yaml: ok, 1 target") })
    #expect(lines.last == "2 configs in 2 files (1 file without a config passed over): 1 error")
  }

  @Test func `A pipe in a folder is passed over, and one that is named is read`() throws {
    let scratch = try Scratch()
    _ = try scratch.write(good, to: "purge.yaml")
    try #require(mkfifo(scratch.path("pipe.yaml"), 0o600) == 0)
    #expect(try Command("check-config", scratch.url.path).status == 0)
    let (config, path) = (good, scratch.path("pipe.yaml"))
    Thread.detachNewThread {
      if let pipe = FileHandle(forWritingAtPath: path) {
        try? pipe.write(contentsOf: Data(config.utf8))
        try? pipe.close()
      }
    }
    #expect(try Command("check-config", path).output.hasSuffix("pipe.yaml: ok, 1 target\n"))
  }

  @Test func `A folder that cannot be read fails the check, and the others are checked`() throws {
    if let obstacle = Command.obstacleToNobody {
      print("skipped: \(obstacle)")
      try Test.cancel("\(obstacle)")
    }
    let scratch = try Scratch()
    for name in ["open", "shut"] {
      try FileManager.default.createDirectory(at: scratch.url.appending(path: name), withIntermediateDirectories: true)
    }
    _ = try scratch.write(good, to: "open/purge.yaml")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: scratch.path("shut"))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.url.path)
    let command = try Command(asNobody: ["check-config", scratch.url.path])
    #expect(command.status == 2)
    #expect(command.output.contains("open/purge.yaml: ok, 1 target"), "\(command.output)")
    #expect(command.errors.contains("shut\": Permission denied"), "\(command.errors)")
  }

  @Test func `A folder without any config is an error`() throws {
    let scratch = try Scratch()
    _ = try scratch.write("replicas: 3\n", to: "values.yaml")
    let command = try Command("check-config", scratch.url.path)
    #expect(command.status == 2)
    #expect(command.errors.contains("no config in folder"))
  }

  @Test func `A mounted ConfigMap is read through its links, once`() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      at: scratch.url.appending(path: "..2026"), withIntermediateDirectories: true)
    _ = try scratch.write(good, to: "..2026/config.yaml")
    try FileManager.default.createSymbolicLink(atPath: scratch.path("..data"), withDestinationPath: "..2026")
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("config.yaml"), withDestinationPath: "..data/config.yaml")
    let command = try Command("check-config", scratch.url.path)
    #expect(command.status == 0)
    #expect(command.output.hasSuffix("/config.yaml: ok, 1 target\n"))
    #expect(command.output.split(separator: "\n").count == 1)
  }

  @Test func `A ConfigMap from standard input is checked where it stands`() throws {
    let command = try Command("check-config", "-", input: configMap(bad))
    #expect(command.status == 2)
    #expect(command.output.hasPrefix("<stdin>:8:47: error: 'max_age' needs a unit: '30'\n"))
    #expect(command.output.hasSuffix("<stdin>: ConfigMap purge, key config.yaml: 1 error\n"))
  }

  @Test func `--key chooses among the keys of ConfigMaps`() throws {
    let both = configMap(good) + "  other.yaml: |\n    version: 1\n    targets: []\n"
    #expect(try Command("check-config", "-", input: both).status == 2)
    #expect(try Command("check-config", "--key", "config.yaml", "-", input: both).status == 0)
    #expect(
      try Command("check-config", "--key", "confg.yaml", "-", input: both).output.contains("did you mean config.yaml?"))
  }

  @Test func `--set is checked like the text, and names itself`() throws {
    let command = try Command("check-config", "--set", "targets.api.max_age=7x", "-", input: good)
    #expect(command.status == 2)
    #expect(command.output.hasPrefix("--set:1:21: error: 'max_age' must be a duration or never, not '7x'\n"))
  }
}

@Suite struct MemoryGroupTests {
  private static let mount = "/sys/fs/cgroup/memory"
  /// Why no memory group can be made here; nil: one can.
  private static let obstacle: String? = {
    if getuid() != 0 { return "only root can make a memory group" }
    let isThere = FileManager.default.fileExists(atPath: mount + "/memory.limit_in_bytes")
    return isThere ? nil : "there is no memory group of v1 here"
  }()

  /// What check-config says of a limit of 800 MiB, in a group of 512.
  private func output(_ options: String) throws -> String {
    if let obstacle = Self.obstacle {
      print("skipped: \(obstacle)")
      try Test.cancel("\(obstacle)")
    }
    let scratch = try Scratch()
    let text = "version: 1\nmemory: {limit: 800Mi}\ntargets: [{path: '\(scratch.url.path)', max_age: 30d}]\n"
    let config = try scratch.write(text, to: "config.yaml").path
    let group = "\(Self.mount)/efs-purge-batch-test-\(UInt32.random(in: 0 ... .max))"
    mkdir(group, 0o755)
    defer { for _ in 0..<100 where rmdir(group) != 0 { usleep(20_000) } }
    try "536870912".write(toFile: group + "/memory.limit_in_bytes", atomically: false, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let words = "echo $$ > \(group)/cgroup.procs; exec \(try Command.executable.path) check-config \(options) \(config)"
    process.arguments = ["-c", words]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `On this host, the limit of its memory group counts, unless another one is given`() throws {
    let warning = "memory.limit (800Mi) is above the container's limit, 512Mi"
    #expect(try output("--on-host").contains(warning))
    #expect(try !output("").contains(warning))
    #expect(try !output("--on-host --memory-limit 1Gi").contains(warning))
  }
}

@Suite struct WorkloadCommandTests {
  @Test(arguments: ["cronjob", "plan-job"])
  func `The shipped manifests fit together, warnings included`(_ workload: String) throws {
    let root = Repository.root.path
    let command = try Command(
      "check-config", "--deny-warnings", "--workload", "\(root)/deploy/\(workload).yaml",
      "\(root)/deploy/configmap.yaml")
    #expect(command.status == 0, "\(command.output)\(command.errors)")
    #expect(
      command.output.hasSuffix("deploy/configmap.yaml: ConfigMap efs-purge-batch, key config.yaml: ok, 1 target\n"))
  }

  /// Config and CronJob in one stream, with one thing changed in the CronJob.
  private func check(_ changed: String, to text: String) throws -> Command {
    let cronJob = try Repository.text("deploy/cronjob.yaml")
    try #require(cronJob.contains(changed))
    let stream = try Repository.text("deploy/configmap.yaml") + "---\n" + cronJob.replacing(changed, with: text)
    return try Command("check-config", "--workload", "-", "-", input: stream)
  }

  @Test(arguments: [
    (
      "- --report=/report/purge.json", "- --reprot=/report/purge.json",
      "Unknown option '--reprot'. Did you mean '--report'?"
    ),
    ("- --log-format=json", "- --log-format=xml", "one of auto, json, text is wanted"),
    ("- --summary=json", "- --summary=xml", "one of auto, table, json, none is wanted"),
    ("- run\n", "- rum\n", "Unexpected argument 'rum'"),
    ("- --termination-log=/dev/termination-log", "- --now", "Missing value for '--now"),
    ("- run\n", "- run\n                - --set=targets.monthly.max_aeg=1d\n", "unknown key 'max_aeg'"),
  ])
  func `The container's arguments are read as the program reads them`(_ old: String, _ new: String, _ said: String)
    throws
  {
    let command = try check(old, to: new)
    #expect(command.status == 2)
    #expect(command.output.contains(said), "\(command.output)")
    let token = try #require(new.split(separator: "\n").last).drop { " -".contains($0) }
    #expect(command.output.contains(/<stdin>:\d+:\d+: error/) && command.output.contains(token), "\(command.output)")
  }

  // Only trying one after the other takes so long.
  @Test(.timeLimit(.minutes(10)), arguments: [0, 1, 199, 200, 201, 399])
  func `The one wrong argument among hundreds is found`(_ index: Int) throws {
    var arguments = (0..<200).flatMap { ["--target", "t\($0)"] }
    arguments.insert("--wrong", at: index)
    let list = (["run"] + arguments).map { "- \($0)\n" }.joined(separator: "                ")
    let command = try check("- run\n", to: list)
    #expect(command.status == 2)
    let isValue = index % 2 == 1
    let wrong = isValue ? "Missing value for '--target <glob>'" : "Unknown option '--wrong'"
    #expect(command.output.contains(wrong), "\(command.output)")
    let line = try #require(command.output.split(separator: "\n").drop { !$0.contains(wrong) }.dropFirst().first)
    #expect(line.hasSuffix(isValue ? "- --target" : "- --wrong"), "\(line)")
  }

  @Test func `A limit, a mount and a name that do not fit are found`() throws {
    #expect(
      try check(
        "limits:\n                  # The", to: "limits: {cpu: 1}\n                x-rest:\n                  # The"
      ).output.contains("no memory limit"))
    #expect(try check("mountPath: /data", to: "mountPath: /dat").output.contains("lies in no mount"))
    #expect(
      try check("configMap:\n                name: efs-purge-batch", to: "configMap:\n                name: purge")
        .output.contains("not from 'efs-purge-batch'"))
  }

  @Test func `A workload that cannot be read ends the check before it begins`() throws {
    let command = try Command("check-config", "--workload", "/nonexistent", "-", input: good)
    #expect(command.status == 2)
    #expect(command.output.isEmpty)
    #expect(command.errors.hasPrefix("efs-purge-batch: error: cannot read workload \"/nonexistent\""))
    for format in ["json", "sarif", "github"] {
      let command = try Command("check-config", "--format", format, "--workload", "/nonexistent", "-", input: bad)
      #expect(command.status == 2)
      #expect(command.output.contains("cannot read workload"), "\(format)")
      #expect(!command.output.contains("missingUnit"), "\(format)")
    }
    let document = try json(Command("check-config", "--format", "json", "--workload", "/nonexistent", "-", input: good))
    #expect((document["failures"] as? [[String: String]])?.map { $0["file"] } == ["/nonexistent"])
    #expect(document["summary"] as? [String: Int] == ["files": 1, "configs": 0, "errors": 1, "warnings": 0])
  }
}

@Suite struct OnHostTests {
  @Test func `A target that is there and can be purged is fine, and nothing remains of the probe`() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(at: scratch.url.appending(path: "api"), withIntermediateDirectories: true)
    let config = good.replacing("/data/api", with: scratch.path("api"))
    let command = try Command("check-config", "--on-host", "-", input: config)
    #expect(command.status == 0, "\(command.output)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("api")) == [])
  }

  @Test func `A folder that is missing is an error at the part of the path that is missing`() throws {
    let scratch = try Scratch()
    let config = good.replacing("/data/api", with: scratch.path("none/deeper"))
    let command = try Command("check-config", "--on-host", "-", input: config)
    #expect(command.status == 2)
    #expect(command.output.contains("'\(scratch.path("none"))' does not exist on this host"), "\(command.output)")
    #expect(try Command("check-config", "-", input: config).status == 0)
  }

  @Test func `A pipe where a folder should be is an error, and is not waited for`() throws {
    let scratch = try Scratch()
    mkfifo(scratch.path("pipe"), 0o600)
    let began = Date()
    let config = good.replacing("/data/api", with: scratch.path("pipe"))
    let command = try Command("check-config", "--on-host", "-", input: config)
    #expect(command.status == 2 && command.output.contains("is a device, pipe or socket on this host"))
    #expect(Date().timeIntervalSince(began) < 8)
  }

  @Test func `A target that a hold protects is a warning`() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(at: scratch.url.appending(path: "api"), withIntermediateDirectories: true)
    try scratch.write("", to: ".purge-hold")
    let command = try Command(
      "check-config", "--on-host", "-", input: good.replacing("/data/api", with: scratch.path("api")))
    #expect(command.status == 0)
    #expect(
      command.output.contains(
        "'\(scratch.path("api"))' is protected by '\(scratch.path(".purge-hold"))' on this host: a run would skip it"),
      "\(command.output)")
  }

  @Test(arguments: [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")])
  func `A signal ends it in good order, whatever it is doing`(signal: Int32, name: String) throws {
    let scratch = try Scratch()
    var config = "version: 1\ndefaults: {max_age: 30d}\ntargets:\n"
    for number in 0..<4000 {
      let folder = scratch.url.appending(path: "data/d\(number)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      config += "  - path: \(folder.path)\n"
    }
    let file = try scratch.write(config, to: "config.yaml").path
    let first = scratch.path("data/d0")
    let untouched = try FileManager.default.attributesOfItem(atPath: first)[.modificationDate] as? Date
    let message = "efs-purge-batch: error: \(name) was received: not everything was checked\n"
    // It looks at targets.
    let looking = try Command(["check-config", "--on-host", file], signal: signal) { _ in
      try FileManager.default.attributesOfItem(atPath: first)[.modificationDate] as? Date != untouched
    }
    #expect(looking.status == 4 && looking.errors == message && looking.output.isEmpty, "\(looking)")
    for number in 0..<4000 {
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("data/d\(number)")) == [])
    }
    // It waits for input.
    let reading = try Command(["check-config", "--on-host", "-"], signal: signal) { process in
      let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/task")
      return threads.count == 2
    }
    #expect(reading.status == 4 && reading.errors == message && reading.output.isEmpty, "\(reading)")
  }
}

@Suite struct OutputFormatTests {
  @Test func `JSON tells counts, places, rules and hints`() throws {
    let document = try json(Command("check-config", "--format", "json", "-", input: bad))
    #expect(document["summary"] as? [String: Int] == ["files": 1, "configs": 1, "errors": 1, "warnings": 0])
    let finding = try #require((document["findings"] as? [[String: Any]])?.first)
    #expect(finding["file"] as? String == "<stdin>")
    let place = ["line", "column", "endLine", "endColumn"].map { finding[$0] as? Int }
    #expect(place == [3, 43, 3, 45])
    #expect(finding["rule"] as? String == "missingUnit")
    #expect(finding["severity"] as? String == "error")
    #expect(finding["hint"] as? String == "did you mean 30d?")
  }

  @Test func `A file that cannot be read is in every form, and the others are checked`() throws {
    for format in ["json", "sarif", "github"] {
      let command = try Command("check-config", "--format", format, "/nonexistent", "-", input: bad)
      #expect(command.status == 2)
      #expect(command.output.contains("/nonexistent"), "\(format)")
      #expect(command.output.contains("missingUnit"), "\(format)")
    }
  }

  @Test func `GitHub gets an annotation for each finding, with line ends and colons escaped`() throws {
    let scratch = try Scratch()
    let file = try scratch.write(bad, to: "a,b:c.yaml").path
    let command = try Command("check-config", "--format", "github", file)
    #expect(command.status == 2)
    let escaped = file.replacing(",", with: "%2C").replacing(":", with: "%3A")
    #expect(
      command.output
        == "::error file=\(escaped),line=3,endLine=3,col=43,endColumn=44,title=missingUnit::'max_age' needs a unit: '30'"
        + "%0Ahint: did you mean 30d?\n")
  }

  @Test func `Quiet is silent about what is no failure, and says what is`() throws {
    let silent = try Command("check-config", "--quiet", "-", input: warned)
    #expect(silent.status == 0 && silent.output.isEmpty && silent.errors.isEmpty)
    let denied = try Command("check-config", "--quiet", "--deny-warnings", "-", input: warned)
    #expect(denied.status == 2)
    #expect(denied.output.hasPrefix("<stdin>:3:43: warning: 'max_age' is under a day"))
    #expect(!denied.output.contains("<stdin>: "))
  }

  @Test func `What is denied is an error in the forms for machines`() throws {
    let document = try json(Command("check-config", "--format", "json", "--deny-warnings", "-", input: warned))
    #expect((document["summary"] as? [String: Int])?["errors"] == 1)
    #expect((document["findings"] as? [[String: Any]])?.first?["severity"] as? String == "error")
  }

  @Test func `The effective values are a config that checks clean, with the origin of each`() throws {
    let command = try Command(
      "check-config", "--quiet", "--show-effective", "--set", "run.time_limit=4h", "-", input: good,
      environment: ["EFSPURGE_MAX_CONCURRENCY": "12"])
    #expect(command.status == 0)
    #expect(command.output.contains(/\n  time_limit: 4h +# --set run.time_limit=4h\n/))
    #expect(command.output.contains(/\n    concurrency: 12 +# environment, EFSPURGE_MAX_CONCURRENCY=12\n/))
    #expect(command.output.contains(/\n    max_age: 30d +# target, <stdin>:3:43\n/))
    #expect(try Command("check-config", "--deny-warnings", "-", input: command.output).status == 0)
    let document = try json(Command("check-config", "--format", "json", "--show-effective", "-", input: good))
    let values = try #require((document["configs"] as? [[String: Any]])?.first?["values"] as? [[String: Any]])
    #expect(values.contains { $0["path"] as? String == "targets[0].max_age" && $0["origin"] as? String == "target" })
  }

  @Test func `The schema is what docs/ has`() throws {
    #expect(try Command("schema").output == Repository.text("docs/efs-purge-batch.schema.json"))
    #expect(try Command("schema", "--markdown").output == Repository.text("docs/config-reference.md"))
  }
}
