import Plan
import Runner

/// What the memory monitor tells.
extension EventLog {
  /// What is watched, and from which figures on something happens.
  func watching(_ watch: MemoryWatch) -> LogLine {
    line(
      .info, "Watching memory",
      [
        "memory_limit_mb": .mebibytes(watch.memory.limit),
        "memory_limit_source": .string(watch.memory.source),
        "memory_mb": .mebibytes(watch.memory.current),
        "pause_at_mb": .mebibytes(watch.pauseAt),
        "resume_at_mb": .mebibytes(watch.resumeAt),
        "abort_at_mb": .mebibytes(watch.abortAt),
        "sample_interval_seconds": .seconds(watch.interval),
      ])
  }

  /// What wakes the monitor between its samples.
  func notices(_ files: [String]) -> LogLine {
    line(.info, "Kernel memory pressure notices available", ["files": .list(files.map(LogValue.string))])
  }

  /// For who watches the kubelet's figure. No reason to pause: most of what it counts beyond ours is cache.
  func workingSetNear(_ memory: MemorySummary) -> LogLine {
    line(
      .warning, "Working set near the limit",
      [
        "working_set_mb": .mebibytes(memory.workingSet ?? ByteCount(bytes: 0)),
        "memory_mb": .mebibytes(memory.current),
        "memory_limit_mb": .mebibytes(memory.limit),
      ])
  }

  /// A pause and its kin, with the figures that caused it.
  func step(_ step: MemoryStep) -> LogLine {
    var fields: [String: LogValue] = [
      "target": .string(step.target),
      "memory_mb": .mebibytes(step.used),
      "memory_usage_percent": .number(step.percent.rounded(to: 1)),
      "memory_limit_mb": .mebibytes(step.limit),
      "threshold": .string(step.threshold),
      "threshold_mb": .mebibytes(step.thresholdBytes),
    ]
    if let paused = step.paused { fields["paused_seconds"] = .seconds(paused) }
    if let workers = step.workers { fields["workers"] = .integer(Int64(workers)) }
    switch step.kind {
    case .paused: return line(.warning, "Paused to free memory", fields)
    case .narrowed: return line(.warning, "Narrowed to save memory", fields)
    case .resumed: return line(.info, "Resumed", fields)
    case .widened: return line(.info, "Widened", fields)
    }
  }
}
