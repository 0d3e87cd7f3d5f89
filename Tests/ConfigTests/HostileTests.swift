import Plan
import Testing

@testable import Config

/// A text and the findings it must get, each as `LINE:COLUMN rule token`: what is at that place, cut out of the text.
private struct Corner: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let text: String
  let findings: [String]

  init(_ name: String, _ text: String, _ findings: String...) {
    (testDescription, self.text, self.findings) = (name, text, findings)
  }
}

extension CheckedConfiguration {
  fileprivate var summary: [String] {
    diagnostics.map { finding in
      let place = finding.place
      return "\(place.start.line):\(place.start.column) \(finding.rule.rawValue) \(place.text)"
    }
  }
}

@Suite("Corner cases of YAML end in a finding or in the right value")
struct HostileTests {
  // MARK: Findings

  @Test(
    "Anchors and aliases",
    arguments: [
      Corner("without its anchor", target("*age"), "4:14 unknownAnchor *age"),
      Corner("before its anchor", target("*age") + "defaults: {max_age: &age 1d}\n", "4:14 unknownAnchor *age"),
      Corner("inside its own anchor", target("&a [*a]"), "4:18 unknownAnchor *a"),
      Corner("an anchor on nothing", target("&a"), "4:5 emptyValue max_age"),
      Corner("an alias with a tag", target("&a 1d") + "run: !!map *a\n", "5:6 explicitTag !!map", "5:12 syntax "),
      Corner("an alias with an anchor", target("&a 1d") + "run: &b *a\n", "5:9 syntax "),
      Corner("an empty name", target("& 30d"), "4:14 unquotedSign & 30d"),
      Corner(
        "of another document", minimal + "---\nrun: *a\n", "5:1 severalDocuments ---"),
    ])
  fileprivate func anchors(_ corner: Corner) { #expect(check(corner.text).summary == corner.findings) }

  @Test(
    "Tags of every form",
    arguments: [
      Corner("of a type", target("!!str 30d"), "4:14 explicitTag !!str"),
      Corner("of an application", target("!local 30d"), "4:14 explicitTag !local"),
      Corner("written out", target("!<tag:yaml.org,2002:str> 30d"), "4:14 explicitTag !<tag:yaml.org,2002:str>"),
      Corner("of no type", target("! 30d"), "4:14 explicitTag !"),
      Corner("before an anchor", target("!!str &a 30d"), "4:14 explicitTag !!str"),
      Corner("behind an anchor", target("&a !!str 30d"), "4:17 explicitTag !!str"),
      Corner("of a key", minimal + "!!str run: {}\n", "5:1 explicitTag !!str"),
      Corner("of a list", minimal + "safety: {allowed_roots: !!set [/data]}\n", "5:25 explicitTag !!set"),
      Corner("of nothing", target("!!null"), "4:5 emptyValue max_age", "4:14 explicitTag !!null"),
      Corner("of binary data", target("!!binary MzBk"), "4:14 explicitTag !!binary", "4:23 badDuration MzBk"),
      Corner("through a directive", "%TAG !e! tag:x,2000:\n---\n" + target("!e!t 30d"), "6:14 explicitTag !e!t"),
      Corner("with an unknown handle", target("!e!t 30d"), "4:14 syntax "),
    ])
  fileprivate func tags(_ corner: Corner) { #expect(check(corner.text).summary == corner.findings) }

  @Test(
    "Merge keys, and keys that are no plain word",
    arguments: [
      Corner("merge key", minimal + "<<: {run: {}}\n", "5:1 mergeKey <<"),
      Corner("merge key of several", minimal + "<<: [{run: {}}, {memory: {}}]\n", "5:1 mergeKey <<"),
      Corner("merge key in flow", minimal + "run: {<<: {concurrency: 0}}\n", "5:7 mergeKey <<"),
      Corner("merge key written out", minimal + "? <<\n: {}\n", "5:3 mergeKey <<"),
      Corner("two merge keys", minimal + "<<: {}\n<<: {}\n", "5:1 mergeKey <<", "6:1 mergeKey <<"),
      Corner("quoted, it is a word", minimal + "'<<': {}\n", "5:1 unknownKey '<<'"),
      Corner("list as key", minimal + "? [a, b]\n: c\n", "5:3 keyNotText [a, b]"),
      Corner("group as key", minimal + "? {a: b}\n: c\n", "5:3 keyNotText {a: b}"),
      Corner("flow group as key", minimal + "{a: b}: c\n", "5:1 keyNotText {a: b}"),
      Corner("empty text as key", minimal + "'': c\n", "5:1 keyNotText ''"),
      Corner("nothing as key", minimal + "? \n: c\n", "5:2 keyNotText "),
      Corner("null as key", minimal + "~: c\n", "5:1 unknownKey ~"),
      Corner("key without value", minimal + "? run\n", "5:3 emptyValue run"),
      Corner("key of two lines", minimal + "? a\n  b\n: c\n", "5:3 unknownKey a\n  b"),
      Corner("list of one-pair groups", target("30d\n    exclude: [a: b]"), "5:15 wrongType a: b"),
      Corner("pair without a key", minimal + ": c\n", "5:1 syntax "),
    ])
  fileprivate func keys(_ corner: Corner) { #expect(check(corner.text).summary == corner.findings) }

  @Test(
    "Directives and documents",
    arguments: [
      Corner("a version to come", "%YAML 1.3\n---\n" + minimal, "1:1 syntax "),
      Corner("a version twice", "%YAML 1.2\n%YAML 1.2\n---\n" + minimal, "2:1 syntax "),
      Corner("a version without a document start", "%YAML 1.2\n" + minimal, "2:1 syntax "),
      Corner("unknown", "%FOO bar\n---\n" + minimal, "1:5 syntax "),
      Corner("a second document", minimal + "---\n" + minimal, "5:1 severalDocuments ---"),
      Corner("a second document that is empty", minimal + "---\n"),
      Corner(
        "a second document with a directive", minimal + "...\n%YAML 1.2\n---\nrun: {}\n",
        "6:1 severalDocuments %YAML 1.2\n---"),
      Corner("text behind the end", minimal + "...\nrun: {}\n", "6:1 syntax "),
      Corner("a list on the line of the start", "--- - a\n", "1:5 syntax "),
      Corner("a text as the document", "--- text\n", "1:5 wrongType text"),
      Corner("nothing but a comment", "#", "1:1 emptyDocument "),
    ])
  fileprivate func documents(_ corner: Corner) { #expect(check(corner.text).summary == corner.findings) }

  @Test(
    "Characters",
    arguments: [
      Corner("lone high surrogate", target(#""\ud800""#), "4:17 syntax "),
      Corner("lone low surrogate", target(#""\udc00""#), "4:17 syntax "),
      Corner("surrogate in the long form", target(#""\U0000dfff""#), "4:17 syntax "),
      Corner("beyond Unicode", target(#""\U00110000""#), "4:17 syntax "),
      Corner("escape cut short", target(#""\u00""#), "4:17 syntax "),
      Corner("unknown escape", target(#""\d""#), "4:15 syntax "),
      Corner("NUL", target("30\u{0}d"), "4:16 nulByte \u{0}"),
      Corner("escaped NUL in a name", named(#""a\0b""#), #"3:11 controlCharacterInText "a\0b""#),
      Corner("escaped next line in a name", named(#""a\Nb""#), #"3:11 controlCharacterInText "a\Nb""#),
      Corner("escaped NUL in a number", target(#""30d\0""#), #"4:14 badDuration "30d\0""#),
      Corner("escape character", target("30\u{1B}d"), "4:16 controlCharacter \u{1B}"),
      Corner("C1 control", target("30\u{9B}d"), "4:16 controlCharacter \u{9B}"),
      Corner("byte order mark", "\u{FEFF}" + minimal, "1:1 byteOrderMark \u{FEFF}"),
      Corner("a mark in a comment", minimal + "# \u{FEFF}\n", "5:3 invisibleInComment \u{FEFF}"),
      Corner("two byte order marks", "\u{FEFF}\u{FEFF}" + minimal, "1:1 byteOrderMark \u{FEFF}"),
      Corner("smart quotes are no quotes", target("“30d”"), "4:14 typographicQuotes “30d”"),
      Corner("digits of another script", target("٣٠d"), "4:14 badDuration ٣٠d"),
    ])
  fileprivate func characters(_ corner: Corner) { #expect(check(corner.text).summary == corner.findings) }

  @Test(
    "Block and flow",
    arguments: [
      Corner("tab in a block scalar's indentation", target("|-\n\t30d"), "5:1 tabIndentation \t"),
      Corner("bad block header", target("|x\n      30d"), "4:15 syntax "),
      Corner("kept line ends are part of the text", target("|+\n      30d\n"), "4:14 badDuration |+\n      30d"),
      Corner("a mark for more indentation than there is", target("|5-\n      30d"), "5:7 syntax "),
      Corner("key without value in flow", minimal + "run: {concurrency}\n", "5:7 emptyValue concurrency"),
      Corner("two commas", minimal + "run: {concurrency: 5,,}\n", "5:22 syntax "),
      Corner("not closed", minimal + "run: {concurrency: 5\n", "5:6 syntax {"),
      Corner("closed by the other bracket", minimal + "run: {concurrency: 5]\n", "5:21 syntax "),
      Corner("anchor without a blank behind it", target("&a[30d]"), "4:14 unquotedSign &a[30d"),
      Corner("a directive inside", target("30d\n%YAML 1.2"), "6:1 syntax "),
    ])
  fileprivate func blockAndFlow(_ corner: Corner) { #expect(check(corner.text).summary == corner.findings) }

  // MARK: Right values

  @Test(
    "Every way to write the minimal config makes its plan",
    arguments: [
      "%YAML 1.1\n---\n" + minimal, "%YAML 1.2\n---\n" + minimal, "%TAG !e! tag:x,2000:\n---\n" + minimal,
      minimal + "...\n", minimal + "...\n...\n", "--- # x\n" + minimal, "# x\n\n--- \n" + minimal,
      minimal.replacing("\n", with: "\r\n"), minimal.replacing("\n", with: "\r"), String(minimal.dropLast()),
      "? version\n: 1\n? targets\n: - ? path\n    : /data/api\n    ? max_age\n    : 30d\n",
      #"{"version":1,"targets":[{"path":"\/data\/api","max_age":"30d"}]}"#,
      "--- {version: 1, targets: [{path: /data/api, max_age: 30d, }, ], }\n",
      target("&age 30d"), target("'30d'"), target(#""\x330d""#), target(#""\u0033\U00000030d""#),
      target(#""3\"# + "\n  0d\""),
      target(">-\n      30d"), target("|-\r\n      30d\r"), target("|2-\n      30d"), target("\n      30d"),
      target("\t30d\t# tabs"), "&root\n" + minimal,
      minimal.replacing("max_age", with: "&key max_age"), minimal.replacing("path", with: "\"p\\x61th\""),
      minimal.replacing("  - path", with: "  -\n    path"), minimal.replacing("  - path", with: "  - # x\n    path"),
    ])
  func values(text: String) {
    let checked = check(text)
    #expect(checked.printed == "")
    #expect(checked.plan == check(minimal).plan)
  }

  @Test("What other readers of YAML take for numbers, dates and truths stays a text where the schema wants one")
  func looks() {
    for name in ["012", "1:30", "2024-01", "1e3", "0x1F", "yes", "No", "on", ".inf", ".nan", "1_000", "=", "!!x"] {
      let text = named(name.hasPrefix("!") ? "'\(name)'" : name)
      #expect(check(text).onlyTarget?.name == name)
    }
  }

  @Test(
    "Texts over several lines are put together as YAML has it",
    arguments: [
      ("a\n      b", "a b"), ("'a\n      b'", "a b"), ("\"a\n      b\"", "a b"), ("\"a\\\n      b\"", "ab"),
      (">-\n      a\n      b", "a b"), (">2-\n       a\n       b", nil),
      ("a # x", "a"), ("a#x", "a#x"),
      ("a:b::c", "a:b::c"), ("'it''s'", "it's"), (#""a\_b""#, "a\u{A0}b"), (#""\e""#, nil),
      ("|-\n      a\n      b", nil),
    ] as [(String, String?)])
  func lines(written: String, name: String?) {
    let checked = check(named(written))
    #expect(checked.onlyTarget?.name == name)
    #expect(checked.rules == (name == nil ? [.controlCharacterInText] : []))
  }

  @Test("CR LF inside quotes and blocks is a line end like any other")
  func carriageReturns() {
    for written in ["\"a\r\n      b\"", ">-\r\n      a\r\n      b\r", "a\r\n      b\r"] {
      #expect(check(named(written)).onlyTarget?.name == "a b")
    }
  }

  @Test("An anchor that is defined again means the later value")
  func redefinedAnchor() {
    let text =
      "version: 1\ntargets: [{path: /a, max_age: &x 1d}, {path: /b, max_age: &x 2d}, {path: /c, max_age: *x}]\n"
    #expect(
      check(text).plan?.targets.map(\.retention.maxAge) == [.seconds(86_400), .seconds(172_800), .seconds(172_800)])
  }
}

/// The minimal config with this as `max_age`.
private func target(_ maxAge: String) -> String {
  "version: 1\ntargets:\n  - path: /data/api\n    max_age: \(maxAge)\n"
}

/// The minimal config with this as `name`.
private func named(_ name: String) -> String {
  "version: 1\ntargets:\n  - name: \(name)\n    path: /data/api\n    max_age: 30d\n"
}
