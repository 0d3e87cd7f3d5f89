internal import Plan
public import Runner
public import SystemPackage

/// Turns what a run tells into lines of the log. Pure: the same event always gives the same line.
///
/// Messages and field names of a target's start, progress and end are those of the tool this one replaces, whose
/// dashboards and alerts go on working.
public struct EventLog: Sendable {
  /// What every line needs to know of its run.
  public struct Context: Sendable {
    public var runID: String
    public var toolVersion: String
    public var mode: RunMode
    /// Whether progress lines carry the figures for troubleshooting.
    public var isDetailed: Bool

    public init(runID: String, toolVersion: String, mode: RunMode, isDetailed: Bool) {
      (self.runID, self.toolVersion, self.mode, self.isDetailed) = (runID, toolVersion, mode, isDetailed)
    }
  }

  private let context: Context
  private let errnoName: @Sendable (Errno) -> String

  /// - Parameter errnoName: the symbol of an error number, e.g. `EACCES`.
  public init(_ context: Context, errnoName: @escaping @Sendable (Errno) -> String) {
    (self.context, self.errnoName) = (context, errnoName)
  }

  /// The first line of a run; `targets` counts the enabled ones of the config.
  public func started(config: String, targets: Int) -> LogLine {
    line(
      .info, "Batch started",
      [
        "version": .string(context.toolVersion), "config": .string(config), "targets": .integer(Int64(targets)),
        "dry_run": .flag(context.mode == .dryRun),
      ])
  }

  /// The last line of a run.
  public func completed(_ outcome: BatchOutcome) -> LogLine {
    let ended = outcome.ending.logLevel
    var fields = counters(outcome.totals)
    fields["outcome"] = .string(outcome.ending.rawValue)
    fields["exit_status"] = .integer(Int64(outcome.exitStatus.rawValue))
    fields["targets"] = .integer(Int64(outcome.targets.count))
    fields["targets_completed"] = .integer(Int64(outcome.targets.count { $0.ending == .completed }))
    fields["dry_run"] = .flag(outcome.mode == .dryRun)
    fields["duration_seconds"] = .seconds(outcome.duration)
    fields["files_per_second"] = .rate(outcome.filesPerSecond)
    fields["peak_memory_mb"] = .mebibytes(outcome.memory.peak)
    fields["memory_limit_mb"] = .mebibytes(outcome.memory.limit)
    fields["memory_backpressure_events"] = .count(outcome.memory.pauses)
    return line(ended, "Batch completed", fields)
  }

  public func line(for event: RunEvent) -> LogLine {
    switch event {
    case .targetStarted(let start): started(start)
    case .progress(let progress): self.progress(progress)
    case .failure(let failure): self.failure(failure)
    case .failuresSuppressed(let target, let kind, let count): suppressed(target, kind, count)
    case .targetPaused(let target, let memory): paused(target, memory)
    case .targetResumed(let target, let memory, let pause): resumed(target, memory, pause)
    case .targetStalled(let target, let duration, let operations): stalled(target, duration, operations)
    case .guardTripped(let target, let message): remark(.error, "Safety guard tripped", target, message)
    case .notice(let target, let message): remark(.warning, "Notice", target, message)
    case .stopping(let ending, let message):
      line(.warning, "Stopping", ["outcome": .string(ending.rawValue), "reason": .string(message)])
    case .targetFinished(let outcome): finished(outcome)
    }
  }

  private func line(_ level: LogLine.Level, _ message: String, _ fields: [String: LogValue]) -> LogLine {
    var fields = fields
    fields["run_id"] = .string(context.runID)
    return LogLine(level, message, fields)
  }
}

// MARK: - A target's start, progress and end

extension EventLog {
  private func started(_ start: TargetStart) -> LogLine {
    line(
      .info, "Starting EFS purge",
      [
        "target": .string(start.target),
        "version": .string(context.toolVersion),
        "root_path": .string(start.path),
        "max_age_days": .number((start.maxAge.inSeconds / 86_400).rounded(to: 6)),
        "cutoff_time": .string(RFC3339.text(start.cutoff, fractionDigits: 3)),
        // One bound covers both here; the old tool had two.
        "max_concurrency_scanning": .integer(Int64(start.concurrency)),
        "max_concurrency_deletion": .integer(Int64(start.concurrency)),
        "dry_run": .flag(start.mode == .dryRun),
        "progress_interval_seconds": .seconds(start.progressInterval),
        "memory_limit_mb": .mebibytes(start.memoryLimit),
        "remove_empty_dirs": .flag(start.removeEmptyDirectories),
        // 0 is the old tool's word for unlimited.
        "max_empty_dirs_to_delete": .count(start.maxEmptyDirectories ?? 0),
      ])
  }

  private func progress(_ progress: TargetProgress) -> LogLine {
    let (tally, memory) = (progress.tally, progress.memory)
    var fields: [String: LogValue] = [
      "target": .string(progress.target),
      "phase": .string(phase(progress)),
      "elapsed_seconds": .seconds(progress.elapsed),
      "errors": .count(tally.errors),
      "memory_backpressure_events": .count(progress.pauses),
      "files_per_second": .rate(progress.filesPerSecond),
      "dirs_per_second": .rate(progress.dirsPerSecond),
      "memory_mb": .mebibytes(memory.current),
      "memory_usage_percent": .number(memory.currentPercent.rounded(to: 1)),
      "memory_limit_mb": .mebibytes(memory.limit),
      "memory_mb_per_1k_files": .number(memory.current.inMebibytes(perThousand: tally.filesScanned) ?? 0),
      "files_scanned": .count(tally.filesScanned),
      "files_purged": .count(tally.filesPurged),
      "files_to_purge": .count(tally.filesToPurge),
      "dirs_scanned": .count(tally.dirsScanned),
      "dirs_purged": .count(tally.emptyDirsDeleted),
      "dirs_to_purge": .count(tally.emptyDirsToDelete),
    ]
    if context.isDetailed { fields.merge(details(progress)) { _, detail in detail } }
    return line(.info, "Progress update", fields)
  }

