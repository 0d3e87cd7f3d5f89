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

  /// Names the calls that hang; a target of which others go on makes progress all the same.
  func stalled(_ target: String, _ quiet: Duration?, _ operations: Int, _ calls: [HangingCall]) -> LogLine {
    var fields: [String: LogValue] = [
      "target": .string(target), "operations_in_flight": .integer(Int64(operations)),
      "operations": .list(
        calls.map { call in
          .object([
            "operation": .string(call.operation.rawValue), "seconds": .seconds(call.age), "path": .string(call.path),
          ])
        }),
    ]
    if let quiet { fields["stalled_seconds"] = .seconds(quiet) }
    return line(.warning, quiet == nil ? "The file system does not answer" : "No progress", fields)
  }

  func remark(_ level: LogLine.Level, _ message: String, _ target: String?, _ reason: String) -> LogLine {
    var fields: [String: LogValue] = ["reason": .string(reason)]
    if let target { fields["target"] = .string(target) }
    return line(level, message, fields)
  }
}
