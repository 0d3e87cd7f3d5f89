import Plan

/// Everything the text says, group by group, before it is checked as a whole.
struct BatchDraft: Sendable {
  var version = 0
  var memory = Section(MemoryPlan())
  var run = Section(RunPlan())
  var safety = Section(SafetyPlan())
  var report = Section(ReportPlan())
  var audit = Section(Reserved())
  var metrics = Section(Reserved())
  var defaults: YAMLNode?
  var targets: YAMLNode?

  /// A group none of whose keys does anything yet.
  struct Reserved: Sendable {}
}

/// Turns a composed text into a draft and its targets.
struct BatchDecoder {
  var draft = BatchDraft()
  private(set) var targets: [DecodedTarget] = []
  /// The keys of the top level.
  private(set) var given: [String: Section<BatchDraft>.Given] = [:]

  /// Reads `root`; what the text leaves open comes from `environment`.
  init(_ root: YAMLNode, environment: LegacyEnvironment, findings: inout Findings) {
    draft.memory = environment.memory
    var section = Section(draft)
    section.read(root, as: "config", owner: root.place, keys: Schema.root, findings: &findings)
    (draft, given) = (section.values, section.given)
    var layers = environment
    // At the top level it is meant for all targets.
    if let age = section.misplaced["max_age"] { layers.targets.note("max_age", age) }
    let defaults = defaults(
      environment: layers, unread: section.given["defaults"]?.node, findings: &findings)
    readTargets(on: defaults, findings: &findings)
  }

  /// `unread` is where defaults stand that have not come as far as being read.
  private func defaults(
    environment: LegacyEnvironment, unread: YAMLNode?, findings: inout Findings
  ) -> Section<TargetSettings> {
    var settings = environment.targets
    guard let node = draft.defaults else {
      if let unread { settings.note("max_age", unread) }
      return settings
    }
    settings.read(node, as: "defaults", owner: node.place, keys: TargetSettings.sharedKeys, findings: &findings)
    // Defaults that cannot be read may have held it.
    if case .mapping = node.content { return settings }
    settings.note("max_age", node)
    return settings
  }

  private mutating func readTargets(on defaults: Section<TargetSettings>, findings: inout Findings) {
    guard let node = draft.targets else { return }
    guard case .sequence(let items) = node.content else {
      findings.report(
        .wrongType(
          "'targets'", expected: "a list", found: node.noun, example: nil, hint: Diagnostic.Advice.targetsAsGroup(node),
          at: node.place))
      return
    }
    if items.isEmpty { findings.report(.noTargets(at: node.place)) }
    if items.count > Limits.targets {
      findings.report(.tooManyTargets(limit: Limits.targets, at: node.place))
      return
    }
    for item in items {
      if let scalar = item.scalar, scalar.isAbsent || scalar.isNull {
        findings.report(.emptyItem("targets", at: item.place))
        continue
      }
      targets.append(DecodedTarget.read(item, defaults: defaults, findings: &findings))
    }
  }

  /// Nil in an empty config.
  var firstKey: SourcePlace? { given.values.map(\.key).min { $0.range.lowerBound < $1.range.lowerBound } }

  /// To be called only when no error was found: then every target is whole.
  var plan: BatchPlan {
    BatchPlan(
      memory: draft.memory.values, run: draft.run.values, safety: draft.safety.values, report: draft.report.values,
      targets: targets.compactMap(\.target))
  }
}
