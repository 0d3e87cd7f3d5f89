public import Plan

/// What became of one case of a config's unit test.
public struct CaseResult: Sendable {
  public let explanation: PathExplanation
  public let expected: PathExplanation.Verdict
  /// Nil: any.
  public let expectedReason: PathExplanation.Reason?
  /// Where the case stands: `cases.yaml:4:11`.
  public let place: String

  public init(
    _ explanation: PathExplanation, expected: PathExplanation.Verdict, reason: PathExplanation.Reason?, place: String
  ) {
    (self.explanation, self.expected, expectedReason, self.place) = (explanation, expected, reason, place)
  }

  /// Whether it is not as expected. That no target covers a path must be expected in so many words: else a slip in it would pass.
  public var differs: Bool {
    let reason = expectedReason ?? (explanation.claims.isEmpty ? nil : explanation.reason)
    return explanation.verdict != expected || explanation.reason != reason
  }
}

extension CaseResult {
  fileprivate var hint: String {
    let isSlip = explanation.claims.isEmpty && expected == .keep && expectedReason == nil
    return isSlip ? "  where that is meant, write reason: \(PathExplanation.Reason.notInAnyTarget.rawValue)\n" : ""
  }
}

extension [CaseResult] {
  /// Each case that differs, with why, and a line about all; ends with a newline.
  public func text(_ explaining: ExplanationText) -> String {
    let differing = filter(\.differs)
    let found = differing.map { result in
      let wanted = result.expected.rawValue + (result.expectedReason.map { " (\($0.rawValue))" } ?? "")
      return "\(result.place): expected \(wanted), found \(result.explanation.verdict.rawValue) "
        + "(\(result.explanation.reason.rawValue))\n" + explaining.text(of: result.explanation) + result.hint
    }
    let verdict = differing.isEmpty ? "all as expected" : "\(differing.count) not as expected"
    return found.joined() + "\(count) case\(count == 1 ? "" : "s"): \(verdict)\n"
  }
}
