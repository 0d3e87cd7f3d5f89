import Foundation
import Testing

@testable import Plan

@Suite struct PatternTests {
  private func isExcluded(_ pattern: String, _ path: String, root: String = "/t") throws -> Bool {
    try Walk(root, exclude: [pattern]).choice(path) == .excluded
  }

  @Test(arguments: [
    ("keep", "keep/x", true), ("keep", "a/keep/x", true), ("keep", "a/keep", true), ("keep", "keeper", false),
    ("**/keep", "a/keep/x", true), ("keep/", "a/keep/x", true), ("keep/", "a/keep", false),
    ("*.log", "a/b/t.log", true), ("*.log", "a.log/x", true), ("*.{log,tmp}", "a/t.tmp", true),
    ("**/*.{log,tmp}", "t.log", true), ("a/b", "a/b/c", true), ("a/b", "x/a/b", false),
    ("/t/a", "a/x", true), ("/t/a", "b/a", false), ("/t", "x", true), ("/x/a", "a", false),
    ("keep/*", "keep/a/b", true), ("keep/**", "keep", false), ("keep/**", "keep/a", true),
    ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b/c", true), ("[!a-c]x", "dx", true), ("[!a-c]x", "bx", false),
    ("\\*", "*", true), ("\\*", "x", false), ("{a,{b,c}d}", "cd", true), ("{a,}b", "b", true),
    ("?", "é", false), ("??", "é", true), (".*", ".x", true), ("*", ".x", true), ("#x", "a/#x", true),
  ])
  func `speaks of`(_ pattern: String, _ path: String, _ expected: Bool) throws {
    #expect(try isExcluded(pattern, path) == expected)
  }

  @Test func `an exclude protects both normal forms, an include takes bytes`() throws {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
    #expect(try isExcluded(composed, decomposed))
    #expect(try isExcluded(decomposed, composed))
    #expect(try Walk("/t", include: [composed]).choice(composed) == .by(0))
    #expect(try Walk("/t", include: [composed]).choice(decomposed) == .notIncluded)
  }

  @Test(arguments: [
    ("", Pattern.Malformed.Reason.empty, 0), ("a[b", .unclosedSet, 1), ("[b-a]", .emptyRange, 1),
    ("[é]", .notASCIIInSet, 1), ("a{b", .unclosedBrace, 1), ("{{{{{{{{{a}}}}}}}}}", .bracesTooDeep, 8),
    ("a\\", .danglingEscape, 1), ("a**", .doubleStarInsideComponent, 1), ("{**,a}", .doubleStarInBraces, 1),
    ("a//b", .emptyComponent, 1), ("./a", .dotComponent, 0), ("a/../b", .dotComponent, 2), ("//", .emptyComponent, 0),
    ("/", .emptyComponent, 0),
  ])
  func `is refused`(_ text: String, _ reason: Pattern.Malformed.Reason, _ offset: Int) {
    #expect(throws: Pattern.Malformed(reason: reason, offset: offset)) { try Pattern(text) }
  }

  @Test func `of a folder in which nothing can be chosen it is said so, and no sooner`() throws {
    let walk = try Walk("/t", include: ["cache/**", "*/logs/*.log"], exclude: ["*.keep"])
    #expect(walk.folder("cache") == "entered")
    #expect(walk.folder("x") == "entered")
    #expect(walk.folder("x/y") == "not included")
    #expect(walk.folder("x/logs") == "entered")
    #expect(walk.folder("x/logs/y") == "not included")
    #expect(walk.folder("cache/a.keep") == "excluded")
    #expect(try Walk("/t", include: ["*.log"]).folder("x/y/z") == "entered")
    #expect(try Walk("/t", include: ["/t/a"]).folder("b") == "not included")
    #expect(try Walk("/t", include: ["/u/a"]).root == "not included")
    #expect(try Walk("/t/u", exclude: ["/t"]).root == "excluded")
  }

  @Test func `an empty folder may go where include covers it as a whole`() throws {
    let walk = try Walk("/t", include: ["cache/**", "*.tmp"], exclude: ["keep/"])
    #expect(walk.mayRemove("cache/a"))
    #expect(!walk.mayRemove("cache"))
    #expect(!walk.mayRemove("inbox"))
    #expect(walk.mayRemove("x.tmp"))
    #expect(walk.mayRemove("x.tmp/y"))
    #expect(try Walk("/t", exclude: ["keep/"]).mayRemove("a"))
  }

