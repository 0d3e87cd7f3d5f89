import Plan
import Runner

/// One element of the report's `targets`: the counters and what belongs to the target as a whole, in one object.
///
/// Not by way of `Encodable`: when a run with very many targets is stopped, all of them are written within a second or two.
enum TargetFigures {
  static func object(_ target: TargetOutcome) -> LogValue {
    var fields = Counters(target.tally).fields
    for group in [identity(target), times(target), findings(target), memory(target), operations(target)] {
      fields.merge(group) { _, later in later }
    }
    return .object(fields)
  }

  private static func identity(_ target: TargetOutcome) -> [String: LogValue] {
    var fields: [String: LogValue] = [
      "name": .string(target.name), "path": .string(target.path), "outcome": .string(target.ending.rawValue),
      "errors_by_kind": .object(target.errorsByKind.mapValues(LogValue.count)),
    ]
    fields["reason"] = target.reason.map(LogValue.string)
    return fields
  }

  private static func findings(_ target: TargetOutcome) -> [String: LogValue] {
    var fields: [String: LogValue] = [
      "permanent_errors": .count(target.permanentErrors), "holds": .object(target.holds.fields),
    ]
    // Absent when there are none, as in every purge.
    if !target.samples.isEmpty { fields["samples"] = .list(target.samples.map { .object($0.fields) }) }
    return fields
  }

  private static func times(_ target: TargetOutcome) -> [String: LogValue] {
    var fields: [String: LogValue] = [
      "duration_seconds": .seconds(target.duration), "files_per_second": .rate(target.filesPerSecond),
    ]
    fields["started_at"] = target.startedAt.map { .string(RFC3339.text($0, fractionDigits: 3)) }
    fields["finished_at"] = target.finishedAt.map { .string(RFC3339.text($0, fractionDigits: 3)) }
    return fields
  }

  private static func memory(_ target: TargetOutcome) -> [String: LogValue] {
    var fields: [String: LogValue] = [
      "peak_memory_mb": .mebibytes(target.peakMemory), "pauses": .count(target.pauses),
      "paused_seconds": .seconds(target.paused),
      "memory_budget_mb": .number(target.memoryBudget.inMebibytes.rounded(to: 3)),
      "memory_reserved_peak_mb": .number(target.memoryReservedPeak.inMebibytes.rounded(to: 3)),
    ]
    // The memory is that of all targets, and so are the files. Absent while there are few.
    let files = max(target.filesOfRun, target.tally.filesScanned)
    fields["memory_mb_per_1k_files"] = target.peakMemory.inMebibytes(perThousand: files).map(LogValue.number)
    return fields
  }

  private static func operations(_ target: TargetOutcome) -> [String: LogValue] {
    // Kinds of which there were none are absent.
    let calls = target.operations.calls.map { kind, calls in
      (
        kind.rawValue,
        LogValue.object(["count": .count(calls.count), "mean_ms": .number(calls.meanTime.inMilliseconds)])
      )
    }
    return [
      "concurrency_peak": .integer(Int64(target.concurrencyPeak)),
      "concurrency_mean": .number(target.concurrencyMean.rounded(to: 2)),
      "operations_per_second": .rate(target.operations.perSecond),
      "operations": .object(Dictionary(uniqueKeysWithValues: calls)),
    ]
  }
}

extension PathSamples {
  var fields: [String: LogValue] { ["count": .count(count), "first": .list(first.map(LogValue.string))] }
}

extension FileSample {
  fileprivate var fields: [String: LogValue] {
    var fields: [String: LogValue] = ["path": .string(path), "size": .count(size.bytes)]
    fields["age_seconds"] = age.map(LogValue.seconds)
    return fields
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
  /// MiB for each 1000 of `files`, the figure operators watch for growth; nil where there are no thousands.
  func inMebibytes(perThousand files: UInt64) -> Double? {
    files >= 1000 ? (inMebibytes * 1000 / Double(files)).rounded(to: 4) : nil
  }
}
