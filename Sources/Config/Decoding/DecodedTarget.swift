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
    var target = Target(name: name, path: path, retention: retention(maxAge: maxAge))
    target.partitions = partitions
    target.concurrency = values.concurrency
    target.memoryBudget = values.memoryBudget
    target.operationsPerSecond = values.operationsPerSecond
    target.priority = values.priority
    target.oneFileSystem = values.oneFileSystem
    target.emptyDirectories = values.removesEmptyDirectories ? values.emptyDirectories : nil
    target.maxDeletions = values.maxDeletions
    target.maxDeletedBytes = values.maxDeletedBytes
    target.isEnabled = values.isEnabled
    return target
  }

  /// With an age that only the container knows, nothing is old enough here.
  private var unknownMaxAge: Duration? {
    settings.given["max_age"] != nil && settings.failed.contains("max_age") ? Durations.longest : nil
  }

  private func retention(maxAge: Duration) -> Retention {
    let values = settings.values
    return Retention(
      maxAge: maxAge, ageFrom: values.ageFrom, include: values.include, exclude: values.exclude,
      minSize: values.minSize, maxSize: values.maxSize, owners: values.owners.map { Set($0.map { UInt32($0) }) },
      maxDepth: values.maxDepth)
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
    checkSizes(findings: &findings)
    if !isEnabled, let place = settings.place(of: "enabled") {
      findings.report(.disabledTarget(name, at: place))
    }
    warnOfYoungFiles(findings: &findings)
    warnOfKeysWithoutEffect(findings: &findings)
  }

  private func checkSizes(findings: inout Findings) {
    guard let maxSize = settings.values.maxSize, settings.values.minSize > maxSize,
      let minPlace = settings.place(of: "min_size"), let maxPlace = settings.place(of: "max_size")
    else { return }
    findings.report(.sizesReversed(at: minPlace, max: maxPlace))
  }

  private func warnOfYoungFiles(findings: inout Findings) {
    let day = Duration.seconds(86_400)
    guard let path, let maxAge = settings.values.maxAge, maxAge < day, !settings.failed.contains("max_age"),
      let place = settings.place(of: "max_age")
    else { return }
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
    guard partitions.given["older_than"] != nil else { return false }
    switch partitions.values.olderThan {
    case .duration(let age): return age > .zero
    case .months(let count): return count > 0
    case nil: return nil
    }
  }

  /// What says something of their removal only.
  static let keysOfEmptyDirectories = ["empty_directory_min_age", "max_empty_directories"]

  private func warnOfKeysWithoutEffect(findings: inout Findings) {
    let isMeant = settings.failed.contains("remove_empty_directories")
    guard !settings.values.removesEmptyDirectories, !isMeant else { return }
    for key in DecodedTarget.keysOfEmptyDirectories {
      guard let given = settings.given[key], given.isOwn, !settings.failed.contains(key) else { continue }
      findings.report(.keyWithoutEffect(key, needs: "remove_empty_directories", at: given.key))
    }
  }
}
