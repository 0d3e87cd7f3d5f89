public import Plan

/// Explanations for machines: one JSON object, keys sorted.
public struct ExplanationReport: Sendable {
  private let figures: Figures

  /// - Parameter now: the moment ages were counted from.
  public init(_ explanations: [PathExplanation], now: Timestamp, placing: @escaping ExplanationText.Placing) {
    figures = Figures(
      now: RFC3339.text(now), paths: explanations.map { PathFigures($0, placing) }, summary: nil)
  }

  /// Of cases: what was expected stands beside each.
  public init(cases: [CaseResult], now: Timestamp, placing: @escaping ExplanationText.Placing) {
    let paths = cases.map { result in
      var figures = PathFigures(result.explanation, placing)
      figures.expected = result.expected.rawValue
      figures.expectedReason = result.expectedReason?.rawValue
      (figures.at, figures.differs) = (result.place, result.differs)
      return figures
    }
    let summary = Summary(cases: cases.count, differing: cases.count(where: \.differs))
    figures = Figures(now: RFC3339.text(now), paths: paths, summary: summary)
  }

  /// Ends with a newline.
  public func json() throws -> String {
    String(decoding: try RunReport.json(figures), as: UTF8.self) + "\n"
  }
}

private struct Figures: Sendable, Encodable {
  let version = 1
  let now: String
  let paths: [PathFigures]
  let summary: Summary?
}

private struct Summary: Sendable, Encodable {
  let cases: Int
  let differing: Int
}

private struct PathFigures: Sendable, Encodable {
  let path: String
  let kind: String
  let exists: Bool?
  let verdict: String
  let reason: String
  let targets: [ClaimFigures]
  var expected: String?
  var expectedReason: String?
  var at: String?
  var differs: Bool?

  init(_ explanation: PathExplanation, _ placing: ExplanationText.Placing) {
    path = PrintableText.path(explanation.path)
    (kind, exists) = (explanation.kind.rawValue, explanation.exists)
    (verdict, reason) = (explanation.verdict.rawValue, explanation.reason.rawValue)
    targets = explanation.claims.map { ClaimFigures($0, placing) }
  }

  private enum CodingKeys: String, CodingKey {
    case path, kind, exists, verdict, reason, targets, expected, at, differs
    case expectedReason = "expected_reason"
  }
}

private struct ClaimFigures: Sendable, Encodable {
  let target: String
  let folder: String
  let verdict: String
  let reason: String
  let message: String
  let key: KeyFigures?
  let pattern: PatternFigures?
  let place: String?
  let rule: Int?
  let age: AgeFigures?
  let size: UInt64?
  let owner: UInt32?
  let period: String?
  let unknown: [String]?

  init(_ claim: PathExplanation.Claim, _ placing: ExplanationText.Placing) {
    (target, folder) = (claim.name, PrintableText.path(claim.folder))
    (verdict, reason) = (claim.verdict.rawValue, claim.reason.rawValue)
    message = ExplanationText.sentence(claim)
    key = claim.key.map { KeyFigures($0, placing) }
    pattern = claim.pattern.map { PatternFigures($0, claim, placing) }
    place = claim.place.map { PrintableText.path($0) }
    rule = claim.rule
    age = claim.age.map(AgeFigures.init)
    (size, owner) = (claim.status.size, claim.status.owner)
    period = claim.period?.period.text
    unknown = claim.unknown.isEmpty ? nil : claim.unknown.map(\.rawValue)
  }
}

private struct KeyFigures: Sendable, Encodable {
  /// Within the target.
  let name: String
  /// Nil: the value is built in.
  let at: String?

  init(_ key: TargetKey, _ placing: ExplanationText.Placing) {
    let placed = placing(key)
    (name, at) = (placed.key.path, placed.at)
  }
}

private struct PatternFigures: Sendable, Encodable {
  let text: String
  let key: String
  let at: String?

  init(_ pattern: Selection.Source, _ claim: PathExplanation.Claim, _ placing: ExplanationText.Placing) {
    (text, key) = (pattern.pattern.text, pattern.path)
    at = placing(TargetKey(pattern, target: claim.target)).at
  }
}

private struct AgeFigures: Sendable, Encodable {
  let from: String
  let time: String?
  let before: String

  init(_ age: PathExplanation.Age) {
    (from, time) = (age.source.rawValue, age.time.map { RFC3339.text($0) })
    before = RFC3339.text(age.limit)
  }
}
