/// What a target's patterns choose: which files may go, by which criteria, and which folders are entered.
public struct Selection: Hashable, Sendable {
  /// What patterns make of a file.
  public enum Choice: Hashable, Sendable {
    /// An `exclude` protects it.
    case excluded
    /// No `include` matches.
    case notIncluded
    /// It goes by these criteria.
    case by(UInt8)
  }

  /// A place where patterns stand.
  public struct Source: Hashable, Sendable {
    public enum Key: String, Sendable { case include, exclude }
    public let key: Key
    /// Its place in the list.
    public let index: Int
    public let pattern: Pattern
  }

  /// All patterns; a matcher knows them by their numbers here.
  public let patterns: [Source]
  let automaton: PatternAutomaton
  /// The lists, a bit each, that match everything since they are not written.
  let always: UInt64

  private static let excludes: UInt64 = 1 << 0
  private static let includes: UInt64 = 1 << 1

  public init(include: [Pattern], exclude: [Pattern]) {
    var entries: [PatternAutomaton.Entry] = []
    var patterns: [Source] = []
    for (index, pattern) in exclude.enumerated() {
      entries += pattern.normalForms.map { PatternAutomaton.Entry($0, list: 0, number: patterns.count) }
      patterns.append(Source(key: .exclude, index: index, pattern: pattern))
    }
    for (index, pattern) in include.enumerated() {
      entries.append(PatternAutomaton.Entry(pattern, list: 1, number: patterns.count))
      patterns.append(Source(key: .include, index: index, pattern: pattern))
    }
    self.patterns = patterns
    automaton = PatternAutomaton(entries)
    always = include.isEmpty ? Selection.includes : 0
  }

  /// Whether there are no patterns: every file goes by criteria 0.
  public var isOfEverything: Bool { patterns.isEmpty }

  /// What becomes of a file of which these lists speak.
  func choice(_ lists: UInt64) -> Choice {
    if excludes(lists) { return .excluded }
    return lists & Selection.includes != 0 ? .by(0) : .notIncluded
  }

  func excludes(_ lists: UInt64) -> Bool { lists & Selection.excludes != 0 }

  /// Whether some file in a folder may be chosen, of which the lists of `covered` speak, and those of `living` may yet.
  func mayChoose(covered: UInt64, living: UInt64) -> Bool { (covered | living) & Selection.includes != 0 }

  /// Whether the folder itself may go when it is empty: it is what a pattern of `include` speaks of as a whole.
  public func mayRemove(_ scope: PatternScope) -> Bool {
    if case .by = choice(scope.covered) { true } else { false }
  }
}
