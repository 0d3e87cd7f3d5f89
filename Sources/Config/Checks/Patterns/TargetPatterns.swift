import Plan

/// What of a target its patterns are checked with.
struct TargetPatterns {
  struct Item {
    let text: String
    let place: SourcePlace
    /// The target's rather than inherited.
    let isOwn: Bool
    let shape: PatternShape
  }

  /// Absolute ones are left out where the path stands for several folders.
  let includes: [Item]
  let excludes: [Item]
  let rules: [Rule]
  let maxDepth: Int?
  let places: Places

  struct Rule {
    /// Empty: everything.
    let includes: [Item]
    let excludes: [Item]
    let place: SourcePlace
  }

  /// Where the values stand. Targets in which these are the same have the same patterns.
  struct Places: Hashable {
    let include: Given?
    let exclude: Given?
    let maxDepth: Given?
    let rules: Given?
    /// Of the target, where a pattern may be absolute.
    let path: SourcePlace?

    init(_ target: DecodedTarget) {
      let (given, values) = (target.settings.given, target.settings.values)
      include = given["include"].map { Given($0) }
      exclude = given["exclude"].map { Given($0) }
      maxDepth = given["max_depth"].map { Given($0) }
      rules = given["rules"].map { Given($0) }
      path =
        (values.include + values.exclude + values.rules.flatMap(\.allPatterns)).contains { $0.pattern.isAbsolute }
        ? target.pathPlace : nil
    }
  }

  struct Given: Hashable {
    let place: SourcePlace
    /// The target's rather than inherited.
    let isOwn: Bool

    init(place: SourcePlace, isOwn: Bool) { (self.place, self.isOwn) = (place, isOwn) }

    init(_ given: Section<TargetSettings>.Given) { self.init(place: given.value, isOwn: given.isOwn) }
  }

  /// Nil when a list could not be read: then what the target has in its stead is not what was meant.
  init?(_ target: DecodedTarget, at places: Places) {
    let (values, failed) = (target.settings.values, target.settings.failed)
    guard failed.isDisjoint(with: ["include", "exclude"]) else { return nil }
    let root = target.path.flatMap { $0.isLiteral ? $0.text : nil }
    let ownExcludes = places.exclude?.isOwn == true ? target.settings.given["exclude"]?.node.items.count ?? 0 : 0
    let inherited = values.exclude.count - ownExcludes
    includes = values.include.compactMap { Item($0, isOwn: places.include?.isOwn == true, root) }
    excludes = values.exclude.enumerated().compactMap { Item($1, isOwn: $0 >= inherited, root) }
    rules = values.rules.compactMap { rule in
      let isOwn = places.rules?.isOwn == true
      guard rule.failed.isDisjoint(with: ["include", "exclude"]), let place = rule.firstPlace else { return nil }
      return Rule(
        includes: rule.values.include.compactMap { Item($0, isOwn: isOwn, root) },
        excludes: rule.values.exclude.compactMap { Item($0, isOwn: isOwn, root) }, place: place)
    }
    (maxDepth, self.places) = (values.maxDepth, places)
  }

  /// What reading them takes, in steps of a comparison.
  static func cost(of target: DecodedTarget) -> Int {
    4
      * (target.settings.values.include.count + target.settings.values.exclude.count
        + target.settings.values.rules.reduce(0) { $0 + $1.allPatterns.count })
  }

  var ownsInclude: Bool { places.include?.isOwn == true }
}

extension TargetPatterns.Item {
  fileprivate init?(_ placed: PlacedPattern, isOwn: Bool, _ root: String?) {
    guard let shape = PatternShape(placed.pattern, in: root) else { return nil }
    self.init(text: placed.text, place: placed.place, isOwn: isOwn, shape: shape)
  }
}

extension Section<RuleSettings> {
  var allPatterns: [PlacedPattern] { values.include + values.exclude }

  /// Of one of its keys; nil when it has none.
  fileprivate var firstPlace: SourcePlace? { RuleSettings.keys.lazy.compactMap { given[$0.name]?.key }.first }
}
