/// One line of the log, before it is written in one form or another.
public struct LogLine: Hashable, Sendable {
  public enum Level: String, Hashable, Sendable, CaseIterable, Comparable {
    case trace, debug, info, warning, error

    public static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }

    private var rank: Int {
      switch self {
      case .trace: 0
      case .debug: 1
      case .info: 2
      case .warning: 3
      case .error: 4
      }
    }
  }

  public var level: Level
  public var message: String
  /// The `extra_fields`.
  public var fields: [String: LogValue]

  public init(_ level: Level, _ message: String, _ fields: [String: LogValue] = [:]) {
    (self.level, self.message, self.fields) = (level, message, fields)
  }
}

/// A value of the log that keeps its JSON type on its way through a text-only logging API.
public enum LogValue: Hashable, Sendable {
  case string(String)
  case integer(Int64)
  case count(UInt64)
  case number(Double)
  case flag(Bool)
  case object([String: LogValue])
  case list([LogValue])
  /// Not known yet.
  case null
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .flag(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension LogValue: CustomStringConvertible {
  /// For people: strings bare, everything else as in JSON.
  public var description: String {
    if case .string(let text) = self { return text }
    return String(decoding: JSONText.bytes(of: self), as: UTF8.self)
  }
}
