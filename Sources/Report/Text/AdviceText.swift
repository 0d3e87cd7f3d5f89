import Plan

/// What a dry run says after its table: the checklist, and what to ask Kubernetes for.
public struct AdviceText: Sendable {
  private let advice: ResourceAdvice
  private let preflight: Preflight

  public init(_ advice: ResourceAdvice, _ preflight: Preflight) { (self.advice, self.preflight) = (advice, preflight) }

  /// Ends with a newline.
  public var text: String { (["Preflight:"] + checklist + [""] + recommendation).joined(separator: "\n") + "\n" }

  private var checklist: [String] {
    let width = preflight.items.map(\.name.count).max() ?? 0
    return preflight.items.map { item in
      let padding = String(repeating: " ", count: width - item.name.count)
      return "  \(AdviceText.mark(item.result)) \(item.name)\(padding)  \(PrintableText.escaped(item.figures))"
    }
  }

  static func mark(_ result: Preflight.Result) -> String {
    switch result {
    case .passed: "[x]"
    case .failed: "[!]"
    case .byHand: "[ ]"
    }
  }

  private var recommendation: [String] {
    let reason = advice.isForBudgets ? "what the memory budgets need" : "twice the peak"
    return [
      "Recommended for the run: the process took \(advice.peak.text) at most; \(advice.memoryQuantity) is \(reason), rounded up.",
      "Operations in flight in the mean: \(inFlight).",
      "",
      "resources:",
      "  requests:",
      "    cpu: \(advice.millicores)m",
      "    memory: \(advice.memoryQuantity)",
      "  limits:",
      "    memory: \(advice.memoryQuantity)",
    ]
  }

  // A screenful of folders helps nobody; the report has all.
  private static let mostTargets = 5

  private var inFlight: String {
    if advice.concurrency.isEmpty { return "no target was walked" }
    let largest = advice.concurrency.sorted { ($1.operations, $0.target) < ($0.operations, $1.target) }
    let shown = largest.prefix(AdviceText.mostTargets).map { "\(PrintableText.escaped($0.target)) \($0.operations)" }
    let rest = largest.count - shown.count
    return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) targets with no more" : "")
      + " (concurrency: auto finds that by itself)"
  }
}
