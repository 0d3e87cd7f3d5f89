public import Plan

/// A config text with all that was found in it, and the plan it makes when no error is among the findings.
public struct CheckedConfiguration: Sendable {
  /// Present exactly when `diagnostics` holds no error.
  public private(set) var plan: BatchPlan?
  /// In source order; those about options and the environment come last.
  public private(set) var diagnostics: [Diagnostic]
  /// The text could be read up to one of the errors only: what stands behind it was not checked.
  public private(set) var isCutShort = false
  /// How many findings more there are, which nobody would read.
  public private(set) var unlistedCount = 0
  /// What was read, for checks that need to know more than the text; nil when the text is no YAML.
  private(set) var decoder: BatchDecoder?

  /// What it is called beside the name of its file: which key of which ConfigMap; nil when it is a file of its own.
  public internal(set) var title: String?
  public let source: SourceText

  /// Nil when the text is no YAML or has an error that leaves nothing to list.
  public var effectiveValues: EffectiveValues? { decoder.map { EffectiveValues($0) } }

  mutating func forgetDetails() { decoder = nil }

  /// Where a finding about the config as a whole points.
  var firstKey: SourcePlace { decoder?.firstKey ?? source.place(0..<0) }

  /// Checks `source`, which is a config. Pure: opens no file, reads no environment of its own.
  public static func check(_ source: SourceText, _ settings: CheckSettings = CheckSettings()) -> CheckedConfiguration {
    check(source, settings, limits: YAMLLimits())
  }

  /// The same with other bounds on what a text may cost.
  static func check(_ source: SourceText, _ settings: CheckSettings, limits: YAMLLimits) -> CheckedConfiguration {
    var findings = Findings()
    let legacy = LegacyEnvironment(settings.environment, unknown: settings.unknownVariables, findings: &findings)
    guard let text = YAMLComposer.compose(source, limits: limits, findings: &findings) else {
      let isEmpty = findings.all.contains { $0.rule == .emptyDocument }
      return CheckedConfiguration(
        plan: nil, diagnostics: findings.ordered(by: source), isCutShort: !isEmpty, decoder: nil, source: source)
    }
    let root = Overrides(settings.overrides).applied(to: text, limits: limits, findings: &findings)
    var decoder = BatchDecoder(root, environment: legacy, findings: &findings)
    decoder.readTimeZone(from: settings.timeZones, findings: &findings)
    legacy.check(decoder.targets, findings: &findings)
    PlanChecks(decoder, settings, limits: limits, firstKey: decoder.firstKey ?? source.place(0..<0))
      .run(findings: &findings)
    let plan = findings.hasErrors ? nil : decoder.plan
    return CheckedConfiguration(
      plan: plan, diagnostics: findings.ordered(by: source), unlistedCount: findings.unkeptCount, decoder: decoder,
      source: source)
  }
}

extension CheckedConfiguration {
  /// Adds what `host` has against this config; nothing when it has errors already.
  public mutating func judge(on host: HostFacts) {
    guard plan != nil, let decoder else { return }
    var findings = Findings()
    // First, so that no error is among those that are too many to be kept.
    HostChecks(decoder, host).run(findings: &findings)
    for finding in diagnostics { findings.report(finding) }
    if findings.hasErrors { plan = nil }
    diagnostics = findings.ordered(by: source)
    unlistedCount += findings.unkeptCount
  }
}
