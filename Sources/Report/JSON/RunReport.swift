import FoundationEssentials
public import Plan
public import Runner

/// The JSON report of a run, made piece by piece, so that it can be written while the run goes on: the beginning, each target as
/// it ends, the end. Only all of it together is JSON.
///
/// Its field names are a promise to scripts; a renamed one is a breaking change. `…_mb` is MiB (1 048 576 bytes), times are
/// RFC 3339 in UTC. What is not known (the start of a target that never started) is absent.
public struct RunReport: Sendable {
  /// Grows when a field changes its meaning or goes; new fields do not count.
  public static let schemaVersion = 1

  private var hasTargets = false

  public init() {}

  /// What stands in the report's place while a run goes on: it tells of nothing done, so that no older report is taken for this
  /// run's, should it die.
  public static func running(
    _ mode: RunMode, runID: String, startedAt: Timestamp, toolVersion: String, host: String
  ) -> [UInt8] {
    record(
      toolVersion: toolVersion, host: host,
      [
        "run_id": .string(runID), "mode": .string(mode.rawValue),
        "started_at": .string(RFC3339.text(startedAt, fractionDigits: 3)), "outcome": "running", "exit_status": .null,
        "totals": .object(Counters(Tally()).fields),
      ])
  }

  /// What is put there in the end when the report could not be written: how the run ended, but nothing of its targets.
  public static func short(_ outcome: BatchOutcome, toolVersion: String, host: String) -> [UInt8] {
    record(
      toolVersion: toolVersion, host: host,
      [
        "run_id": .string(outcome.runID), "mode": .string(outcome.mode.rawValue),
        "started_at": .string(RFC3339.text(outcome.startedAt, fractionDigits: 3)),
        "finished_at": .string(RFC3339.text(outcome.finishedAt, fractionDigits: 3)),
        "outcome": .string(outcome.ending.rawValue), "exit_status": .integer(Int64(outcome.exitStatus.rawValue)),
        "totals": .object(Counters(outcome.totals).fields),
        "unwritten": .list(outcome.unwritten.map(LogValue.string)),
      ])
  }

  private static func record(toolVersion: String, host: String, _ own: [String: LogValue]) -> [UInt8] {
    var fields = own
    fields["schema_version"] = .integer(Int64(schemaVersion))
    fields["tool_version"] = .string(toolVersion)
    fields["host"] = .string(host)
    fields["targets"] = .list([])
    var bytes: [UInt8] = []
    JSONText.appendIndented(.object(fields), by: 0, to: &bytes)
    return bytes + [UInt8(ascii: "\n")]
  }

  public var beginning: [UInt8] { Array("{\n  \"targets\" : [".utf8) }

  /// The next element of `targets`.
  public mutating func target(_ outcome: TargetOutcome) -> [UInt8] {
    var bytes = Array((hasTargets ? ",\n    " : "\n    ").utf8)
    hasTargets = true
    JSONText.appendIndented(TargetFigures.object(outcome), by: 4, to: &bytes)
    return bytes
  }

  /// All else, and a newline.
  ///
  /// - Parameters:
  ///   - host: the name of the machine or pod the run took place on.
  ///   - advice: what a dry run recommends, and its checklist.
  public func end(
    _ outcome: BatchOutcome, toolVersion: String, host: String, advice: RehearsalAdvice? = nil
  ) throws -> [UInt8] {
    let figures = try RunReport.json(RunFigures(outcome, toolVersion: toolVersion, host: host, advice: advice))
    // Its own opening brace is that of the beginning.
    return Array("\n  ],".utf8) + figures.dropFirst() + [UInt8(ascii: "\n")]
  }

  /// Indented, keys sorted.
  static func json(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(value))
  }
}

/// What the report says of the run as a whole.
struct RunFigures: Hashable, Sendable, Encodable {
  let schemaVersion = RunReport.schemaVersion
  let toolVersion: String
  let host: String
  let runID: String
  let mode: String
  let startedAt: String
  let finishedAt: String
  let durationSeconds: Double
  let outcome: String
  let exitStatus: Int32
  let memory: MemoryFigures
  let totals: TotalFigures
  let unmatchedPatterns: [UnmatchedPattern]
  /// Of a rehearsal on a copy only.
  let root: String?
  /// Nil: there is nothing of the kind. So is the next.
  let notTaken: [PassedOverFigures]?
  let foldersKept: [FoldersKeptFigures]?
  /// Of a dry run only, like the next two.
  let capsAhead: [CapAheadFigures]?
  let recommendation: RecommendationFigures?
  let preflight: [PreflightFigures]?

  init(_ outcome: BatchOutcome, toolVersion: String, host: String, advice: RehearsalAdvice?) {
    recommendation = advice?.resources.map(RecommendationFigures.init)
    preflight = advice.map { $0.preflight.items.map(PreflightFigures.init) }
    self.toolVersion = toolVersion
    self.host = host
    runID = outcome.runID
    mode = outcome.mode.rawValue
    startedAt = RFC3339.text(outcome.startedAt, fractionDigits: 3)
    finishedAt = RFC3339.text(outcome.finishedAt, fractionDigits: 3)
    durationSeconds = outcome.duration.inSeconds.rounded(to: 3)
    self.outcome = outcome.ending.rawValue
    exitStatus = outcome.exitStatus.rawValue
    memory = MemoryFigures(outcome.memory)
    totals = TotalFigures(outcome)
    root = outcome.root
    unmatchedPatterns = outcome.unmatchedPatterns.prefix(UnmatchedPattern.most).map(UnmatchedPattern.init)
    notTaken = outcome.passedOver.isEmpty ? nil : outcome.passedOver.map(PassedOverFigures.init)
    foldersKept = outcome.foldersKept.isEmpty ? nil : outcome.foldersKept.map(FoldersKeptFigures.init)
    capsAhead = outcome.mode == .dryRun ? outcome.capsAhead.map(CapAheadFigures.init) : nil
  }

  private enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case toolVersion = "tool_version"
    case host
    case runID = "run_id"
    case mode
    case startedAt = "started_at"
    case finishedAt = "finished_at"
    case durationSeconds = "duration_seconds"
    case outcome
    case exitStatus = "exit_status"
    case memory, totals, recommendation, preflight, root
    case notTaken = "not_taken"
    case foldersKept = "folders_kept"
    case capsAhead = "caps_ahead"
    case unmatchedPatterns = "unmatched_patterns"
  }
}

/// A pattern that matched nothing.
struct UnmatchedPattern: Hashable, Sendable, Encodable {
  /// As many as anyone reads.
  static let most = 1000

  let key: String
  let pattern: String
  /// One of the targets that have it, and how many there are.
  let target: String
  let targets: Int

  init(_ unmatched: PatternUse.Unmatched) {
    (key, pattern) = (unmatched.key, unmatched.pattern)
    (target, targets) = (unmatched.target, unmatched.targets)
  }
}
