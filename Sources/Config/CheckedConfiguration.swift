public import Plan

/// A config text with all that was found in it, and the plan it makes when no error is among the findings.
public struct CheckedConfiguration: Sendable {
  /// Present exactly when `diagnostics` holds no error.
  public let plan: BatchPlan?
  /// In source order; those about options and the environment come last.
  public let diagnostics: [Diagnostic]
  /// What was read, for checks that need to know more than the text; nil when the text is no YAML.
  let decoder: BatchDecoder?

  /// Checks `source`. Pure: opens no file, reads no environment of its own.
  ///
  /// - Parameters:
  ///   - overrides: the values of `--set`, each `KEY=VALUE`; they win over the text.
  ///   - environment: the variables of the tool this one replaces; they fill in what text and overrides leave open.
  ///   - memoryLimit: the container limit to check thresholds and budgets against; nil: not known.
  public static func check(
    _ source: SourceText, overrides: [String] = [], environment: [String: String] = [:], memoryLimit: ByteCount? = nil
  ) -> CheckedConfiguration {
    check(source, overrides: overrides, environment: environment, memoryLimit: memoryLimit, limits: YAMLLimits())
  }

  /// The same with other bounds on what a text may cost.
  static func check(
    _ source: SourceText, overrides: [String], environment: [String: String], memoryLimit: ByteCount?,
    limits: YAMLLimits
  ) -> CheckedConfiguration {
    var findings = Findings()
    let legacy = LegacyEnvironment(environment, findings: &findings)
    guard let text = YAMLComposer.compose(source, limits: limits, findings: &findings) else {
      return CheckedConfiguration(plan: nil, diagnostics: findings.ordered(first: source), decoder: nil)
    }
    let root = Overrides(overrides).applied(to: text, limits: limits, findings: &findings)
    let decoder = BatchDecoder(root, environment: legacy, findings: &findings)
    PlanChecks(decoder, memoryLimit: memoryLimit).run(findings: &findings)
    let plan = findings.hasErrors ? nil : decoder.plan
    return CheckedConfiguration(plan: plan, diagnostics: findings.ordered(first: source), decoder: decoder)
  }
}

extension ByteCount {
  /// A size as the config writes sizes (`512Mi`, `1Gi`), given as the value of a command line option.
  ///
  /// Throws a finding whose place is in a text named like the option.
  public static func optionValue(_ text: String, of option: String) throws(Diagnostic) -> ByteCount {
    let source = SourceText(name: option, bytes: Array(text.utf8))
    let scalar = YAMLScalar(text: text, style: .plain, place: source.place(0..<source.bytes.count))
    return try Sizes.parse(scalar, of: option, atLeast: ByteCount(bytes: 1 << 20))
  }
}
