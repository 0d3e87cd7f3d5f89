import Plan
import Runner

/// One element of the report's `targets`: the counters and what belongs to the target as a whole, in one object.
struct TargetFigures: Hashable, Sendable, Encodable {
  let name: String
  let path: String
  let outcome: String
  let reason: String?
  let startedAt: String?
  let finishedAt: String?
  let counters: Counters
  let errorsByKind: [String: UInt64]
  let durationSeconds: Double
  let filesPerSecond: Double
  let peakMemoryMB: Double
  /// Absent when no file was scanned.
  let memoryMBPer1kFiles: Double?
  let pauses: UInt64
  let pausedSeconds: Double
  let memoryBudgetMB: Double
  let memoryReservedPeakMB: Double
  let concurrencyPeak: Int
  let concurrencyMean: Double
  let operationsPerSecond: Double
  /// By kind; kinds of which there were none are absent.
  let operations: [String: CallFigures]

  struct CallFigures: Hashable, Sendable, Encodable {
    let count: UInt64
    let meanMS: Double

    private enum CodingKeys: String, CodingKey {
      case count
      case meanMS = "mean_ms"
    }
  }

  init(_ target: TargetOutcome) {
    name = target.name
    path = target.path
    outcome = target.ending.rawValue
    reason = target.reason
    startedAt = target.startedAt.map { RFC3339.text($0, fractionDigits: 3) }
    finishedAt = target.finishedAt.map { RFC3339.text($0, fractionDigits: 3) }
    counters = Counters(target.tally)
    errorsByKind = target.errorsByKind
    durationSeconds = target.duration.inSeconds.rounded(to: 3)
    filesPerSecond = target.filesPerSecond.rounded(to: 1)
    peakMemoryMB = target.peakMemory.inMebibytes.rounded(to: 2)
    memoryMBPer1kFiles = target.peakMemory.inMebibytes(perThousand: target.tally.filesScanned)
    pauses = target.pauses
    pausedSeconds = target.paused.inSeconds.rounded(to: 3)
    memoryBudgetMB = target.memoryBudget.inMebibytes.rounded(to: 3)
    memoryReservedPeakMB = target.memoryReservedPeak.inMebibytes.rounded(to: 3)
    concurrencyPeak = target.concurrencyPeak
    concurrencyMean = target.concurrencyMean.rounded(to: 2)
    operationsPerSecond = target.operations.perSecond.rounded(to: 1)
    let calls = target.operations.calls.map { kind, calls in
      (kind.rawValue, CallFigures(count: calls.count, meanMS: calls.meanTime.inMilliseconds))
    }
    operations = Dictionary(uniqueKeysWithValues: calls)
  }

  func encode(to encoder: any Encoder) throws {
    try counters.encode(to: encoder)
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(name, forKey: .name)
    try fields.encode(path, forKey: .path)
    try fields.encode(outcome, forKey: .outcome)
    try fields.encodeIfPresent(reason, forKey: .reason)
    try fields.encodeIfPresent(startedAt, forKey: .startedAt)
    try fields.encodeIfPresent(finishedAt, forKey: .finishedAt)
    try fields.encode(errorsByKind, forKey: .errorsByKind)
    try fields.encode(durationSeconds, forKey: .durationSeconds)
    try fields.encode(filesPerSecond, forKey: .filesPerSecond)
    try fields.encode(peakMemoryMB, forKey: .peakMemoryMB)
    try fields.encodeIfPresent(memoryMBPer1kFiles, forKey: .memoryMBPer1kFiles)
    try fields.encode(pauses, forKey: .pauses)
    try fields.encode(pausedSeconds, forKey: .pausedSeconds)
    try fields.encode(memoryBudgetMB, forKey: .memoryBudgetMB)
    try fields.encode(memoryReservedPeakMB, forKey: .memoryReservedPeakMB)
    try fields.encode(concurrencyPeak, forKey: .concurrencyPeak)
    try fields.encode(concurrencyMean, forKey: .concurrencyMean)
    try fields.encode(operationsPerSecond, forKey: .operationsPerSecond)
    try fields.encode(operations, forKey: .operations)
  }

  private enum CodingKeys: String, CodingKey {
    case name, path, outcome, reason
    case startedAt = "started_at"
    case finishedAt = "finished_at"
    case errorsByKind = "errors_by_kind"
    case durationSeconds = "duration_seconds"
    case filesPerSecond = "files_per_second"
    case peakMemoryMB = "peak_memory_mb"
    case memoryMBPer1kFiles = "memory_mb_per_1k_files"
    case pauses
    case pausedSeconds = "paused_seconds"
    case memoryBudgetMB = "memory_budget_mb"
    case memoryReservedPeakMB = "memory_reserved_peak_mb"
    case concurrencyPeak = "concurrency_peak"
    case concurrencyMean = "concurrency_mean"
    case operationsPerSecond = "operations_per_second"
    case operations
  }
}

/// The report's `totals`: the sums over all targets.
struct TotalFigures: Hashable, Sendable, Encodable {
  let counters: Counters
  let errorsByKind: [String: UInt64]
  let filesPerSecond: Double

  init(_ outcome: BatchOutcome) {
    counters = Counters(outcome.totals)
    errorsByKind = outcome.books.errorsByKind
    filesPerSecond = outcome.filesPerSecond.rounded(to: 1)
  }

  func encode(to encoder: any Encoder) throws {
    try counters.encode(to: encoder)
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(errorsByKind, forKey: .errorsByKind)
    try fields.encode(filesPerSecond, forKey: .filesPerSecond)
  }

  private enum CodingKeys: String, CodingKey {
    case errorsByKind = "errors_by_kind"
    case filesPerSecond = "files_per_second"
  }
}

extension BatchOutcome {
  /// Files of all targets per second of the whole run; 0 for a run that took no time.
  var filesPerSecond: Double { duration.inSeconds > 0 ? Double(totals.filesScanned) / duration.inSeconds : 0 }
}

extension ByteCount {
  /// MiB for each 1000 of `files`, the figure operators watch for growth; nil when there are none.
  func inMebibytes(perThousand files: UInt64) -> Double? {
    files > 0 ? (inMebibytes * 1000 / Double(files)).rounded(to: 4) : nil
  }
}
