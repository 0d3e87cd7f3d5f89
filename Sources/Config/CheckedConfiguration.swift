public import Plan

/// A config text with all that was found in it, and the plan it makes when no error is among the findings.
public struct CheckedConfiguration: Sendable {
  /// Present exactly when `diagnostics` holds no error.
  public let plan: BatchPlan?
  /// In source order.
  public let diagnostics: [Diagnostic]

  /// Checks `source`. Pure: opens no file, reads no environment of its own.
  ///
  /// - Parameters:
  ///   - overrides: the values of `--set`, each `KEY=VALUE`; they win over the text.
  ///   - environment: the variables of the tool this one replaces; they fill in what text and overrides leave open.
  ///   - memoryLimit: the container limit to check budgets against, where the config says `auto`.
  public static func check(
    _ source: SourceText, overrides: [String] = [], environment: [String: String] = [:], memoryLimit: ByteCount? = nil
  ) -> CheckedConfiguration {
    CheckedConfiguration(plan: nil, diagnostics: [])
  }
}
