import Plan

/// What other programs, and the one this replaces, call what a config says here.
enum ForeignKeys {
  /// What a key that is none may have been meant as.
  enum Meaning {
    /// This one, with `value` when its value would be another.
    case key(String, value: String?)
    /// A key of these groups, in which it does not stand.
    case belongs([String])
    /// This key of these groups.
    case elsewhere(String, [String])
    /// The path of a target, and its age.
    case pathAsKey(String, age: String?)
    /// Nothing that stands in a config; how it is done.
    case advice(String)

    /// The keys of the group that are not missing when this is what was meant.
    var keys: [String] {
      switch self {
      case .key(let key, _): [key]
      case .pathAsKey: ["path", "max_age"]
      case .belongs, .elsewhere, .advice: []
      }
    }
  }

  /// Our key, and what it is called elsewhere; the first of several that a group has is meant.
  private static let table: [(key: String, words: String)] = [
    (
      "max_age",
      """
      age ages age_days days max_age_days max_days older older_than older_than_days olderthan min_age minage mtime mmin ttl \
      time_to_live retention retention_days retention_hours retention_minutes retention_period retention_time log_retention \
      log_retention_days retain retain_days keep_for keep_days days_to_keep expire expires expiry expire_after expire_days \
      expire_after_days expiration expiration_days expire_time max_log_age max_log_age_in_days age_limit age_threshold cutoff \
      delete_after delete_after_days delete_older_than remove_older_than purge_after purge_older_than unit_count
      """
    ),
    (
      "age_from",
      "time_field time_type time_attribute file_time timestamp age_type age_by based_on use_time last_access"
    ),
    (
      "include",
      """
      pattern patterns glob globs filter filters name_pattern name_patterns include_pattern include_patterns includes included \
      file_pattern file_patterns filename filenames file_name iname match matches files extensions
      """
    ),
    (
      "exclude",
      """
      excludes excluded exclude_pattern exclude_patterns exclude_dir exclude_dirs exclude_files exclude_paths exclude_glob \
      ignore ignores ignored ignore_patterns skip protect protected whitelist allowlist exceptions except keep keep_patterns \
      prune
      """
    ),
    (
      "remove_empty_directories",
      """
      remove_empty_dirs remove_empty remove_empty_folders delete_empty_dirs delete_empty delete_empty_directories \
      delete_empty_folders purge_empty_dirs prune_empty_dirs clean_empty_dirs rmdir rmdirs empty_dirs empty_directories
      """
    ),
    ("max_empty_directories", "max_empty_dirs max_empty_dirs_to_delete"),
    (
      "max_deletions",
      """
      max_files max_delete max_deletes max_deleted max_deleted_files max_removals max_remove max_count max_files_to_delete \
      max_files_per_run limit delete_limit deletion_limit files_limit
      """
    ),
    ("max_deleted_bytes", "max_bytes max_delete_bytes max_delete_size max_deleted_size delete_size_limit"),
    (
      "concurrency",
      """
      threads thread_count num_threads nb_threads max_threads workers worker_count num_workers max_workers parallel parallelism \
      max_parallel jobs max_concurrency max_concurrency_scanning max_concurrency_deletion concurrent processes
      """
    ),
    (
      "operations_per_second",
      "iops max_iops ops max_ops ops_per_sec ops_per_second rate rate_limit throttle qps requests_per_second tps"
    ),
    ("limit", "memory_limit memory_limit_mb limit_mb max_memory memory_max"),
    (
      "path",
      "root_path root directory directories dir dirs folder folders location paths base_path scan_path target_path"
    ),
    ("owner", "user users uid uids owners"),
    ("one_file_system", "xdev x_dev one_fs one_filesystem same_filesystem same_file_system"),
    ("max_depth", "depth maxdepth levels max_level max_levels"),
    ("min_size", "size minsize size_min larger_than"),
    ("max_size", "maxsize size_max smaller_than"),
    ("time_limit", "timeout max_duration max_runtime max_run_time runtime run_time deadline"),
    ("parallel_targets", "max_parallel_targets concurrent_targets"),
    ("priority", "nice"),
    ("enabled", "disabled disable disable_action inactive active is_enabled"),
    ("targets", "target paths directories folders rules policies actions"),
    ("defaults", "default common global globals"),
  ]

  private static let advice: [(words: String, text: String)] = [
    (
      "dry_run dryrun dry noop no_op simulate simulation test_mode report_only",
      Diagnostic.Advice.dryRun
    ),
    ("min_depth mindepth", Diagnostic.Advice.leastDepth),
    ("recursive recurse recursion", Diagnostic.Advice.recursion),
    ("follow follow_symlinks follow_links followlinks dereference", Diagnostic.Advice.links),
    ("schedule cron crontab interval", Diagnostic.Advice.schedule),
    ("log_level loglevel verbose verbosity debug log_format log logging", Diagnostic.Advice.logging),
    ("resources config_map_generator bases patches", Diagnostic.Advice.kustomization),
    ("force yes confirm interactive", Diagnostic.Advice.confirmation),
  ]

