import Plan

/// What a dry run says after its table: the checklist, and what to ask Kubernetes for.
public struct AdviceText: Sendable {
  private let advice: RehearsalAdvice

  public init(_ advice: RehearsalAdvice) { self.advice = advice }

  /// Ends with a newline.
  public var text: String {
    let lines = ["Preflight ([x] passed, [!] failed, [ ] for you to see to):"] + checklist + [""]
    let recommended = advice.resources.map(recommendation) ?? ["No recommendation: \(noRecommendation)."]
    return (lines + recommended).joined(separator: "\n") + "\n"
  }

  private var noRecommendation: String {
    advice.walkedNothing ? "no folder was walked" : "not everything was walked to its end"
  }

  private var checklist: [String] {
    let width = advice.preflight.items.map(\.name.count).max() ?? 0
    return advice.preflight.items.map { item in
      let padding = String(repeating: " ", count: width - item.name.count)
      return "  \(AdviceText.mark(item.verdict)) \(item.name)\(padding)  \(PrintableText.escaped(item.figures))"
    }
  }

  private static func mark(_ verdict: Preflight.Verdict) -> String {
    switch verdict {
    case .passed: "[x]"
    case .failed: "[!]"
    case .byHand: "[ ]"
    }
  }

  private func recommendation(_ resources: ResourceAdvice) -> [String] {
    [
      "Recommended memory: \(resources.memoryQuantity), rounded up from \(reason(resources)).",
      "The peak is the process's, \(resources.peak.text), program and libraries included.",
    ] + (resources.objection.map { ["With so much a run would be refused: \($0). Write percentages."] } ?? []) + [
      "Recommended concurrency: auto. Operations at once here, on average: \(inFlight(resources)).",
      "",
      "resources:",
      "  requests:",
      "    memory: \(resources.memoryQuantity)",
      "  limits:",
      "    memory: \(resources.memoryQuantity)",
    ]
  }

  private func reason(_ resources: ResourceAdvice) -> String {
    switch resources.reason {
    case .twiceThePeak: "twice the peak"
    case .peakOfTheGroup: "what all in the group took, \(resources.groupPeak.text), and what pause_at keeps free"
    case .budgets: "what the memory budgets need under pause_at"
    case .thresholds: "the largest threshold in memory"
    }
  }

  // A screenful of folders helps nobody; the report has all.
  private static let mostTargets = 5

  private func inFlight(_ resources: ResourceAdvice) -> String {
    let largest = resources.operationsInFlight.sorted { ($1.mean, $0.target) < ($0.mean, $1.target) }
    let shown = largest.prefix(AdviceText.mostTargets).map { "\(PrintableText.escaped($0.target)) \($0.mean)" }
    let rest = resources.walkedTargets - shown.count
    guard rest > 0, let least = largest.prefix(AdviceText.mostTargets).last else {
      return shown.joined(separator: ", ")
    }
    return shown.joined(separator: ", ") + ", and \(rest) more with \(least.mean) at most"
  }
}
