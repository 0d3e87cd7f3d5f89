import Plan
import Testing

@testable import Config

@Suite("Printing a finding")
struct PrinterTests {
  private func printed(_ text: String, _ range: Range<Int>, colour: Bool = false) -> [String] {
    let finding = Diagnostic.disabledTarget(nil, at: SourceText(name: "f", bytes: Array(text.utf8)).place(range))
    let output = DiagnosticPrinter(colour: colour).text(of: finding)
    return output.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  }

  @Test("Place, severity and message, the source line, the caret range, and a line end")
  func form() {
    #expect(printed("a: bcd\n", 3..<6) == ["f:1:4: warning: the target is disabled", "  a: bcd", "     ^~~", ""])
  }

  @Test("A range that ends on a later line is marked on its first line")
  func severalLines() {
    #expect(printed("a: bcd\nx\n", 3..<8)[1...2] == ["  a: bcd", "     ^~~"])
  }

  @Test("An empty range, at the end of a line or of the text too, is one caret")
  func emptyRanges() {
    #expect(printed("ab\n", 2..<2)[0...2] == ["f:1:3: warning: the target is disabled", "  ab", "    ^"])
    #expect(printed("ab\n", 3..<3)[0...2] == ["f:2:1: warning: the target is disabled", "  ", "  ^"])
    #expect(printed("", 0..<0)[0...2] == ["f:1:1: warning: the target is disabled", "  ", "  ^"])
  }

  @Test("Tabs are copied below, wide characters count two columns and combining ones none")
  func alignment() {
    #expect(printed("\ta\tb\n", 3..<4)[2] == "  \t \t^")
    #expect(printed("日e\u{301}x\n", 6..<7)[0] == "f:1:4: warning: the target is disabled")
    #expect(printed("日e\u{301}x\n", 6..<7)[2] == "     ^")
    #expect(printed("日本\n", 0..<6)[2] == "  ^~~~")
  }

  @Test("Control and direction characters are shown as escapes, and carets are as wide as these")
  func escapes() {
    #expect(printed("a\u{1B}b\u{202E}c\n", 1..<2)[1...2] == [#"  a\x1bb\xe2\x80\xaec"#, "   ^~~~"])
  }

  @Test("Bytes that are not UTF-8 are shown as escapes")
  func notUTF8() {
    let source = SourceText(name: "f", bytes: [0x61, 0xFF, 0xC3, 0x0A])
    let output = DiagnosticPrinter(colour: false).text(of: .notUTF8(at: source.place(1..<2)))
    #expect(output.contains("  a\\xff\\xc3\n   ^~~~\n"))
  }

  @Test("A long line is cut around the caret")
  func longLines() {
    let text = String(repeating: "a", count: 5000) + "HERE" + String(repeating: "b", count: 5000)
    let lines = printed(text, 5000..<5004)
    #expect(lines[1].count <= 104)
    #expect(lines[1].hasPrefix("  …a") && lines[1].hasSuffix("b…"))
    let caret = lines[2].firstIndex(of: "^").map { lines[2].distance(from: lines[2].startIndex, to: $0) }
    let here = lines[1].firstIndex(of: "H").map { lines[1].distance(from: lines[1].startIndex, to: $0) }
    #expect(caret == here)
    #expect(lines[2].hasSuffix("^~~~"))
  }

  @Test("No line of source is wider than the terminal, whatever stands in it", arguments: [40, 60, 80, 200])
  func width(columns: Int) {
    let fillers = ["a", "日", "e\u{301}", "\u{202E}", "🙂", "\u{1}", "a\tb"]
    for filler in fillers {
      for (before, marked, after) in [(0, 3, 0), (3, 200, 3), (200, 3, 200), (50, 1, 0), (30, 30, 30)] {
        let parts = [before, marked, after].map { String(repeating: filler, count: $0) }
        let start = parts[0].utf8.count
        let text = parts.joined() + "\n"
        let place = SourceText(name: "f", bytes: Array(text.utf8)).place(start..<start + parts[1].utf8.count)
        let output = DiagnosticPrinter(colour: false, width: columns).text(of: .disabledTarget(nil, at: place))
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        let tabs = lines[1].count { $0 == "\t" }
        #expect(
          PrintableText.width(lines[1]) + 7 * tabs <= columns, "\(filler) \(before) \(marked) \(after): \(lines[1])")
        #expect(PrintableText.width(lines[2]) <= PrintableText.width(lines[1]) + 1, "\(lines[2])")
        #expect(lines[2].contains("^"))
      }
    }
  }

  @Test("A line of plain characters is shown as one of others would be")
  func plain() {
    for (before, marked, after) in [
      (0, 3, 0), (3, 200, 3), (200, 3, 200), (98, 1, 0), (99, 1, 1), (98, 2, 1), (30, 30, 41),
    ] {
      func lines(_ filler: String) -> [String] {
        let parts = [before, marked, after].map { String(repeating: filler, count: $0) }
        let start = parts[0].utf8.count
        return printed(parts.joined() + "\n", start..<start + parts[1].utf8.count)
      }
      // An é is as wide as an e, and goes the general way.
      #expect(lines("e")[1] == lines("é")[1].replacing("é", with: "e"), "\(before) \(marked) \(after)")
      #expect(lines("e")[2] == lines("é")[2], "\(before) \(marked) \(after)")
    }
  }

  @Test("Long values are cut in messages, and escaped in names")
  func longMessages() {
    let checked = checkTarget("path: /data/a", "max_age: \(String(repeating: "x", count: 500))")
    #expect((checked.diagnostics.first?.message.count ?? 0) < 130)
    let source = SourceText(name: "a\u{1B}b", bytes: [])
    #expect(
      DiagnosticPrinter(colour: false).text(of: .emptyDocument(at: source.place(0..<0))).hasPrefix("a\\x1bb:1:1:"))
  }

  @Test("Colours are added only when asked for, and change nothing else")
  func colours() {
    let plain = printed("a: bcd\n", 3..<6).joined(separator: "\n")
    let coloured = printed("a: bcd\n", 3..<6, colour: true).joined(separator: "\n")
    #expect(coloured != plain)
    #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }
}

@Suite("Finding the word that was meant")
struct SpellingTests {
  private let keys = ["name", "path", "max_age", "max_size", "remove_empty_directories", "older_than"]

  @Test(
    "Slips of a letter, swaps, case, dashes and beginnings are recognized",
    arguments: [
      ("nmae", "name"), ("Path", "path"), ("max-age", "max_age"), ("maxage", "max_age"), ("max_siez", "max_size"),
      ("remove_empty_dirs", "remove_empty_directories"), ("older", "older_than"),
      ("remove_empty_directory", "remove_empty_directories"),
    ])
  func found(word: String, expected: String) { #expect(Spelling.nearest(to: word, among: keys) == expected) }

  @Test(
    "What resembles nothing gets no proposal",
    arguments: ["x", "", "frobnicate", "zzzz", String(repeating: "name", count: 100)])
  func notFound(word: String) { #expect(Spelling.nearest(to: word, among: keys) == nil) }

  @Test("The distance counts insertions, deletions, substitutions and swaps")
  func distance() {
    func distance(_ a: String, _ b: String) -> Int { Spelling.distance(Array(a.utf8), Array(b.utf8)) }
    #expect(distance("", "abc") == 3)
    #expect(distance("abc", "abc") == 0)
    #expect(distance("abc", "acb") == 1)
    #expect(distance("kitten", "sitting") == 3)
  }
}
