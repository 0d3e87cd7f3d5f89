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

  /// What the times of a file are called elsewhere.
  static let choices = [
    "modified": "mtime", "modification": "mtime", "modify": "mtime", "accessed": "atime", "access": "atime",
    "changed": "ctime", "change": "ctime", "created": "birth", "creation": "birth", "btime": "birth",
  ]

  /// The value under the key `name` with the unit that its old name gave it, as in `max_age_days: 30`; nil when there is none.
  static func value(_ value: String?, of text: String, under name: String?) -> String? {
    guard let value, !value.isEmpty, value.utf8.allSatisfy(Digits.isDigit) else { return nil }
    guard text.lowercased().hasSuffix("days") else { return nil }
    // Nought meant that no file is looked at.
    return name == "max_age" && Int(value) == 0 ? "never" : value + "d"
  }

  /// The key meant by one of them, where it can stand.
  static func name(for text: String, among known: [String]) -> String? {
    let word = text.split(separator: "-").joined(separator: "_")
    return names[word].flatMap { known.contains($0) ? $0 : nil }
  }
}
