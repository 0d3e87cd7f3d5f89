import Glibc
import Plan
import Runner

/// Numbers from a seed (SplitMix64), so that a failing property can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension ScratchTree {
  /// A tree of about `entries` entries: directories of all widths, empty ones among them, old and young files, links,
  /// hard links and names of every kind of byte a name may have.
  convenience init(random seed: UInt64, entries: Int) {
    self.init()
    var random = SeededGenerator(seed: seed)
    var directories = [""]
    let odd = ["with space", "new\nline", "-rf", "ü漢", ".hidden", "a'b\"c", String(repeating: "x", count: 255)]
    for index in 0..<entries {
      let parent = directories.randomElement(using: &random) ?? ""
      let name = Int.random(in: 0..<50, using: &random) == 0 ? odd.randomElement(using: &random) ?? "o" : "e\(index)"
      let path = parent.isEmpty ? name : parent + "/" + name
      if exists(path) || path.utf8.count > 3500 { continue }
      switch Int.random(in: 0..<20, using: &random) {
      case 0...2:
        directory(path)
        directories.append(path)
      case 3: symlink("e0", self.path + "/" + path)
      case 4: mkfifo(self.path + "/" + path, 0o644)
      default:
        let days = Double.random(in: 0..<60, using: &random)
        file(path, days: days, size: Int.random(in: 0..<3, using: &random) * 5000)
      }
    }
    for entry in walkTree(path).reversed() where entry.isDirectory {
      age(path + "/" + entry.path, days: Double.random(in: 0..<4, using: &random))
    }
  }

  /// An identical tree, times included.
  func copy() -> ScratchTree {
    let copy = ScratchTree()
    system("cp -a \(path)/. \(copy.path)/")
    return copy
  }
}

/// What a purge should leave, by the plainest possible reckoning.
func naiveRemainder(
  of root: String, maxAge days: Double, emptyDirectoryAge: Double?, patterns: NaivePatterns = NaivePatterns()
) -> [String] {
  let limit = Double(Fixture.now.seconds) - days * 86_400
  let entries = walkTree(root)
  let goes = { (entry: TreeEntry) in
    entry.isFile && entry.mtime.asSeconds < limit && patterns.choose(entry.path, isFolder: false)
  }
  var stays = Set(entries.filter { !$0.isDirectory && !goes($0) }.map(\.path))
  for entry in entries.reversed().sorted(by: { $0.path.utf8.count > $1.path.utf8.count }) where entry.isDirectory {
    let young = entry.mtime.asSeconds >= Double(Fixture.now.seconds) - (emptyDirectoryAge ?? 0) * 86_400
    let isRuledOut = !patterns.choose(entry.path, isFolder: true)
    if emptyDirectoryAge == nil || young || isRuledOut || stays.contains(where: { $0.hasPrefix(entry.path + "/") }) {
      stays.insert(entry.path)
    }
  }
  return stays.sorted()
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

extension Timestamp {
  var asSeconds: Double { Double(seconds) + Double(nanoseconds) / 1e9 }
}
