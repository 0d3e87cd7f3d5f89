import Foundation
import Plan
import Report
import Runner
import Testing

@Suite struct RunReportTests {
  private func json(_ outcome: BatchOutcome, _ targets: [TargetOutcome]? = nil) throws -> [UInt8] {
    var report = RunReport()
    let targets = (targets ?? outcome.targets).flatMap { report.target($0) }
    return try report.beginning + targets + report.end(outcome, toolVersion: "1.2.3", host: "pod-1")
  }

  private func target(_ outcome: TargetOutcome) throws -> [String: Any] {
    let report = try object(json(Samples.batch([outcome]), [outcome]))
    return try #require((report["targets"] as? [[String: Any]])?.first)
  }

  @Test func `The whole report of a troubled run`() throws {
    let bytes = try json(Samples.troubled, Samples.troubledTargets)
    try expectGolden(String(decoding: bytes, as: UTF8.self), "report-troubled.json")
  }

  /// The golden file is the report of version 0.1.0 on the same run.
  @Test func `All that a report once said it says still`() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Goldens/report-whole.json")
    let report = try object(json(Samples.troubled, Samples.troubledTargets))
    #expect(missing(try object(Array(Data(contentsOf: url))), from: report, at: "") == [])
  }

  /// Where something that is in `old` is not the same in `new`.
  private func missing(_ old: Any, from new: Any?, at path: String) -> [String] {
    switch (old, new) {
    case (let old as [String: Any], let new as [String: Any]):
      old.flatMap { missing($0.value, from: new[$0.key], at: "\(path).\($0.key)") }
    case (let old as [Any], let new as [Any]) where old.count == new.count:
      old.indices.flatMap { missing(old[$0], from: new[$0], at: "\(path)[\($0)]") }
    default: (old as? NSObject) == (new as? NSObject) ? [] : [path]
    }
  }

  @Test func `Any number of targets makes JSON, none too`() throws {
    for count in [0, 1, 2, 7] {
      let targets = (0..<count).map { Samples.target("t\($0)") }
      let report = try object(json(Samples.batch(targets)))
      #expect((report["targets"] as? [[String: Any]])?.map { $0["name"] as? String } == targets.map(\.name))
    }
  }

  @Test func `A target has the operations in flight in the mean`() throws {
    var outcome = Samples.target("a")
    outcome.concurrencyMean = 12.3456
    #expect(try target(outcome)["concurrency_mean"] as? Double == 12.35)
  }

  @Test func `The recommendation names the 500 targets with the most operations in flight`() throws {
    let targets = (0..<1700).map { index in
      var target = Samples.target("t\(index)")
      target.concurrencyMean = Double((index * 577) % 1700 + 1)
      return target
    }
    let outcome = Samples.batch(targets, mode: .dryRun)
    let plan = BatchPlan(targets: [])
    let advice = RehearsalAdvice(outcome, plan: plan, isSelection: false)
    let end = try RunReport().end(outcome, toolVersion: "1", host: "h", advice: advice)
    let report = try object(RunReport().beginning + end)
    let means = try #require(
      (report["recommendation"] as? [String: Any])?["operations_in_flight_mean"] as? [String: Int])
    #expect(means.values.sorted() == Array(1201...1700))
    #expect(AdviceText(advice).text.contains(", and 1695 more with 1696 at most"))
  }

  @Test func `The run has the contract's fields`() throws {
    let report = try object(json(Samples.troubled))
    #expect(
      Set(report.keys) == [
        "schema_version", "tool_version", "run_id", "mode", "started_at", "finished_at", "duration_seconds", "outcome",
        "exit_status", "host", "memory", "totals", "targets", "unmatched_patterns", "not_taken",
      ])
    #expect(report["schema_version"] as? Int == 1)
    #expect(report["exit_status"] as? Int == 3)
    #expect(report["started_at"] as? String == "2026-11-23T06:34:35.120Z")
  }

  @Test func `A dry run tells of caps ahead, folders that stay, holds and samples`() throws {
    let report = try object(json(Samples.rehearsal))
    let caps = try #require(report["caps_ahead"] as? [[String: Any]])
    #expect(caps.map { $0["key"] as? String } == ["safety.max_deletions", "max_deleted_bytes"])
    #expect(caps.map { $0["target"] as? String } == [nil, "monthly"])
    #expect(caps.map { $0["unit"] as? String } == ["files", "bytes"])
    #expect(caps[0]["limit"] as? Int == 2500 && caps[0]["wanted"] as? Int == 23_010)
    let kept = try #require((report["folders_kept"] as? [[String: Any]])?.first)
    #expect(kept["target"] as? String == "monthly")
    #expect((kept["too_young"] as? [String: Any])?["count"] as? Int == 4)
    #expect(((kept["keep_last"] as? [String: Any])?["first"] as? [String])?.count == PathSamples.most)
    #expect((kept["outside_bounds"] as? [String: Any])?["first"] as? [String] == ["/data/2023-12"])
    let target = try #require((report["targets"] as? [[String: Any]])?.first)
    #expect((target["holds"] as? [String: Any])?["first"] as? [String] == ["/data/api/protected", "/data/api/x"])
    let samples = try #require(target["samples"] as? [[String: Any]])
    #expect(samples.map { $0["path"] as? String } == ["/data/api/a/old.log", "/data/api/b"])
    #expect(samples.map { $0["size"] as? Int } == [4096, 12])
    #expect(samples.map { $0["age_seconds"] as? Int } == [90 * 86_400, nil])
  }

  @Test func `A dry run without caps ahead says so, and a purge does not speak of them`() throws {
    #expect((try object(json(Samples.batch([], mode: .dryRun)))["caps_ahead"] as? [Any])?.isEmpty == true)
    #expect(try object(json(Samples.batch([])))["caps_ahead"] == nil)
  }

  @Test(arguments: [(999, 0, nil), (999, 1000, 20), (2000, 0, 10), (2000, 8000, 2.5)])
  func `A target's memory per 1000 files is that of all files of the run, and absent while they are few`(
    files: UInt64, ofRun: UInt64, figure: Double?
  ) throws {
    var outcome = Samples.target("a", tally: Samples.tally(kept: files, purged: 0))
    outcome.filesOfRun = ofRun
    #expect(try target(outcome)["memory_mb_per_1k_files"] as? Double == figure)
  }

  @Test func `Memory has the contract's fields, in MiB`() throws {
    let memory = try #require(object(json(Samples.troubled))["memory"] as? [String: Any])
    #expect(
      Set(memory.keys) == [
        "source", "limit_mb", "base_mb", "peak_mb", "peak_usage_percent", "pauses", "paused_seconds", "narrowings",
        "samples",
        "process_peak_mb", "trend", "sample_delay_max_ms", "events", "events_left_out",
      ])
    #expect(memory["limit_mb"] as? Double == 256)
    #expect(memory["peak_usage_percent"] as? Double == 95.7)
  }

  @Test func `A target has the contract's fields`() throws {
    let target = try target(Samples.target("a", .failed, reason: "why", tally: Samples.tally(kept: 1000, purged: 2)))
    let wanted: Set = [
      "name", "path", "outcome", "reason", "started_at", "finished_at", "files_scanned", "files_to_purge",
      "files_purged",
      "files_kept", "files_vanished", "dirs_scanned", "empty_dirs_to_delete", "empty_dirs_deleted", "symlinks_skipped",
      "special_files_skipped", "bytes_to_free", "bytes_freed", "errors", "errors_by_kind", "duration_seconds",
      "files_per_second", "peak_memory_mb", "memory_mb_per_1k_files", "pauses", "paused_seconds", "concurrency_peak",
      "permanent_errors", "holds",
    ]
    #expect(wanted.subtracting(target.keys) == [])
  }

  @Test func `Every counter of the tally is in the report, under a name of its own`() throws {
    var tally = Tally()
    let counters: [WritableKeyPath<Tally, UInt64>] = [
      \.filesScanned, \.filesToPurge, \.filesPurged, \.filesVanished, \.filesFailed, \.filesLeft, \.filesVanishedUnread,
      \.bytesToFree, \.bytesFreed, \.dirsFound, \.dirsScanned, \.dirsVanished, \.dirsFailed, \.dirsLeft,
      \.dirsOnOtherFileSystem, \.dirsTooDeep, \.dirsHeld, \.dirsExcluded, \.dirsNotIncluded, \.emptyDirsToDelete,
      \.emptyDirsDeleted, \.emptyDirsVanished,
      \.emptyDirsFailed, \.emptyDirsLeft, \.symlinksSkipped, \.specialFilesSkipped, \.errors, \.dirsLostAndFound,
      \.emptyDirsMountPoint, \.emptyDirsOtherOwner, \.symlinksToPurge, \.symlinksPurged,
      \.dirsNotPermitted, \.filesNotPermitted,
    ]
    // Mirror sees every stored property, so that a counter added to Tally is missed here first.
    #expect(counters.count == Mirror(reflecting: tally).children.count { $0.value is UInt64 })
    for (index, counter) in counters.enumerated() { tally[keyPath: counter] = UInt64(1_000_001 + index) }
    let values = try target(Samples.target("a", tally: tally)).values.compactMap { $0 as? Int }
    for (index, _) in counters.enumerated() { #expect(values.filter { $0 == 1_000_001 + index }.count == 1) }
  }

  @Test func `Kept files are listed by every reason and add up`() throws {
    var tally = Samples.tally(kept: 10, purged: 5)
    tally.filesKept[.excluded] = 4
    tally.filesScanned += 4
    let kept = try #require(target(Samples.target("a", tally: tally))["files_kept"] as? [String: Int])
    #expect(Set(kept.keys) == Set(KeepReason.allCases.map(\.rawValue)))
    #expect(kept.values.reduce(0, +) + 5 == 19)
  }

  @Test func `What is not known is absent`() throws {
    let target = try target(Samples.target("a", .notStarted))
    for key in ["started_at", "finished_at", "reason", "memory_mb_per_1k_files"] { #expect(target[key] == nil) }
  }

  @Test func `Totals are the sums over all targets, errors by kind too`() throws {
    var (a, b) = (
      Samples.target("a", tally: Samples.tally(kept: 1, purged: 2)),
      Samples.target("b", tally: Samples.tally(kept: 3, purged: 4))
    )
    a.errorsByKind = ["EIO": 1]
    b.errorsByKind = ["EIO": 2, "EACCES": 5]
    let totals = try #require(object(json(Samples.batch([a, b])))["totals"] as? [String: Any])
    #expect(totals["files_scanned"] as? Int == 10)
    #expect(totals["files_purged"] as? Int == 6)
    #expect(totals["errors_by_kind"] as? [String: Int] == ["EIO": 3, "EACCES": 5])
  }

  @Test func `Hostile names come back from the JSON unchanged`() throws {
    let name = "\u{0}\"\\\n\u{1F}\u{7F}\u{2028}</script>\u{202E}\u{FFFD}日本"
    var outcome = Samples.target(name, .failed, reason: name)
    outcome.path = name
    outcome.errorsByKind = [name: 1]
    let target = try target(outcome)
    #expect(target["name"] as? String == name)
    #expect(target["path"] as? String == name)
    #expect(target["reason"] as? String == name)
    #expect(target["errors_by_kind"] as? [String: Int] == [name: 1])
  }

  @Test func `A memory limit of zero and a run of no time still give numbers`() throws {
    var target = Samples.target("a", tally: Samples.tally(kept: 1, purged: 1))
    target.duration = .zero
    var outcome = Samples.batch([target])
    outcome.duration = .zero
    outcome.memory.summary.limit = ByteCount(bytes: 0)
    let report = try object(json(outcome))
    #expect((report["totals"] as? [String: Any])?["files_per_second"] as? Double == 0)
    #expect((report["memory"] as? [String: Any])?["peak_usage_percent"] as? Double == 0)
  }

  @Test func `The largest counters keep every digit`() throws {
    var tally = Tally()
    tally.bytesFreed = .max
    let text = try String(decoding: json(Samples.batch([Samples.target("a", tally: tally)])), as: UTF8.self)
    #expect(text.contains("\"bytes_freed\" : 18446744073709551615"))
  }

  @Test func `The same outcome gives the same bytes, ending with one newline`() throws {
    let (first, second) = (try json(Samples.troubled), try json(Samples.troubled))
    #expect(first == second)
    #expect(first.suffix(2) == Array("}\n".utf8))
  }
}
