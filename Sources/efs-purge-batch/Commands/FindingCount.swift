import Config

/// How many findings there are of each kind.
struct FindingCount {
  let errors: Int
  let warnings: Int

  init(_ diagnostics: [Diagnostic]) {
    errors = diagnostics.count { $0.severity == .error }
    warnings = diagnostics.count { $0.severity == .warning }
  }

  /// `3 errors, 1 warning` or `ok, 4 targets`.
  func summary(targets: Int, denyWarnings: Bool) -> String {
    let warned = warnings == 0 ? "" : ", \(FindingCount.plural(warnings, "warning"))"
    if errors > 0 { return FindingCount.plural(errors, "error") + warned }
    if denyWarnings, warnings > 0 {
      return "\(FindingCount.plural(warnings, "warning")), which --deny-warnings counts as errors"
    }
    return "ok, \(FindingCount.plural(targets, "target"))\(warned)"
  }

  private static func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
