import Plan
import Testing

@testable import Config

@Suite("Texts as large as a ConfigMap, and larger")
struct HugeTextTests {
  private static let mebibyte = 1 << 20

  /// `before` and `after` with so many `filler` between them that the whole is 1 MiB.
  private static func filled(_ before: String, _ after: String, filler: Character = "9") -> String {
    before + String(repeating: filler, count: mebibyte - before.utf8.count - after.utf8.count) + after
  }

  private static func roomy(_ text: String) -> CheckedConfiguration {
    var limits = YAMLLimits()
    limits.bytes = 16 << 20
    return CheckedConfiguration.check(
      SourceText(name: "config.yaml", bytes: Array(text.utf8)), CheckSettings(), limits: limits)
  }

  /// Each finding printed is bounded, whatever it is about.
  private func expectShort(_ checked: CheckedConfiguration) {
    for finding in checked.diagnostics.prefix(3) + checked.diagnostics.suffix(3) {
      #expect(DiagnosticPrinter(colour: false).text(of: finding).utf8.count < 2000)
    }
  }

  @Test(
    "A value of 1 MiB gets the finding a short one would get",
    arguments: [
      ("max_age: ", "d", .numberTooLarge), ("max_age: x", "", .badDuration), ("max_age: ", "", .missingUnit),
      ("max_age: 1d\n    priority: ", "", .outOfRange), ("max_age: 1d\n    min_size: ", "", .numberTooLarge),
      ("max_age: 1d\n    enabled: '", "'", .badBoolean), ("max_age: 1d\n    age_from: \"", "\"", .unknownChoice),
      ("max_age: 1d\n    include: ['[", "']", .globUnclosedSet), ("max_age: 1d\n    name: !!str ", "", .explicitTag),
    ] as [(String, String, Diagnostic.Rule)])
  func scalar(before: String, after: String, rule: Diagnostic.Rule) {
    let text = Self.filled("version: 1\ntargets:\n  - path: /data/api\n    \(before)", "\(after)\n")
    let checked = check(text)
    #expect(checked.rules == [rule])
    expectShort(checked)
  }

  @Test("A path of 1 MiB is too long, and so is each of its components")
  func path() {
    let path = check(Self.filled("version: 1\ntargets:\n  - {max_age: 1d, path: /", "}\n"))
    #expect(path.rules == [.pathTooLong])
    expectShort(path)
    let component = check("version: 1\ntargets:\n  - {max_age: 1d, path: /\(String(repeating: "é", count: 128))}\n")
    #expect(component.rules == [.nameTooLong])
  }

  @Test("A key of 1 MiB is no key to YAML unless it is marked as one; then it is unknown")
  func key() {
    #expect(check(Self.filled(minimal, ": 1\n")).rules == [.syntax])
    let marked = check(Self.filled(minimal + "? ", "\n: 1\n"))
    #expect(marked.rules == [.unknownKey])
    #expect(marked.diagnostics.first?.hint == nil)
    expectShort(marked)
  }

  @Test("A comment, blank lines or blanks up to 1 MiB say nothing; one byte more is refused")
  func comment() {
    for filler in ["x", "\n", " "] as [Character] {
      let text = Self.filled(minimal + "#", "\n", filler: filler)
      #expect(check(text).plan == check(minimal).plan)
      #expect(check(text + "\n").rules == [.textTooLarge])
    }
  }

  @Test("A finding behind a million characters of its line has the right column and a short excerpt")
  func longLine() throws {
    let names = String(repeating: "é", count: 220_000) + String(repeating: "🙂", count: 100_000)
    let head = "targets: [{max_age: 1d, name: "
    let checked = check("version: 1\n\(head)\(names), path: x}]\n")
    let place = try #require(checked.diagnostics.first?.place)
    #expect(checked.rules == [.relativePath])
    #expect(place.start == SourcePlace.Position(line: 2, column: head.count + 320_000 + ", path: x".count))
    expectShort(checked)
  }

  @Test("Nesting up to the limit is read, one level more is refused where it begins", arguments: [15, 16, 100_000])
  func nesting(depth: Int) throws {
    let open = String(repeating: "[", count: depth)
    let checked = check(minimal + "a: " + open + String(repeating: "]", count: depth) + "\n")
    #expect(checked.rules == (depth < 16 ? [.unknownKey] : [.nestingTooDeep]))
    // The root is the first level, so the sixteenth list is the seventeenth.
    let column = depth < 16 ? 1 : 3 + 16
    #expect(checked.diagnostics.first?.place.start == SourcePlace.Position(line: 5, column: column))
  }

