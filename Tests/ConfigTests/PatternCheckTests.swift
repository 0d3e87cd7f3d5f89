import Testing

@testable import Config

@Suite("Patterns of a target against each other")
struct PatternCheckTests {
  private func rules(_ include: String, _ exclude: String, _ more: String...) -> [Diagnostic.Rule] {
    let lists = ["path: /d/a", "max_age: 1d", "include: \(include)", "exclude: \(exclude)"]
    return check(targetText(lists + more)).rules
  }

  @Test("An exclude of what include does not speak of is said to be without effect")
  func apart() {
    #expect(rules("['cache/**']", "[keep/**]") == [.excludeMeetsNothing])
    #expect(rules("['cache/**']", "[keep]") == [])
    #expect(rules("['cache/**']", "[keep/**]", "remove_empty_directories: true") == [.excludeMeetsNothing])
  }

  @Test("An exclude that keeps what an include would take is never called useless, even where it keeps all of that")
  func protecting() {
    #expect(rules("['*.tmp', 'keep/*.tmp']", "['keep/**']") == [.patternWithoutEffect])
  }

  @Test(
    "An exclude that begins and ends with a star of its own protects one depth only, which find's users do not expect",
    arguments: [
      ("*/keep/*", "**/keep/"), ("*/a/b/*", "**/a/b/"), ("*/ke?p/*", "**/ke?p/"), ("*/keep", nil), ("keep/*", nil),
      ("*/keep/", nil), ("**/keep/*", nil), ("*/keep/**", nil), ("*/*", nil), ("*/x*/y", nil), ("/d/a/*/keep/*", nil),
    ] as [(String, String?)])
  func oneDepth(pattern: String, meant: String?) {
    let checked = checkTarget("path: /d/a", "max_age: 1d", "exclude: ['\(pattern)']")
    #expect(checked.rules == (meant == nil ? [] : [.patternOfOneDepth]))
    guard let meant else { return }
    #expect(checked.diagnostics.first?.hint?.hasPrefix("did you mean \"\(meant)\"? ") == true)
    #expect(checkTarget("path: /d/a", "max_age: 1d", "exclude: ['\(meant)']").printed == "")
    #expect(checkTarget("path: /d/a", "max_age: 1d", "include: ['\(pattern)']").printed == "")
    let inherited =
      "version: 1\ndefaults: {max_age: 1d, exclude: ['\(pattern)']}\ntargets: [{path: /d/a}, {path: /d/*}]\n"
    #expect(check(inherited).rules.count { $0 == .patternOfOneDepth } == 1)
  }

  @Test("A disabled target is left in peace")
  func disabled() {
    #expect(rules("['a']", "['**']", "enabled: false") == [.disabledTarget])
  }

  @Test("Of two patterns that match the same, the later one is said to be without effect")
  func equals() throws {
    let checked = checkTarget("path: /d/a", "max_age: 1d", "exclude: ['[k]eep', keep]")
    #expect(checked.rules == [.patternCovered])
    #expect(offendingToken(checked) == "keep")
  }

  @Test("An inherited list is spoken of once, and not for what one target makes of it")
  func inherited() {
    func rules(_ defaults: String, _ targets: String...) -> [Diagnostic.Rule] {
      check("version: 1\ndefaults: {max_age: 1d, \(defaults)}\ntargets: [\(targets.joined(separator: ", "))]\n").rules
    }
    let (one, other) = ("{path: /d/a}", "{path: /d/b}")
    #expect(rules("exclude: ['*.a', '*.a']", one, other) == [.patternRepeated])
    #expect(rules("include: [k/a, x], exclude: [k/*]", one, other) == [.patternWithoutEffect])
    #expect(rules("include: [k/a, x], exclude: [k/*]", one, "{path: /d/b, exclude: [z]}") == [.patternWithoutEffect])
    #expect(rules("exclude: [k/*]", one, "{path: /d/b, include: [x]}") == [])
    #expect(rules("include: [k/a, x]", one, "{path: /d/b, max_depth: 1}") == [])
    #expect(rules("include: [k/a]", one, "{path: /d/b, max_depth: 1}") == [.nothingIncluded])
  }

  @Test("A list that could not be read is not compared")
  func unreadable() {
    let text =
      "version: 1\ndefaults: {max_age: 1d, exclude: [a]}\ntargets: [{path: /d/a, include: [a], exclude: ['[']}, {path: /d/b}]\n"
    #expect(check(text).rules == [.globUnclosedSet])
  }

  @Test("What is the same all over is said no more often than anyone reads")
  func countless() {
    let patterns = Array(repeating: "a", count: 3000).joined(separator: ", ")
    let found = checkTarget("path: /d/a", "max_age: 1d", "exclude: [\(patterns)]").rules
    #expect(found == Array(repeating: .patternRepeated, count: 1000))
  }
}
