import Glibc
import Plan
import Runner

/// What a purge should leave, by the plainest possible reckoning.
func naiveRemainder(of root: String, maxAge days: Double, emptyDirectoryAge: Double?) -> [String] {
  var target = makeTarget(root, maxAge: .seconds(days * 86_400))
  target.emptyDirectories = emptyDirectoryAge.map { EmptyDirectoryRule(minAge: .seconds($0 * 86_400)) }
  return naiveRemainder(of: root, target)
}

/// The same of a target with patterns and rules whose folder is `root`.
func naiveRemainder(of root: String, _ target: Target, now: Timestamp = Fixture.now) -> [String] {
  let (entries, choice) = (walkTree(root), NaiveChoice(target.retention, now: now.asSeconds))
  let goes = { (entry: TreeEntry) in
    (entry.isFile || entry.isLink && target.retention.symlinks == .delete) && choice.lets(entry)
  }
  var stays = Set(entries.filter { !$0.isDirectory && !goes($0) }.map(\.path))
  for entry in entries.sorted(by: { $0.path.utf8.count > $1.path.utf8.count }) where entry.isDirectory {
    let isOld = target.emptyDirectories.map { entry.mtime.asSeconds < now.asSeconds - $0.minAge.inSeconds } ?? false
    if !isOld || !choice.covers(entry) || stays.contains(where: { $0.hasPrefix(entry.path + "/") }) {
      stays.insert(entry.path)
    }
  }
  return stays.sorted()
}

/// What a target's keys say of files and folders, by the plainest possible reckoning.
struct NaiveChoice {
  private let exclude: NaivePatterns
  /// The target's own keys are the last one.
  private let rules: [(patterns: NaivePatterns, criteria: Retention.Criteria)]
  private let now: Double

  init(_ retention: Retention, now: Double) {
    self.now = now
    exclude = NaivePatterns(exclude: retention.exclude.map(\.text))
    let own = Retention.Rule(include: retention.include, exclude: [], criteria: retention.criteria)
    rules = (retention.rules + [own]).map { rule in
      (NaivePatterns(include: rule.include.map(\.text), exclude: rule.exclude.map(\.text)), rule.criteria)
    }
  }

  private func criteria(_ entry: TreeEntry) -> Retention.Criteria? {
    guard exclude.choose(entry.path, isFolder: entry.isDirectory) else { return nil }
    return way(entry).map { rules[$0].criteria }
  }

  private func way(_ entry: TreeEntry) -> Int? {
    rules.firstIndex { $0.patterns.choose(entry.path, isFolder: entry.isDirectory) }
  }

  /// Whether a file may go.
  func lets(_ entry: TreeEntry) -> Bool {
    guard let criteria = criteria(entry), let maxAge = criteria.maxAge else { return false }
    let time: Double
    switch criteria.ageFrom {
    case .mtime: time = entry.mtime.asSeconds
    case .atime: time = entry.atime.asSeconds
    // Made and changed by the test itself: younger than anything that `now` is.
    case .ctime, .birth, .newest: return false
    }
    return time < now - maxAge.inSeconds && criteria.owners?.contains(entry.owner) ?? true
      && entry.size >= criteria.minSize.bytes && criteria.maxSize.map { entry.size <= $0.bytes } ?? true
  }

  /// Whether a folder may go when it is empty and old.
  func covers(_ entry: TreeEntry) -> Bool {
    guard criteria(entry) != nil, let way = way(entry) else { return false }
    // What a rule keeps for ever is to be found where it was; the target's own never is asked for with empty folders in mind.
    if way < rules.count - 1, rules[way].criteria.maxAge == nil { return false }
    return rules.allSatisfy { $0.criteria.owners?.contains(entry.owner) ?? true }
  }
}

extension Retention {
  /// Such that of random trees some files go by it, and some do not.
  static func random(using random: inout SeededGenerator) throws -> Retention {
    let (patterns, own) = (NaivePatterns.random(using: &random), Criteria.random(using: &random))
    var retention = Retention(
      maxAge: own.maxAge, ageFrom: own.ageFrom, include: try patterns.include.map { try Pattern($0) },
      exclude: try patterns.exclude.map { try Pattern($0) }, minSize: own.minSize, maxSize: own.maxSize,
      owners: own.owners, symlinks: Bool.random(using: &random) ? .delete : .keep)
    retention.rules = try (0..<Int.random(in: 0...3, using: &random)).map { _ in
      let patterns = NaivePatterns.random(using: &random)
      return Rule(
        include: try patterns.include.map { try Pattern($0) }, exclude: try patterns.exclude.map { try Pattern($0) },
        criteria: .random(using: &random))
    }
    return retention
  }
}