  /// What the words of a choice are called elsewhere.
  private static let choices = [
    "modified": "mtime", "modification": "mtime", "modify": "mtime", "m": "mtime", "last_modified": "mtime",
    "last_mod": "mtime", "modification_time": "mtime", "accessed": "atime", "access": "atime", "a": "atime",
    "last_access": "atime", "last_accessed": "atime", "access_time": "atime", "changed": "ctime", "change": "ctime",
    "c": "ctime", "last_change": "ctime", "change_time": "ctime", "created": "birth", "creation": "birth",
    "btime": "birth", "crtime": "birth", "creation_time": "birth", "creation_date": "birth", "latest": "newest",
    "unlink": "delete", "remove": "delete", "rm": "delete", "erase": "delete", "purge": "delete",
    "trash": "quarantine", "archive": "quarantine", "move": "quarantine",
  ]

  /// The one of `known` that is meant by this word of another program.
  static func choice(_ word: String, among known: [String]) -> String? {
    choices[normalized(word)].flatMap { known.contains($0) ? $0 : nil } ?? Spelling.nearest(to: word, among: known)
  }

  /// What is meant by a key that stands beside `entries`, in a group that knows the keys `known` and not this one.
  static func meaning(of entry: YAMLEntry, beside entries: [YAMLEntry], among known: [String]) -> Meaning? {
    let text = entry.key.text
    guard Schema.hasGroup(of: known) else {
      return Spelling.nearestKey(to: text, among: known).map { .key($0, value: nil) }
    }
    if text.hasPrefix("/"), known.contains("path") { return .pathAsKey(text, age: entry.value.text) }
    let word = normalized(text)
    if let advice = advice.first(where: { $0.words.holds(word) })?.text { return .advice(advice) }
    if let meaning = meaning(of: word, entry.value, beside: entries, among: known) { return meaning }
    let homes = Schema.homes(of: text)
    if !homes.isEmpty { return .belongs(homes) }
    if let nearest = Spelling.nearestKey(to: text, among: known) { return .key(nearest, value: nil) }
    guard let key = table.first(where: { $0.words.holds(word) })?.key else { return nil }
    return .elsewhere(key, Schema.homes(of: key))
  }

  /// The same for a word of another program that names a key of this very group.
  private static func meaning(
    of word: String, _ value: YAMLNode, beside entries: [YAMLEntry], among known: [String]
  ) -> Meaning? {
    // In a target with dates it is the folder's age, which stands in a group of its own.
    let path = entries.first { $0.key.text == "path" }?.value.text
    if word == "older_than", path?.contains("{") == true { return nil }
    if word == "age", known.contains("age_from"), let time = value.text,
      let meant = choice(time, among: Retention.AgeSource.allCases.map(\.rawValue))
    {
      return .key("age_from", value: meant)
    }
    guard let key = table.first(where: { known.contains($0.key) && $0.words.holds(word) })?.key else { return nil }
    return .key(key, value: self.value(value.text ?? "", of: word, as: key))
  }

  // MARK: Values

  private static let units = [
    "days": "d", "hours": "h", "minutes": "m", "seconds": "s", "weeks": "w", "mb": "Mi", "mmin": "m", "mtime": "d",
  ]

  /// The value with the unit that the key's name gives it, as in `max_age_days: 30`, or its contrary, as in `disabled: true`.
  private static func value(_ text: String, of word: String, as key: String) -> String? {
    if key == "enabled" { return ["active", "is_enabled"].contains(word) ? nil : contrary(of: text) }
    // Nought meant in the old tool that no file is looked at.
    if key == "max_age", word.hasSuffix("days"), Int(text) == 0 { return "never" }
    let digits = text.hasPrefix("+") ? String(text.dropFirst()) : text
    guard !digits.isEmpty, digits.utf8.allSatisfy(Digits.isDigit), digits.utf8.first != UInt8(ascii: "0"),
      let unit = units[word.split(separator: "_").last.map { String($0) } ?? ""]
    else { return nil }
    return digits + unit
  }

  private static func contrary(of text: String) -> String {
    ["false", "no", "off", "0"].contains(text.lowercased()) ? "true" : "false"
  }

  /// In lower case with `_` between words, without what the old tool's variables begin with.
  private static func normalized(_ word: String) -> String {
    guard word.utf8.count <= 64 else { return "" }
    var (result, last): (String, Character) = ("", "_")
    for letter in word {
      if letter.isUppercase, last.isLowercase || last.isNumber { result.append("_") }
      result += letter == "-" || letter == " " ? "_" : letter.lowercased()
      last = letter
    }
    return result.hasPrefix("efspurge_") ? String(result.dropFirst("efspurge_".count)) : result
  }
}

extension String {
  /// Whether `word` is one of the words in it.
  fileprivate func holds(_ word: String) -> Bool { split(separator: " ").contains { $0 == word } }
}
