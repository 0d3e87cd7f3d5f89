import Foundation
import Testing

/// What `command --help` calls its options.
private func listedOptions(of command: String) throws -> Set<String> {
  let help = try Command(command, "--help").output
  let listed = Set(help.matches(of: /\n  (?:-h, )?(--[a-z][a-z-]*)/).map { String($0.output.1) })
  return listed.subtracting(["--help", "--version"])
}

@Suite struct DocumentationTests {
  /// The first cells of README's option table with this heading.
  private func options(inTable heading: String) throws -> Set<String> {
    let parts = try Repository.text("README.md").components(separatedBy: "\n| \(heading) | meaning |\n")
    try #require(parts.count == 2, "no table, or more than one, for \(heading)")
    let rows = parts[1].components(separatedBy: "\n\n")[0]
    return Set(rows.matches(of: /(?:^|\n)\| `(--[a-z][a-z-]*)/).map { String($0.output.1) })
  }

  @Test func `README and help know the same options of each command`() throws {
    let batch = try options(inTable: "option of `plan` and `run`")
    #expect(batch.subtracting(["--strict-preflight", "--root", "--list"]) == (try listedOptions(of: "run")))
    #expect(batch.subtracting(["--dry-run"]) == (try listedOptions(of: "plan")))
    #expect(try options(inTable: "option of `explain`") == listedOptions(of: "explain"))
    #expect(try options(inTable: "option of `check-config`") == listedOptions(of: "check-config"))
  }

  @Test func `README and help list the same exit statuses`() throws {
    let readme = try Repository.text("README.md").matches(of: /\n\| (\d+) \|/).compactMap { Int($0.output.1) }
    let help = try Command("--help").output.matches(of: /\n  (\d+) +[a-z]/).compactMap { Int($0.output.1) }
    #expect(help == [0, 1, 2, 3, 4, 5, 6, 7, 64])
    #expect(readme == help)
  }

  @Test func `README and help reserve status 6, since nothing takes a lock yet`() throws {
    let meaning = "reserved: another run holds the lock"
    #expect(try Command("--help").output.contains("\n  6   \(meaning)\n"))
    #expect(try Repository.text("README.md").contains("\n| 6 | \(meaning) |"))
  }

  @Test func `README names every variable of the replaced tool that has a meaning here`() throws {
    let source = try Repository.text("Sources/Config/Decoding/LegacyEnvironment.swift")
    let known = Set(source.matches(of: /"(EFSPURGE_[A-Z0-9_]+[A-Z0-9])"/).map { String($0.output.1) })
    let readme = try Repository.text("README.md").components(separatedBy: "\n| variable | fills in |\n")
    try #require(readme.count == 2)
    let table = readme[1].components(separatedBy: "\n\n")[0]
    let named = Set(table.matches(of: /`(EFSPURGE_[A-Z0-9_]+)`/).map { String($0.output.1) })
    #expect(named == known)
  }

  @Test func `The page on results names every message of the log and every counter`() throws {
    let page = try Repository.text("docs/results.md")
    let log = ["", "+Batch", "+Incidents", "+Memory", "+Targets"].map { "Report/Log/EventLog\($0)" }
    let sources = try (log + ["efs-purge-batch/Batch"]).map { try Repository.text("Sources/\($0).swift") }.joined()
    let messages = sources.matches(of: /(?:[Ll]ine|report|remark)\([^"]*"([A-Z][^"\\]+)"/)
      .map { String($0.output.1) }
    #expect(messages.count > 25)
    for message in messages { #expect(page.contains("`\(message)`"), "\(message)") }
    let counters = try Repository.text("Sources/Report/JSON/Counters.swift").matches(of: /"([a-z_]+)": \\\./)
    #expect(counters.count > 30)
    for counter in counters { #expect(page.contains("`\(counter.output.1)`"), "\(counter.output.1)") }
    let source = try Repository.text("Sources/Plan/Retention.swift").components(separatedBy: "enum KeepReason")[1]
    for reason in source.matches(of: /\n  case [A-Za-z]+(?: = "([a-z_]+)")?/) {
      let name = reason.output.1 ?? reason.output.0.dropFirst("\n  case ".count)
      #expect(page.contains("`\(name)`"), "\(name)")
    }
  }

  @Test func `The version is that of the newest section of the change log`() throws {
    let version = try Command("--version").output
    let section = try #require(try Repository.text("CHANGELOG.md").firstMatch(of: /\n## \[(\d+\.\d+\.\d+)\]/))
    #expect(version == "\(section.output.1)\n")
  }

  @Test func `The image, the CronJob and README have the version's tag`() throws {
    let version = try Command("--version").output.trimmingCharacters(in: .newlines)
    for name in ["cronjob", "plan-job"] {
      #expect(try Repository.text("deploy/\(name).yaml").contains("image: efs-purge-batch:\(version)\n"))
    }
    #expect(try Repository.text("Containerfile").contains("-t efs-purge-batch:\(version) "))
    #expect(try Repository.text("README.md").contains("podman build -t efs-purge-batch:\(version) ."))
  }
}

@Suite struct CronJobTests {
  private let cronJob: String
  private let configMap: String

  init() throws {
    cronJob = try Repository.text("deploy/cronjob.yaml")
    configMap = try Repository.text("deploy/configmap.yaml")
  }

  private func arguments() throws -> [String] {
    let list = try #require(cronJob.firstMatch(of: /\n +args:\n((?: +- .+\n)+)/)).output.1
    return list.split(separator: "\n").map { String($0.trimmingCharacters(in: .whitespaces).dropFirst(2)) }
  }

  private func argument(_ option: String) throws -> String {
    let found = try arguments().first { $0.hasPrefix("\(option)=") }
    return String(try #require(found, "no \(option)").dropFirst(option.count + 1))
  }

  /// Where the volume of this name is mounted.
  private func mount(_ volume: String) throws -> String {
    let pattern = try Regex("- name: \(volume)\n +mountPath: (.+)\n", as: (Substring, Substring).self)
    return String(try #require(cronJob.firstMatch(of: pattern), "no mount of \(volume)").output.1)
  }

  private func number(_ key: String) throws -> Int {
    let pattern = try Regex("\n +\(key): (\\d+)\n", as: (Substring, Substring).self)
    let digits = try #require(cronJob.firstMatch(of: pattern), "no \(key)").output.1
    return try #require(Int(digits))
  }

  @Test func `The command line is one that the tool takes`() throws {
    let arguments = try arguments()
    #expect(arguments.first == "run")
    let named = Set(arguments.dropFirst().map { String($0.prefix { $0 != "=" }) })
    #expect(try named.subtracting(listedOptions(of: "run")) == [])
    // With a config that is not there, since this machine might have one at the CronJob's path.
    let harmless = arguments.filter { !$0.hasPrefix("--config=") && !$0.hasPrefix("--termination-log=") }
    let command = try Command(harmless + ["--config=/nonexistent"])
    #expect(command.errors.contains("\"reason\": \"cannot read config "))
  }

  @Test func `The rehearsal runs plan in a pod that is the CronJob's else`() throws {
    func pod(_ text: String, indentation: Int) -> [String] {
      text.split(separator: "\n").filter { $0.drop { $0 == " " }.first != "#" }
        .drop { $0 != String(repeating: " ", count: indentation) + "spec:" }.map { String($0.dropFirst(indentation)) }
    }
    let job = pod(try Repository.text("deploy/plan-job.yaml"), indentation: 4)
    let run = pod(cronJob, indentation: 8)
    let changed = job.difference(from: run)
    let words = { (change: CollectionDifference<String>.Change) -> String in
      switch change {
      case .insert(_, let line, _), .remove(_, let line, _): line.trimmingCharacters(in: .whitespaces)
      }
    }
    #expect(Set(changed.removals.map(words)) == ["- --report=/report/purge.json", "- run", "- --summary=json"])
    #expect(
      Set(changed.insertions.map(words))
        == ["- plan", "- --log-level=info", "- --report=/report/plan-{run_id}.json"])
    let command = try Command(
      "plan", "--log-level=info", "--report=/report/plan-{run_id}.json", "--config=/nonexistent")
    #expect(command.errors.contains("cannot read config "))
  }

  @Test func `The config's path is where the ConfigMap is mounted, and its key`() throws {
    let key = try #require(configMap.firstMatch(of: /\ndata:\n  (\S+): \|\n/)).output.1
    #expect(try argument("--config") == "\(mount("config"))/\(key)")
    let name = try #require(configMap.firstMatch(of: /\nmetadata:\n  name: (\S+)\n/)).output.1
    #expect(cronJob.contains("configMap:\n                name: \(name)\n"))
  }

  @Test func `The report goes to the claim that outlives the pod`() throws {
    let (report, folder) = (try argument("--report"), try mount("report"))
    #expect(report.hasPrefix("\(folder)/"))
    #expect(report.contains(/^[A-Za-z0-9\/._-]+$/))
    #expect(cronJob.contains("- name: report\n              persistentVolumeClaim:\n"))
  }

  @Test func `All attempts together end before the job's deadline, and that before the next run`() throws {
    let digits = try #require(configMap.firstMatch(of: /\n +time_limit: (\d+)h/)).output.1
    let limit = try #require(Int(digits)) * 3600
    let attempts = try number("backoffLimit") + 1
    let deadline = try number("activeDeadlineSeconds")
    #expect(attempts * limit < deadline)
    // The schedule is daily, and a start may be late.
    #expect(deadline + (try number("startingDeadlineSeconds")) < 86_400)
    #expect(try number("terminationGracePeriodSeconds") > 5)
  }
}

@Suite struct CheckConfigTests {
  @Test(arguments: try Repository.configs())
  func `Every shipped config checks clean`(_ path: String) throws {
    let command = try Command("check-config", "--deny-warnings", path)
    #expect(command.status == 0, "\(command.output)\(command.errors)")
    #expect(command.output.contains(/: ok, [1-9]\d* targets?\n$/), "\(command.output)")
  }

  @Test(arguments: ["README.md"])
  func `Every YAML block in the documentation checks clean`(_ path: String) throws {
    let blocks = try Repository.blocks("yaml", in: path)
    try #require(!blocks.isEmpty)
    for block in blocks {
      let command = try Command("check-config", "--deny-warnings", "-", input: block)
      #expect(command.status == 0, "\(block)\(command.output)\(command.errors)")
      #expect(command.output.contains(/^<stdin>: ok, [1-9]\d* targets?\n$/), "\(command.output)")
    }
  }

  @Test func `A container limit that the budgets do not fit is found before the cluster finds it`() throws {
    let config = """
      version: 1
      targets:
        - {name: a, path: /data/a, max_age: 30d, memory_budget: 1Gi}

      """
    #expect(try Command("check-config", "--memory-limit", "2Gi", "-", input: config).status == 0)
    let tooSmall = try Command("check-config", "--memory-limit", "512Mi", "-", input: config)
    #expect(tooSmall.status == 2)
    #expect(tooSmall.output.contains("<stdin>:3:59: error: the largest memory budget needs 1Gi"))
    let bare = try Command("check-config", "--memory-limit", "512", "-", input: config)
    #expect(bare.status == 2)
    #expect(bare.errors.contains("did you mean 512Mi?"))
  }

  @Test func `An unreadable file does not keep the others from being checked`() throws {
    let command = try Command("check-config", "/nonexistent", try Repository.configs()[0])
    #expect(command.status == 2)
    #expect(command.errors.contains("\"/nonexistent\""))
    #expect(command.output.contains(": ok, "))
  }

  @Test func `A result that cannot be written is an error`() throws {
    let command = try Command("check-config", try Repository.configs()[0], output: "/dev/full")
    #expect(command.status == 2)
    #expect(command.errors == "efs-purge-batch: error: cannot write to standard output: No space left on device\n")
  }
}

@Suite struct ReportFileTests {
  private func plan(report: String) throws -> Command {
    try Command("plan", "--config", try Repository.configs()[0], "--report", report)
  }

  @Test func `A report that could never be written is refused before the run`() throws {
    let scratch = try Scratch()
    for report in ["", "/nonexistent/report.json", scratch.url.path, scratch.path(String(repeating: "x", count: 300))] {
      let command = try plan(report: report)
      #expect(command.status == 2)
      #expect(command.errors.hasPrefix("efs-purge-batch: error: cannot write the report to \"\(report)\": "))
    }
  }
}
