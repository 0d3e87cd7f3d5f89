import Plan
import Testing

@testable import Config

@Suite("What values say together")
struct PlanCheckTests {
  private func memoryRules(_ keys: String, limit: ByteCount? = nil) -> [Diagnostic.Rule] {
    check(minimal + "memory: {\(keys)}\n", memoryLimit: limit).rules
  }

  @Test("Shares are compared with shares and sizes with sizes, the built-in ones included")
  func thresholds() {
    #expect(memoryRules("resume_at: 80%") == [.thresholdsReversed])
    #expect(memoryRules("pause_at: 70%") == [.thresholdsReversed])
    #expect(memoryRules("pause_at: 96%") == [.thresholdsReversed])
    #expect(memoryRules("resume_at: 79.9%, pause_at: 80%, abort_at: 80.1%") == [])
    #expect(memoryRules("resume_at: 200Mi, pause_at: 200Mi, abort_at: 99%") == [.thresholdsReversed])
    #expect(memoryRules("resume_at: 50%, pause_at: 100Mi, abort_at: 200Mi") == [])
  }

  @Test("A share and a size are compared when the limit is known")
  func mixedThresholds() {
    #expect(memoryRules("pause_at: 900Mi") == [])
    #expect(memoryRules("pause_at: 900Mi, limit: 1Gi") == [])
    #expect(memoryRules("pause_at: 990Mi, limit: 1Gi") == [.thresholdsReversed])
    #expect(memoryRules("pause_at: 990Mi", limit: .mebibytes(1024)) == [.thresholdsReversed])
  }

