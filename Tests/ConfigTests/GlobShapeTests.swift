import Foundation
import Plan
import Testing

@testable import Config

@Suite("Patterns compared with each other")
struct GlobShapeTests {
  private static func shape(_ pattern: String) throws -> GlobShape { GlobShape(try Glob(pattern)) }

  private static func meets(_ one: String, _ other: String) throws -> Bool {
    var effort = GlobShape.Effort()
    return try shape(one).canMeet(shape(other), effort: &effort)
  }

  private static func covers(_ one: String, _ other: String) throws -> Bool {
    var effort = GlobShape.Effort()
    return try shape(one).covers(shape(other), effort: &effort)
  }

  @Test(
    "Two patterns meet when some path matches both",
    arguments: [
      ("**/*.tmp", "keep/**", true), ("*.tmp", "keep/**", false), ("**/*.tmp", "**/*.log", false), ("a/*", "*/b", true),
      ("a/**", "a", false), ("**/a/**", "b/**/c", true), ("?", "??", false), ("[a-c]*", "[d-f]*", false),
      ("*a*", "*b*", true), (".*", "..", false), ("a/.?", "a/.[.]", false), ("*/*", "**/x/**/y/z", false),
      ("**/.cache/**", "**/*.tmp", true),
    ])
  func meet(one: String, other: String, expected: Bool) throws {
    #expect(try Self.meets(one, other) == expected)
    #expect(try Self.meets(other, one) == expected)
  }

  @Test(
    "A pattern covers another when it matches all that the other does",
    arguments: [
      ("**", "a/*", true), ("a/**", "a/b/*.tmp", true), ("a/**", "a", false), ("**/*.tmp", "*.tmp", true),
      ("*.tmp", "**/*.tmp", false), ("**/*", "**", true), ("**", "**/*", true), ("[a-z]", "m", true),
      ("[a-z]", "[a-f]", true), ("[a-f]", "[a-z]", false), ("*", "?*", true), ("?*", "*", true), ("*a*", "*aa*", true),
      ("*aa*", "*a*", false), ("**/a/**", "a/b/a/c", true), ("*.*", "a.*", true), ("a*b", "a*c*b", true),
      ("a*c*b", "a*b", false), ("??*", ".?", true), ("**/.*", ".?", true), ("*", "a/b", false), ("é*", "été", true),
    ])
  func cover(one: String, other: String, expected: Bool) throws { #expect(try Self.covers(one, other) == expected) }

  @Test(
    "Depths count components",
    arguments: [
      ("a", 1, 1), ("*", 1, 1), ("a/?/c", 3, 3), ("**", 1, nil), ("**/a", 1, nil), ("a/**/b", 2, nil), ("a/**", 2, nil),
    ] as [(String, Int, Int?)])
  func depth(pattern: String, least: Int, greatest: Int?) throws {
    #expect(try Self.shape(pattern).leastDepth == least)
    #expect(try Self.shape(pattern).greatestDepth == greatest)
  }

  @Test(
    "A pattern is impossible when a component can be no name",
    arguments: [
      (".", .dots(".")), ("a/../b", .dots("..")), ("./a", .dots(".")), ("**/.[.]/a", .dots("..")), (".*", nil),
      ("...", nil),
      ("a\\//b", .emptyName), ("\\/a", .emptyName), ("a\\/b", nil), ("[/]", .emptySet), ("a/[!\u{1}-\\ÿ]x/b", nil),
      (String(repeating: "a", count: 256), .nameTooLong), (String(repeating: "?", count: 255) + "*", nil),
      ("**/" + String(repeating: "a", count: 255) + "/*b", nil), ("\u{0}", .emptySet),
    ] as [(String, GlobShape.Impossibility?)])
  func impossible(pattern: String, expected: GlobShape.Impossibility?) throws {
    #expect(try Self.shape(pattern).impossibility == expected)
  }

  @Test("Comparisons that would take long are given up on the safe side, in bounded time")
  func effort() throws {
    // Which of the last thirty bytes were an `a` must be kept in mind: two to the power of thirty cases.
    let one = "*a" + String(repeating: "?", count: 30)
    let same = "*a" + String(repeating: "[!/]", count: 30)
    var effort = GlobShape.Effort(50_000)
    #expect(try !Self.shape(one).covers(Self.shape(same), effort: &effort))
    #expect(effort.isSpent)
    #expect(try Self.shape("a*").canMeet(Self.shape("*b"), effort: &effort))
    #expect(try !Self.shape("*").covers(Self.shape("a"), effort: &effort))
  }

  @Test("They agree with trying all short paths", arguments: 0..<4)
  func agreesWithMatching(round: UInt64) throws {
    let seed = SeededGenerator.newSeed(for: "GlobShapeTests")
    var generator = SeededGenerator(seed: seed)
    let patterns = (0..<32).compactMap { _ in try? Glob(Self.pattern(&generator)) }
    let matches = patterns.map { glob in Self.paths.map { glob.matches($0.span) } }
    var counts = (meeting: 0, covering: 0, apart: 0)
    for (one, first) in zip(patterns, matches) {
      // What matches none of the paths tried may still match longer ones.
      if first.contains(true) || one.pattern.utf8.count <= 7 {
        #expect((GlobShape(one).impossibility == nil) == first.contains(true), "seed \(seed): \(one.pattern)")
      }
      Self.checkDepths(of: one, first, seed: seed)
      for (other, second) in zip(patterns, matches) where Self.isTold(first, second) {
        var effort = GlobShape.Effort(.max)
        let meet = zip(first, second).contains { $0 && $1 }
        let covers = !zip(first, second).contains { !$0 && $1 }
        let context = "seed \(seed): \(one.pattern) and \(other.pattern)"
        #expect(GlobShape(one).canMeet(GlobShape(other), effort: &effort) == meet, "\(context)")
        #expect(GlobShape(one).covers(GlobShape(other), effort: &effort) == covers, "\(context)")
        if meet { counts.meeting += 1 } else { counts.apart += 1 }
        if covers, one != other { counts.covering += 1 }
      }
    }
    // The generator must produce all answers, or the property says nothing.
    #expect(counts.meeting > 5 && counts.covering > 1 && counts.apart > 1, "seed \(seed): \(counts)")
  }

  /// Whether both match, and what both match or one only shows in the paths tried: no longer than what each needs alone.
  private static func isTold(_ first: [Bool], _ second: [Bool]) -> Bool {
    guard let one = first.firstIndex(of: true), let other = second.firstIndex(of: true) else { return false }
    return paths[one].count + paths[other].count <= 6
  }

  private static func checkDepths(of glob: Glob, _ matches: [Bool], seed: UInt64) {
    let depths = zip(paths, matches).filter(\.1).map { $0.0.count { $0 == UInt8(ascii: "/") } + 1 }
    guard let least = depths.min(), let greatest = depths.max() else { return }
    let shape = GlobShape(glob)
    #expect(shape.leastDepth == least, "seed \(seed): \(glob.pattern)")
    #expect(shape.greatestDepth == nil || shape.greatestDepth == greatest, "seed \(seed): \(glob.pattern)")
  }

  /// With few fixed bytes, so that what two of them have in common, or not, shows in short paths.
  private static func pattern(_ generator: inout SeededGenerator) -> String {
    let pieces = ["a", "a", "a", ".", "?", "*", "*", "[a.]", "[!a]", "[!.]", "/", "/**/", "/*/", "**/"]
    let count = Int.random(in: 1...4, using: &generator)
    let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "a" }.joined()
    return Bool.random(using: &generator) ? text : text + (Bool.random(using: &generator) ? "/**" : "*")
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
