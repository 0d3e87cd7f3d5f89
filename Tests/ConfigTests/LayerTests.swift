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

  private func ages(_ checked: CheckedConfiguration) -> [Duration?]? { checked.plan?.targets.map(\.retention.maxAge) }

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

  @Test("Variables that are empty, of the log level or of this tool say nothing")
  func otherVariables() {
    let variables = [
      "EFSPURGE_MAX_AGE_DAYS": "", "EFSPURGE_NEW": "", "EFSPURGE_LOG_LEVEL": "CRITICAL", "EFS_PURGE_CONFIG": "/x",
      "HOME": "/",
    ]
    #expect(check(minimal, environment: variables).printed == "")
    #expect(check(minimal, environment: variables).plan == check(minimal).plan)
  }

  @Test("A variable that neither tool knows is warned of, with the one that may be meant")
  func unknownVariable() {
    let checked = check(minimal, environment: ["EFSPURGE_MAX_AGE_DAY": "0"])
    #expect(checked.rules == [.unknownVariable])
    #expect(checked.diagnostics.first?.hint == "did you mean EFSPURGE_MAX_AGE_DAYS?")
    #expect(checked.plan == check(minimal).plan)
  }

  private let open = "version: 1\ntargets: [{path: /data/a, remove_empty_directories: true}]\n"

  @Test("Nought days keep every file, as in the tool they come from", arguments: ["0", "0.0", "00"])
  func noughtDays(text: String) {
    let checked = check(open, environment: ["EFSPURGE_MAX_AGE_DAYS": text])
    #expect(checked.printed == "")
    #expect(checked.plan != nil)
    #expect(checked.onlyTarget?.retention.maxAge == nil)
    #expect(checked.effectiveValues?.text.contains("max_age: never") == true)
  }

  @Test("Nought days are refused where the config, or a rule, would delete files")
  func noughtDaysRefused() {
    let nought = ["EFSPURGE_MAX_AGE_DAYS": "0"]
    #expect(check(config, environment: nought).rules == [.variableContradicted, .variableContradicted])
    let rules = "version: 1\ntargets: [{path: /data/a, rules: [{include: ['*.log'], max_age: 7d}]}]\n"
    #expect(check(rules, environment: nought).rules == [.variableContradicted])
    #expect(check(rules, environment: nought).plan == nil)
    #expect(check(config, environment: ["EFSPURGE_MAX_AGE_DAYS": "1"]).printed == "")
  }

  @Test("Empty directories are removed by no more than the old tool removed")
  func emptyDirectories() {
    let removing = "version: 1\ntargets: [{path: /data/a, max_age: 1d}]\n"
    let flag = ["EFSPURGE_REMOVE_EMPTY_DIRS": "1"]
    #expect(check(removing, environment: flag).onlyTarget?.emptyDirectories?.maxCount == 500)
    let unlimited = flag.merging(["EFSPURGE_MAX_EMPTY_DIRS_TO_DELETE": "0"]) { $1 }
    #expect(check(removing, environment: unlimited).onlyTarget?.emptyDirectories != nil)
    #expect(check(removing, environment: unlimited).onlyTarget?.emptyDirectories?.maxCount == nil)
    let own = check(removing, set: ["defaults.max_empty_directories=7"], environment: flag)
    #expect(own.onlyTarget?.emptyDirectories?.maxCount == 7)
    #expect(check(removing, environment: ["EFSPURGE_REMOVE_EMPTY_DIRS": "0"]).onlyTarget?.emptyDirectories == nil)
  }

  @Test("A run of one phase keeps every file, whatever the days", arguments: ["1", "3"], ["1", "true", "YES"])
  func onePhase(phase: String, text: String) {
    let checked = check(open, environment: ["EFSPURGE_PHASE\(phase)_ONLY": text, "EFSPURGE_MAX_AGE_DAYS": "30"])
    #expect(checked.printed == "")
    #expect(checked.plan != nil)
    #expect(checked.onlyTarget?.retention.maxAge == nil)
  }

  @Test("A run of one phase is refused where the config would delete files, once for each age", arguments: ["1", "3"])
  func onePhaseRefused(phase: String) {
    let checked = check(config, environment: ["EFSPURGE_PHASE\(phase)_ONLY": "1"])
    #expect(checked.rules == [.variableContradicted, .variableContradicted])
    #expect(checked.plan == nil)
    #expect(check(open, set: ["defaults.max_age=1d"], environment: ["EFSPURGE_PHASE1_ONLY": "1"]).plan == nil)
    let never = "version: 1\ndefaults: {max_age: never, remove_empty_directories: true}\ntargets: [{path: /data/a}]\n"
    #expect(check(never, environment: ["EFSPURGE_PHASE1_ONLY": "1"]).printed == "")
    let disabled = config.replacing("targets:", with: "  enabled: false\ntargets:")
    #expect(!check(disabled, environment: ["EFSPURGE_PHASE1_ONLY": "1"]).rules.contains(.variableContradicted))
  }

  @Test("A phase that is switched off says nothing, and one that cannot be read is an error")
  func phaseOff() {
    #expect(check(minimal, environment: ["EFSPURGE_PHASE1_ONLY": "0", "EFSPURGE_PHASE3_ONLY": "no"]).printed == "")
    #expect(check(minimal, environment: ["EFSPURGE_PHASE1_ONLY": "on"]).rules == [.badVariable])
  }

  @Test("Nought for scanning or deletion is what it is when not set")
  func noughtConcurrency() {
    let variables = ["EFSPURGE_MAX_CONCURRENCY_SCANNING": "0", "EFSPURGE_MAX_CONCURRENCY_DELETION": "0"]
    #expect(check(minimal, environment: variables).printed == "")
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
