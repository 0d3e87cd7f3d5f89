import Plan
import Runner

/// A target's start, progress and end, as the replaced tool told them.
extension EventLog {
  func started(_ start: TargetStart) -> LogLine {
    var fields: [String: LogValue] = [
      "target": .string(start.target),
      "version": .string(context.toolVersion),
      "root_path": .string(start.path),
      // One bound covers both here; the old tool had two.
      "max_concurrency_scanning": .integer(Int64(start.concurrency)),
      "max_concurrency_deletion": .integer(Int64(start.concurrency)),
      "dry_run": .flag(start.mode == .dryRun),
      "progress_interval_seconds": .seconds(start.progressInterval),
      "memory_limit_mb": .mebibytes(start.memoryLimit),
      "remove_empty_dirs": .flag(start.removeEmptyDirectories),
      // 0 is the old tool's word for unlimited.
      "max_empty_dirs_to_delete": .count(start.maxEmptyDirectories ?? 0),
    ]
    fields["memory_budget_mb"] = start.memoryBudget.map(LogValue.mebibytes)
    return line(.info, "Starting EFS purge", fields.merging(age(start)) { _, age in age })
  }

  /// Without an age there is no number of days: a 0 could be taken for `0s`, with which every file goes.
  private func age(_ start: TargetStart) -> [String: LogValue] {
    guard let maxAge = start.maxAge else { return ["max_age": .string("never")] }
    return [
      "max_age_days": .number((maxAge.inSeconds / 86_400).rounded(to: 6)),
      "cutoff_time": .string(RFC3339.text(start.cutoff, fractionDigits: 3)),
    ]
  }

  /// Told once of a target as configured.
  func passedOver(_ passedOver: PassedOver, _ target: String) -> LogLine {
    var fields: [String: LogValue] = ["target": .string(target)]
    if passedOver.links.count > 0 {
      fields["symbolic_links"] = .count(passedOver.links.count)
      fields["first_symbolic_link"] = .string(PrintableText.path(passedOver.links.first))
    }
    if passedOver.nearMisses.count > 0 {
      fields["almost_dates"] = .count(passedOver.nearMisses.count)
      fields["first_almost_date"] = .string(PrintableText.path(passedOver.nearMisses.first))
    }
    if passedOver.mounts.count > 0 {
      fields["mount_points"] = .count(passedOver.mounts.count)
      fields["first_mount_point"] = .string(PrintableText.path(passedOver.mounts.first))
    }
    return line(.info, "Entries beside the target's folders are not purged", fields)
  }

  func progress(_ progress: TargetProgress) -> LogLine {
    let (tally, memory) = (progress.tally, progress.memory)
    var fields: [String: LogValue] = [
      "target": .string(progress.target),
      "phase": .string(phase(progress)),
      "elapsed_seconds": .seconds(progress.elapsed),
      "errors": .count(tally.errors),
      "memory_backpressure_events": .count(progress.pauses),
      "files_per_second": .rate(progress.pace.files.overall),
      "dirs_per_second": .rate(progress.pace.directories.overall),
      "memory_mb": .mebibytes(memory.current),
      "memory_usage_percent": .number(memory.currentPercent.rounded(to: 1)),
      "memory_limit_mb": .mebibytes(memory.limit),
      "files_scanned": .count(tally.filesScanned),
      "files_purged": .count(tally.filesPurged),
      "files_to_purge": .count(tally.filesToPurge),
      "dirs_scanned": .count(tally.dirsScanned),
      "dirs_purged": .count(tally.emptyDirsDeleted),
      "dirs_to_purge": .count(tally.emptyDirsToDelete),
      "concurrency": .integer(Int64(progress.workers)),
    ]
    // The memory is that of all targets, and so are the files.
    let files = max(progress.filesOfRun, tally.filesScanned)
    fields["memory_mb_per_1k_files"] = memory.current.inMebibytes(perThousand: files).map(LogValue.number)
    if let workingSet = memory.workingSet { fields["working_set_mb"] = .mebibytes(workingSet) }
    if let trend = progress.trend { fields["memory_trend"] = .string(trend.rawValue) }
    fields.merge(operations(progress.operations)) { _, figure in figure }
    if context.isDetailed { fields.merge(details(progress)) { _, detail in detail } }
    return line(.info, "Progress update", fields)
  }

  private func phase(_ progress: TargetProgress) -> String {
    if progress.isPaused { return "paused" }
    return context.mode == .dryRun ? "scanning" : "purging"
  }

