import Plan
import Testing

@testable import Config

@Suite("A good config decodes to exactly the plan it describes")
struct PlanDecodingTests {
  @Test("The smallest config has every default of the plan")
  func smallest() throws {
    let path = PathPattern(text: "/data/api", components: [.literal("data"), .literal("api")])
    let target = Target(name: "/data/api", path: path, retention: Retention(maxAge: .seconds(30 * 86_400)))
    let checked = check(minimal)
    #expect(checked.printed == "")
    #expect(checked.plan == BatchPlan(targets: [target]))
  }

  @Test("Every key of every group ends up in its field")
  func everything() throws {
    let checked = check(everyKey)
    #expect(checked.printed == "")
    #expect(try checked.plan == expectedOfEveryKey())
  }
}

let everyKey = """
  version: 1
  memory:
    limit: 1Gi
    pause_at: 800Mi
    resume_at: 50.5%
    abort_at: 97%
    sample_interval: 50ms
  run:
    parallel_targets: 2
    concurrency: 3000
    operations_per_second: 10000
    time_limit: 4h
    on_target_failure: stop
    progress_interval: 10s
  safety:
    allowed_roots: [/data, /scratch]
    max_clock_skew: 90s
    max_deletions: 1000000
    max_deleted_bytes: 5T
  report: {file: /reports/last.json, html: none}
  metrics: {listen: none, textfile: none}
  audit: {file: none, rotate_size: 256Mi, chain: false}
  defaults:
    max_age: 1d12h
    exclude: ["keep/**"]
  targets:
    - name: api-files
      path: /data/api
      max_age: 90d
      age_from: newest
      concurrency: 500
      memory_budget: 128Mi
      operations_per_second: 2000
      priority: -10
      include: ["**/*.tmp", '[a-c]?/*']
      min_size: 10
      max_size: 5kB
      owner: [1000, 0]
      max_depth: 12
      symlinks: delete
      one_file_system: false
      remove_empty_directories: true
      empty_directory_min_age: 1d
      max_empty_directories: 99
      max_deletions: 7
      max_deleted_bytes: 8KiB
      whole_directory: false
      action: delete
    - name: monthly
      path: /data/x*/{YYYY}-{MM}
      partitions:
        older_than: 3mo
        from: 2024-01
        to: 2026
        order: newest_first
      concurrency: auto
      memory_budget: auto
  """

private func expectedOfEveryKey() throws -> BatchPlan {
  var plan = BatchPlan(targets: [try expectedApiFiles(), try expectedMonthly()])
  plan.memory.limit = .size(.mebibytes(1024))
  plan.memory.pauseAt = .size(.mebibytes(800))
  plan.memory.resumeAt = .share(try #require(Percentage(percent: 50.5)))
  plan.memory.abortAt = .share(try #require(Percentage(percent: 97)))
  plan.memory.sampleInterval = .milliseconds(50)
  plan.run.parallelTargets = 2
  plan.run.concurrency = 3000
  plan.run.operationsPerSecond = 10_000
  plan.run.timeLimit = .seconds(4 * 3600)
  plan.run.onTargetFailure = .stop
  plan.run.progressInterval = .seconds(10)
  plan.safety.allowedRoots = ["/data", "/scratch"]
  plan.safety.maxClockSkew = .seconds(90)
  plan.safety.maxDeletions = 1_000_000
  plan.safety.maxDeletedBytes = ByteCount(bytes: 5_000_000_000_000)
  plan.report.file = try ReportPath("/reports/last.json")
  return plan
}

private func expectedApiFiles() throws -> Target {
  let path = PathPattern(text: "/data/api", components: [.literal("data"), .literal("api")])
  var target = Target(
    name: "api-files", path: path,
    retention: Retention(
      maxAge: .seconds(90 * 86_400), ageFrom: .newest, include: [try Pattern("**/*.tmp"), try Pattern("[a-c]?/*")],
      exclude: [try Pattern("keep/**")],
      minSize: ByteCount(bytes: 10), maxSize: ByteCount(bytes: 5000), owners: [1000, 0], maxDepth: 12,
      symlinks: .delete))
  target.concurrency = .atMost(500)
  target.memoryBudget = .mebibytes(128)
  target.operationsPerSecond = 2000
  target.priority = -10
  target.oneFileSystem = false
  target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400), maxCount: 99)
  target.maxDeletions = 7
  target.maxDeletedBytes = ByteCount(bytes: 8192)
  return target
}

private func expectedMonthly() throws -> Target {
  let template = DateTemplate(pieces: [.year, .text("-"), .month])
  let path = PathPattern(
    text: "/data/x*/{YYYY}-{MM}", components: [.literal("data"), .wildcard(try Glob("x*")), .template(template)])
  var target = Target(
    name: "monthly", path: path, retention: Retention(maxAge: .seconds(36 * 3600), exclude: [try Pattern("keep/**")]))
  target.partitions = PartitionRule(
    olderThan: .months(3), from: Period(year: 2024, month: 1), to: Period(year: 2026), order: .newestFirst)
  return target
}
