import Plan

/// What a config is checked against beside itself: the manifests of what may run it.
struct WorkloadContext {
  let workloads: [Workload]
  /// Where to say that none of them runs the config: at the first object of their stream, say.
  let place: SourcePlace
  /// Nil: the config is a file of its own.
  let configMap: ConfigMapKey?
  /// Whether all of them could be read.
  var isWhole = true
  let readCommandLine: ([String]) -> CommandLineReading

  var running: [RunningContainer] {
    RunningContainer.choose(among: workloads, for: configMap, read: readCommandLine)
  }
}

extension CheckedConfiguration {
  /// Checks `source` as each container reads it that runs it: with its `--set`, its variables and its memory limit.
  ///
  /// Of `settings`, overrides win over the container's, a memory limit stands for the container's, and the environment, which
  /// is not the container's, does not count. Findings about the container's options and variables are moved to where the
  /// manifest has them.
  static func check(
    _ source: SourceText, in context: WorkloadContext, _ settings: CheckSettings, limits: YAMLLimits = YAMLLimits()
  ) -> CheckedConfiguration {
    var all = Findings()
    var first: CheckedConfiguration?
    for running in context.running {
      let config = check(source, running.settings(over: settings), limits: limits)
      for finding in config.diagnostics { all.report(running.placed(finding)) }
      WorkloadChecks(running: running, config: config.decoder, configMap: context.configMap).run(findings: &all)
      first = first ?? config
    }
    let checked = first ?? check(source, settings, limits: limits)
    if first == nil {
      // What of the manifests could not be read may have been what runs it.
      let nothing = context.isWhole ? [Diagnostic.noWorkload(at: context.place)] : []
      for finding in checked.diagnostics + nothing { all.report(finding) }
    }
    return CheckedConfiguration(
      plan: all.hasErrors ? nil : checked.plan, diagnostics: all.ordered(by: source, context.place.source),
      isCutShort: checked.isCutShort, unlistedCount: checked.unlistedCount + all.unkeptCount,
      decoder: checked.decoder, source: source)
  }
}

extension RunningContainer {
  fileprivate func settings(over others: CheckSettings) -> CheckSettings {
    var settings = others
    settings.overrides = (commandLine?.overrides.map(\.text) ?? []) + others.overrides
    settings.environment = container.environment.counted
    // Nothing fits a limit that is itself a mistake.
    if others.memoryLimit == nil, let limit = ContainerMemory.limit(of: container, in: workload), limit.isEnough {
      (settings.memoryLimit, settings.memoryLimitPlace) = (limit.size, limit.place)
    }
    return settings
  }

  /// The finding with its places in `--set` and in variables moved to the arguments and variables of the container.
  fileprivate func placed(_ finding: Diagnostic) -> Diagnostic {
    let notes = finding.notes.map { Diagnostic.Note(rule: $0.rule, message: $0.message, place: placed($0.place)) }
    return Diagnostic(
      severity: finding.severity, rule: finding.rule, message: finding.message, place: placed(finding.place),
      notes: notes, hint: finding.hint)
  }

  private func placed(_ place: SourcePlace) -> SourcePlace {
    let text = String(decoding: place.source.bytes, as: UTF8.self)
    if place.source.medium == .option, let argument = commandLine?.overrides.first(where: { $0.text == text })?.argument
    {
      // The option may stand before the value in the same argument.
      let start = argument.scalar.text.utf8.count - text.utf8.count
      guard argument.scalar.text.hasSuffix(text) else { return argument.scalar.place }
      return argument.scalar.place(ofBytes: start + place.range.lowerBound..<start + place.range.upperBound)
    }
    guard place.source.medium == .environment, let equals = text.firstIndex(of: "=") else { return place }
    let name = String(text[..<equals])
    let environment = container.environment
    return (place.text == name ? environment.namePlace(of: name) : environment.place(of: name)) ?? place
  }
}
