// The catalogue: hints that several findings share, or that depend on what was written.

extension Diagnostic {
  enum Advice {
    // How to write what an empty list may have been meant to say.
    static let includeEverything = "leave the key out, or write [\"**\"], to include everything"
    static let anyOwner = "leave the key out, or write any, for files of all users"
    static let allowEveryPath = "leave the key out to allow every path that is not protected"

    // What other programs have keys for.
    static let dryRun =
      "nothing is deleted by efs-purge-batch plan, or run --dry-run; to switch a target off, write enabled: false"
    static let leastDepth = "to spare files directly in the target, write include: [\"*/**\"]"
    static let recursion = "a target is walked to any depth; for the files directly in it, write max_depth: 1"
    static let links = "links are never followed: leave it out"
    static let schedule = "a run does its work once: a CronJob or a timer has the schedule"
    static let logging = "that is an option: --log-level, --log-format"
    static let confirmation = "a run asks nothing: leave it out"

    static let kustomization =
      "is this a kustomization? check what it makes: kustomize build . | efs-purge-batch check-config -"

    static let commandMissing = "the subcommand is missing: write run before it"

    static let oneName = "each run writes to this one name: write it without"

    static let beginning = "a config is keys with values: begin with version: 1"
  }
}

extension Diagnostic.Advice {
  /// What may have been meant by nought, where it is refused.
  static func insteadOfZero(_ text: String, of key: String) -> String? {
    guard text.utf8.prefix(while: Digits.isDigit).elementsEqual("0".utf8) else { return nil }
    switch key {
    case "max_age": return "to delete no file, write never; to delete files of every age, write 0s"
    case "max_deletions", "max_deleted_bytes":
      return "to set no cap, write unlimited; to switch a target off, write enabled: false"
    case "max_empty_directories":
      return "to set no cap, write unlimited; to keep all of them, write remove_empty_directories: false"
    case "max_depth": return "files directly in the target have depth 1; to set no bound, write unlimited"
    case "parallel_targets": return "for one target after another, write 1"
    case "operations_per_second": return "to set no ceiling, write unlimited"
    case "time_limit": return "to set no limit, write none"
    default: return nil
    }
  }

  /// What may have been meant by a word that says that there is no bound, or by an M that may be months or minutes.
  static func insteadOfNoAge(_ text: String, of subject: Subject) -> String? {
    if let word = ForeignValues.word(meantBy: text, for: subject) { return .didYouMean(word) }
    if subject.key == "max_age", ForeignValues.isNone(text) { return "to switch the target off, write enabled: false" }
    let digits = text.dropLast()
    guard text.last == "M", !digits.isEmpty, digits.count < 5, let number = Int(digits), number > 0 else { return nil }
    let months = subject.noun.contains("months") ? "\(number)mo" : "\(number * 30)d"
    return "write \(months) for months, \(number)m for minutes"
  }

  /// For a word in the place of a list that says that there is nothing to list.
  static func insteadOfNoList(_ text: String, emptyHint: String?) -> String? {
    ForeignValues.isNone(text) ? emptyHint ?? "leave the key out, or write []" : nil
  }

  /// Which of these was meant only the writer knows.
  static func oneOf(_ meanings: [(text: String, length: String?)]) -> String? {
    guard let first = meanings.first else { return "for instance 30d" }
    guard meanings.count > 1, let last = meanings.last else {
      return .didYouMean(first.text).map { hint in hint + (first.length.map { " that is \($0)" } ?? "") }
    }
    let texts = meanings.map { meaning in meaning.text + (meaning.length.map { " (\($0))" } ?? "") }
    return "write which is meant: \(texts.dropLast().joined(separator: ", ")) or \(texts.last ?? last.text)"
  }

  /// For what other programs would fill in, and only its writer knows.
  static func insteadOfPlaceholder(_ text: String) -> String {
    if text.hasPrefix("{{") { return "is this a template? check what it makes, not itself" }
    if text.hasPrefix("<") { return "write the name that is meant, or * for any" }
    if text.hasPrefix("%") || text.allSatisfy(\.isLetter) { return fieldsOfDates }
    return "no variable is expanded: write what it stands for"
  }

  private static let fieldsOfDates = "the fields are {YYYY}, {MM}, {DD} and {HH}, or {GGGG} and {WW} for ISO weeks"

  /// For braces that do not hold a field of dates.
  static func insteadOfField(_ text: String) -> String {
    if ["$", "{{"].contains(where: text.hasPrefix) { return insteadOfPlaceholder(text) }
    let words = text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
    guard words.count > 1 else {
      return fieldsOfDates + "; for any name, write *"
    }
    let letters = words.joined()
    return words.allSatisfy({ $0.utf8.count == 1 }) && letters.utf8.allSatisfy(UInt8.isLetterOrDigit)
      ? "did you mean [\(letters)]?" : "braces stand for dates: write a target for each"
  }

  /// For targets that are named by keys, or of which there is only one.
  static func targetsAsGroup(_ node: YAMLNode) -> String? {
    guard let first = node.entries.first?.key.text else { return "each target is an item: - path: /data/api" }
    if first.hasPrefix("/") { return "each target is an item: - path: \(first.whole)" }
    return TargetSettings.keys.contains { $0.name == first }
      ? "each target is an item: begin it with a dash, - \(first): …" : "each target is an item: - name: \(first.whole)"
  }
}

extension ForeignKeys.Meaning {
  /// - Parameter isForeign: whether not all letters of the key are ASCII.
  func hint(isForeign: Bool) -> String? {
    switch self {
    case .key(let key, nil): .didYouMean(key).map { $0 + (isForeign ? " not all of its letters are ASCII" : "") }
    case .key(let key, let value?): "write \(key): \(value)"
    case .belongs(let homes): "it belongs in \(homes.joined(separator: " or "))"
    case .elsewhere(let key, let homes): "that is \(key) here, in \(homes.joined(separator: " or "))"
    case .pathAsKey(let path, let age):
      "write path: \(path.whole)" + (age.map { ", and below it max_age: \($0.whole)" } ?? "")
    case .advice(let text): text
    }
  }
}
