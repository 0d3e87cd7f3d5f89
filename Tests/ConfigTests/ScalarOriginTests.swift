import Foundation
import Testing

@testable import Config

@Suite("A value's bytes are found in the text they were written in")
struct ScalarOriginTests {
  /// A manifest and one of its values; « and » stand in both around the bytes that belong together.
  struct Case: Sendable, CustomTestStringConvertible {
    let manifest: MarkedText
    let value: MarkedText

    init(_ manifest: String, _ value: String) {
      (self.manifest, self.value) = (MarkedText(manifest), MarkedText(value))
    }

    var testDescription: String { manifest.text.debugDescription }
  }

  struct MarkedText: Sendable {
    let text: String
    let marked: Range<Int>

    init(_ marked: String) {
      let parts = marked.split(separator: /[«»]/, omittingEmptySubsequences: false).map(String.init)
      precondition(parts.count == 3, "one « and one » in \(marked.debugDescription)")
      text = parts.joined()
      self.marked = parts[0].utf8.count..<parts[0].utf8.count + parts[1].utf8.count
    }
  }

  private static let plain = [
    Case("v: «foo»", "«foo»"),
    Case("v: foo «bar» # comment", "foo «bar»"),
    Case("v: é«🙂»日", "é«🙂»日"),
    Case("v: &a !!str foo «bar»", "foo «bar»"),
    Case("v: don't \\«n» \"x\"", "don't \\«n» \"x\""),
    Case("v:\n  foo\n  «bar»\n", "foo «bar»"),
    Case("v: «foo\n    bar»\n", "«foo bar»"),
    Case("v: foo  «\n»  \t bar\n", "foo« »bar"),
    Case("v: foo \t«\r\n»  bar\r\n", "foo« »bar"),
    Case("v: foo«\r» bar\r", "foo« »bar"),
    Case("v: foo\n«\n»  bar\n", "foo«\n»bar"),
    Case("v: foo\n  \n \t«\n»  bar\n", "foo\n«\n»bar"),
    Case("v: foo\r\n«\r\n»  bar\r\n", "foo«\n»bar"),
    Case("v: foo«\u{2028}» bar\n", "foo«\u{2028}»bar"),
    Case("v: foo\u{2029}«\n» bar\n", "foo\u{2029}«\n»bar"),
    Case("v: foo«\u{85}» bar\n", "foo« »bar"),
    Case("{u: x, v: foo\n «bar»}", "foo «bar»"),
    Case("? x\n: y\n? v\n: foo\n  «bar»\n", "foo «bar»"),
  ]