extension Retention.Criteria {
  fileprivate static func random(using random: inout SeededGenerator) -> Retention.Criteria {
    // Mostly such that files go: what keeps all of them hides everything else.
    func often<Value>(_ usual: Value, _ others: Value...) -> Value {
      Int.random(in: 0..<3, using: &random) > 0 ? usual : others.randomElement(using: &random) ?? usual
    }
    let days = Double.random(in: 0..<40, using: &random)
    return Retention.Criteria(
      maxAge: often(.seconds(days * 86_400), nil, .zero, .seconds(86_400)),
      ageFrom: often(.mtime, .atime, .atime, .atime, .ctime, .birth, .newest),
      minSize: ByteCount(bytes: often(0, 1, 5000, 5001)),
      maxSize: often(nil, ByteCount(bytes: 0), ByteCount(bytes: 5000), ByteCount(bytes: 9999)),
      owners: often(nil, [getuid()], [Fixture.otherUser], [getuid(), Fixture.otherUser]))
  }
}

/// `include` and `exclude` by the plainest possible reckoning: component by component, by the C library's fnmatch.
struct NaivePatterns {
  var include: [String] = []
  var exclude: [String] = []

  /// Whether patterns choose this path, or one of the folders that it lies in.
  func choose(_ path: String, isFolder: Bool) -> Bool {
    !exclude.contains { Self.speaks($0, of: path, isFolder) }
      && (include.isEmpty || include.contains { Self.speaks($0, of: path, isFolder) })
  }

  private static func speaks(_ pattern: String, of path: String, _ isFolder: Bool) -> Bool {
    let names = path.split(separator: "/").map { String($0) }
    return alternatives(of: pattern).contains { text in
      (1...names.count).contains { count in
        matches(text, Array(names[..<count]), isFolder: isFolder || count < names.count)
      }
    }
  }

  /// Without braces.
  private static func alternatives(of pattern: String) -> [String] {
    guard let close = pattern.firstIndex(of: "}"), let open = pattern[..<close].lastIndex(of: "{") else {
      return [pattern]
    }
    return pattern[pattern.index(after: open)..<close].split(separator: ",", omittingEmptySubsequences: false)
      .flatMap { alternatives(of: String(pattern[..<open]) + $0 + String(pattern[pattern.index(after: close)...])) }
  }

  private static func matches(_ pattern: String, _ names: [String], isFolder: Bool) -> Bool {
    if pattern.hasSuffix("/"), !isFolder { return false }
    let parts = pattern.split(separator: "/").map { String($0) }
    let isAnchored = pattern.hasSuffix("/") ? parts.count > 1 : pattern.contains("/")
    return isAnchored ? matches(parts[...], names[...]) : fnmatch(parts[0], names[names.count - 1], 0) == 0
  }

  private static func matches(_ parts: ArraySlice<String>, _ names: ArraySlice<String>) -> Bool {
    guard let part = parts.first else { return names.isEmpty }
    if part == "**", parts.count == 1 { return !names.isEmpty }
    if part == "**" { return (0...names.count).contains { matches(parts.dropFirst(), names.dropFirst($0)) } }
    guard let name = names.first, fnmatch(part, name, 0) == 0 else { return false }
    return matches(parts.dropFirst(), names.dropFirst())
  }

  /// Of names like those of random trees.
  static func random(using random: inout SeededGenerator) -> NaivePatterns {
    var pattern: String {
      let names = [
        "e1*", "e?[0-4]*", "*7", "e{1,2}?", "*[!3-9]", "e", "*", "e*5*", "\\e*", "with space", ".hidden", "*{0,e9}",
      ]
      let count = Int.random(in: 1...3, using: &random)
      var parts = (0..<count).map { _ in names.randomElement(using: &random) ?? "e" }
      if count > 1, Bool.random(using: &random) { parts[Int.random(in: 0..<count, using: &random)] = "**" }
      return parts.joined(separator: "/") + (Int.random(in: 0..<4, using: &random) == 0 ? "/" : "")
    }
    var patterns = NaivePatterns()
    patterns.exclude = (0..<Int.random(in: 0...3, using: &random)).map { _ in pattern }.filter { $0 != "*" }
    patterns.include = (0..<Int.random(in: 0...3, using: &random)).map { _ in pattern }
    return patterns
  }
}
