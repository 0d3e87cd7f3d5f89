import Plan

/// A pattern and where it stands.
struct PlacedPattern {
  let text: String
  let place: SourcePlace
  let shape: GlobShape
}

/// What of a target its patterns are checked with.
struct TargetPatterns {
  let includes: [PlacedPattern]
  let excludes: [PlacedPattern]
  let maxDepth: Int?
  let places: Places

  /// Where the values stand. Targets in which these are the same have the same patterns.
  struct Places: Hashable {
    let include: Given?
    let exclude: Given?
    let maxDepth: Given?
    let removesEmptyDirectories: Bool

    init(_ target: DecodedTarget) {
      let given = target.settings.given
      include = given["include"].map { Given($0) }
      exclude = given["exclude"].map { Given($0) }
      maxDepth = given["max_depth"].map { Given($0) }
      removesEmptyDirectories = target.settings.values.removesEmptyDirectories
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
    let values = target.settings.values
    guard let includes = TargetPatterns.placed(values.include, target.settings.given["include"]?.node),
      let excludes = TargetPatterns.placed(values.exclude, target.settings.given["exclude"]?.node)
    else { return nil }
    (self.includes, self.excludes, self.maxDepth, self.places) = (includes, excludes, values.maxDepth, places)
  }

  /// What reading them takes, in steps of a comparison.
  static func cost(of target: DecodedTarget) -> Int {
    4 * (target.settings.values.include.count + target.settings.values.exclude.count)
  }

  private static func placed(_ globs: [Glob], _ node: YAMLNode?) -> [PlacedPattern]? {
    let items = node?.items ?? []
    guard items.compactMap(\.text) == globs.map(\.pattern), items.count == globs.count else { return nil }
    return zip(globs, items).map { PlacedPattern(text: $0.pattern, place: $1.place, shape: GlobShape($0)) }
  }

  var ownsInclude: Bool { places.include?.isOwn == true }
  var ownsExclude: Bool { places.exclude?.isOwn == true }

  /// What is excluded with all that is inside.
  var excludedFolders: Set<String> {
    Set(excludes.compactMap { $0.text.hasSuffix("/**") ? String($0.text.dropLast(3)) : nil })
  }

  /// Whether an `exclude` that meets no `include` is a slip: it is the target's own, and there are no empty directories that
  /// it could be meant to keep.
  var mayWasteExcludes: Bool { ownsExclude && !places.removesEmptyDirectories }
}