  private static let quoted = [
    Case("v: 'foo «bar»'", "foo «bar»"),
    Case("v: 'it«''»s'", "it«'»s"),
    Case("v: '''«''»'''", "'«'»'"),
    Case("v: '«it''s»'", "«it's»"),
    Case("v: 'a\\«\"»b'", "a\\«\"»b"),
    Case("v: 'foo  «\n»    bar'", "foo« »bar"),
    Case("v: 'foo\n\n   «\n»  bar'", "foo\n«\n»bar"),
    Case("v: '«\n»  foo\n'", "« »foo "),
    Case("v: '  foo«  »'", "  foo«  »"),
    Case("v: 'foo« »'", "foo« »"),
    Case("v: 'a\n\n  «b»'", "a\n«b»"),
    Case("v: !!str 'foo «bar»'", "foo «bar»"),
    Case(#"v: "foo «bar»""#, "foo «bar»"),
    Case(#"v: "a«\n»b""#, "a«\n»b"),
    Case(#"v: "\n\n«\n»b""#, "\n\n«\n»b"),
    Case(#"v: "\n\n\n«b»""#, "\n\n\n«b»"),
    Case(#"v: "é«\x41»""#, "é«A»"),
    Case(#"v: "\u00e9«\u20AC»€""#, "é«€»€"),
    Case(#"v: "«\U0001F642»🙂""#, "«🙂»🙂"),
    Case(#"v: "\\«\"»\/""#, "\\«\"»/"),
    Case(#"v: "\a\b\t\v\f\r«\e»\0""#, "\u{07}\u{08}\t\u{0B}\u{0C}\r«\u{1B}»\0"),
    Case("v: \"\\ \\N\\_\\L«\\P»\\\tx\"", " \u{85}\u{A0}\u{2028}«\u{2029}»\tx"),
    Case("v: \"foo\\\n  «bar»\"", "foo«bar»"),
    Case("v: \"foo  \\\r\n  «bar»\"", "foo  «bar»"),
    Case("v: \"foo\\\n\n «\n»  bar\"", "foo\n«\n»bar"),
    Case("v: \"foo\\\n  «\\ » bar\"", "foo« » bar"),
    Case("v: \"foo  «\n»  bar\"", "foo« »bar"),
    Case("v: \"foo\\n«\n»  bar\"", "foo\n« »bar"),
    Case("v: \"foo\n\n«\u{2028}»  bar\"", "foo\n«\u{2028}»bar"),
    Case("v: \"a it's «b»\"", "a it's «b»"),
  ]

  private static let literal = [
    Case("v: |\n  «foo»\n", "«foo»\n"),
    Case("v: |\n  foo«\n»", "foo«\n»"),
    Case("v: |\n  foo\n  «bar»\nw: x\n", "foo\n«bar»\n"),
    Case("v: |\n  «foo\n  bar\n»w: x\n", "«foo\nbar\n»"),
    Case("v: |\n      foo\n        «bar»\n", "foo\n  «bar»\n"),
    Case("v: |\n      foo\n      «  »bar\n", "foo\n«  »bar\n"),
    Case("v: | # comment\n  «foo»\n", "«foo»\n"),
    Case("v: |#-\n  «foo»\n", "«foo»\n"),
    Case("v: |1# +\n  «foo»\n\n", " «foo»\n"),
    Case("v: &a !!str |\n  «foo»\n", "«foo»\n"),
    Case("v: |\n\n \n  «foo»\n", "\n\n«foo»\n"),
    Case("v: |\n\n «\n»  foo\n", "\n«\n»foo\n"),
    Case("v: |\n  foo\n\n  «bar»", "foo\n\n«bar»"),
    Case("v: |\n  foo\n     \n  «bar»", "foo\n   \n«bar»"),
    Case("v: |\n  foo\n   «  »\n  bar", "foo\n «  »\nbar"),
    Case("v: |-\n  foo«»\n\n", "foo«»"),
    Case("v: |-\n  foo\n  «bar»\n\n\n", "foo\n«bar»"),
    Case("v: |+\n  foo\n \n«\n»w: x", "foo\n\n«\n»"),
    Case("v: |\n  foo\n  «# no comment»\n # a comment\nw: x\n", "foo\n«# no comment»\n"),
    Case("v: |2\n    foo\n  «bar»\n", "  foo\n«bar»\n"),
    Case("v: |1-\n  «foo»\n", " «foo»"),
    Case("v: |-1\n  «foo»\n", " «foo»"),
    Case("v: |+2 # x\n   «foo»\n\n", " «foo»\n\n"),
    Case("v: |2\n     \n  «foo»\n", "   \n«foo»\n"),
    Case("v: |2\n  \t«foo»\n", "\t«foo»\n"),
    Case("v: |2\n    «  »\n", "  «  »\n"),
    Case("v: |2-\n  «   »\n\n", "«   »"),
    Case("v: |+\n\n   «\n»", "\n«\n»"),
    Case("v: |\n  foo\r\n  «bar»\r\n", "foo\n«bar»\n"),
    Case("v: |\r\n  foo«\r\n»  bar\r\n", "foo«\n»bar\n"),
    Case("v: |\r  foo«\r»  bar\r", "foo«\n»bar\n"),
    Case("v: |\n  foo«\u{85}»  bar\n", "foo«\n»bar\n"),
    Case("v: |\n  foo\u{2028}  «bar\u{2029}»", "foo\u{2028}«bar\u{2029}»"),
    Case("- |\n  x\n- |\n foo\n «bar»\n", "foo\n«bar»\n"),
    Case("--- |\n foo\n «bar»\n...\n", "foo\n«bar»\n"),
    Case("--- |1\n  foo\n «bar»\n", " foo\n«bar»\n"),
    Case("|\n foo\n «bar»\n--- x\n", "foo\n«bar»\n"),
  ]

  private static let folded = [
    Case("v: >\n  foo\n  «bar»\n", "foo «bar»\n"),
    Case("v: >\n  foo«\n»  bar\n", "foo« »bar\n"),
    Case("v: >\n  «foo\n  bar»\n", "«foo bar»\n"),
    Case("v: >\n  foo \n  «bar»\n", "foo  «bar»\n"),
    Case("v: >\n  foo\n\n  «bar»\n", "foo\n«bar»\n"),
    Case("v: >\n  foo\n\n \n«\n»  bar\n", "foo\n\n«\n»bar\n"),
    Case("v: >\n  foo«\n»    bar\n  baz\n", "foo«\n»  bar\nbaz\n"),
    Case("v: >\n  foo\n    bar«\n»  baz\n", "foo\n  bar«\n»baz\n"),
    Case("v: >\n  foo«\n»\n    bar\n", "foo«\n»\n  bar\n"),
    Case("v: >\n  foo\n  \t«bar»\n", "foo\n\t«bar»\n"),
    Case("v: >\n\n  foo\n  «bar»\n", "\nfoo «bar»\n"),
    Case("v: >-\n  foo\n  «bar»\n\n", "foo «bar»"),
    Case("v: >+\n  foo\n  bar\n«\n»", "foo bar\n«\n»"),
    Case("v: >2-\n    foo\n  «bar»\n", "  foo\n«bar»"),
    Case("v: >+1 # x\n  foo\n «bar»\n\n", " foo\n«bar»\n\n"),
    Case("v: >\r\n  foo«\r\n»  bar\r\n", "foo« »bar\n"),
    Case("v: >\r\n  foo\r\n«\r\n»  bar\r\n", "foo«\n»bar\n"),
    Case("v: >\n  foo«\u{85}»  bar\n", "foo« »bar\n"),
    Case("v: >\n  foo«\u{2028}»  bar\n", "foo«\u{2028}»bar\n"),
    Case("v: >\n  foo\u{2028}«\n»  bar\n", "foo\u{2028}«\n»bar\n"),
    Case("--- >\n foo\n «bar»\n", "foo «bar»\n"),
  ]

  private static let points = [
    Case("v: «»foo", "«»foo"),
    Case("v: foo«»", "foo«»"),
    Case("v: foo\n  «»bar", "foo «»bar"),
    Case("v: '«»'", "«»"),
    Case("v:«» \nw: x", "«»"),
    Case("v: «»|\nw: x", "«»"),
    Case("v: «»|-\n\n\nw: x", "«»"),
    Case("v: |\n  foo\n  «»bar\n", "foo\n«»bar\n"),
    Case("v: |\n  foo«»\n  bar\n", "foo«»\nbar\n"),
    Case("v: |\n  foo\n«»w: x\n", "foo\n«»"),
    Case(#"v: "a«»\u0041""#, "a«»A"),
    Case(#"v: "\u0041«»""#, "A«»"),
  ]

  @Test(
    "Plain, quoted, literal and folded values, and points in them",
    arguments: plain + quoted + literal + folded + points)
  func origin(of tested: Case) throws {
    let scalar = try #require(scalars(in: tested.manifest.text).first { $0.text == tested.value.text })
    let origin = try #require(ScalarOrigin(scalar))
    #expect(origin.range(of: tested.value.marked) == tested.manifest.marked)
  }

  @Test("An alias's value stands where its anchor is")
  func alias() throws {
    let text = "a: &x |\n  foo\n  bar\nb: *x\n"
    let values = scalars(in: text)
    #expect(values.map(\.text) == ["foo\nbar\n", "foo\nbar\n"])
    let ranges = values.map { ScalarOrigin($0)?.range(of: 4..<7) }
    #expect(ranges == [16..<19, 16..<19])
  }

  @Test("What a value does not have is cut off")
  func outside() throws {
    let scalar = try #require(scalars(in: "v: foo").first)
    let origin = try #require(ScalarOrigin(scalar))
    #expect(origin.range(of: 1..<9) == 4..<6)
    #expect(origin.range(of: 7..<9) == 6..<6)
    #expect(origin.range(of: -2 ..< -1) == 3..<3)
  }

  @Test(
    "A value that is not what its place says cannot be retraced",
    arguments: [
      ("foo", "fox", .plain), ("foo", "fo", .plain), ("foo", "fooo", .plain), ("", "x", .plain),
      ("'foo'", "fox", .quoted), ("foo", "foo", .quoted), ("'foo", "foo", .quoted), ("'", "", .quoted),
      ("\"foo'", "foo", .quoted), ("'a'b'", "a'b", .quoted), ("\"\\q\"", "q", .quoted),
      ("\"\\u12\"", "\u{12}", .quoted),
      ("\"\\", "", .quoted), ("\"\\ud800\"", "\u{FFFD}", .quoted), ("", "", .quoted), ("", "", .block),
      ("x", "", .block),
      ("|\n  foo\n", "fox\n", .block), ("|\n  foo\n", "    foo\n", .block), ("|-\n  foo\n", "foo\n", .block),
      (">\n foo\n bar\n", "foo\nbar\n", .block), ("|\n  foo\n bar\n", "foo\n bar\n", .block),
    ] as [(String, String, YAMLScalar.Style)])
  func mismatch(source: String, value: String, style: YAMLScalar.Style) {
    let text = SourceText(name: "t", bytes: Array(source.utf8))
    #expect(ScalarOrigin(YAMLScalar(text: value, style: style, place: text.place(0..<text.bytes.count))) == nil)
  }

  @Test("A config as large as a ConfigMap is retraced line by line", arguments: ["\n", "\r\n"])
  func large(lineEnd: String) throws {
    let lines = (0..<30_000).map { "- a line as long as many: \($0)" }
    let bytes = Array(("v: |\n  " + lines.joined(separator: "\n  ") + "\n").replacing("\n", with: lineEnd).utf8)
    let scalar = try #require(scalars(in: bytes).first)
    let origin = try #require(ScalarOrigin(scalar))
    let value = Array(scalar.text.utf8)
    for (number, start) in value.indices.filter({ value[$0] == UInt8(ascii: "-") }).enumerated() {
      let line = Array(lines[number].utf8)
      let range = origin.range(of: start..<start + line.count)
      guard bytes[range].elementsEqual(line) else { throw Misplaced(line: number) }
    }
  }

  private struct Misplaced: Error { let line: Int }
}

func scalars(in text: String) -> [YAMLScalar] { scalars(in: Array(text.utf8)) }

/// All values of a stream of manifests, keys aside, in the order in which they stand.
func scalars(in bytes: [UInt8]) -> [YAMLScalar] { composed(bytes).flatMap(scalars(of:)) }

func composed(_ bytes: [UInt8]) -> [YAMLNode] {
  var findings = Findings()
  return YAMLComposer.composeManifests(SourceText(name: "t", bytes: bytes), findings: &findings)
}

private func scalars(of node: YAMLNode) -> [YAMLScalar] {
  switch node.content {
  case .scalar(let scalar): [scalar]
  case .sequence(let items): items.flatMap(scalars(of:))
  case .mapping(let entries): entries.flatMap { scalars(of: $0.value) }
  }
}
