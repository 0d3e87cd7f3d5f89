import Foundation
import Plan
import Testing

@testable import Config

@Suite("Patterns compared with each other")
struct PatternShapeTests {
  private static func shape(_ pattern: String) throws -> PatternShape {
    try #require(PatternShape(try Pattern(pattern), in: "/t"))
  }

  private static func meets(_ one: String, _ other: String) throws -> Bool {
    var effort = Effort()
    return try shape(one).canMeet(shape(other), effort: &effort)
  }

  private static func covers(_ one: String, _ other: String) throws -> Bool {
    var effort = Effort()
    return try shape(one).covers(shape(other), effort: &effort)
  }

  @Test(
    "Two patterns meet when both speak of some file",
    arguments: [
      ("*.tmp", "keep/**", true), ("/t/*.tmp", "keep/**", false), ("/t/a.tmp", "/t/b.tmp", false), ("a/*", "*/b", true),
      ("a/**", "/t/a", true), ("**/a/**", "b/**/c", true), ("/t/?", "/t/??", false), ("/t/[a-c]*", "/t/[d-f]*", false),
      ("*a*", "*b*", true), ("a/b", "a/c", false), ("a/", "/t/a", true), ("/t/a/", "b", true),
      ("{a,b}/c", "b/*", true), ("/t/{a,b}", "/t/c", false),
    ])
  func meet(one: String, other: String, expected: Bool) throws {
    #expect(try Self.meets(one, other) == expected)
    #expect(try Self.meets(other, one) == expected)
  }

