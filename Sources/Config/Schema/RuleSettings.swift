import Plan

/// The keys of one of a target's `rules` as far as they were given; the target's own values stand for the others.
struct RuleSettings: Sendable {
  var include: [PlacedPattern] = []
  var exclude: [PlacedPattern] = []
  var maxAge: MaxAge?
  var ageFrom = Retention.AgeSource.mtime
  var minSize = ByteCount(bytes: 0)
  var maxSize: ByteCount?
  var owners: [Int]?

  static let keys: [Key<RuleSettings>] = [
    Key(
      "include", .list(of: .pattern, emptyHint: Diagnostic.Advice.includeEverything), \.include,
      absence: "everything", examples: [#"["*.log"]"#], "The files that the rule speaks of."),
    Key("exclude", .list(of: .pattern, emptyHint: nil), \.exclude, builtIn: "[]", "Files that it does not speak of."),
    Key("max_age", .maxAge, \.maxAge, absence: "the target's", examples: ["7d"], "As in a target."),
    Key("age_from", .choice, \.ageFrom, absence: "the target's", "As in a target."),
    Key("min_size", .size(), \.minSize, absence: "the target's", "As in a target."),
    Key(
      "max_size", Format<ByteCount>.size().map { Optional($0) }.or("unlimited", nil), \.maxSize,
      absence: "the target's", "As in a target."),
    Key(
      "owner", Format<[Int]>.owners.map { Optional($0) }.or("any", nil), \.owners, absence: "the target's",
      "As in a target."),
  ]
}

extension Section<RuleSettings> {
  /// By which its files go, in a target that has these of its own.
  func criteria(in target: Retention.Criteria) -> Retention.Criteria {
    var criteria = target
    if let maxAge = values.maxAge { criteria.maxAge = maxAge.duration }
    if given["age_from"] != nil { criteria.ageFrom = values.ageFrom }
    if given["min_size"] != nil { criteria.minSize = values.minSize }
    if given["max_size"] != nil { criteria.maxSize = values.maxSize }
    if given["owner"] != nil { criteria.owners = values.owners.map { Set($0.map { UInt32($0) }) } }
    return criteria
  }
}
