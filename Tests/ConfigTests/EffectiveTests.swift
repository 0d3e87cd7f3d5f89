import Foundation
import Testing

@testable import Config

@Suite("The listing of effective values")
struct EffectiveTests {
  private func origins(_ yaml: String, _ settings: CheckSettings = CheckSettings()) throws -> [String: String] {
    let checked = CheckedConfiguration.check(SourceText(name: "c.yaml", bytes: Array(yaml.utf8)), settings)
    let values = try #require(checked.effectiveValues).values
    return values.reduce(into: [:]) { $0[$1.path] = "\($1.text) \($1.origin.rawValue)" }
  }

  @Test("Each value names the layer that won: option, target, defaults, environment, built-in")
  func layers() throws {
    var settings = CheckSettings()
    settings.overrides = ["defaults.priority=3", "targets.b.max_age=9d"]
    settings.environment = [
      "EFSPURGE_MAX_AGE_DAYS": "1.5", "EFSPURGE_MAX_CONCURRENCY": "77", "EFSPURGE_MEMORY_LIMIT_MB": "512",
      "EFSPURGE_REMOVE_EMPTY_DIRS": "yes", "EFSPURGE_MAX_EMPTY_DIRS_TO_DELETE": "0",
    ]
    let origins = try origins(
      """
      version: 1
      defaults: {min_size: 1Ki}
      targets:
        - {name: a, path: /data/a, age_from: ctime}
        - {name: b, path: /data/b, concurrency: 5}
      """, settings)
    #expect(origins["version"] == "1 config")
    #expect(origins["memory.limit"] == "512Mi environment")
    #expect(origins["memory.pause_at"] == "80% default")
    #expect(origins["targets[0].max_age"] == "36h environment")
    #expect(origins["targets[1].max_age"] == "9d --set")
    #expect(origins["targets[0].concurrency"] == "77 environment")
    #expect(origins["targets[1].concurrency"] == "5 target")
    #expect(origins["targets[0].min_size"] == "1Ki defaults")
    #expect(origins["targets[0].priority"] == "3 --set")
    #expect(origins["targets[0].age_from"] == "ctime target")
    #expect(origins["targets[1].age_from"] == "mtime default")
    #expect(origins["targets[0].remove_empty_directories"] == "true environment")
    #expect(origins["targets[0].max_empty_directories"] == "unlimited environment")
  }

  @Test("The listing is a config that makes the same plan", arguments: Golden.all)
  func sameplan(_ golden: Golden) throws {
    for config in try golden.checked().configs {
      guard let plan = config.plan, let values = config.effectiveValues else { continue }
      let again = check(values.text)
      #expect(again.plan == plan, "\(values.text)")
    }
  }

  @Test("The listing of every shipped config is one that makes the same plan")
  func shipped() throws {
    let folder = URL(filePath: #filePath).appending(path: "../../../configs").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(files.count > 2)
    for file in files {
      let checked = check(try String(contentsOf: folder.appending(path: file), encoding: .utf8))
      let text = try #require(checked.effectiveValues).text
      #expect(check(text).plan == checked.plan && checked.plan != nil, "\(file): \(text)")
    }
  }

  @Test("A bad value that an alias repeats is invalid wherever it stands")
  func invalid() throws {
    let checked = check(
      "version: 1\ntargets:\n  - {path: /data/a, max_age: &age 3x}\n  - {path: /data/b, max_age: *age}\n")
    let invalid = try #require(checked.effectiveValues).values.filter(\.isInvalid).map(\.path)
    #expect(invalid == ["targets[0].max_age", "targets[1].max_age"])
  }

  @Test("Texts that would read as something else are quoted, and stay on one line")
  func quoting() throws {
    let origins = try origins(
      """
      version: 1
      targets:
        - name: "a: b # c"
          path: "/data/\\u00e9\\u202e/x y"
          max_age: '30d'
          include: ["**/*.tmp", '[ab]', plain]
      """)
    #expect(origins["targets[0].name"] == #""a: b # c" target"#)
    #expect(origins["targets[0].path"] == #""/data/é\U0000202e/x y" target"#)
    #expect(origins["targets[0].include"] == #"["**/*.tmp", "[ab]", plain] target"#)
  }
}