  @Test("A limit above the container's is warned of, and the container's is the one that counts")
  func limitAboveContainer() {
    #expect(memoryRules("limit: 800Mi", limit: .mebibytes(512)) == [.limitAboveContainer])
    #expect(memoryRules("limit: 512Mi", limit: .mebibytes(512)) == [])
    #expect(
      memoryRules("limit: 4Gi, pause_at: 990Mi", limit: .mebibytes(1024)) == [
        .limitAboveContainer, .thresholdsReversed,
      ])
  }

  @Test("What leaves no room above the program itself is refused where that is said")
  func noRoom() {
    func findings(_ keys: String, limit: UInt64? = nil) -> [String] {
      check(minimal + keys, memoryLimit: limit.map { .mebibytes($0) }).diagnostics.filter { $0.rule == .memoryTooSmall }
        .map(\.place.text)
    }
    #expect(findings("memory: {limit: 1Mi}\n") == ["1Mi"])
    #expect(findings("memory: {limit: 2560Ki}\n") == ["2560Ki"])
    #expect(findings("memory: {limit: 2561Ki}\n") == [])
    #expect(findings("memory: {limit: 1Gi, pause_at: 80%}\n", limit: 2) == ["1Gi"])
    #expect(findings("", limit: 2) == ["version"])
    #expect(findings("", limit: 3) == [])
    #expect(findings("memory: {resume_at: 1%, pause_at: 2%}\n", limit: 64) == ["2%"])
    #expect(findings("memory: {resume_at: 1Mi, pause_at: 2Mi, abort_at: 1Gi}\n") == ["2Mi"])
    // One that cannot be read says nothing.
    #expect(findings("memory: {limit: 1Mi, pause_at: much}\n") == [])
  }

  @Test("Of folders named by dates, as many count as have room between the bounds")
  func datedBudgets() {
    func rules(_ bounds: String) -> [Diagnostic.Rule] {
      let dated = "{path: \"/data/{YYYY}\", max_age: 1d, memory_budget: 250Mi, partitions: \(bounds)}"
      let other = "{path: /data/api, max_age: 1d, memory_budget: 64Mi}"
      let text = "version: 1\nmemory: {limit: 512Mi}\nrun: {parallel_targets: 2}\ntargets: [\(dated), \(other)]\n"
      return check(text).rules
    }
    #expect(rules("{from: 2023, to: 2023}") == [])
    #expect(rules("{from: 2023, to: 2024}") == [.budgetsDoNotFit])
    #expect(rules("{to: 2023}") == [.budgetsDoNotFit])
  }

  private func budgetRules(parallel: Int, limit: UInt64?, _ targets: String...) -> [Diagnostic.Rule] {
    let items = targets.enumerated().map { "{name: t\($0.offset), max_age: 1d, \($0.element)}" }.joined(separator: ", ")
    let text = "version: 1\nrun: {parallel_targets: \(parallel)}\ntargets: [\(items)]\n"
    return check(text, memoryLimit: limit.map { .mebibytes($0) }).rules
  }

  @Test("Only as many budgets as targets run at once must fit, the largest ones")
  func budgets() {
    let targets = (
      "path: /d/a, memory_budget: 300Mi", "path: /d/b, memory_budget: 200Mi", "path: /d/c, memory_budget: 100Mi"
    )
    #expect(budgetRules(parallel: 1, limit: 400, targets.0, targets.1, targets.2) == [])
    #expect(budgetRules(parallel: 2, limit: 400, targets.0, targets.1, targets.2) == [.budgetsDoNotFit])
    #expect(budgetRules(parallel: 2, limit: 628, targets.0, targets.1, targets.2) == [])
    #expect(budgetRules(parallel: 3, limit: 628, targets.0, targets.1, targets.2) == [.budgetsDoNotFit])
    #expect(budgetRules(parallel: 3, limit: nil, targets.0, targets.1, targets.2) == [])
  }

  @Test("A pattern counts as often as its folders may run at once")
  func patternBudgets() {
    #expect(budgetRules(parallel: 1, limit: 500, "path: '/d/*', memory_budget: 300Mi") == [])
    #expect(budgetRules(parallel: 2, limit: 500, "path: '/d/*', memory_budget: 300Mi") == [.budgetsDoNotFit])
  }

  @Test("Disabled targets need no memory")
  func disabledBudget() {
    let rules = budgetRules(parallel: 1, limit: 100, "path: /d/a, memory_budget: 300Mi, enabled: false")
    #expect(rules == [.disabledTarget])
  }

  @Test("Two targets that got the same name are told apart by an error, also when one is only called after its path")
  func names() {
    let text = "version: 1\ndefaults: {max_age: 1d}\ntargets: [{name: /d/b, path: /d/a}, {path: /d/b}]\n"
    #expect(check(text).rules == [.duplicateTargetName])
  }

  @Test("An age under a day is warned of, but not where whole periods must have ended")
  func youngFiles() {
    #expect(checkTarget("path: /d/a", "max_age: 23h").rules == [.youngMaxAge])
    #expect(checkTarget("path: /d/a", "max_age: 24h").rules == [])
    #expect(checkTarget("path: '/d/{YYYY}'", "max_age: 0s").rules == [.youngFolders])
    #expect(checkTarget("path: '/d/{YYYY}'", "max_age: 24h").rules == [])
    for nothing in [
      "", "order: newest_first", "to: 2030", "from: 2020", "older_than: 0s", "older_than: 0d", "older_than: 0mo",
    ] {
      #expect(checkTarget("path: '/d/{YYYY}'", "max_age: 0s", "partitions: {\(nothing)}").rules == [.youngFolders])
    }
    for age in ["1mo", "1d"] {
      #expect(checkTarget("path: '/d/{YYYY}'", "max_age: 0s", "partitions: {older_than: \(age)}").rules == [])
    }
  }

  @Test("Warnings leave the plan in place")
  func warningsOnly() {
    let checked = checkTarget("path: /d/a", "max_age: 23h", "enabled: false", "max_empty_directories: 3")
    #expect(checked.rules == [.youngMaxAge, .disabledTarget, .keyWithoutEffect])
    #expect(checked.plan != nil)
    #expect(checked.onlyTarget?.isEnabled == false)
  }

  @Test("A key without effect is warned of where it is written, not where defaults are taken over")
  func withoutEffect() {
    let text = "version: 1\ndefaults: {max_age: 1d, max_empty_directories: 3}\ntargets: [{path: /d/a}]\n"
    #expect(check(text).rules == [])
    #expect(
      checkTarget("path: /d/a", "max_age: 1d", "max_empty_directories: 3", "remove_empty_directories: true").rules == []
    )
  }

  @Test("A concurrency over the ceiling that many targets take from defaults is warned of once")
  func ceiling() {
    let text = "version: 1\ndefaults: {max_age: 1d, concurrency: 2001}\ntargets: [{path: /d/a}, {path: /d/b}]\n"
    #expect(check(text).rules == [.concurrencyOverCeiling])
  }

  @Test(
    "What a feature to come has for off is accepted",
    arguments: [
      "run: {windows: always, checkpoint: none, shard_depth: 1}", "safety: {lock: none}", "report: {html: none}",
      "metrics: {listen: none, textfile: none}", "audit: {file: none, rotate_size: 256Mi, chain: false}",
      "defaults: {max_deleted_fraction: 100%, fraction_sample: 10000, require_marker: none, whole_directory: false}",
      "defaults: {action: delete, quarantine_for: 30d}",
    ])
  func off(line: String) {
    #expect(check(minimal + line + "\n").printed == "")
  }

  @Test(
    "No key of the contract is unknown, and none is taken in silence",
    arguments: [
      ("run", "windows"), ("run", "checkpoint"), ("run", "shard_depth"), ("safety", "lock"), ("report", "html"),
      ("metrics", "listen"), ("metrics", "textfile"), ("audit", "file"), ("audit", "rotate_size"),
      ("defaults", "max_deleted_fraction"), ("defaults", "fraction_sample"), ("defaults", "require_marker"),
      ("defaults", "quarantine_for"),
    ])
  func notYet(group: String, key: String) {
    #expect(check(minimal + "\(group): {\(key): 7}\n").rules == [.notSupportedYet])
    #expect(check(minimal + "\(group): {\(key): [7]}\n").rules == [.notSupportedYet])
  }

  @Test("A name, a path and partitions cannot be defaults", arguments: ["name: x", "path: /x", "partitions: {}"])
  func noDefaults(key: String) {
    #expect(check(minimal + "defaults: {\(key)}\n").rules == [.unknownKey])
  }
}