  @Test("A hundred thousand targets are too many, however they are written")
  func targets() {
    let head = "version: 1\ndefaults: {max_age: 1d}\n"
    let written = head + "targets:\n" + (0..<100_000).map { "- path: /d/\($0)\n" }.joined()
    #expect(check(written).rules == [.textTooLarge])
    // Four values each.
    #expect(Self.roomy(written).rules == [.tooManyNodes])
    let fewer = head + "targets:\n" + (0..<Limits.targets + 1).map { "- path: /d/\($0)\n" }.joined()
    #expect(Self.roomy(fewer).rules == [.tooManyTargets])
    let short = head + "targets: [" + String(repeating: "x,", count: 100_000) + "]\n"
    #expect(check(short).rules == [.tooManyTargets])
    let aliases = head + "targets: [&t {path: /d}," + String(repeating: "*t,", count: 99_999) + "]\n"
    #expect(check(aliases).rules == [.tooManyNodes])
  }

  @Test("As many targets as are allowed are compared with each other")
  func mostTargets() {
    let head = "version: 1\ndefaults: {max_age: 1d}\ntargets:\n"
    let plain = (0..<Limits.targets).map { "- path: /d/\($0)/x\n" }.joined()
    #expect(check(head + plain).plan?.targets.count == Limits.targets)
    #expect(check(head + plain + "- path: /e\n").rules == [.tooManyTargets])
    let patterns = (0..<2000).map { "- path: /d/\($0)/*\n" }.joined()
    #expect(check(head + patterns).plan?.targets.count == 2000)
    let same = check(head + (0..<500).map { "- {name: t\($0), path: /d/*/x}\n" }.joined())
    #expect(same.rules == Array(repeating: .overlappingTargets, count: 499))
  }

  @Test("Of ninety thousand findings on one line ten thousand are kept, each at its own column, and the others counted")
  func oneLine() {
    let line = "safety: {allowed_roots: ["
    let checked = check(minimal + line + String(repeating: "xyz, ", count: 90_000) + "]}\n")
    #expect(checked.diagnostics.count == Findings.mostKept)
    #expect(checked.unlistedCount == 90_000 - Findings.mostKept)
    #expect(Set(checked.rules) == [.relativePath])
    for index in [0, 1, 4500, 9999] {
      let place = checked.diagnostics[index].place
      #expect(place.start == SourcePlace.Position(line: 5, column: line.count + 1 + 5 * index))
      #expect(place.text == "xyz")
    }
    expectShort(checked)
  }

  @Test("Thousands of unknown keys are all reported, in order")
  func unknownKeys() {
    let checked = check(minimal + (0..<5_000).map { "max_agx\($0): 1\n" }.joined())
    #expect(checked.rules == Array(repeating: .unknownKey, count: 5_000))
    #expect(checked.diagnostics.map(\.place.start.line) == Array(5..<5_005))
  }

  @Test("Thousands of duplicate keys are all reported, each with the first one")
  func duplicateKeys() {
    let checked = check(minimal + String(repeating: "run: {}\n", count: 9_001))
    #expect(checked.rules == Array(repeating: .duplicateKey, count: 9_000))
    #expect(checked.diagnostics.map(\.place.start.line) == Array(6..<9_006))
    #expect(Set(checked.diagnostics.flatMap(\.notes).map(\.place.start.line)) == [5])
  }

  @Test("A million aliases are refused before they are written out")
  func aliases() {
    let head = "version: 1\nsafety: {allowed_roots: [&a /data,"
    func text(_ count: Int) -> String { head + String(repeating: "*a,", count: count) + "]}\n" + minimal.dropFirst(11) }
    #expect(check(text(1_000_000)).rules == [.textTooLarge])
    #expect(Self.roomy(text(1_000_000)).rules == [.tooManyNodes])
    // Two each, of 250 000 with a dozen for the rest.
    #expect(check(text(124_000)).plan?.safety.allowedRoots.count == 124_001)
  }

  @Test("A bad value that a hundred thousand aliases repeat is reported once")
  func repeatedFinding() {
    let roots = "safety: {allowed_roots: [&a data," + String(repeating: "*a,", count: 100_000) + "]}\n"
    #expect(check(minimal + roots).rules == [.relativePath])
  }
}
