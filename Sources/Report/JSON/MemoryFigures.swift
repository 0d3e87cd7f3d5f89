import Plan
import Runner

/// The `memory` object of the report.
struct MemoryFigures: Hashable, Sendable, Encodable {
  let source: String
  let limitMB: Double
  let baseMB: Double
  let peakMB: Double
  let peakUsagePercent: Double
  let processPeakMB: Double
  /// Absent outside a cgroup.
  let workingSetMB: Double?
  let pauses: UInt64
  let pausedSeconds: Double
  let narrowings: UInt64
  /// The latest that a look at memory came.
  let sampleDelayMaxMS: Double
  /// Absent when too little was seen.
  let trend: String?
  let samples: [Sample]
  let events: [Event]
  let eventsLeftOut: UInt64

  struct Sample: Hashable, Sendable, Encodable {
    let elapsedSeconds: Double
    let memoryMB: Double
    let workingSetMB: Double?
    let processMB: Double
    let reservedMB: Double
    let filesScanned: UInt64

    private enum CodingKeys: String, CodingKey {
      case elapsedSeconds = "elapsed_seconds"
      case memoryMB = "memory_mb"
      case workingSetMB = "working_set_mb"
      case processMB = "process_mb"
      case reservedMB = "reserved_mb"
      case filesScanned = "files_scanned"
    }
  }

  struct Event: Hashable, Sendable, Encodable {
    let at: String
    let event: String
    let target: String
    let memoryMB: Double
    let usagePercent: Double
    let threshold: String
    let thresholdMB: Double
    /// Of `resumed` only.
    let pausedSeconds: Double?
    /// Absent: as many as help.
    let workers: Int?

    private enum CodingKeys: String, CodingKey {
      case at, event, target, threshold, workers
      case memoryMB = "memory_mb"
      case usagePercent = "usage_percent"
      case thresholdMB = "threshold_mb"
      case pausedSeconds = "paused_seconds"
    }
  }

  init(_ memory: MemoryOutcome) {
    let summary = memory.summary
    source = summary.source
    limitMB = summary.limit.inMebibytes.rounded(to: 2)
    baseMB = summary.base.inMebibytes.rounded(to: 2)
    peakMB = summary.peak.inMebibytes.rounded(to: 2)
    peakUsagePercent = summary.peakPercent.rounded(to: 1)
    processPeakMB = memory.processPeak.inMebibytes.rounded(to: 2)
    workingSetMB = summary.workingSet?.inMebibytes.rounded(to: 2)
    pauses = summary.pauses
    pausedSeconds = summary.paused.inSeconds.rounded(to: 3)
    narrowings = summary.narrowings
    sampleDelayMaxMS = memory.largestDelay.inMilliseconds
    trend = memory.trend?.rawValue
    samples = memory.points.map(Sample.init)
    events = memory.steps.map(Event.init)
    eventsLeftOut = memory.stepsLeftOut
  }

  private enum CodingKeys: String, CodingKey {
    case source, pauses, trend, samples, events
    case limitMB = "limit_mb"
    case baseMB = "base_mb"
    case peakMB = "peak_mb"
    case peakUsagePercent = "peak_usage_percent"
    case processPeakMB = "process_peak_mb"
    case workingSetMB = "working_set_mb"
    case pausedSeconds = "paused_seconds"
    case narrowings
    case sampleDelayMaxMS = "sample_delay_max_ms"
    case eventsLeftOut = "events_left_out"
  }
}

extension MemoryFigures.Sample {
  init(_ point: MemoryPoint) {
    elapsedSeconds = point.elapsed.inSeconds.rounded(to: 1)
    memoryMB = point.used.inMebibytes.rounded(to: 2)
    workingSetMB = point.workingSet?.inMebibytes.rounded(to: 2)
    processMB = point.process.inMebibytes.rounded(to: 2)
    reservedMB = point.reserved.inMebibytes.rounded(to: 2)
    filesScanned = point.files
  }
}

extension MemoryFigures.Event {
  init(_ step: MemoryStep) {
    at = RFC3339.text(step.at, fractionDigits: 3)
    event = step.kind.rawValue
    target = step.target
    memoryMB = step.used.inMebibytes.rounded(to: 2)
    usagePercent = step.percent.rounded(to: 1)
    threshold = step.threshold
    thresholdMB = step.thresholdBytes.inMebibytes.rounded(to: 2)
    pausedSeconds = step.paused?.inSeconds.rounded(to: 3)
    workers = step.workers
  }
}