  private func phase(_ progress: TargetProgress) -> String {
    if progress.isPaused { return "paused" }
    return context.mode == .dryRun ? "scanning" : "purging"
  }

  private func details(_ progress: TargetProgress) -> [String: LogValue] {
    let (workers, busy) = (progress.workers, progress.busyWorkers)
    let seconds = progress.elapsed.inSeconds
    return [
      "files_per_second_overall": .rate(seconds > 0 ? Double(progress.tally.filesScanned) / seconds : 0),
      "active_tasks": .integer(Int64(busy)),
      "available_concurrency_slots": .integer(Int64(max(0, workers - busy))),
      "concurrency_utilization_percent": .number(
        workers > 0 ? (100 * Double(busy) / Double(workers)).rounded(to: 1) : 0),
    ]
  }

  private func finished(_ outcome: TargetOutcome) -> LogLine {
    var fields = counters(outcome.tally)
    fields["target"] = .string(outcome.name)
    fields["outcome"] = .string(outcome.ending.rawValue)
    if let reason = outcome.reason { fields["reason"] = .string(reason) }
    fields["dry_run"] = .flag(context.mode == .dryRun)
    fields["duration_seconds"] = .seconds(outcome.duration)
    fields["files_per_second"] = .rate(outcome.filesPerSecond)
    fields["peak_memory_mb"] = .mebibytes(outcome.peakMemory)
    fields["memory_backpressure_events"] = .count(outcome.pauses)
    fields["errors_by_kind"] = .object(outcome.errorsByKind.mapValues(LogValue.count))
    return line(outcome.ending.logLevel, "Purge operation completed", fields)
  }

  private func counters(_ tally: Tally) -> [String: LogValue] {
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
      "special_files_skipped": .count(tally.specialFilesSkipped),
      "errors": .count(tally.errors),
      "bytes_to_free": .count(tally.bytesToFree),
      "bytes_freed": .count(tally.bytesFreed),
      "mb_freed": .mebibytes(ByteCount(bytes: tally.bytesFreed)),
    ]
  }
}

// MARK: - What happens in between

extension EventLog {
  private func failure(_ failure: PurgeFailure) -> LogLine {
    line(
      .error, "Failed to \(failure.operation.rawValue)",
      [
        "target": .string(failure.target), "operation": .string(failure.operation.rawValue),
        "path": .string(failure.path), "error": .string(errnoName(failure.errno)),
        "error_description": .string(failure.errno.description),
      ])
  }

  private func suppressed(_ target: String, _ kind: String, _ count: UInt64) -> LogLine {
    line(
      .error, "Further failures of the same kind",
      ["target": .string(target), "error": .string(kind), "count": .count(count)])
  }

  private func paused(_ target: String, _ memory: MemorySummary) -> LogLine {
    line(.warning, "Paused to free memory", usage(memory).merging(["target": .string(target)]) { $1 })
  }

  private func resumed(_ target: String, _ memory: MemorySummary, _ pause: Duration) -> LogLine {
    let fields: [String: LogValue] = ["target": .string(target), "paused_seconds": .seconds(pause)]
    return line(.info, "Resumed", usage(memory).merging(fields) { $1 })
  }

  private func usage(_ memory: MemorySummary) -> [String: LogValue] {
    [
      "memory_mb": .mebibytes(memory.current),
      "memory_usage_percent": .number(memory.currentPercent.rounded(to: 1)),
      "memory_limit_mb": .mebibytes(memory.limit),
    ]
  }

  private func stalled(_ target: String, _ duration: Duration, _ operations: Int) -> LogLine {
    line(
      .warning, "No progress",
      [
        "target": .string(target), "stalled_seconds": .seconds(duration),
        "operations_in_flight": .integer(Int64(operations)),
      ])
  }

  private func remark(_ level: LogLine.Level, _ message: String, _ target: String?, _ reason: String) -> LogLine {
    var fields: [String: LogValue] = ["reason": .string(reason)]
    if let target { fields["target"] = .string(target) }
    return line(level, message, fields)
  }
}

extension Ending {
  /// Of the line that tells this ending.
  fileprivate var logLevel: LogLine.Level {
    switch self {
    case .completed, .skipped: .info
    case .completedWithErrors, .stoppedMemory, .stoppedTime, .stoppedSignal, .notStarted: .warning
    case .stoppedGuard, .failed: .error
    }
  }
}

extension LogValue {
  static func seconds(_ duration: Duration) -> LogValue { .number(duration.inSeconds.rounded(to: 3)) }
  static func mebibytes(_ size: ByteCount) -> LogValue { .number(size.inMebibytes.rounded(to: 2)) }
  static func rate(_ perSecond: Double) -> LogValue { .number(perSecond.rounded(to: 1)) }
}
