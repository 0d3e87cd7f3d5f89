extension CheckedConfiguration {
  /// Of one config; more nobody has, and each costs a check of the whole config.
  private static let mostContainers = 50

  /// Checks `source`, which is the value of `key`, or, when that is nil, a file of its own, as each container of the manifests
  /// reads it that runs it: with its `--set`, its variables and its memory limit.
  ///
  /// Of `settings`, overrides win over the container's, a memory limit stands for the container's, and the environment, which
  /// is not the container's, does not count. Findings about the container's options and variables are moved to where the
  /// manifest has them.
  static func check(
    _ source: SourceText, in manifests: WorkloadManifests, for key: ConfigMapKey?, _ settings: CheckSettings,
    limits: YAMLLimits = YAMLLimits()
  ) -> CheckedConfiguration {
    let running = manifests.running(key)
    var chosen = likely(among: Array(running.prefix(mostContainers)), for: key, source, settings, limits: limits)
    var all = Findings()
    let more = max(0, chosen.count - 1)
    let spared = more - manifests.allowance.take(more)
    chosen.removeLast(spared)
    if running.count > mostContainers || spared > 0 {
      let limit = spared > 0 ? chosen.count : mostContainers
      all.report(.tooManyContainers(running.count, limit: limit, at: manifests.place))
    }
    var first: CheckedConfiguration?
    var unlisted = 0
    for running in chosen {
      let config = running.isBystander ? nil : check(source, running.settings(over: settings), limits: limits)
      for finding in config?.diagnostics ?? [] { all.report(running.placed(finding)) }
      let pod = chosen.filter { $0.pod == running.pod }
      var own = Findings()
      WorkloadChecks(running: running, pod: pod, config: config?.decoder, configMap: key)
        .run(findings: &own)
      for finding in own.all { all.report(running.placed(finding)) }
      unlisted += own.unkeptCount
      first = first ?? config
    }
    let checked = first ?? check(source, settings, limits: limits)
    if first == nil { for finding in checked.diagnostics { all.report(finding) } }
    // What of the manifests could not be read may have been what runs it.
    if manifests.isWhole, chosen.allSatisfy(\.isBystander),
      let finding = manifests.nothingRuns(key, besides: chosen)
    {
      all.report(finding)
    }
    return CheckedConfiguration(
      plan: all.hasErrors ? nil : checked.plan, diagnostics: all.ordered(by: source, manifests.source),
      isCutShort: checked.isCutShort, unlistedCount: checked.unlistedCount + unlisted + all.unkeptCount,
      decoder: checked.decoder, source: source)
  }

  /// Of several containers in one pod of which it is not known what they run, those that could purge something: others, such as
  /// one that ships logs, mount the ConfigMap for reasons of their own. Of a config in a file nothing but its targets tells which
  /// container it is for.
  private static func likely(
    among running: [RunningContainer], for key: ConfigMapKey?, _ source: SourceText, _ settings: CheckSettings,
    limits: YAMLLimits
  ) -> [RunningContainer] {
    let isOneOfMany = key == nil && running.count > 1
    guard isOneOfMany || running.contains(where: { !$0.isKnown }),
      let config = check(source, settings, limits: limits).decoder
    else { return running }
    var chosen = running.filter { !$0.isDoubtful || MountChecks($0, config: config).holdsWritableTarget }
    if isOneOfMany { chosen = meant(among: chosen, config) }
    let unknown = Dictionary(grouping: chosen.filter { !$0.isKnown }, by: \.pod).filter { $0.value.count > 1 }
    let writers = unknown.mapValues { pod in pod.map { MountChecks($0, config: config).holdsWritableTarget } }
    var seen: [Int: Int] = [:]
    return chosen.filter { running in
      guard !running.isKnown, let writers = writers[running.pod], writers.contains(true) else { return true }
      defer { seen[running.pod, default: 0] += 1 }
      return writers[seen[running.pod, default: 0]]
    }
  }

  /// When one of them holds every target, without the pods in which none holds any.
  private static func meant(among chosen: [RunningContainer], _ config: BatchDecoder) -> [RunningContainer] {
    func isHolder(_ running: RunningContainer) -> Bool {
      !running.isBystander && MountChecks(running, config: config).holdsAllTargets
    }
    guard chosen.contains(where: isHolder) else { return chosen }
    let holders = chosen.filter { running in
      // What --set gives a container may be other targets.
      running.commandLine?.hasOverrides ?? false || MountChecks(running, config: config).holdsWritableTarget
    }
    let pods = Set(holders.map(\.pod))
    return chosen.filter { pods.contains($0.pod) }
  }
}

extension RunningContainer {
  fileprivate func settings(over others: CheckSettings) -> CheckSettings {
    var settings = others
    settings.overrides = (commandLine?.overrides.map(\.text) ?? []) + others.overrides
    let standIns = ContainerEnvironment.standIns(for: commandLine?.unknownKeys ?? [])
    settings.environment = container.environment.counted.filter { !standIns.contains($0.key) }
    settings.unknownVariables = container.environment.unknown.union(standIns)
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
    switch place.source.medium {
    case .option: placeInArguments(of: place) ?? place
    case .environment: placeInVariables(of: place) ?? place
    case .file, .decoded: place
    }
  }

  private func placeInArguments(of place: SourcePlace) -> SourcePlace? {
    let text = String(decoding: place.source.bytes, as: UTF8.self)
    guard let argument = commandLine?.overrides.first(where: { $0.text == text })?.argument else { return nil }
    // The option may stand before the value in the same argument.
    let start = argument.scalar.text.utf8.count - text.utf8.count
    guard argument.scalar.text.hasSuffix(text) else { return argument.scalar.place }
    return argument.scalar.place(ofBytes: start + place.range.lowerBound..<start + place.range.upperBound)
  }

  private func placeInVariables(of place: SourcePlace) -> SourcePlace? {
    let text = String(decoding: place.source.bytes, as: UTF8.self)
    let name = String(text.prefix { $0 != "=" })
    let environment = container.environment
    return place.text == name ? environment.namePlace(of: name) : environment.place(of: name)
  }
}
