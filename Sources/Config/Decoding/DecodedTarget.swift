import Plan

/// A target's settings and whether they make a target.
struct DecodedTarget {
  let settings: Section<TargetSettings>
  /// Where the target begins.
  let place: SourcePlace

  var isEnabled: Bool { settings.values.isEnabled }
  var path: PathPattern? { settings.values.path }
  /// As given, else the path's text; nil when neither is there.
  var name: String? { settings.values.name ?? path?.text }
  var namePlace: SourcePlace { settings.place(of: "name") ?? pathPlace }
  var pathPlace: SourcePlace { settings.place(of: "path") ?? place }

  /// Present exactly when the path is there and has a date template.
  var partitions: PartitionRule? {
    path?.hasTemplate == true ? settings.values.partitions.values : nil
  }

  /// Nil when something it needs is missing, which the findings say.
  var target: Target? {
    let values = settings.values
    guard let name, let path, let maxAge = values.maxAge ?? unknownMaxAge else { return nil }
    var target = Target(name: name, path: path, retention: retention(maxAge: maxAge.duration))
    target.partitions = partitions
    target.concurrency = values.concurrency
    target.memoryBudget = values.memoryBudget
    target.operationsPerSecond = values.operationsPerSecond
    target.priority = values.priority
    target.oneFileSystem = values.oneFileSystem
    target.emptyDirectories = values.removesEmptyDirectories ? values.emptyDirectories : nil
    target.ownFolder = partitions?.removesFolder == true ? values.emptyDirectories : nil
    target.maxDeletions = values.maxDeletions
    target.maxDeletedBytes = values.maxDeletedBytes
    target.isEnabled = values.isEnabled
    return target
  }

  /// With an age that only the container knows, nothing is old enough here.
  private var unknownMaxAge: MaxAge? {
    settings.given["max_age"] != nil && settings.failed.contains("max_age") ? .age(Durations.longest) : nil
  }

  private func retention(maxAge: Duration?) -> Retention {
    let values = settings.values
    var retention = Retention(
      maxAge: maxAge, ageFrom: values.ageFrom, include: values.include.map(\.pattern),
      exclude: values.exclude.map(\.pattern),
      minSize: values.minSize, maxSize: values.maxSize, owners: values.owners.map { Set($0.map { UInt32($0) }) },
      maxDepth: values.maxDepth, symlinks: values.symlinks)
    retention.rules = values.rules.map { rule in
      Retention.Rule(
        include: rule.values.include.map(\.pattern), exclude: rule.values.exclude.map(\.pattern),
        criteria: rule.criteria(in: retention.criteria))
    }
    return retention
  }

  /// Reads one entry of `targets` on top of `defaults`.
  static func read(
    _ node: YAMLNode, defaults: Section<TargetSettings>, findings: inout Findings
  ) -> DecodedTarget {
    var settings = defaults.inherited
    settings.read(node, as: "target", owner: node.place, keys: TargetSettings.keys, findings: &findings)
    let decoded = DecodedTarget(settings: settings, place: DecodedTarget.place(of: node))
    if case .mapping = node.content { decoded.check(findings: &findings) }
    return decoded
  }

  private static func place(of node: YAMLNode) -> SourcePlace {
    if case .mapping(let entries) = node.content, let first = entries.first { return first.key.place }
    return node.place
  }

  // MARK: What one target's keys say together

  private func check(findings: inout Findings) {
    let isMisplaced = settings.values.partitions.misplaced["max_age"] != nil
    if settings.given["max_age"] == nil, !isMisplaced { findings.report(.missingMaxAge(at: place)) }
    if let path, !path.hasTemplate, let given = settings.given["partitions"] {
      findings.report(.partitionsWithoutTemplate(at: given.key, path: pathPlace))
    }
    Partitions.check(settings.values.partitions, findings: &findings)
    checkOwnFolder(findings: &findings)
    checkSizes(findings: &findings)
    if !isEnabled, let place = settings.place(of: "enabled") {
      findings.report(.disabledTarget(name, at: place))
    }
    warnOfYoungFiles(findings: &findings)
    warnOfEmptyExclude(findings: &findings)
    warnOfKeysWithoutEffect(findings: &findings)
  }

