import Plan
import Testing

@testable import Config

@Suite("Option over target over defaults over environment over built-in")
struct LayerTests {
  private let day = Duration.seconds(86_400)
  private let config = """
    version: 1
    defaults: {max_age: 30d, concurrency: 100}
    targets:
      - {name: api-files, path: /data/api, max_age: 90d}
      - {name: api, path: /data/b}
      - {path: /data/c.d}

    """

  private func ages(_ checked: CheckedConfiguration) -> [Duration]? { checked.plan?.targets.map(\.retention.maxAge) }

  @Test("A target's own value wins over defaults, wherever defaults stand in the file")
  func defaults() {
    #expect(ages(check(config)) == [day * 90, day * 30, day * 30])
    let reversed = "targets: [{path: /data/a}, {path: /data/b, max_age: 1d}]\ndefaults: {max_age: 2d}\nversion: 1\n"
    #expect(ages(check(reversed)) == [day * 2, day])
  }

  @Test("--set changes one value of defaults, of a group and of a target by its name")
  func overrides() {
    let checked = check(
      config, set: ["defaults.max_age=60d", "targets.api.concurrency=7", "run.parallel_targets=2", "memory.limit=1Gi"])
    #expect(checked.printed == "")
    #expect(ages(checked) == [day * 90, day * 60, day * 60])
    #expect(checked.plan?.targets.map(\.concurrency) == [.atMost(100), .atMost(7), .atMost(100)])
    #expect(checked.plan?.run.parallelTargets == 2)
    #expect(checked.plan?.memory.limit == .size(.mebibytes(1024)))
  }

  @Test("--set finds a target without a name by its path, points in it included")
  func overrideByPath() {
    #expect(ages(check(config, set: ["targets./data/c.d.max_age=5d"])) == [day * 90, day * 30, day * 5])
  }

  @Test("Of two --set for the same key the later one wins")
  func laterOverride() {
    #expect(check(config, set: ["run.concurrency=5", "run.concurrency=600"]).plan?.run.concurrency == 600)
  }

  @Test("--set reaches keys below a target's keys, and makes groups that are not there")
  func deepOverride() {
    let text = "version: 1\ntargets: [{name: m, path: '/data/{YYYY}', max_age: 1d}]\n"
    let checked = check(text, set: ["targets.m.partitions.older_than=6mo"])
    #expect(checked.onlyTarget?.partitions?.olderThan == .months(6))
  }

  @Test("A value of --set is YAML, so that lists can be given")
  func listOverride() throws {
    let checked = check(config, set: [#"targets.api.include=["a/**", "*.tmp"]"#])
    #expect(checked.plan?.targets[1].retention.include == [try Pattern("a/**"), try Pattern("*.tmp")])
  }

  @Test("A value of --set may hold further equals signs")
  func equalsInValue() {
    #expect(check(config, set: ["targets.api.name=a=b"]).plan?.targets[1].name == "a=b")
  }

  @Test("--set repairs what the text has wrong")
  func repair() {
    let broken = minimal.replacing("30d", with: "30x")
    #expect(check(broken).plan == nil)
    #expect(check(broken, set: ["targets./data/api.max_age=30d"]).plan == check(minimal).plan)
  }

  @Test("A finding about --set names the option and points into its text")
  func overrideFinding() throws {
    let finding = try #require(check(config, set: ["defaults.max_age=60x"]).diagnostics.first)
    #expect(finding.place.source.name == "--set")
    #expect(finding.place.text == "60x")
    #expect(finding.place.start.column == 18)
  }

  @Test("The environment fills in what the config leaves open")
  func environment() {
    let variables = [
      "EFSPURGE_MAX_AGE_DAYS": "30.5", "EFSPURGE_MAX_CONCURRENCY_SCANNING": "200",
      "EFSPURGE_MAX_CONCURRENCY_DELETION": "300",
      "EFSPURGE_MEMORY_LIMIT_MB": "800", "EFSPURGE_REMOVE_EMPTY_DIRS": "1", "EFSPURGE_MAX_EMPTY_DIRS_TO_DELETE": "500",
    ]
    let checked = check("version: 1\ntargets: [{path: /data/a}]\n", environment: variables)
    #expect(checked.printed == "")
    #expect(checked.onlyTarget?.retention.maxAge == .seconds(2_635_200))
    #expect(checked.onlyTarget?.concurrency == .atMost(300))
    #expect(checked.plan?.memory.limit == .size(.mebibytes(800)))
    #expect(checked.onlyTarget?.emptyDirectories == EmptyDirectoryRule(maxCount: 500))
  }

  @Test("The environment never wins over the config")
  func environmentLoses() {
    let text = """
      version: 1
      memory: {limit: 1Gi}
      defaults: {max_age: 1d, concurrency: 5, remove_empty_directories: false}
      targets: [{path: /data/a}]
      """
    let variables = [
      "EFSPURGE_MAX_AGE_DAYS": "9", "EFSPURGE_MAX_CONCURRENCY": "9", "EFSPURGE_MEMORY_LIMIT_MB": "9",
      "EFSPURGE_REMOVE_EMPTY_DIRS": "true",
    ]
    #expect(check(text, environment: variables).plan == check(text).plan)
    #expect(check(text).plan != nil)
  }

  @Test("A memory limit of nought in the environment means auto, an empty directory count of nought unlimited")
  func noughts() {
    let variables = [
      "EFSPURGE_MEMORY_LIMIT_MB": "0", "EFSPURGE_REMOVE_EMPTY_DIRS": "yes", "EFSPURGE_MAX_EMPTY_DIRS_TO_DELETE": "0",
    ]
    let checked = check(minimal, environment: variables)
    #expect(checked.plan?.memory.limit == .auto)
    #expect(checked.onlyTarget?.emptyDirectories == EmptyDirectoryRule())
  }

  @Test("Variables that are empty, of the log level, of this tool or unknown say nothing")
  func otherVariables() {
    let variables = [
      "EFSPURGE_MAX_AGE_DAYS": "", "EFSPURGE_LOG_LEVEL": "INFO", "EFS_PURGE_CONFIG": "/x", "EFSPURGE_NEW": "1",
      "HOME": "/",
    ]
    #expect(check(minimal, environment: variables).plan == check(minimal).plan)
  }

  @Test("A variable without a meaning here is warned of, and only when it is set")
  func variableWithoutEffect() {
    let checked = check(minimal, environment: ["EFSPURGE_TASK_BATCH_SIZE": "5000"])
    #expect(checked.rules == [.variableWithoutEffect])
    #expect(checked.plan != nil)
  }

  @Test(
    "Numbers that only some readers take are no numbers of days",
    arguments: ["inf", "nan", "0x10", "1e3", "-1", "1.2.3", "1e999", "99999999"])
  func badDays(text: String) {
    #expect(
      check("version: 1\ntargets: [{path: /data/a}]\n", environment: ["EFSPURGE_MAX_AGE_DAYS": text]).rules == [
        .badVariable
      ])
  }
}
