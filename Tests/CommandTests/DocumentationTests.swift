import Foundation
import Testing

@Suite struct DocumentationTests {
  /// The words in `text` that look like long options.
  private func options(in text: String) -> Set<String> {
    Set(text.matches(of: /--[a-z][a-z-]+/).map { String($0.output) })
  }

  private func help() throws -> Set<String> {
    let texts = try ["check-config", "plan", "run"].map { try Command($0, "--help").output }
    return texts.reduce(into: options(in: try Command("--help").output)) { $0.formUnion(options(in: $1)) }
  }

  @Test func `README and help know the same options`() throws {
    let readme = try Repository.text("README.md").components(separatedBy: "\n## Options\n")
    try #require(readme.count == 2)
    let section = readme[1].components(separatedBy: "\n## ")[0]
    #expect(options(in: section) == (try help()).subtracting(["--help", "--version"]))
  }

  @Test func `README and help list the same exit statuses`() throws {
    let readme = try Repository.text("README.md").matches(of: /\n\| (\d+) \|/).compactMap { Int($0.output.1) }
    let help = try Command("--help").output.matches(of: /\n  (\d+) +[a-z]/).compactMap { Int($0.output.1) }
    #expect(help == [0, 1, 2, 3, 4, 5, 6, 64])
    #expect(readme == help)
  }

  @Test func `The version is that of the newest section of the change log`() throws {
    let version = try Command("--version").output
    let section = try #require(try Repository.text("CHANGELOG.md").firstMatch(of: /\n## \[(\d+\.\d+\.\d+)\]/))
    #expect(version == "\(section.output.1)\n")
  }

  @Test func `The image and the CronJob have the version's tag`() throws {
    let version = try Command("--version").output.trimmingCharacters(in: .newlines)
    #expect(try Repository.text("deploy/cronjob.yaml").contains("image: efs-purge-batch:\(version)\n"))
    #expect(try Repository.text("Containerfile").contains("-t efs-purge-batch:\(version) "))
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
