public import Plan

/// All configs that one text holds, checked: the text itself, or the keys of ConfigMaps in a stream of manifests.
public struct CheckedInput: Sendable {
  public let source: SourceText
  /// What was found about the text that belongs to no config in it, in source order.
  public let diagnostics: [Diagnostic]
  public private(set) var configs: [CheckedConfiguration]
  /// The stream could be read up to one of the errors only: what stands behind it was not checked.
  public private(set) var isCutShort = false

  /// All there is, in source order of each: what belongs to no config first.
  public var allDiagnostics: [Diagnostic] { diagnostics + configs.flatMap(\.diagnostics) }

  /// Whether a text can be read as far as its end, whatever it says.
  public static func isYAML(_ source: SourceText) -> Bool {
    var findings = Findings()
    return YAMLComposer.composeStream(source, findings: &findings).isWhole
  }

  /// Lets go of all that only effective values and checks on a host need.
  public mutating func forgetDetails() {
    for index in configs.indices { configs[index].forgetDetails() }
  }

  /// A text that is checked for its own mistakes only, such as a workload's manifests.
  public init(outsideConfigs diagnostics: [Diagnostic], of source: SourceText) {
    self.init(source: source, diagnostics: diagnostics, configs: [])
  }

  private init(
    source: SourceText, diagnostics: [Diagnostic], configs: [CheckedConfiguration], isCutShort: Bool = false
  ) {
    (self.source, self.diagnostics, self.configs) = (source, diagnostics, configs)
    self.isCutShort = isCutShort
  }

  /// Checks `source`. Pure: opens no file, reads no environment of its own.
  public static func check(_ source: SourceText, _ settings: CheckSettings) -> CheckedInput {
    check(source, settings, limits: YAMLLimits())
  }

  /// The same with other bounds on what a config may cost.
  static func check(_ source: SourceText, _ settings: CheckSettings, limits: YAMLLimits) -> CheckedInput {
    guard KubernetesObject.isManifest(source) else {
      let config = CheckedConfiguration.check(source, of: nil, settings, limits: limits)
      let misplaced = settings.key.map { [Diagnostic.keyOfPlainConfig($0, at: config.firstKey)] } ?? []
      return CheckedInput(source: source, diagnostics: misplaced, configs: [config])
    }
    var stream = ManifestCheck(source, settings, limits)
    stream.run()
    return CheckedInput(
      source: source, diagnostics: stream.findings.ordered(by: source), configs: stream.configs,
      isCutShort: stream.isCutShort)
  }

  /// The same for a text that need not hold a config, as one of many in a directory: nil when it holds none.
  public static func checkIfConfig(_ source: SourceText, _ settings: CheckSettings) -> CheckedInput? {
    if KubernetesObject.isManifest(source) {
      let input = check(source, settings)
      // What has a mistake of its own may have held one: a manifest of something else is none of ours, whatever is wrong in it.
      let isMistaken = input.diagnostics.contains { $0.severity == .error && $0.rule != .noConfigInManifest }
      return input.configs.isEmpty && !(isMistaken && ConfigLikeness.isMentioned(in: source)) ? nil : input
    }
    // What cannot be read as it is saved is judged by what it would be in UTF-8.
    if let text = source.inUTF8 {
      let isMeant =
        KubernetesObject.isManifest(text) ? ConfigLikeness.isMentioned(in: text) : ConfigLikeness.isConfig(text)
      return isMeant ? check(source, settings) : nil
    }
    var settings = settings
    // It is for the manifests among the files.
    settings.key = nil
    return ConfigLikeness.isConfig(source) ? check(source, settings) : nil
  }
}

extension CheckedInput {
  /// Adds to every config without errors what the host has against it, which `look` finds out.
  public mutating func judgeOnHost<Failure: Error>(_ look: (BatchPlan) throws(Failure) -> HostFacts) throws(Failure) {
    for index in configs.indices {
      if let plan = configs[index].plan { configs[index].judge(on: try look(plan)) }
    }
  }
}

extension CheckedConfiguration {
  /// Checks `source`, alone or against what runs it.
  fileprivate static func check(
    _ source: SourceText, of key: ConfigMapKey?, _ settings: CheckSettings, limits: YAMLLimits
  ) -> CheckedConfiguration {
    guard let workload = settings.workload else { return check(source, settings, limits: limits) }
    return check(source, in: workload, for: key, settings, limits: limits)
  }
}

/// The check of one stream of manifests.
private struct ManifestCheck {
  private let source: SourceText
  private let settings: CheckSettings
  private let limits: YAMLLimits
  private(set) var findings = Findings()
  private(set) var configs: [CheckedConfiguration] = []
  private(set) var isCutShort = false

  init(_ source: SourceText, _ settings: CheckSettings, _ limits: YAMLLimits) {
    (self.source, self.settings, self.limits) = (source, settings, limits)
  }

  mutating func run() {
    let stream = YAMLComposer.composeStream(source, findings: &findings)
    isCutShort = !stream.isWhole
    let objects = KubernetesObject.objects(in: stream.documents, findings: &findings)
    let maps = objects.compactMap { ConfigMap($0) }
    for map in maps {
      map.check(limit: limits.bytes, findings: &findings)
      if let data = map.object.node.entry("data"), ConfigLikeness.isConfig(data.value) {
        findings.report(.configWithoutKey(at: data.key.place))
      }
      for item in map.items { check(item, of: map) }
    }
    reportRepeated(maps)
    // What was not read may have held it.
    if configs.isEmpty, !findings.hasErrors { reportNothing(in: maps, objects) }
  }

  private mutating func check(_ item: ConfigMap.Item, of map: ConfigMap) {
    if let key = settings.key, key != item.key.text { return }
    let isChosen = settings.key != nil
    guard item.value.scalar != nil else {
      if isChosen || ConfigLikeness.isConfig(item.value) {
        findings.report(.configNotText(item.key, at: item.key.place))
      }
      return
    }
    if let folded = item.foldedConfig { return findings.report(.foldedConfig(item.key, at: folded)) }
    if item.holdsEncodedConfig { findings.report(.encodedConfig(item.key, at: item.value.place)) }
    guard let text = item.text(findings: &findings), isChosen || ConfigLikeness.isConfig(text) else { return }
    var config = CheckedConfiguration.check(text, of: ConfigMapKey(item, of: map), settings, limits: limits)
    config.title = "ConfigMap \(map.name), key \(item.key.text)"
    configs.append(config)
  }

  private mutating func reportRepeated(_ maps: [ConfigMap]) {
    var first: [String: SourcePlace] = [:]
    for map in maps {
      guard let name = map.object.name?.text else { continue }
      let place = first.updateValue(map.object.place, forKey: "\(map.object.namespace ?? "")/\(name)")
      if let place { findings.report(.duplicateConfigMap(name, at: map.object.place, first: place)) }
    }
  }

  private mutating func reportNothing(in maps: [ConfigMap], _ objects: [KubernetesObject]) {
    let place = maps.first?.object.place ?? objects.first?.place ?? source.place(0..<0)
    if let key = settings.key, !maps.isEmpty {
      let known = maps.flatMap(\.items).map(\.key.text)
      findings.report(.noSuchConfigMapKey(key, nearest: Spelling.nearest(to: key, among: known), at: place))
    } else {
      let kinds = objects.compactMap(\.kind).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      findings.report(.noConfigInManifest(at: place, hasConfigMap: !maps.isEmpty, kinds: kinds))
    }
  }
}
