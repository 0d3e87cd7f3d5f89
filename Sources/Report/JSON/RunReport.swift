import FoundationEssentials
import Plan
public import Runner

/// The JSON report of a run. Its field names are a promise to scripts; CONTRACT: a renamed one is a breaking change.
///
/// `…_mb` is MiB (1 048 576 bytes), times are RFC 3339 in UTC. What is not known (the start of a target that never
/// started) is absent.
public struct RunReport: Hashable, Sendable, Encodable {
  /// Grows when a field changes its meaning or goes; new fields do not count.
  public static let schemaVersion = 1

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
  let targets: [TargetFigures]
  /// Of a dry run only, like the next.
  let recommendation: RecommendationFigures?
  let preflight: [PreflightFigures]?

  /// - Parameters:
  ///   - host: the name of the machine or pod the run took place on.
  ///   - advice: what a dry run recommends, and its checklist.
  public init(
    _ outcome: BatchOutcome, toolVersion: String, host: String, advice: RehearsalAdvice? = nil
  ) {
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
    targets = outcome.targets.map(TargetFigures.init)
  }

  /// The report as UTF-8 JSON, indented, keys sorted, ending with a newline.
  public func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(self)) + [UInt8(ascii: "\n")]
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
    case memory, totals, targets, recommendation, preflight
  }
}
