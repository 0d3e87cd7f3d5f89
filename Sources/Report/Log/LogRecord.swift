public import Plan

/// A line of the log with its time and logger: ready to be written.
public struct LogRecord: Hashable, Sendable {
  public var time: Timestamp
  public var logger: String
  public var line: LogLine

  public init(time: Timestamp, logger: String, line: LogLine) {
    (self.time, self.logger, self.line) = (time, logger, line)
  }

  /// One JSON object and a newline, as existing queries read it: `timestamp`, `level` (upper case), `message`, `logger`,
  /// `extra_fields`.
  public var json: [UInt8] {
    var output = Array("{\"timestamp\": ".utf8)
    JSONText.append(RFC3339.text(time, fractionDigits: 3), to: &output)
    output += ", \"level\": ".utf8
    JSONText.append(line.level.rawValue.uppercased(), to: &output)
    output += ", \"message\": ".utf8
    JSONText.append(line.message, to: &output)
    output += ", \"logger\": ".utf8
    JSONText.append(logger, to: &output)
    output += ", \"extra_fields\": ".utf8
    JSONText.append(.object(line.fields), to: &output)
    return output + "}\n".utf8
  }

  /// One line for a terminal: time of day in UTC, level, message, then the fields, `target` first. Without the run's id,
  /// which is the same in all lines, and without zeros and what is empty.
  public var text: [UInt8] {
    let clock = RFC3339.text(time, fractionDigits: 0).dropFirst("2026-11-23T".count)
    let level = line.level.rawValue.uppercased()
    let blanks = String(repeating: " ", count: max(1, 8 - level.utf8.count))
    let fields = line.fields.filter { $0.key != "run_id" }.compactMapValues(\.withoutZeros)
      .sorted { LogRecord.order($0.key) < LogRecord.order($1.key) }
      .map { " \($0.key)=\(LogRecord.quoted($0.value))" }
    let text = "\(clock) \(level)\(blanks)\(line.message)\(fields.joined())"
    return Array(PrintableText.escaped(text).utf8) + [UInt8(ascii: "\n")]
  }

  private static func order(_ key: String) -> (Int, String) { (key == "target" ? 0 : 1, key) }

  /// In quotation marks when a reader could not tell where the value ends.
  private static func quoted(_ value: LogValue) -> String {
    guard case .string(let text) = value, text.isEmpty || text.contains(where: { " =\"".contains($0) }) else {
      return value.description
    }
    return String(decoding: JSONText.bytes(of: value), as: UTF8.self)
  }
}

extension LogValue {
  /// Nil for a zero or an empty value; objects lose their zeros. A flag is neither.
  fileprivate var withoutZeros: LogValue? {
    switch self {
    case .integer(0), .count(0), .number(0): return nil
    case .object(let fields):
      let kept = fields.compactMapValues(\.withoutZeros)
      return kept.isEmpty ? nil : .object(kept)
    case .list(let values): return values.isEmpty ? nil : self
    case .string, .integer, .count, .number, .flag, .null: return self
    }
  }
}
