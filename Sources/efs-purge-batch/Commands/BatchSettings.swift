import Config
import Kernel
import Plan
import Report
import Runner
import SystemPackage

/// What the command line and the environment ask for, understood.
struct BatchSettings {
  /// What standard output gets at the end.
  enum Summary { case table, json, none }

  let mode: RunMode
  let configPath: String
  /// Empty: every target.
  let selection: [Glob]
  let overrides: [String]
  /// Nil: where the config says.
  let reportPath: ReportPath?
  let logLevel: LogLine.Level
  let logFormat: LogFormat
  var summary: Summary
  /// JSON lines are asked for, rather than taken since nobody reads along: then no other line may be among them.
  let wantsJSON: Bool
  let now: Timestamp?
  let terminationLog: String?
  let environment: [String: String]
  /// What a rehearsal walks with in place of the kernel's own.
  var root: RootedFileSystem?
  /// Where to list the files that would go; nil: nowhere.
  var listPath: String?
  /// A failed item of the checklist makes the exit status 1.
  var preflightIsStrict = false

  init(
    _ options: BatchOptions, mode: RunMode, defaultLogLevel: LogLine.Level,
    environment: [String: String] = Host.environment
  ) throws(Unusable) {
    self.mode = mode
    self.environment = environment
    configPath = BatchSettings.configPath(options.config, environment)
    selection = try BatchSettings.globs(options.targets)
    overrides = options.overriding.overrides
    reportPath = try BatchSettings.reportPath(options.report)
    logLevel = try BatchSettings.logLevel(options.logLevel, environment) ?? defaultLogLevel
    logFormat = try BatchSettings.logFormat(options.logFormat)
    summary = try BatchSettings.summary(options.summary)
    wantsJSON = options.wantsJSON
    now = try BatchSettings.time(options.now, of: "--now")
    terminationLog = options.terminationLog
  }

  private static func globs(_ patterns: [String]) throws(Unusable) -> [Glob] {
    var globs: [Glob] = []
    for pattern in patterns {
      do throws(Glob.Malformed) {
        globs.append(try Glob(pattern))
      } catch {
        throw Unusable("--target \(quoted(pattern)): \(error.reason.sentence) at byte \(error.offset)")
      }
    }
    return globs
  }

  private static func reportPath(_ text: String?) throws(Unusable) -> ReportPath? {
    guard let text else { return nil }
    if text == "-" {
      throw Unusable(
        "--report \"-\": that would be a file of this name; for standard output write --report /dev/stdout")
    }
    do throws(ReportPath.Malformed) {
      return try ReportPath(text)
    } catch {
      let reason =
        switch error.reason {
        case .strayBrace: "a brace without its partner"
        case .unknownField(let field): "unknown field \(PrintableText.escaped(field))"
        }
      throw Unusable(
        "--report \(quoted(text)): \(reason) at byte \(error.range.lowerBound); the fields are \(ReportPath.Field.list)"
      )
    }
  }

  private static func logLevel(_ option: String?, _ environment: [String: String]) throws(Unusable) -> LogLine.Level? {
    let (origin, text) =
      option.map { ("--log-level", $0) } ?? ("$EFSPURGE_LOG_LEVEL", environment.value("EFSPURGE_LOG_LEVEL"))
    guard let text else { return nil }
    // Upper case, and these two names, are what the old tool's variable may hold.
    let word = text.lowercased()
    let level = LogLine.Level(rawValue: word == "critical" ? "error" : word == "warn" ? "warning" : word)
    guard let level else {
      throw Unusable("\(origin) \(quoted(text)): not a level; one of trace, debug, info, warning, error is wanted")
    }
    return level
  }

  private static func logFormat(_ text: String) throws(Unusable) -> LogFormat {
    switch text {
    case "json": return .json
    case "text": return .text
    case "auto": return StandardError.isTerminal ? .text : .json
    default: throw Unusable("--log-format \(quoted(text)): one of auto, json, text is wanted")
    }
  }

  private static func summary(_ text: String) throws(Unusable) -> Summary {
    switch text {
    case "auto", "table": return .table
    case "json": return .json
    case "none": return .none
    default: throw Unusable("--summary \(quoted(text)): one of auto, table, json, none is wanted")
    }
  }

  static func root(_ path: String) throws(Unusable) -> RootedFileSystem {
    do throws(Errno) {
      return try RootedFileSystem(at: path)
    } catch {
      throw Unusable("--root \(quoted(path)): \(error)")
    }
  }

  static func configPath(_ option: String?, _ environment: [String: String]) -> String {
    option ?? environment.value("EFS_PURGE_CONFIG") ?? CommandLineReading.defaultConfigPath
  }

  static func time(_ text: String?, of option: String) throws(Unusable) -> Timestamp? {
    guard let text else { return nil }
    guard let time = RFC3339.timestamp(text) else {
      throw Unusable("\(option) \(quoted(text)): not an RFC 3339 time, e.g. 2026-11-23T06:00:00Z")
    }
    return time
  }
}

/// `text` in quotation marks, on one line.
func quoted(_ text: String) -> String { "\"\(PrintableText.escaped(text))\"" }

extension [String: String] {
  /// Nil when the variable is not set, or empty.
  fileprivate func value(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}

extension Glob.Malformed.Reason {
  fileprivate var sentence: String {
    switch self {
    case .empty: "an empty pattern matches nothing"
    case .unclosedSet: "a [ that no ] closes"
    case .notASCIIInSet: "a set with a character of several bytes"
    case .emptyRange: "a range that ends before it begins"
    case .danglingEscape: "a \\ with nothing after it"
    case .doubleStarInsideComponent: "** must stand alone between slashes"
    case .leadingSlash: "a name does not begin with a slash"
    case .emptyComponent: "two slashes with nothing between them"
    }
  }
}
