import Plan

/// The keys of a target as far as they were given, with the built-in values for the others.
struct TargetSettings: Sendable {
  var name: String?
  var path: PathPattern?
  var partitions = Section(PartitionRule())
  /// Nil: not given, and there is no default for it.
  var maxAge: Duration?
  var ageFrom = Retention.AgeSource.mtime
  var include: [Glob] = []
  var exclude: [Glob] = []
  var minSize = ByteCount(bytes: 0)
  var maxSize: ByteCount?
  var owners: [Int]?
  var maxDepth: Int?
  var concurrency = Target.Concurrency.auto
  var memoryBudget: ByteCount?
  var operationsPerSecond: Int?
  var priority = 0
  var oneFileSystem = true
  var removesEmptyDirectories = false
  var emptyDirectories = EmptyDirectoryRule()
  var maxDeletions: UInt64?
  var maxDeletedBytes: ByteCount?
  var isEnabled = true

  /// What may stand in `defaults` and in a target.
  static let sharedKeys: [Key<TargetSettings>] = retentionKeys + effortKeys + removalKeys + reservedKeys

  /// What may stand in a target.
  static let keys: [Key<TargetSettings>] =
    [
      Key(
        "name", .text, \.name, absence: "the path", examples: ["api-files"],
        "How logs and reports call the target; unique."),
      Key(
        "path", .pathPattern, \.path, isRequired: true, "The folder, absolute; components may be wildcards or dates."),
      .group("partitions", Partitions.keys, \.partitions, "Which folders of a date template are taken."),
    ] + sharedKeys

  private static let retentionKeys: [Key<TargetSettings>] = [
    Key(
      "max_age", .duration(bareUnit: "d"), \.maxAge, absence: "required in each target or in defaults",
      examples: ["30d", "1d12h"], "Files older than this go."),
    Key("age_from", .choice, \.ageFrom, builtIn: "mtime", "Which of a file's times says how old it is."),
    Key(
      "include", .list(of: .glob, emptyHint: Diagnostic.Advice.includeEverything), \.include,
      absence: "everything", examples: [#"["**/*.tmp", "cache/**"]"#],
      "Only files that match one of these go; globs on the path relative to the target."),
    Key(
      "exclude", .list(of: .glob, emptyHint: nil), \.exclude, builtIn: "[]", examples: [#"["keep/**"]"#],
      "Files that match one of these stay, whatever include says."),
    Key("min_size", .size(), \.minSize, builtIn: "0", examples: ["1Ki"], "Smaller files stay."),
    Key("max_size", .size(), \.maxSize, unset: "unlimited", examples: ["10Gi"], "Larger files stay."),
    Key("owner", .owners, \.owners, unset: "any", examples: ["[1000]"], "Only files of these user ids go."),
    // EFS allows 1000 levels; other file systems are bounded by the length of a path.
    Key(
      "max_depth", .count(1...65_535), \.maxDepth, unset: "unlimited", examples: ["3"],
      "How many levels down files are looked for; files directly in the target have depth 1."),
    Key(
      "one_file_system", .boolean, \.oneFileSystem, builtIn: "true", "Whether mounts below the target are left alone."),
    Key("enabled", .boolean, \.isEnabled, builtIn: "true", "Whether the target is purged at all."),
  ]

  private static let effortKeys: [Key<TargetSettings>] = [
    Key(
      "concurrency", Format<Int>.count(Limits.concurrency).map { .atMost($0) }.or("auto", .auto), \.concurrency,
      builtIn: "auto", examples: ["64"], "Upper bound on file system operations in flight; auto: as many as help."),
    Key(
      "memory_budget", .size(atLeast: .smallestMemory), \.memoryBudget, unset: "auto", examples: ["128Mi"],
      "What the target may reserve; auto: its share of what pause_at leaves."),
    Key(
      "operations_per_second", .count(1...Limits.rate), \.operationsPerSecond, unset: "unlimited", examples: ["2000"],
      "Ceiling on the rate of file system operations."),
    // Room for any order anyone has in mind, and few enough to be read at a glance.
    Key("priority", .count(-1000...1000), \.priority, builtIn: "0", "Higher: paused later, started sooner."),
  ]

  private static let removalKeys: [Key<TargetSettings>] = [
    Key(
      "remove_empty_directories", .boolean, \.removesEmptyDirectories, builtIn: "false",
      "Whether directories left empty go; never the target itself."),
    Key(
      "empty_directory_min_age", .duration(bareUnit: "d"), \.emptyDirectories.minAge, builtIn: "1h",
      "Empty directories younger than this stay."),
    Key(
      "max_empty_directories", .cap, \.emptyDirectories.maxCount, unset: "unlimited", examples: ["10000"],
      "How many empty directories go in one run."),
    Key(
      "max_deletions", .cap, \.maxDeletions, unset: "unlimited", examples: ["1000000"],
      "Files: the removal beyond it does not happen; the target stops with status 5."),
    Key(
      "max_deleted_bytes", .size(atLeast: ByteCount(bytes: 1)), \.maxDeletedBytes, unset: "unlimited",
      examples: ["500Gi"],
      "Allocated blocks of last links: the removal beyond it does not happen; the target stops with status 5."),
  ]

  private static let reservedKeys: [Key<TargetSettings>] = [
    .notSupportedYet("max_deleted_fraction", off: "100%", "A cap on the share of files removed."),
    .notSupportedYet("fraction_sample", off: "10000", "How many files the share is first counted over."),
    .notSupportedYet("require_marker", off: "none", "A file that must stand in the target's root."),
    .notSupportedYet("whole_directory", off: "false", choices: ["true", "false"], "All or nothing."),
    .notSupportedYet("action", off: "delete", choices: ["delete", "quarantine"], "What happens to a file."),
    .notSupportedYet("quarantine_for", off: "30d", "How long a file is kept in quarantine."),
  ]
}

extension Format where Value == [Int] {
  /// User ids. The largest 32-bit number means "no user" to the kernel.
  static var owners: Format {
    .list(of: .count(0...Int(UInt32.max) - 1), emptyHint: Diagnostic.Advice.anyOwner)
  }
}

/// Bounds on numbers; above them is a slip.
enum Limits {
  /// More requests in flight than this only queue in every client there is, and each costs a thread's stack.
  static let concurrency = 1...65_536
  /// As many targets at once as anyone has mounts.
  static let parallelTargets = 1...256
  /// No file system answers a thousand million operations in a second.
  static let rate = 1_000_000_000
  /// As many as a 1 MiB text can hold: more are another mistake.
  static let targets = 20_000
  /// Of targets with wildcards or dates. Each is compared with every folder beside it: ten million comparisons take about
  /// a second.
  static let patterns = 1000
}

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
    guard let name, let path, let maxAge = values.maxAge else { return nil }
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
    guard let maxAge = settings.values.maxAge, maxAge < day, path?.hasTemplate == false,
      settings.given["partitions"] == nil, !settings.failed.contains("max_age"),
      let place = settings.place(of: "max_age")
    else { return }
    findings.report(.youngMaxAge(at: place))
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