  @Test func `braces hold no slash, and none is escaped`() {
    for (text, reason) in [
      ("{keep/,hold/}", Pattern.Malformed.Reason.slashInBraces), ("{keep,hold/}", .slashInBraces),
      ("{/data/keep,/data/hold}", .slashInBraces), ("{tmp/keep,secret}", .slashInBraces),
      ("k{ee,}p/{,x/}", .slashInBraces),
      ("{./a,b}", .slashInBraces), ("[k]eep\\/", .escapedSlash), ("a\\/b", .escapedSlash),
    ] {
      #expect("\(text)") { _ = try Pattern(text) } throws: { ($0 as? Pattern.Malformed)?.reason == reason }
    }
    #expect(throws: Never.self) { _ = try [Pattern("{keep,hold}/"), Pattern("x/{a,b}/c"), Pattern("/data/{a,b}")] }
  }

  @Test func `to rules, both normal forms of a name are the same, and a target's include takes bytes`() throws {
    let forms = [Array("\u{E9}x".utf8), Array("e\u{301}x".utf8)]
    func rule(_ include: [String], except exclude: [String] = [], _ days: Int?) throws -> Retention.Rule {
      Retention.Rule(
        include: try include.map { try Pattern($0) }, exclude: try exclude.map { try Pattern($0) },
        criteria: .init(
          maxAge: days.map { .seconds(86_400 * $0) }, ageFrom: .mtime, minSize: ByteCount(bytes: 0), maxSize: nil,
          owners: nil))
    }
    for days in [nil, 7, 900] {
      var retention = Retention(maxAge: .seconds(90 * 86_400))
      retention.rules = [try rule(["\u{E9}*"], days), try rule(["*"], 1)]
      for form in forms { #expect(Selection(retention).choice(ofFileAt: form, in: Array("/t".utf8)) == .by(0)) }
      retention.rules = [try rule(["*"], except: ["\u{E9}*"], days)]
      for form in forms { #expect(Selection(retention).choice(ofFileAt: form, in: Array("/t".utf8)) == .by(1)) }
    }
    let include = Retention(maxAge: .zero, include: [try Pattern("\u{E9}*")])
    #expect(forms.map { Selection(include).choice(ofFileAt: $0, in: Array("/t".utf8)) } == [.by(0), .notIncluded])
  }

  @Test func `a folder that a rule keeps for ever is not removed, and the target's own never keeps none`() throws {
    let criteria = { (days: Int?) in
      Retention.Criteria(
        maxAge: days.map { .seconds(86_400 * $0) }, ageFrom: .mtime, minSize: ByteCount(bytes: 0), maxSize: nil,
        owners: nil)
    }
    var retention = Retention(maxAge: .seconds(86_400))
    retention.rules = [
      .init(include: [try Pattern("keep/")], exclude: [], criteria: criteria(nil)),
      .init(include: [try Pattern("logs/")], exclude: [], criteria: criteria(7)),
    ]
    var walk = Walk("/t", retention)
    #expect(["keep", "keep/a", "logs", "logs/a", "b"].filter { walk.mayRemove($0) } == ["logs", "logs/a", "b"])
    retention.maxAge = nil
    walk = Walk("/t", retention)
    #expect(["keep", "logs", "b"].filter { walk.mayRemove($0) } == ["logs", "b"])
    retention.rules = [.init(include: [], exclude: [], criteria: criteria(nil))]
    #expect(!Cutoff(retention, now: Timestamp(seconds: 0)).mayRemove(nil))
    retention.rules = []
    #expect(Cutoff(retention, now: Timestamp(seconds: 0)).mayRemove(nil))
  }

  @Test func `what it has learnt, and forgotten, changes nothing`() throws {
    // Each star doubles what there is to be known: far more than is remembered.
    let patterns = (0..<12).map { "*\(UnicodeScalar(UInt8(97 + $0)))?\(UnicodeScalar(UInt8(97 + $0)))*" }
    let selection = Selection(Retention(maxAge: .zero, exclude: try patterns.map { try Pattern($0) }))
    var learnt = PatternMatcher(selection)
    var random = SystemRandomNumberGenerator()
    let root = Array("/t".utf8)
    guard case .entered(let scope) = learnt.root(at: root.span) else { return #expect(Bool(false)) }
    for _ in 0..<5000 {
      let name = (0..<Int.random(in: 1...30, using: &random)).map { _ in UInt8.random(in: 97...109, using: &random) }
      learnt.enter(scope)
      let expected = (0..<12).contains { letter in
        name.indices.dropFirst(2).contains { name[$0] == 97 + letter && name[$0 - 2] == 97 + letter }
      }
      #expect((learnt.choice(ofFile: name.span) == .excluded) == expected)
    }
  }

  @Test func `notes which patterns matched something`() throws {
    let walk = try Walk("/t", include: ["a/b", "*.log"], exclude: ["keep/", "x"])
    _ = walk.choice("keep/t.log")
    #expect(walk.matched == ["keep/"])
    _ = walk.choice("c.log")
    #expect(walk.matched == ["keep/", "*.log"])
  }

  @Test func `patterns built to explode take linear time`() throws {
    // Asserts the answer only; Benchmarks/ has the time.
    let many = String(repeating: "*a", count: 10_000)
    let name = String(repeating: "a", count: 4095)
    #expect(try !isExcluded(many, name))
    #expect(try isExcluded(String(repeating: "*a", count: 4095), name))
  }
}

@Suite struct GitTests {
  /// So many pairs; `PATTERN_PAIRS` asks for more.
  private static let pairs = ProcessInfo.processInfo.environment["PATTERN_PAIRS"].flatMap { Int($0) } ?? 20_000

  @Test func `agrees with git on random patterns and paths`() throws {
    let seed = UInt32.random(in: 0...UInt32.max)
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "git-pairs.py").path
    guard let output = try Self.output(of: ["python3", script, "\(seed)", "\(Self.pairs / 20)", "20"]) else {
      print("skipped: python3 and git are needed to compare patterns with git's")
      return
    }
    var checked = 0
    var walk = ("", try Walk("/t"))
    for line in output.split(separator: "\n") {
      let fields = line.split(separator: "\t").map { String($0) }
      // To git a pattern with a slash at its beginning is relative to the file it stands in.
      let pattern = fields[0].hasPrefix("/") ? "/t" + fields[0] : fields[0]
      if walk.0 != pattern { walk = (pattern, try Walk("/t", exclude: [pattern])) }
      let isIgnored = fields[2] == "1"
      #expect((walk.1.choice(fields[1]) == .excluded) == isIgnored, "seed \(seed): \(fields[0]) and \(fields[1])")
      checked += 1
    }
    #expect(checked >= Self.pairs / 20 * 20)
  }

  /// Nil when the program, or git, is missing.
  private static func output(of command: [String]) throws -> String? {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "command -v git python3 >/dev/null || exit 77; exec \"$@\"", "sh"] + command
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    if process.terminationStatus == 77 { return nil }
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }
}

/// A matcher led along paths as a walk leads it.
final class Walk {
  private let cutoff: Cutoff
  private var selection: Selection { cutoff.selection }
  private var matcher: PatternMatcher
  private let path: [UInt8]

