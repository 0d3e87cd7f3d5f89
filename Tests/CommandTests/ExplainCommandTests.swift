import Foundation
import Testing

private let config = """
  version: 1
  defaults:
    exclude: ["*.keep"]
  targets:
    - name: api
      path: /data/api
      max_age: 90d
      rules:
        - {include: ["*.log"], max_age: 7d}
    - {path: "/data/{YYYY}-{MM}", max_age: 0s, partitions: {older_than: 3mo}}

  """

@Suite struct ExplainCommandTests {
  private let scratch: Scratch
  private let path: String

  init() throws {
    scratch = try Scratch()
    path = try scratch.write(config, to: "purge.yaml").path
  }

  private func explain(_ arguments: String...) throws -> Command {
    try Command(["explain", "--config", path, "--now", "2026-11-29T00:00:00Z"] + arguments)
  }

  private func paths(_ command: Command) throws -> [[String: Any]] {
    let object = try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any]
    return try #require(object?["paths"] as? [[String: Any]])
  }

  @Test func `A path is explained with the places in the config`() throws {
    let command = try explain("--mtime", "8d", "/data/api/x/a.log", "/data/api/b.keep", "/data/2026-08/x")
    #expect(command.status == 0, "\(command.errors)")
    #expect(
      command.output == """
        /data/api/x/a.log: would be deleted (it does not exist; judged as a file)
          target api (\(path):5:11)
          rules[0] decides: include "*.log" (rules[0].include, \(path):9:20)
          older than 7d: its mtime, 2026-11-21T00:00:00Z, is before 2026-11-22T00:00:00Z (rules[0].max_age, \(path):9:39)
        /data/api/b.keep: is kept (it does not exist; judged as a file)
          target api (\(path):5:11)
          exclude "*.keep" matches /data/api/b.keep (exclude, \(path):3:13)
        /data/2026-08/x: is kept (it does not exist; judged as a file)
          target /data/{YYYY}-{MM} (\(path):10:12)
          2026-08 ended 2026-09-01T00:00:00Z, later than 2026-08-29T00:00:00Z (partitions.older_than, \(path):10:71)

        """)
  }

  @Test func `JSON has the same for machines`() throws {
    let command = try explain("--mtime", "2026-11-21T00:00:00Z", "--format", "json", "/data/api/x/a.log", "/other")
    let paths = try paths(command)
    #expect(paths.map { $0["verdict"] as? String } == ["delete", "keep"])
    #expect(paths.map { $0["reason"] as? String } == ["expired", "not_in_any_target"])
    let claim = try #require((paths[0]["targets"] as? [[String: Any]])?.first)
    #expect((claim["key"] as? [String: Any])?["at"] as? String == "\(path):9:39")
    #expect((claim["pattern"] as? [String: Any])?["text"] as? String == "*.log")
    #expect((claim["age"] as? [String: Any])?["before"] as? String == "2026-11-22T00:00:00Z")
  }

  @Test func `What overrides the config is named as the place`() throws {
    let command = try explain("--set", "targets.api.max_age=200d", "--mtime", "100d", "/data/api/x")
    #expect(command.output.contains("(max_age, --set targets.api.max_age=200d)"))
    #expect(command.output.hasPrefix("/data/api/x: is kept (it does not exist"))
  }

  @Test func `A path that is there is judged by what it is, and is left alone`() throws {
    try FileManager.default.createDirectory(atPath: scratch.path("data"), withIntermediateDirectories: false)
    let file = try scratch.write("x", to: "data/old.log")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: file.path)
    _ = try scratch.write(
      "version: 1\ntargets: [{path: \"\(scratch.path("data"))\", max_age: 30d}]\n", to: "purge.yaml")
    let command = try explain("--mtime", "1d", "--format", "json", file.path)
    #expect(try paths(command).map { $0["verdict"] as? String } == ["delete"])
    #expect(try paths(command).map { $0["exists"] as? Bool } == [true])
    #expect(FileManager.default.fileExists(atPath: file.path))
    #expect(command.errors.hasPrefix("efs-purge-batch: note: --mtime, --size and --owner are not used for "))
    #expect(try explain(file.path).output.hasPrefix("\(file.path): would be deleted\n"))
    let rooted = try scratch.write(
      "version: 1\ntargets: [{path: /data, max_age: 30d}]\n", to: "rooted.yaml")
    let copy = try Command("explain", "--config", rooted.path, "--root", scratch.url.path, "/data/old.log")
    #expect(copy.output.hasPrefix("/data/old.log: would be deleted\n"), "\(copy.errors)")
  }

  @Test func `A ConfigMap's config is explained where it stands`() throws {
    let lines = config.split(separator: "\n").map { "    \($0)\n" }.joined()
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p}\ndata:\n  a.yaml: |\n\(lines)  b.yaml: |\n\(lines)"
    let file = try scratch.write(map, to: "map.yaml").path
    let both = try Command("explain", "--config", file, "/data/api/x")
    #expect(both.status == 2)
    #expect(both.errors.contains("holds 2 configs: choose one by --key"))
    let one = try Command("explain", "--config", file, "--key", "b.yaml", "/data/api/x.keep")
    #expect(one.output.contains("\(file):19:17"), "\(one.output)")
  }

  // MARK: Cases

  private func check(_ cases: String, _ arguments: String...) throws -> Command {
    let file = try scratch.write(cases, to: "cases.yaml").path
    return try Command(["explain", "--config", path, "--expect", file] + arguments)
  }

  @Test func `Cases that are as expected pass, without a look at any path`() throws {
    let command = try check(
      """
      now: 2026-11-29T00:00:00Z
      cases:
        - {path: /data/api/a.log, age: 8d, expect: delete}
        - {path: /data/api/a, age: 8d, expect: keep, reason: too_new}
        - {path: /data/2026-07/a, age: 1s, expect: delete}
        - {path: /data/2026-08/a, age: 500d, expect: keep, reason: period_too_young}
        - {path: /data/api/sub/, expect: keep, reason: empty_folders_stay}
        - {path: /data/api/x.keep, expect: keep, reason: excluded}

      """)
    #expect(command.output == "6 cases: all as expected\n", "\(command.errors)")
    #expect(command.status == 0)
  }

  @Test func `A case that differs ends with status 1, its place and why`() throws {
    let command = try check(
      "now: 2026-11-29T00:00:00Z\ncases:\n  - {path: /data/api/a.keep, age: 8d, expect: delete}\n"
        + "  - {path: /data/api/a, expect: delete}\n  - {path: /data/api/a.log, age: 7d, expect: keep, reason: excluded}\n"
    )
    #expect(command.status == 1)
    let file = scratch.path("cases.yaml")
    #expect(command.output.contains("\(file):3:12: expected delete, found keep (excluded)\n"))
    #expect(command.output.contains("\(file):4:12: expected delete, found depends (expired)\n"))
    #expect(command.output.contains("\(file):5:12: expected keep (excluded), found keep (too_new)\n"))
    #expect(command.output.hasSuffix("3 cases: 3 not as expected\n"))
    #expect(try check("cases: [{path: /a, expect: delete}]", "--format", "json").output.contains("\"differing\" : 1"))
  }

  @Test func `Cases with a mistake end with status 2 and its place`() throws {
    let command = try check("cases:\n  - {path: /data/api/a, expect: del}\n")
    #expect(command.status == 2)
    #expect(command.output.isEmpty)
    #expect(command.errors.contains("cases.yaml:2:33: error: 'expect' must be one of delete, keep, not 'del'"))
    for (text, finding) in [
      ("cases: []\n", "1:8: error: 'cases' is an empty list"), ("", "error: file: the required key 'cases' is missing"),
      ("cases: [{path: \"/data/*\", expect: keep}]\n", "1:23: error: 'path'"),
      ("cases: [{path: /data/a/, kind: file, expect: keep}]\n", "1:32: error: 'kind' is file"),
    ] {
      let command = try check(text)
      #expect(command.status == 2)
      #expect(command.errors.contains(finding), "\(command.errors)")
    }
  }

  @Test func `A path that no target covers passes only where that is expected in so many words`() throws {
    let slip = try check("cases: [{path: /data/apo/x, expect: keep}]\n")
    #expect(slip.status == 1)
    #expect(slip.output.contains("where that is meant, write reason: not_in_any_target"))
    #expect(try check("cases: [{path: /data/apo/x, expect: keep, reason: not_in_any_target}]\n").status == 0)
  }

  @Test func `A rule that leaves a key to its target is not named as its place`() throws {
    _ = try scratch.write(
      "version: 1\ntargets:\n  - path: /data/api\n    max_age: 90d\n    rules: [{include: [\"*.log\"], min_size: 1Ki}]\n",
      to: "purge.yaml")
    let command = try explain("--mtime", "8d", "/data/api/a.log")
    #expect(command.output.hasSuffix("(max_age, \(path):4:14)\n"), "\(command.output)")
  }

  @Test func `The cases in the documentation, and its example, are what it says`() throws {
    let config = """
      version: 1
      targets:
        # As long as the documentation's, to the line.
        #
        #
        - name: api-files
          path: /data/api
          exclude: ["keep/"]
          rules:
            - {include: ["*.log"], max_age: 7d}
          max_age: 90d
          remove_empty_directories: true

      """
    let file = try scratch.write(config, to: "purge.yaml").path
    let text = try Repository.text("docs/explain.md")
    let cases = try #require(try Repository.blocks("yaml", in: "docs/explain.md").first)
    let command = try Command("explain", "--config", file, "--expect", "-", input: cases)
    #expect(command.output == "5 cases: all as expected\n", "\(command.errors)")
    let example = try Command(
      "explain", "--config", file, "--now", "2026-11-29T06:00:00Z", "--mtime", "8d", "/data/api/app.log",
      "/data/api/keep/a")
    let expected = example.output.replacingOccurrences(of: file, with: "purge.yaml")
    #expect(text.contains(expected), "\(expected)")
  }

  @Test func `Every reason is in the documentation`() throws {
    let text = try Repository.text("docs/explain.md")
    let source = try Repository.text("Sources/Plan/PathExplanation.swift")
    let body = try #require(source.firstMatch(of: /enum Reason.*?public init/.dotMatchesNewlines())).output
    let reasons = body.matches(of: /case (\w+)(?: = "(\w+)")?\n/).map { String($0.2 ?? $0.1) }
    #expect(reasons.count > 30)
    #expect(reasons.filter { !text.contains("`\($0)`") } == [])
  }

  // MARK: Mistakes

  @Test func `A config with an error is refused with its findings`() throws {
    _ = try scratch.write("version: 1\ntargets: [{path: /data/api, max_age: 30}]\n", to: "purge.yaml")
    let command = try explain("/data/api/x")
    #expect(command.status == 2)
    #expect(command.errors.contains("purge.yaml:2:38: error: 'max_age' needs a unit"))
    #expect(command.output.isEmpty)
  }

  @Test(arguments: [
    ["x"], ["/data/../x"], ["/data//x"], ["--mtime", "long ago", "/x"], ["--size", "big", "/x"], ["--now", "x", "/x"],
  ])
  func `A value that means nothing ends with status 2`(_ arguments: [String]) throws {
    let command = try Command(["explain", "--config", path] + arguments)
    #expect(command.status == 2)
    #expect(command.errors.hasPrefix("efs-purge-batch: error: "))
  }

  @Test(arguments: [
    [], ["--expect", "x", "/x"], ["--expect", "x", "--mtime", "1d"], ["--config", "-", "--expect", "-"],
    ["--owner", "root", "/x"],
  ])
  func `A command line without sense ends with status 64`(_ arguments: [String]) throws {
    #expect(try Command(["explain", "--config", path] + arguments).status == 64)
  }
}
