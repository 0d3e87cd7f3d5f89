import Plan
public import Runner

/// What a run did, as one line of JSON for who reads its output: the report's fields, of the targets the main ones. However many
/// targets there were, it fits into a pipe that nobody reads yet (64 KiB).
public struct SummaryLine: Sendable {
  /// Of all targets together; the report has those left out.
  private static let mostBytes = 40 << 10
  private static let mostCaps = 20

  private let outcome: BatchOutcome
  private let toolVersion: String
  private let advice: RehearsalAdvice?

  /// - Parameter advice: what a dry run recommends, and its checklist.
  public init(_ outcome: BatchOutcome, toolVersion: String, advice: RehearsalAdvice? = nil) {
    (self.outcome, self.toolVersion, self.advice) = (outcome, toolVersion, advice)
  }

  /// Ends with a newline, and has no other. The same outcome always gives the same text.
  public var text: String { String(decoding: JSONText.bytes(of: .object(fields)), as: UTF8.self) + "\n" }

  private var fields: [String: LogValue] {
    let targets = shownTargets
    var fields: [String: LogValue] = [
      "schema_version": .integer(Int64(RunReport.schemaVersion)), "tool_version": .string(toolVersion),
      "run_id": .string(outcome.runID), "mode": .string(outcome.mode.rawValue),
      "started_at": .string(RFC3339.text(outcome.startedAt, fractionDigits: 3)),
      "finished_at": .string(RFC3339.text(outcome.finishedAt, fractionDigits: 3)),
      "duration_seconds": .seconds(outcome.duration), "outcome": .string(outcome.ending.rawValue),
      "exit_status": .integer(Int64(outcome.exitStatus.rawValue)), "totals": .object(totals), "memory": .object(memory),
      "targets": .list(targets),
      "targets_not_started": .list(outcome.books.notStarted.map { .object($0.fields) }),
      "targets_left_out": .integer(Int64(outcome.books.count - notStarted - targets.count)),
    ]
    if outcome.mode == .dryRun {
      fields["caps_ahead"] = .list(outcome.capForecasts.prefix(SummaryLine.mostCaps).map { .object($0.fields) })
    }
    // Absent when all was written, as it should be.
    if !outcome.unwritten.isEmpty { fields["unwritten"] = .list(outcome.unwritten.map(LogValue.string)) }
    fields["root"] = outcome.root.map(LogValue.string)
    if let advice { fields["preflight"] = .list(advice.preflight.items.map { .object($0.fields) }) }
    fields["recommendation"] = (advice?.resources).map { .object($0.fields) }
    return fields
  }

  private var notStarted: Int { outcome.books.endings[.notStarted] ?? 0 }

  /// As many of those that the books show as fit.
  private var shownTargets: [LogValue] {
    var (targets, bytes): ([LogValue], Int) = ([], 0)
    for target in outcome.targets {
      let value = LogValue.object(fields(of: target))
      bytes += JSONText.bytes(of: value).count
      guard bytes <= SummaryLine.mostBytes else { break }
      targets.append(value)
    }
    return targets
  }

  private func fields(of target: TargetOutcome) -> [String: LogValue] {
    let tally = target.tally
    var fields: [String: LogValue] = [
      "name": .string(target.name), "outcome": .string(target.ending.rawValue),
      "duration_seconds": .seconds(target.duration), "files_scanned": .count(tally.filesScanned),
      "files_to_purge": .count(tally.filesToPurge), "files_purged": .count(tally.filesPurged),
      "files_vanished": .count(tally.filesVanished), "files_failed": .count(tally.filesFailed),
      "files_left": .count(tally.filesLeft), "empty_dirs_to_delete": .count(tally.emptyDirsToDelete),
      "empty_dirs_deleted": .count(tally.emptyDirsDeleted), "bytes_to_free": .count(tally.bytesToFree),
      "bytes_freed": .count(tally.bytesFreed), "errors": .count(tally.errors),
    ]
    fields["reason"] = target.reason.map(LogValue.string)
    return fields
  }

  private var totals: [String: LogValue] {
    var fields = Counters(outcome.totals).fields
    fields["errors_by_kind"] = .object(outcome.books.errorsByKind.mapValues(LogValue.count))
    fields["files_per_second"] = .rate(outcome.filesPerSecond)
    return fields
  }

  private var memory: [String: LogValue] {
    let summary = outcome.memory.summary
    var fields: [String: LogValue] = [
      "source": .string(summary.source), "limit_mb": .mebibytes(summary.limit), "peak_mb": .mebibytes(summary.peak),
      "peak_usage_percent": .number(summary.peakPercent.rounded(to: 1)),
      "process_peak_mb": .mebibytes(outcome.memory.processPeak), "pauses": .count(summary.pauses),
      "paused_seconds": .seconds(summary.paused),
    ]
    fields["trend"] = (outcome.memory.trend?.rawValue).map(LogValue.string)
    return fields
  }
}

extension TargetsNotStarted {
  fileprivate var fields: [String: LogValue] {
    // The report has all names; some do to know which they are.
    [
      "reason": .string(reason), "count": .count(names.count),
      "first": .list(names.first.prefix(3).map(LogValue.string)),
    ]
  }
}

extension CapForecast {
  fileprivate var fields: [String: LogValue] {
    let figures = CapAheadFigures(self)
    var fields: [String: LogValue] = [
      "key": .string(figures.key), "limit": .count(figures.limit), "wanted": .count(figures.wanted),
      "unit": .string(figures.unit),
    ]
    fields["target"] = figures.target.map(LogValue.string)
    return fields
  }
}

extension Preflight.Item {
  fileprivate var fields: [String: LogValue] {
    [
      "id": .string(id), "item": .string(name), "result": .string(verdict.rawValue), "figures": .string(figures),
    ]
  }
}

extension ResourceAdvice {
  /// Without the targets' concurrency, which may be that of hundreds.
  fileprivate var fields: [String: LogValue] {
    let figures = RecommendationFigures(self)
    return [
      "process_peak_mb": .number(figures.processPeakMB), "memory_request_mb": .number(figures.memoryRequestMB),
      "memory_limit_mb": .number(figures.memoryLimitMB), "concurrency": .string(figures.concurrency),
    ]
  }
}
