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

  /// Whether it is not as expected.
  public var differs: Bool {
    explanation.verdict != expected || (expectedReason.map { $0 != explanation.reason } ?? false)
  }
}

extension [CaseResult] {
  /// Each case that differs, with why, and a line about all; ends with a newline.
  public func text(_ explaining: ExplanationText) -> String {
    let differing = filter(\.differs)
    let found = differing.map { result in
      let wanted = result.expected.rawValue + (result.expectedReason.map { " (\($0.rawValue))" } ?? "")
      return "\(result.place): expected \(wanted), found \(result.explanation.verdict.rawValue) "
        + "(\(result.explanation.reason.rawValue))\n" + explaining.text(of: result.explanation)
    }
    let verdict = differing.isEmpty ? "all as expected" : "\(differing.count) not as expected"
    return found.joined() + "\(count) case\(count == 1 ? "" : "s"): \(verdict)\n"
  }
}
