import Plan

/// Which patterns of a run matched something.
public struct PatternUse: Hashable, Sendable {
  /// A pattern that matched no file and no folder, in any folder of the targets that have it.
  public struct Unmatched: Hashable, Sendable {
    /// `exclude`, or `rules[0].include`.
    public var key: String
    public var pattern: String
    /// One of the targets that have it.
    public var target: String
    /// How many have it.
    public var targets: Int

    /// For people, in one line.
    public var sentence: String {
      let others = targets > 1 ? " and \(targets - 1) more" : ""
      return "\(key) \"\(PrintableText.escaped(pattern))\" matched nothing in "
        + PrintableText.escaped(target) + others
    }

    public init(key: String, pattern: String, target: String, targets: Int) {
      (self.key, self.pattern, self.target, self.targets) = (key, pattern, target, targets)
    }
  }

  private struct Key: Hashable {
    let path: String
    // As bytes: to Swift, an é of one character and one of two are the same text.
    let pattern: [UInt8]
  }

  private struct Use: Hashable {
    /// In the order in which they came.
    let number: Int
    var targets: Set<String> = []
    let first: String
    var hasMatched = false
  }

  private var uses: [Key: Use] = [:]
  /// Targets of which not all was seen that patterns could match.
  private var unwalked: Set<String> = []

  public init() {}

  /// A folder of a target was not walked, or not to the end.
  mutating func noteUnwalked(_ target: String) { unwalked.insert(target) }

  /// A folder of a target was walked. `matched`: by the numbers of its patterns.
  mutating func note(_ patterns: [Selection.Source], of target: String, matched: [Bool]) {
    for (number, source) in patterns.enumerated() {
      let key = Key(path: source.path, pattern: Array(source.pattern.text.utf8))
      var use = uses[key] ?? Use(number: uses.count, first: target)
      use.targets.insert(target)
      if matched[number] { use.hasMatched = true }
      uses[key] = use
    }
  }

  /// In the order in which the config has them.
  public var unmatched: [Unmatched] {
    uses.filter { !$0.value.hasMatched && $0.value.targets.isDisjoint(with: unwalked) }.sorted {
      $0.value.number < $1.value.number
    }.map { key, use in
      Unmatched(
        key: key.path, pattern: String(decoding: key.pattern, as: UTF8.self), target: use.first,
        targets: use.targets.count)
    }
  }
}

extension TargetOutcome {
  /// Whether every name was met that patterns could match: also where they themselves kept the walk from a folder.
  var hasSeenAll: Bool {
    switch ending {
    case .completed, .completedWithErrors: tally.dirsHeld + tally.dirsFailed + tally.dirsLeft == 0
    case .skipped: tally.dirsExcluded + tally.dirsNotIncluded > 0
    default: false
    }
  }
}
