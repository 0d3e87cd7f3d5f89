import Plan

/// How old a file must be to go.
enum MaxAge: Hashable, Sendable {
  case age(Duration)
  /// No file goes.
  case never

  var duration: Duration? { if case .age(let duration) = self { duration } else { nil } }
}

/// The keys of a target as far as they were given, with the built-in values for the others.
struct TargetSettings: Sendable {
  var name: String?
  var path: PathPattern?
  var partitions = Section(PartitionRule())
  /// Nil: not given, and there is no default for it.
  var maxAge: MaxAge?
  var ageFrom = Retention.AgeSource.mtime
  var include: [PlacedPattern] = []
  /// Those of `defaults` first.
  var exclude: [PlacedPattern] = []
  var rules: [Section<RuleSettings>] = []
  var minSize = ByteCount(bytes: 0)
  var maxSize: ByteCount?
  var owners: [Int]?
  var maxDepth: Int?
  var symlinks = Retention.Symlinks.keep
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
      "max_age", .maxAge, \.maxAge, absence: "required in each target or in defaults",
      examples: ["30d", "1d12h"],
      "Files older than this go; never: no file goes, and none is looked at, only empty directories go where "
        + "remove_empty_directories says so."),
    Key("age_from", .choice, \.ageFrom, builtIn: "mtime", "Which of a file's times says how old it is."),
    Key(
      "include", .list(of: .pattern, emptyHint: Diagnostic.Advice.includeEverything), \.include,
      absence: "everything", examples: [#"["*.tmp", "cache/"]"#],
      "Only files that one of these patterns matches go, and files in folders that one matches."),
    Key(
      adding: "exclude", .list(of: .pattern, emptyHint: nil), \.exclude, builtIn: "[]", examples: [#"["keep/"]"#],
      "What one of these patterns matches stays, a folder with all below; added to those of defaults."),
    .groups(
      "rules", of: "rule", RuleSettings.keys, RuleSettings(), atMost: Selection.mostRules, \.rules,
      "The first rule whose include, and not whose exclude, matches a file decides on it, by its keys and, where it has none, "
        + "the target's; the target's own keys decide on all other files. The target's exclude comes before all rules."),
    Key("min_size", .size(), \.minSize, builtIn: "0", examples: ["1Ki"], "Smaller files stay."),
    Key("max_size", .size(), \.maxSize, unset: "unlimited", examples: ["10Gi"], "Larger files stay."),
    Key(
      "owner", .owners, \.owners, unset: "any", examples: ["[1000]"],
      "Only files, and empty directories, of these user ids go."),
    // EFS allows 1000 levels; other file systems are bounded by the length of a path.
    Key(
      "max_depth", .count(1...65_535), \.maxDepth, unset: "unlimited", examples: ["3"],
      "How many levels down files are looked for; files directly in the target have depth 1."),
    Key(
      "symlinks", .choice, \.symlinks, builtIn: "keep",
      "What becomes of symbolic links; delete: each goes as a file does, by its own times, owner and size, never by what "
        + "it points to."),
    Key(
      "one_file_system", .boolean, \.oneFileSystem, builtIn: "true",
      "Whether mounts below the target, and among the folders that its path stands for, are left alone."),
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
      "Whether directories left empty go; never the target itself, lost+found, a mount point, or one of another owner where "
        + "owner is set."),
    Key(
      "empty_directory_min_age", .duration(bareUnit: "d"), \.emptyDirectories.minAge, builtIn: "1h",
      "Empty directories younger than this stay."),
    Key(
      "max_empty_directories", .cap, \.emptyDirectories.maxCount, unset: "unlimited", examples: ["10000"],
      "How many empty directories go in one run, over all folders of a template or wildcard."),
    Key(
      "max_deletions", .cap, \.maxDeletions, unset: "unlimited", examples: ["1000000"],
      "Files, over all folders of a template or wildcard: the removal beyond it does not happen; the target stops with status 5."
    ),
    Key(
      "max_deleted_bytes", .size(atLeast: ByteCount(bytes: 1)), \.maxDeletedBytes, unset: "unlimited",
      examples: ["500Gi"],
      "Allocated blocks of last links, over all folders of a template or wildcard: the removal beyond it does not "
        + "happen; the target stops with status 5."),
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
    .list(
      of: .count(0...Int(UInt32.max) - 1), noun: "a list of user ids", emptyHint: Diagnostic.Advice.anyOwner,
      typeHint: "names are not looked up: write the number that id -u NAME prints, as in [1000]")
  }
}
