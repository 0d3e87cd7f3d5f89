import Plan
import Testing

@Suite struct GlobTests {
  @Test(arguments: [
    ("*", "a", true), ("*", "a/b", false), ("*", ".hidden", true), ("*.tmp", "x.tmp", true),
    ("*.tmp", "d/x.tmp", false),
    ("?", "a", true), ("?", "/", false), ("?", "ab", false), ("a?c", "abc", true),
    ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true), ("[^a]x", "ax", false),
    ("[]x]", "]", true), ("[a-]", "-", true), ("[\\]]", "]", true), ("[A-\\]]", "^", false), ("[Z-\\]]", "[", true),
    ("[!/]", "/", false),
    ("\\*", "*", true), ("\\*", "a", false),
    ("**", "a", true), ("**", "a/b/c", true), ("**/x", "x", true), ("**/x", "a/b/x", true), ("**/x", "ax", false),
    ("a/**", "a/b/c", true), ("a/**", "a", false), ("a/**", "ab/c", false), ("a/**/b", "a/b", true),
    ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/xb", false), ("**/a/**/b", "q/a/r/b", true),
    ("**/*.log", "x/y.log", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false),
    ("**/*a/**/c", "xa/b/c", true), ("keep/**", "keep/sub/file", true), ("é*", "été", true), ("?", "é", false),
  ])
  func `a pattern matches what a shell's globstar matches, byte by byte`(pattern: String, path: String, expected: Bool)
    throws
  {
    #expect(try Glob(pattern).matches(path) == expected, "\(pattern) on \(path)")
  }

  @Test(arguments: [
    ("", Glob.Malformed.Reason.empty, 0), ("/a", .leadingSlash, 0), ("a[bc", .unclosedSet, 1),
    ("a[c-b]", .emptyRange, 2),
    ("ab\\", .danglingEscape, 2), ("a**", .doubleStarInsideComponent, 1), ("**b", .doubleStarInsideComponent, 0),
    ("a//b", .emptyComponent, 1), ("a/", .emptyComponent, 1), ("**/", .emptyComponent, 2),
    ("a/**//b", .emptyComponent, 4),
    ("***", .doubleStarInsideComponent, 0),
  ])
  func `a malformed pattern says what is wrong and where`(pattern: String, reason: Glob.Malformed.Reason, offset: Int) {
    do throws(Glob.Malformed) {
      _ = try Glob(pattern)
      Issue.record("\(pattern) was accepted")
    } catch {
      #expect(error.reason == reason)
      #expect(error.offset == offset)
    }
  }

  @Test func `it agrees with a plain recursive matcher on random patterns and paths`() throws {
    var matched = 0
    for seed in 1...4000 as ClosedRange<UInt64> {
      var random = SplitMix(seed: seed)
      let pattern = randomPattern(&random)
      let path = (0..<Int.random(in: 1...7, using: &random)).map { _ in "ab/".randomElement(using: &random) ?? "a" }
      let text = String(path).split(separator: "/").joined(separator: "/")
      if text.isEmpty { continue }
      let expected = plainMatch(
        pattern.split(separator: "/").map(String.init)[...], text.split(separator: "/").map(String.init)[...])
      #expect(try Glob(pattern).matches(text) == expected, "seed \(seed): \(pattern) on \(text)")
      if expected { matched += 1 }
    }
    // The generator must produce both answers, or the property says nothing.
    #expect(matched > 300)
  }

  @Test func `a pattern made to explode takes no time`() throws {
    let pattern = String(repeating: "*a", count: 30) + "b"
    let path = String(repeating: "a", count: 3000)
    let directories = String(repeating: "**/a*/", count: 20) + "b"
    let deep = String(repeating: "a/", count: 300) + "c"
    // Exponential matchers do not come back from these; the suite's time limit would tell.
    #expect(try !Glob(pattern).matches(path))
    #expect(try !Glob(directories).matches(deep))
  }

  private func randomPattern(_ random: inout SplitMix) -> String {
    let pieces = ["a", "b", "*", "?", "a*", "*b", "[ab]", "**", "**"]
    return (0..<Int.random(in: 1...4, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "a" }
      .joined(separator: "/")
  }

  /// Component by component, trying everything.
  private func plainMatch(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
    guard let first = pattern.first else { return path.isEmpty }
    if first == "**" {
      if pattern.count == 1 { return !path.isEmpty }
      return (path.startIndex...path.endIndex).contains { plainMatch(pattern.dropFirst(), path[$0...]) }
    }
    guard let component = path.first else { return false }
    return plainComponent(Array(first)[...], Array(component)[...]) && plainMatch(pattern.dropFirst(), path.dropFirst())
  }

  private func plainComponent(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    switch first {
    case "*": return (name.startIndex...name.endIndex).contains { plainComponent(pattern.dropFirst(), name[$0...]) }
    case "?": return !name.isEmpty && plainComponent(pattern.dropFirst(), name.dropFirst())
    case "[": return !name.isEmpty && plainComponent(pattern.dropFirst(4), name.dropFirst())
    default: return name.first == first && plainComponent(pattern.dropFirst(), name.dropFirst())
    }
  }
}

/// Numbers from a seed, so that a failing property can be run again.
struct SplitMix: RandomNumberGenerator {
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
