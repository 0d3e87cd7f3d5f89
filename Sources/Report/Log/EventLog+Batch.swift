import Plan
public import Runner

/// The run as a whole: its start, progress and end.
extension EventLog {
  /// The first line of a run, before it is known which folders there are.
  public func searching(config: String) -> LogLine {
    line(
      .info, "Finding target folders",
      ["version": .string(context.toolVersion), "config": .string(config), "dry_run": .flag(isDryRun)])
  }

  /// `targets` is the number that the line at the end has, too.
  func started(_ targets: Int) -> LogLine {
    line(
      .info, "Batch started",
      [
        "version": .string(context.toolVersion), "targets": .integer(Int64(targets)), "dry_run": .flag(isDryRun),
      ])
  }

  func progress(_ progress: BatchProgress) -> LogLine {
    var fields = counters(progress.tally)
    let memory = progress.memory
    let own: [String: LogValue] = [
      "targets": .integer(Int64(progress.targets)),
      "targets_done": .integer(Int64(progress.targetsDone)),
      "targets_running": .integer(Int64(progress.targetsRunning)),
      "targets_waiting": .integer(Int64(progress.targetsWaiting)),
      "elapsed_seconds": .seconds(progress.elapsed),
      "files_per_second": .rate(progress.filesPerSecond),
      "deletions_per_second": .rate(progress.deletionsPerSecond),
      "memory_mb": .mebibytes(memory.current),
      "memory_usage_percent": .number(memory.currentPercent.rounded(to: 1)),
      "memory_limit_mb": .mebibytes(memory.limit),
      "memory_backpressure_events": .count(memory.pauses),
      "dry_run": .flag(isDryRun),
    ]
    fields.merge(own) { _, own in own }
    fields["memory_mb_per_1k_files"] = memory.current.inMebibytes(perThousand: progress.tally.filesScanned)
      .map(LogValue.number)
    fields["time_left_seconds"] = progress.timeLeft.map(LogValue.seconds)
    return line(.info, "Batch progress", fields)
  }

  /// Targets that were never started, of one reason: they have no lines of their own.
  func notStarted(_ targets: TargetsNotStarted) -> LogLine {
    line(
      .warning, "Targets not started",
      [
        "count": .count(targets.names.count), "reason": .string(targets.reason),
        "first_targets": .list(targets.names.first.map(LogValue.string)),
      ])
  }

  /// The last line of a run.
  public func completed(_ outcome: BatchOutcome) -> LogLine {
    var fields = counters(outcome.totals)
    fields["outcome"] = .string(outcome.ending.rawValue)
    fields["exit_status"] = .integer(Int64(outcome.exitStatus.rawValue))
    fields["targets"] = .integer(Int64(outcome.books.count))
    fields["targets_completed"] = .integer(Int64(outcome.books.endings[.completed] ?? 0))
    fields["dry_run"] = .flag(outcome.mode == .dryRun)
    fields["duration_seconds"] = .seconds(outcome.duration)
    fields["files_per_second"] = .rate(outcome.filesPerSecond)
    let memory = outcome.memory.summary
    fields["peak_memory_mb"] = .mebibytes(memory.peak)
    fields["memory_limit_mb"] = .mebibytes(memory.limit)
    fields["memory_backpressure_events"] = .count(memory.pauses)
    if let trend = outcome.memory.trend { fields["memory_trend"] = .string(trend.rawValue) }
    if !outcome.capForecasts.isEmpty {
      fields["reason"] = .string(outcome.capsAhead.prefix(3).map(\.words).joined(separator: "; "))
    }
    let isSuccess = outcome.exitStatus == .success
    return line(isSuccess ? .info : max(.warning, outcome.ending.logLevel), "Batch completed", fields)
  }

  private var isDryRun: Bool { context.mode == .dryRun }
}
