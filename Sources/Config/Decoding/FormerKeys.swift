/// What the options of the tool this one replaces are called here.
enum FormerKeys {
  private static let names = [
    "max_age_days": "max_age", "age_days": "max_age", "days": "max_age", "older_than": "max_age",
    "retention": "max_age",
    "max_concurrency": "concurrency", "max_concurrency_scanning": "concurrency",
    "max_concurrency_deletion": "concurrency",
    "memory_limit": "limit", "memory_limit_mb": "limit", "remove_empty_dirs": "remove_empty_directories",
    "max_empty_dirs_to_delete": "max_empty_directories", "root_path": "path", "directory": "path", "folder": "path",
  ]

  /// The key meant by one of them, where it can stand.
  static func name(for text: String, among known: [String]) -> String? {
    let word = text.split(separator: "-").joined(separator: "_")
    return names[word].flatMap { known.contains($0) ? $0 : nil }
  }
}