  @Test(
    "A pattern covers another when it speaks of all that the other does",
    arguments: [
      ("*", "a/*", true), ("a/**", "a/b/*.tmp", true), ("a", "a/**", true), ("a/**", "/t/a", false),
      ("*.tmp", "**/*.tmp", true), ("**/*.tmp", "*.tmp", true), ("/t/*.tmp", "*.tmp", false), ("**/*", "**", true),
      ("[a-z]", "m", true), ("[a-z]", "[a-f]", true), ("[a-f]", "[a-z]", false), ("?*", "*", true),
      ("*a*", "*aa*", true), ("*aa*", "*a*", false), ("a", "a/b/a/c", true), ("*.*", "a.*", true),
      ("a*b", "a*c*b", true),
      ("a*c*b", "a*b", false), ("??*", ".?", true), ("*", "a/b", true), ("é*", "été", true), ("{a,b}", "b", true),
      ("b", "{a,b}", false), ("a/", "a/x", true), ("a/", "a", false), ("a", "a/", true), ("*", "*/", true),
    ])
  func cover(one: String, other: String, expected: Bool) throws { #expect(try Self.covers(one, other) == expected) }

  @Test(
    "The least depth counts components",
    arguments: [("a", 1), ("*", 1), ("a/?/c", 3), ("**/a", 1), ("a/**/b", 2), ("a/**", 2), ("a/b/", 3), ("a/", 1)])
  func depth(pattern: String, least: Int) throws { #expect(try Self.shape(pattern).leastDepth == least) }

  @Test(
    "A pattern is impossible when a component can be no name",
    arguments: [
      ("...", nil), ("[/]", .emptySet), (String(repeating: "a", count: 256), .nameTooLong),
      (String(repeating: "?", count: 255) + "*", nil), ("**/" + String(repeating: "a", count: 255) + "/*b", nil),
      ("\u{0}", .emptySet), ("{a,b}" + String(repeating: "?", count: 255), .nameTooLong),
    ] as [(String, PatternShape.Impossibility?)])
  func impossible(pattern: String, expected: PatternShape.Impossibility?) throws {
    #expect(try Self.shape(pattern).impossibility == expected)
  }

  @Test("Comparisons that would take long are given up on the safe side, in bounded time")
  func effort() throws {
    // Which of the last thirty bytes were an `a` must be kept in mind: two to the power of thirty cases.
    let one = "/t/*a" + String(repeating: "?", count: 30)
    let same = "/t/*a" + String(repeating: "[!/]", count: 30)
    var effort = Effort(50_000)
    #expect(try !Self.shape(one).covers(Self.shape(same), effort: &effort))
    #expect(effort.isSpent)
    #expect(try Self.shape("/t/a").canMeet(Self.shape("/t/b"), effort: &effort))
    #expect(try !Self.shape("*").covers(Self.shape("a"), effort: &effort))
  }

  @Test("They agree with trying all short paths", arguments: 0..<4)
  func agreesWithMatching(round: UInt64) throws {
    let seed = SeededGenerator.newSeed(for: "PatternShapeTests")
    var generator = SeededGenerator(seed: seed)
    let patterns = (0..<32).compactMap { _ in try? Pattern(Self.pattern(&generator)) }
    let matches = patterns.map { pattern in Self.matches(pattern) }
    var counts = (meeting: 0, covering: 0, apart: 0)
    for (one, first) in zip(patterns, matches) {
      for (other, second) in zip(patterns, matches) where Self.isTold(first, second) {
        guard let shape = PatternShape(one, in: "/t"), let otherShape = PatternShape(other, in: "/t") else { continue }
        var effort = Effort(.max)
        let meet = zip(first, second).contains { $0 && $1 }
        let covers = !zip(first, second).contains { !$0 && $1 }
        let context = "seed \(seed): \(one.text) and \(other.text)"
        #expect(shape.canMeet(otherShape, effort: &effort) == meet, "\(context)")
        #expect(shape.covers(otherShape, effort: &effort) == covers, "\(context)")
        if meet { counts.meeting += 1 } else { counts.apart += 1 }
        if covers, one != other { counts.covering += 1 }
      }
    }
    // The generator must produce all answers, or the property says nothing.
    #expect(counts.meeting > 5 && counts.covering > 1 && counts.apart > 1, "seed \(seed): \(counts)")
  }

  private static func matches(_ pattern: Pattern) -> [Bool] {
    var matcher = PatternMatcher(Selection(Retention(maxAge: .zero, exclude: [pattern])))
    let root = Array("/t".utf8)
    return paths.map { path in
      var folder = matcher.root(at: root.span)
      let names = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
      for name in names.dropLast() {
        guard case .entered(let scope) = folder else { return true }
        matcher.enter(scope)
        folder = matcher.folder(name.span)
      }
      guard case .entered(let scope) = folder, let name = names.last else { return true }
      matcher.enter(scope)
      return matcher.choice(ofFile: name.span) == .excluded
    }
  }

  /// Whether both match, and what both match or one only shows in the paths tried: no longer than what each needs alone.
  private static func isTold(_ first: [Bool], _ second: [Bool]) -> Bool {
    guard let one = first.firstIndex(of: true), let other = second.firstIndex(of: true) else { return false }
    return paths[one].count + paths[other].count <= 5
  }

  /// With few fixed bytes, so that what two of them have in common, or not, shows in short paths.
  private static func pattern(_ generator: inout SeededGenerator) -> String {
    let pieces = ["a", "a", "a", ".", "?", "*", "*", "[a.]", "[!a]", "[!.]", "/", "/**/", "{a,.a}"]
    let count = Int.random(in: 1...3, using: &generator)
    let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "a" }.joined()
    return ["", "/t/"].randomElement(using: &generator).map { $0 + text } ?? text
  }

  /// Every path of up to seven bytes that a file can have, of bytes that the patterns tell apart; `z` is any other.
  private static let paths: [[UInt8]] = {
    var all: [[UInt8]] = []
    var longest: [[UInt8]] = [[]]
    for _ in 0..<7 {
      longest = longest.flatMap { path in "az./".utf8.map { path + [$0] } }
      all += longest
    }
    return all.filter { path in
      path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
      }
    }
  }()
}
