import Plan
import Report
import Runner
import SystemPackage
import Testing

@Suite struct EventLogTests {
  private let log = EventLogTests.log(.purge)

  private static func log(_ mode: RunMode, detailed: Bool = false) -> EventLog {
    EventLog(.init(runID: "run-1", toolVersion: "1.2.3", mode: mode, isDetailed: detailed)) { "E\($0.rawValue)" }
  }

  private static let start = TargetStart(
    target: "api", path: "/data/api", maxAge: .seconds(129_600), cutoff: Samples.start, concurrency: 64, mode: .purge,
    progressInterval: .seconds(30), memoryLimit: .mebibytes(256), removeEmptyDirectories: true, maxEmptyDirectories: nil
  )

  private static func progress(paused: Bool = false) -> TargetProgress {
    var progress = TargetProgress(
      target: "api", elapsed: .seconds(60), tally: Samples.tally(kept: 1500, purged: 500), memory: Samples.memory,
      workers: 8, busyWorkers: 6, workersPeak: 9, workersLimit: 12, isPaused: paused)
    progress.pauses = 2
    progress.operations = Samples.operations
    progress.pace = TargetProgress.Pace(
      files: .init(instant: 50, short: 33.333, overall: 25, peak: 70.06),
      directories: .init(instant: 2, short: 1, overall: 0.25, peak: 3), deletions: .init(overall: 12, peak: 40),
      emptyDirectories: .init(overall: 0.5, peak: 1.5))
    return progress
  }

  private static let hanging = [HangingCall(operation: .removeFile, age: .seconds(125), path: "/data/api/x")]

  private static let perTarget: [RunEvent] = [
    .targetStarted(start), .progress(progress()),
    .failure(PurgeFailure(target: "api", operation: .removeFile, path: "/data/api/x", errno: .permissionDenied)),
    .failuresSuppressed(target: "api", kind: "EACCES", count: 12), .memoryStep(Samples.step(.paused)),
    .memoryStep(Samples.step(.narrowed, workers: 1)), .memoryStep(Samples.step(.widened)),
    .memoryStep(Samples.step(.resumed, paused: .seconds(3))),
    .targetStalled(target: "api", quiet: .seconds(120), operationsInFlight: 4, calls: hanging),
    .guardTripped(target: "api", message: "max_deletions reached"), .notice(target: "api", message: "look"),
    .targetFinished(Samples.target("api", tally: Samples.tally(kept: 1, purged: 2))),
    .passedOver(PassedOver(), target: "api"),
  ]

  @Test func `The start of a target that keeps every file has no age in days`() {
    var start = Self.start
    start.maxAge = nil
    let fields = log.line(for: .targetStarted(start)).fields
    #expect(fields["max_age"] == .string("never"))
    #expect(fields["max_age_days"] == nil)
    #expect(fields["cutoff_time"] == nil)
    #expect(log.line(for: .targetStarted(Self.start)).fields["max_age"] == nil)
  }