  convenience init(_ root: String, include: [String] = [], exclude: [String] = []) throws {
    self.init(
      root,
      Retention(
        maxAge: .zero, include: try include.map { try Pattern($0) }, exclude: try exclude.map { try Pattern($0) }))
  }

  init(_ root: String, _ retention: Retention) {
    cutoff = Cutoff(retention, now: Timestamp(seconds: 0))
    let selection = cutoff.selection
    matcher = PatternMatcher(selection)
    path = Array(root.utf8)
  }

  var root: String { text(of: reach([])) }

  var matched: [String] { zip(selection.patterns, matcher.matched).filter { $1 }.map { $0.0.pattern.text } }

  /// Of a file at this path relative to the root.
  func choice(_ path: String) -> Selection.Choice {
    var names = path.split(separator: "/").map { Array($0.utf8) }
    let file = names.removeLast()
    switch reach(names) {
    case .entered(let scope):
      matcher.enter(scope)
      return matcher.choice(ofFile: file.span)
    case .excluded: return .excluded
    case .notIncluded: return .notIncluded
    }
  }

  func folder(_ path: String) -> String { text(of: reach(path.split(separator: "/").map { Array($0.utf8) })) }

  func mayRemove(_ path: String) -> Bool {
    guard case .entered(let scope) = reach(path.split(separator: "/").map { Array($0.utf8) }) else { return false }
    return cutoff.mayRemove(scope)
  }

  private func reach(_ names: [[UInt8]]) -> PatternMatcher.Folder {
    let path = path
    var folder = matcher.root(at: path.span)
    for name in names {
      guard case .entered(let scope) = folder else { return folder }
      matcher.enter(scope)
      folder = matcher.folder(name.span)
    }
    return folder
  }

  private func text(of folder: PatternMatcher.Folder) -> String {
    switch folder {
    case .excluded: "excluded"
    case .notIncluded: "not included"
    case .entered: "entered"
    }
  }
}