  /// The folder that goes is the last of the path: it must be the dated one.
  private func checkOwnFolder(findings: inout Findings) {
    guard partitions?.removesFolder == true, let path, let place = settings.values.partitions.place(of: "remove_folder")
    else { return }
    if case .template? = path.components.last { return }
    findings.report(.folderBelowDate(at: place, path: pathPlace))
  }

  private func checkSizes(findings: inout Findings) {
    checkSizes(settings.values.minSize, settings.values.maxSize, findings: &findings) { settings.place(of: $0) }
    for rule in settings.values.rules where rule.given["min_size"] != nil || rule.given["max_size"] != nil {
      let least = rule.given["min_size"] == nil ? settings.values.minSize : rule.values.minSize
      let most = rule.given["max_size"] == nil ? settings.values.maxSize : rule.values.maxSize
      checkSizes(least, most, findings: &findings) { rule.place(of: $0) ?? settings.place(of: $0) }
    }
  }

  private func checkSizes(
    _ least: ByteCount, _ most: ByteCount?, findings: inout Findings, place: (String) -> SourcePlace?
  ) {
    guard let most, least > most, let minPlace = place("min_size"), let maxPlace = place("max_size") else { return }
    findings.report(.sizesReversed(at: minPlace, max: maxPlace))
  }

  /// Where the ages of files that may go stand, those of rules included.
  var agesOfFiles: [Section<TargetSettings>.Given] {
    let own = settings.values.maxAge?.duration != nil ? settings.given["max_age"] : nil
    let rules = settings.values.rules.compactMap { rule in
      rule.values.maxAge?.duration != nil ? rule.given["max_age"] : nil
    }
    return [own].compactMap { $0 } + rules.map { .init(key: $0.key, node: $0.node, isOwn: $0.isOwn) }
  }

  private func warnOfYoungFiles(findings: inout Findings) {
    let day = Duration.seconds(86_400)
    guard let path else { return }
    let own = settings.failed.contains("max_age") ? nil : settings.values.maxAge?.duration
    let ages =
      [(own, settings.place(of: "max_age"))]
      + settings.values.rules.map { ($0.values.maxAge?.duration, $0.place(of: "max_age")) }
    for case (let age?, let place?) in ages where age < day { warnOfYoungFiles(path, at: place, findings: &findings) }
  }

  private func warnOfYoungFiles(_ path: PathPattern, at place: SourcePlace, findings: inout Findings) {
    if let unit = path.finestField {
      guard let spares = sparesYoungFolders, !spares else { return }
      let hasGroup = settings.given["partitions"] != nil
      findings.report(.youngFolders(unit, hasPartitions: hasGroup, at: place))
    } else if settings.given["partitions"] == nil {
      findings.report(.youngMaxAge(at: place))
    }
  }

  /// Nil when what was to say so could not be read.
  private var sparesYoungFolders: Bool? {
    let partitions = settings.values.partitions
    if settings.failed.contains("partitions") { return nil }
    // The newest is, once it has a folder, the period that has not ended: that one stays anyway.
    if partitions.values.keepLast > 1 { return true }
    guard partitions.given["older_than"] != nil else { return partitions.failed.contains("keep_last") ? nil : false }
    switch partitions.values.olderThan {
    case .duration(let age): return age > .zero
    case .months(let count): return count > 0
    case nil: return nil
    }
  }

  /// Written to be rid of what `defaults` protects, which it is not.
  private func warnOfEmptyExclude(findings: inout Findings) {
    guard let given = settings.given["exclude"], given.isOwn, case .sequence(let items) = given.node.content,
      items.isEmpty, let inherited = settings.values.exclude.first
    else { return }
    findings.report(.excludeOfDefaultsHolds(inherited.text, at: given.value, inherited: inherited.place))
  }

  /// What says something of their removal only.
  static let keysOfEmptyDirectories = ["empty_directory_min_age", "max_empty_directories"]

  private func warnOfKeysWithoutEffect(findings: inout Findings) {
    let isMeant = settings.failed.contains("remove_empty_directories")
    guard !settings.values.removesEmptyDirectories, !isMeant, partitions?.removesFolder != true else { return }
    for key in DecodedTarget.keysOfEmptyDirectories {
      guard let given = settings.given[key], given.isOwn, !settings.failed.contains(key) else { continue }
      findings.report(.keyWithoutEffect(key, needs: "remove_empty_directories", at: given.key))
    }
  }
}