  private func details(_ progress: TargetProgress) -> [String: LogValue] {
    let (limit, busy) = (progress.workersLimit, progress.busyWorkers)
    let (files, directories) = (progress.pace.files, progress.pace.directories)
    return [
      "files_per_second_instant": .rate(files.instant),
      "files_per_second_short": .rate(files.short),
      "files_per_second_overall": .rate(files.overall),
      "peak_files_per_second": .rate(files.peak),
      "dirs_per_second_instant": .rate(directories.instant),
      "dirs_per_second_short": .rate(directories.short),
      "dirs_per_second_overall": .rate(directories.overall),
      "peak_dirs_per_second": .rate(directories.peak),
      "deletion_files_per_second": .rate(progress.pace.deletions.overall),
      "peak_files_deleted_per_second": .rate(progress.pace.deletions.peak),
      "empty_dirs_per_second": .rate(progress.pace.emptyDirectories.overall),
      "peak_empty_dirs_per_second": .rate(progress.pace.emptyDirectories.peak),
      "active_tasks": .integer(Int64(busy)),
      "max_active_tasks": .integer(Int64(progress.workersPeak)),
      "available_concurrency_slots": .integer(Int64(max(0, limit - busy))),
      "concurrency_utilization_percent": .number(
        limit > 0 ? (100 * Double(busy) / Double(limit)).rounded(to: 1) : 0),
    ]
  }

  /// Calls per second, and what one takes on average.
  private func operations(_ operations: OperationFigures) -> [String: LogValue] {
    let times = operations.calls.map { ($0.rawValue, LogValue.number($1.meanTime.inMilliseconds)) }
    return [
      "operations_per_second": .rate(operations.perSecond),
      "latency_ms": .object(Dictionary(uniqueKeysWithValues: times)),
    ]
  }

  /// A target that never started has no completion: it was skipped, or failed before. Those that wait when the run ends are told
  /// together, and each only at trace.
  func finished(_ outcome: TargetOutcome) -> LogLine {
    guard outcome.startedAt != nil else { return unstarted(outcome) }
    var fields = counters(outcome.tally)
    fields["target"] = .string(outcome.name)
    fields["outcome"] = .string(outcome.ending.rawValue)
    if let reason = outcome.reason { fields["reason"] = .string(reason) }
    fields["dry_run"] = .flag(context.mode == .dryRun)
    fields["duration_seconds"] = .seconds(outcome.duration)
    fields["files_per_second"] = .rate(outcome.filesPerSecond)
    fields["peak_memory_mb"] = .mebibytes(outcome.peakMemory)
    fields["memory_backpressure_events"] = .count(outcome.pauses)
    fields["concurrency_peak"] = .integer(Int64(outcome.concurrencyPeak))
    fields.merge(operations(outcome.operations)) { _, figure in figure }
    fields["errors_by_kind"] = .object(outcome.errorsByKind.mapValues(LogValue.count))
    return line(outcome.ending.logLevel, "Purge operation completed", fields)
  }

  private func unstarted(_ outcome: TargetOutcome) -> LogLine {
    var fields: [String: LogValue] = [
      "target": .string(outcome.name), "root_path": .string(outcome.path),
      "outcome": .string(outcome.ending.rawValue), "errors": .count(outcome.tally.errors),
    ]
    fields["reason"] = outcome.reason.map(LogValue.string)
    switch outcome.ending {
    case .skipped: return line(.info, "Target skipped", fields)
    case .notStarted: return line(.trace, "Target not started", fields)
    case .completed, .completedWithErrors, .stoppedMemory, .stoppedTime, .stoppedSignal, .stoppedGuard, .failed:
      return line(.error, "Target failed before it started", fields)
    }
  }

  func counters(_ tally: Tally) -> [String: LogValue] {
    [
      "files_scanned": .count(tally.filesScanned),
      "files_to_purge": .count(tally.filesToPurge),
      "files_purged": .count(tally.filesPurged),
      "files_kept": .object(tally.filesKept.byReason.mapValues(LogValue.count)),
      "files_vanished": .count(tally.filesVanished),
      "files_left": .count(tally.filesLeft),
      "dirs_scanned": .count(tally.dirsScanned),
      "empty_dirs_to_delete": .count(tally.emptyDirsToDelete),
      "empty_dirs_deleted": .count(tally.emptyDirsDeleted),
      "symlinks_skipped": .count(tally.symlinksSkipped),
      "symlinks_purged": .count(tally.symlinksPurged),
      "special_files_skipped": .count(tally.specialFilesSkipped),
      "errors": .count(tally.errors),
      "bytes_to_free": .count(tally.bytesToFree),
      "bytes_freed": .count(tally.bytesFreed),
      "mb_freed": .mebibytes(ByteCount(bytes: tally.bytesFreed)),
    ]
  }
}
