/// What a target's patterns choose: which files may go, by which criteria, and which folders are entered.
public struct Selection: Hashable, Sendable {
  /// What patterns make of a file.
  public enum Choice: Hashable, Sendable {
    /// An `exclude` of the target protects it.
    case excluded
    /// No `include` matches.
    case notIncluded
    /// It goes by these criteria: the rules' in their order, then the target's own.
    case by(UInt8)
  }

  /// A place where patterns stand.
  public struct Source: Hashable, Sendable {
    public enum Key: String, Hashable, Sendable { case include, exclude }
    public let key: Key
    /// The number of the rule; nil: the target's own key.
    public let rule: Int?
    /// Its place in the list.
    public let index: Int
    public let pattern: Pattern

    /// `exclude`, or `rules[0].include`.
    public var path: String { (rule.map { "rules[\($0)]." } ?? "") + key.rawValue }
  }

  /// As many as there are bits for their lists.
  public static let mostRules = 30

  /// All patterns; a matcher knows them by their numbers here.
  public let patterns: [Source]
  let automaton: PatternAutomaton
  /// The lists, a bit each, that match everything since they are not written.
  let always: UInt64
  /// Of each set of criteria in turn, what its files must match, and must not.
  private let ways: [Way]

  private struct Way: Hashable {
    let include: UInt64
    let exclude: UInt64
  }

  private static let excludes: UInt64 = 1 << 0

  public init(_ retention: Retention) {
    var builder = Builder()
    builder.add(retention.exclude, .exclude, rule: nil)
    for (number, rule) in retention.rules.prefix(Selection.mostRules).enumerated() {
      builder.addWay(rule.include, rule.exclude, rule: number)
    }
    builder.addWay(retention.include, [], rule: nil)
    (patterns, always, ways) = (builder.patterns, builder.always, builder.ways)
    automaton = PatternAutomaton(builder.entries)
  }

  /// Whether there are no patterns: every file goes by criteria 0.
  public var isOfEverything: Bool { patterns.isEmpty }

  /// What becomes of a file of which these lists speak.
  func choice(_ lists: UInt64) -> Choice {
    if excludes(lists) { return .excluded }
    for number in ways.indices where lists & ways[number].include != 0 && lists & ways[number].exclude == 0 {
      return .by(UInt8(number))
    }
    return .notIncluded
  }

  func excludes(_ lists: UInt64) -> Bool { lists & Selection.excludes != 0 }

  /// Whether some file in a folder may be chosen, of which the lists of `covered` speak, and those of `living` may yet.
  func mayChoose(covered: UInt64, living: UInt64) -> Bool {
    ways.contains { (covered | living) & $0.include != 0 && covered & $0.exclude == 0 }
  }

  /// What the patterns make of whatever could lie in a folder, and so of the folder itself.
  func choice(ofFolder scope: PatternScope) -> Choice { choice(scope.covered) }

  private struct Builder {
    var entries: [PatternAutomaton.Entry] = []
    var patterns: [Source] = []
    var always: UInt64 = 0
    var ways: [Way] = []
    private var lists = 0

    /// The bit of the new list.
    @discardableResult
    mutating func add(_ list: [Pattern], _ key: Source.Key, rule: Int?) -> UInt64 {
      // What protects does so in whatever form a file system keeps a name; and so does what a rule says, since it may protect, too.
      let hasForms = key == .exclude || rule != nil
      for (index, pattern) in list.enumerated() {
        for form in hasForms ? pattern.normalForms : [pattern] {
          entries.append(PatternAutomaton.Entry(form, list: lists, number: patterns.count))
        }
        patterns.append(Source(key: key, rule: rule, index: index, pattern: pattern))
      }
      lists += 1
      return 1 << UInt64(lists - 1)
    }

    mutating func addWay(_ include: [Pattern], _ exclude: [Pattern], rule: Int?) {
      let way = Way(include: add(include, .include, rule: rule), exclude: add(exclude, .exclude, rule: rule))
      if include.isEmpty { always |= way.include }
      ways.append(way)
    }
  }
}
