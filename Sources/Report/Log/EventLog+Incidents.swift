import Runner
import SystemPackage

/// What happens between a target's start and its end.
extension EventLog {
  func failure(_ failure: PurgeFailure) -> LogLine {
    line(
      .error, "Failed to \(failure.operation.rawValue)",
      [
        "target": .string(failure.target), "operation": .string(failure.operation.rawValue),
        "path": .string(failure.path), "error": .string(errnoName(failure.errno)),
        "error_description": .string(failure.errno.description),
      ])
  }

  func suppressed(_ target: String, _ kind: String, _ count: UInt64) -> LogLine {
    line(
      .error, "Further failures of the same kind",
      ["target": .string(target), "error": .string(kind), "count": .count(count)])
  }

  func stalled(_ target: String, _ duration: Duration, _ operations: Int) -> LogLine {
    line(
      .warning, "No progress",
      [
        "target": .string(target), "stalled_seconds": .seconds(duration),
        "operations_in_flight": .integer(Int64(operations)),
      ])
  }

  func remark(_ level: LogLine.Level, _ message: String, _ target: String?, _ reason: String) -> LogLine {
    var fields: [String: LogValue] = ["reason": .string(reason)]
    if let target { fields["target"] = .string(target) }
    return line(level, message, fields)
  }
}
