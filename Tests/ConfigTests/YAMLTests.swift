import Plan
import Testing

@testable import Config

@Suite("Reading YAML")
struct YAMLTests {
  private func compose(_ text: String, limits: YAMLLimits = YAMLLimits()) -> (node: YAMLNode?, rules: [Diagnostic.Rule])
  {
    var findings = Findings()
    let node = YAMLComposer.compose(SourceText(name: "t", bytes: Array(text.utf8)), limits: limits, findings: &findings)
    return (node, findings.all.map(\.rule))
  }

  @Test("Block, flow, comments, anchors and a document start make the same plan")
  func styles() {
    let flow = "--- # comment\n{version: 1, targets: [{path: /data/api, max_age: 30d}]}\n...\n"
    let anchored =
      "%YAML 1.1\n---\nversion: 1\ndefaults:\n  max_age: &age 30d\ntargets:\n- max_age: *age\n  path: >-\n    /data/api\n"
    #expect(check(minimal).plan != nil)
    #expect(check(flow).plan == check(minimal).plan)
    #expect(check(anchored).plan == check(minimal).plan)
    #expect(check(minimal.replacing("\n", with: "\r\n")).plan == check(minimal).plan)
  }

  @Test("An alias may repeat a whole target's list, but not itself")
  func aliases() {
    let shared =
      "version: 1\ndefaults: {max_age: 1d}\ntargets:\n  - {path: /d/a, include: &list ['*.a', '*.b']}\n  - {path: /d/b, include: *list}\n"
    #expect(check(shared).plan?.targets.map(\.retention.include.count) == [2, 2])
    #expect(compose("a: &x [*x]").rules == [.unknownAnchor])
  }

  @Test("A doubling chain of aliases is refused before it is expanded")
  func aliasBomb() {
    let levels = (1...60).map { "l\($0): &l\($0) [*l\($0 - 1), *l\($0 - 1)]" }
    #expect(compose("l0: &l0 x\n" + levels.joined(separator: "\n")).rules == [.aliasExpansion])
  }

  @Test("A chain of aliases that nests deeper than the text is bounded all the same")
  func aliasDepth() {
    let levels = (1...5000).map { "l\($0): &l\($0) [*l\($0 - 1)]" }
    let (node, rules) = compose("l0: &l0 x\n" + levels.joined(separator: "\n"))
    #expect(node == nil)
    #expect(rules == [.aliasExpansion])
  }

  @Test("Nesting is refused at the limit, not above the stack's", arguments: ["[", "{a: ", "- ", "? "])
  func depth(opener: String) {
    #expect(compose("a:\n  " + String(repeating: opener, count: 20_000)).rules == [.nestingTooDeep])
  }

  @Test("Text at the size limit is read, one byte more is not")
  func size() {
    var limits = YAMLLimits()
    limits.bytes = minimal.utf8.count
    #expect(compose(minimal, limits: limits).rules == [])
    #expect(compose(minimal + "\n", limits: limits).rules == [.textTooLarge])
  }

  @Test("A key that is there twice is read once, with the first value")
  func duplicates() {
    let checked = check(minimal + "run: {concurrency: 5}\nrun: {concurrency: 0}\n")
    #expect(checked.rules == [.duplicateKey])
    #expect(checked.diagnostics.first?.notes.first?.place.start.line == 5)
  }

  @Test("Keys are the same when they mean the same, quoted or not")
  func quotedDuplicates() {
    #expect(compose("{a: 1, \"\\x61\": 2}").rules == [.duplicateKey])
  }

  @Test("A quoted << is an unknown key like any other")
  func quotedMerge() {
    #expect(check(minimal + "'<<': {}\n").rules == [.unknownKey])
  }

  @Test("Findings of the text and of its meaning are reported together")
  func together() {
    let text = "version: !!int 1\ntargets:\n  - path: data\n    max_age: 30\n    max_age: 30d\nfoo: 1\n"
    #expect(check(text).rules == [.explicitTag, .relativePath, .missingUnit, .duplicateKey, .unknownKey])
  }

  @Test("A tab is a fault in the indentation only")
  func tabs() {
    #expect(check("version: 1\ntargets:\n  - path:\t/data/api\n    max_age: 30d\t# tab\n").plan != nil)
    #expect(check("version: 1\ntargets:\n  - {\n\tpath: /data/api, max_age: 30d}\n").plan != nil)
    #expect(check("version: 1\ntargets:\n\t- path: /data/api\n").rules == [.tabIndentation])
    #expect(check("version: 1\ntargets:\n  -\tpath: /data/api\n").rules == [.tabIndentation])
    #expect(check("version: 1\nrun:\n  concurrency: 5\n \tparallel_targets: 1\n").rules == [.tabIndentation])
  }

  @Test(
    "An empty text, or one of comments and blank lines, is no config", arguments: ["", "\n\n", "# x\n", "---\n...\n"])
  func empty(text: String) {
    #expect(check(text).plan == nil)
    #expect(check(text).diagnostics.count == 1)
  }

  @Test("A root that is no mapping is refused", arguments: ["- a\n", "text\n", "42\n", "[]\n"])
  func root(text: String) {
    #expect(check(text).rules == [.wrongType])
  }
}
