import Logging
import Plan
import Report

/// How log lines look.
enum LogFormat: Sendable {
  case json
  case text
}

/// Writes each log event as one line to standard error. Metadata values of type `LogValue` keep their JSON type.
struct LineLogHandler: LogHandler {
  let label: String
  let format: LogFormat
  let queue: LogQueue
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  init(label: String, format: LogFormat, level: LogLine.Level, queue: LogQueue) {
    (self.label, self.format, self.queue) = (label, format, queue)
    logLevel = level.loggerLevel
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { _, own in own }.mapValues(LogValue.init)
    let line = LogLine(LogLine.Level(event.level), "\(event.message)", fields)
    queue.write(LineLogHandler.bytes(of: line, label: label, format: format))
  }

  static func bytes(of line: LogLine, label: String, format: LogFormat) -> [UInt8] {
    let record = LogRecord(time: Host.now(), logger: label, line: line)
    return format == .json ? record.json : record.text
  }
}

extension Logger {
  /// A logger named after this tool that writes to standard error.
  init(format: LogFormat, level: LogLine.Level, queue: LogQueue) {
    self.init(label: LogQueue.label) { LineLogHandler(label: $0, format: format, level: level, queue: queue) }
  }

  func log(_ line: LogLine) {
    log(level: line.level.loggerLevel, "\(line.message)", metadata: line.fields.mapValues { .stringConvertible($0) })
  }
}

extension LogValue {
  fileprivate init(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): self = .string(text)
    case .stringConvertible(let value): self = value as? LogValue ?? .string(value.description)
    case .dictionary(let fields): self = .object(fields.mapValues(LogValue.init))
    case .array(let values): self = .list(values.map(LogValue.init))
    }
  }
}

extension LogLine.Level {
  fileprivate var loggerLevel: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .warning: .warning
    case .error: .error
    }
  }

  fileprivate init(_ level: Logger.Level) {
    switch level {
    case .trace: self = .trace
    case .debug: self = .debug
    case .info, .notice: self = .info
    case .warning: self = .warning
    case .error, .critical: self = .error
    }
  }
}