  @Test func `The start of a target has the old message and fields`() {
    #expect(
      log.line(for: .targetStarted(Self.start))
        == LogLine(
          .info, "Starting EFS purge",
          [
            "run_id": "run-1", "target": "api", "version": "1.2.3", "root_path": "/data/api",
            "max_age_days": .number(1.5),
            "cutoff_time": "2026-11-23T06:34:35.120Z", "max_concurrency_scanning": 64, "max_concurrency_deletion": 64,
            "dry_run": false, "progress_interval_seconds": .number(30), "memory_limit_mb": .number(256),
            "remove_empty_dirs": true, "max_empty_dirs_to_delete": .count(0),
          ]))
  }

  @Test func `The start of a target tells its memory budget where that means something`() {
    var start = Self.start
    #expect(log.line(for: .targetStarted(start)).fields["memory_budget_mb"] == nil)
    start.memoryBudget = .mebibytes(30)
    #expect(log.line(for: .targetStarted(start)).fields["memory_budget_mb"] == .number(30))
  }

  @Test(arguments: [(999, 999, nil), (999, 0, nil), (999, 1000, 18), (2000, 0, 9), (2000, 6000, 3)])
  func `Memory per 1000 files is that of all files of the run, and absent while they are few`(
    files: UInt64, ofRun: UInt64, figure: Double?
  ) {
    var progress = Self.progress()
    (progress.tally.filesScanned, progress.filesOfRun) = (files, ofRun)
    #expect(log.line(for: .progress(progress)).fields["memory_mb_per_1k_files"] == figure.map { .number($0) })
  }

  @Test func `What stands beside a target's folders is told with its number and its first path`() {
    var passedOver = PassedOver()
    for path in ["/data/2024-1", "/data/2024-13"] { passedOver.nearMisses.note(Array(path.utf8)) }
    let fields: [String: LogValue] = ["run_id": "run-1", "target": "m"]
    let almost = fields.merging(["almost_dates": .count(2), "first_almost_date": "/data/2024-1"]) { $1 }
    let message = "Entries beside the target's folders are not purged"
    #expect(log.line(for: .passedOver(passedOver, target: "m")) == LogLine(.info, message, almost))
    passedOver.links.note(Array("/data/\u{1B}".utf8))
    let both = almost.merging(["symbolic_links": .count(1), "first_symbolic_link": #"/data/\x1b"#]) { $1 }
    #expect(log.line(for: .passedOver(passedOver, target: "m")) == LogLine(.info, message, both))
  }

  @Test func `Progress has the old message and fields`() {
    #expect(
      log.line(for: .progress(Self.progress()))
        == LogLine(
          .info, "Progress update",
          [
            "run_id": "run-1", "target": "api", "phase": "purging", "elapsed_seconds": .number(60), "errors": .count(0),
            "memory_backpressure_events": .count(2), "files_per_second": .number(25), "dirs_per_second": .number(0.3),
            "memory_mb": .number(18), "memory_usage_percent": .number(7), "memory_limit_mb": .number(256),
            "memory_mb_per_1k_files": .number(9), "files_scanned": .count(2000), "files_purged": .count(500),
            "files_to_purge": .count(500), "dirs_scanned": .count(12), "dirs_purged": .count(3),
            "dirs_to_purge": .count(3), "concurrency": 8, "operations_per_second": .number(1234.5),
            "latency_ms": .object(["list": .number(4.25), "remove_file": .number(3.001)]),
          ]))
  }

  @Test func `The phase tells a rehearsal and a pause from a purge`() {
    let rehearsal = Self.log(.dryRun)
    #expect(rehearsal.line(for: .progress(Self.progress())).fields["phase"] == "scanning")
    #expect(rehearsal.line(for: .progress(Self.progress(paused: true))).fields["phase"] == "paused")
  }

  @Test func `At debug level progress also tells about the workers`() {
    let (plain, detailed) = (
      log.line(for: .progress(Self.progress())), Self.log(.purge, detailed: true).line(for: .progress(Self.progress()))
    )
    let added = detailed.fields.filter { plain.fields[$0.key] == nil }
    #expect(
      added == [
        "files_per_second_instant": .number(50), "files_per_second_short": .number(33.3),
        "files_per_second_overall": .number(25), "peak_files_per_second": .number(70.1),
        "dirs_per_second_instant": .number(2), "dirs_per_second_short": .number(1),
        "dirs_per_second_overall": .number(0.3), "peak_dirs_per_second": .number(3),
        "deletion_files_per_second": .number(12), "peak_files_deleted_per_second": .number(40),
        "empty_dirs_per_second": .number(0.5), "peak_empty_dirs_per_second": .number(1.5), "active_tasks": 6,
        "max_active_tasks": 9, "available_concurrency_slots": 6, "concurrency_utilization_percent": .number(50),
      ])
  }

  @Test func `The end of a target has the old message and fields`() {
    let line = log.line(for: Self.perTarget[11])
    #expect(line.level == .info)
    #expect(line.message == "Purge operation completed")
    let wanted: Set = [
      "duration_seconds", "files_scanned", "files_to_purge", "files_purged", "dirs_scanned", "empty_dirs_to_delete",
      "empty_dirs_deleted", "symlinks_skipped", "special_files_skipped", "errors", "bytes_freed", "mb_freed",
      "files_per_second", "peak_memory_mb", "memory_backpressure_events", "target", "outcome",
    ]
    #expect(wanted.subtracting(line.fields.keys) == [])
    #expect(line.fields["files_purged"] == .count(2))
    #expect(line.fields["mb_freed"] == .number(0.01))
    #expect(line.fields["reason"] == nil)
  }

  @Test(arguments: [
    (Ending.completed, LogLine.Level.info), (.completedWithErrors, .warning), (.stoppedMemory, .warning),
    (.failed, .error),
    (.stoppedGuard, .error), (.stoppedSignal, .warning),
  ])
  func `The level of a target's end says how it ended`(_ ending: Ending, _ level: LogLine.Level) {
    let line = log.line(for: .targetFinished(Samples.target("api", ending, reason: "why")))
    #expect(line.level == level)
    #expect(line.fields["reason"] == "why")
  }

  @Test func `A failure names operation, path and error`() {
    #expect(
      log.line(for: Self.perTarget[2])
        == LogLine(
          .error, "Failed to remove file",
          [
            "run_id": "run-1", "target": "api", "operation": "remove file", "path": "/data/api/x", "error": "E13",
            "error_description": "Permission denied",
          ]))
  }

  @Test func `Suppressed failures are summed up by kind`() {
    #expect(
      log.line(for: Self.perTarget[3])
        == LogLine(
          .error, "Further failures of the same kind",
          ["run_id": "run-1", "target": "api", "error": "EACCES", "count": .count(12)]))
  }

  @Test func `A pause warns with the memory that caused it, and its end tells how long it was`() {
    let (paused, resumed) = (log.line(for: Self.perTarget[4]), log.line(for: Self.perTarget[7]))
    #expect(paused.level == .warning)
    #expect(paused.fields["memory_usage_percent"] == .number(7))
    #expect(paused.fields["threshold"] == "pause_at")
    #expect(paused.fields["threshold_mb"] == .number(205))
    #expect(resumed.level == .info)
    #expect(resumed.fields["paused_seconds"] == .number(3))
  }

  @Test func `What is watched is told with the limit's source and the thresholds`() {
    let watch = MemoryWatch(
      memory: Samples.memory, pauseAt: .mebibytes(205), resumeAt: .mebibytes(179), abortAt: .mebibytes(243),
      interval: .milliseconds(100))
    #expect(
      log.line(for: .memoryWatched(watch))
        == LogLine(
          .info, "Watching memory",
          [
            "run_id": "run-1", "memory_limit_mb": .number(256), "memory_limit_source": .string(Samples.memory.source),
            "memory_mb": .number(18), "pause_at_mb": .number(205), "resume_at_mb": .number(179),
            "abort_at_mb": .number(243), "sample_interval_seconds": .number(0.1),
          ]))
    #expect(log.line(for: .memoryNotices(["memory.events"])).fields["files"] == .list(["memory.events"]))
  }

  @Test func `A working set near the limit is a warning with both figures`() {
    var memory = Samples.memory
    memory.workingSet = .mebibytes(240)
    let line = log.line(for: .workingSetNear(memory))
    #expect(line.level == .warning)
    #expect(line.fields["working_set_mb"] == .number(240))
    #expect(line.fields["memory_mb"] == .number(18))
  }

  @Test func `A tripped guard is an error, a stall and a notice are warnings`() {
    #expect([9, 8, 10].map { log.line(for: Self.perTarget[$0]).level } == [.error, .warning, .warning])
  }

  @Test(arguments: 0..<12)
  func `Every line about a target carries its name and the run's`(_ index: Int) {
    let line = log.line(for: Self.perTarget[index])
    #expect(line.fields["target"] == "api")
    #expect(line.fields["run_id"] == "run-1")
  }

  @Test func `What concerns the whole run carries no target`() {
    let events: [RunEvent] = [
      .notice(target: nil, message: "m"), .guardTripped(target: nil, message: "m"),
      .stopping(ending: .stoppedSignal, message: "SIGTERM"),
    ]
    for event in events { #expect(log.line(for: event).fields["target"] == nil) }
  }

  @Test func `The run begins with a line of its own`() {
    #expect(
      log.searching(config: "/etc/c.yaml")
        == LogLine(
          .info, "Finding target folders",
          ["run_id": "run-1", "version": "1.2.3", "config": "/etc/c.yaml", "dry_run": false]))
    #expect(
      log.line(for: .batchStarted(targets: 3))
        == LogLine(
          .info, "Batch started", ["run_id": "run-1", "version": "1.2.3", "targets": 3, "dry_run": false]))
  }

  @Test func `The run ends with outcome, exit status and totals`() {
    let line = log.completed(Samples.troubled)
    #expect(line.message == "Batch completed")
    #expect(line.fields["outcome"] == "stopped_memory")
    #expect(line.fields["exit_status"] == 3)
    #expect(line.fields["targets"] == 3)
    #expect(line.fields["targets_completed"] == 0)
    #expect(line.fields["files_purged"] == .count(Samples.troubled.totals.filesPurged))
    #expect(line.fields["memory_backpressure_events"] == .count(4))
    #expect(line.fields["reason"] == nil)
  }

  @Test func `A run with an exit status other than 0 warns at its end, and a plan says which cap is the cause`() {
    var outcome = Samples.rehearsal
    outcome.exitStatus = .guardTripped
    let line = log.completed(outcome)
    #expect(line.level == .warning)
    let target = "target monthly would stop at its max_deleted_bytes: 10.0 GiB of 31.2 GiB"
    #expect(
      line.fields["reason"]
        == .string("a run would stop at safety.max_deletions: 2,500 of 23,010 files; \(target)"))
    #expect(log.completed(Samples.batch([])).level == .info)
    #expect(log.completed(Samples.batch([], status: .failures)).level == .warning)
  }
}
