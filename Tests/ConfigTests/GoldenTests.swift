import Foundation
import Plan
import Testing

@testable import Config

/// One config with mistakes, and the whole output they must print. Comments at its top set what comes from outside:
/// `# set: KEY=VALUE`, `# env: NAME=VALUE`, `# memory-limit: MIB`, `# key: KEY`, `# now: ISO-8601`, `# limits: bytes=N depth=N nodes=N
/// comparisons=N`, `# host: …` (see `HostDirectives`), and `# workload: FILE`, a stream of manifests beside it. With `# is: cases` it is no
/// config, but cases of one.
struct Golden: Sendable, CustomTestStringConvertible {
  let name: String
  var testDescription: String { name }

  static let tests = URL(filePath: #filePath).deletingLastPathComponent()
  static let folder = tests.appending(path: "Goldens")

  static let all: [Golden] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { Golden(name: String($0.dropLast(5))) }.sorted {
      $0.name < $1.name
    }
  }()

  private var input: URL { Golden.folder.appending(path: "\(name).yaml") }
  var output: URL { Golden.folder.appending(path: "\(name).txt") }

  func source() throws -> SourceText { SourceText(name: "\(name).yaml", bytes: [UInt8](try Data(contentsOf: input))) }

  /// The name of the stream beside it; nil when there is none.
  var workloadName: String? {
    (try? source()).flatMap { Directives(String(decoding: $0.bytes, as: UTF8.self)).workload }
  }

  /// All findings, as `check-config` would print them, and the configs. `workload` stands in the place of the stream beside it.
  func checked(
    workload: SourceText? = nil
  ) throws -> (findings: [Diagnostic], configs: [CheckedConfiguration]) {
    let source = try source()
    let directives = Directives(String(decoding: source.bytes, as: UTF8.self))
    if directives.isCases { return (ExpectedCases(source).diagnostics, []) }
    var settings = directives.settings
    if let file = directives.workload {
      let written = Golden.folder.appending(path: file)
      let stream = try workload ?? SourceText(name: file, bytes: [UInt8](Data(contentsOf: written)))
      settings.workload = WorkloadManifests(stream, readCommandLine: readCommandLine)
    }
    var input = CheckedInput.check(source, settings, limits: directives.limits)
    if !directives.host.isEmpty {
      let facts = try HostDirectives(directives.host).facts
      input.judgeOnHost { _ in facts }
    }
    return ((settings.workload?.diagnostics ?? []) + input.allDiagnostics, input.configs)
  }

  func findings() throws -> [Diagnostic] { try checked().findings }
}

private struct Directives {
  var settings = CheckSettings()
  var limits = YAMLLimits()
  var host: [String] = []
  var workload: String?
  var isCases = false

  init(_ text: String) {
    for line in text.split(separator: "\n").prefix(while: { $0.hasPrefix("#") }) {
      let parts = line.dropFirst(2).split(separator: ": ", maxSplits: 1).map { String($0) }
      guard parts.count == 2 else { continue }
      apply(parts[0], parts[1])
    }
  }

  private mutating func apply(_ name: String, _ value: String) {
    switch name {
    case "set": settings.overrides.append(value)
    case "env":
      let pair = value.split(separator: "=", maxSplits: 1)
      if pair.count == 2 { settings.environment[String(pair[0])] = String(pair[1]) }
    case "memory-limit": settings.memoryLimit = UInt64(value).map { .mebibytes($0) }
    case "key": settings.key = value
    case "now": settings.now = Timestamp(iso8601: value)
    case "time-zones": settings.timeZones = .holding(value.split(separator: " ").map { String($0) })
    case "limits": applyLimits(value)
    case "host": host.append(value)
    case "workload": workload = value
    case "is": isCases = value == "cases"
    default: Issue.record("no such directive: \(name)")
    }
  }

  private mutating func applyLimits(_ value: String) {
    for pair in value.split(separator: " ").map({ $0.split(separator: "=") }) {
      guard pair.count == 2, let number = Int(pair[1]) else { continue }
      switch pair[0] {
      case "bytes": limits.bytes = number
      case "depth": limits.depth = number
      case "nodes": limits.nodes = number
      case "comparisons": limits.comparisons = number
      default: Issue.record("no such limit: \(pair[0])")
      }
    }
  }
}

extension Timestamp {
  /// Nil when the text is no time.
  init?(iso8601 text: String) {
    guard let date = try? Date(text, strategy: .iso8601) else { return nil }
    self.init(seconds: Int64(date.timeIntervalSince1970))
  }
}

@Suite("The printed findings")
struct GoldenTests {
  private static let updates = ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1"

  @Test("Every config with mistakes prints exactly the output that was agreed on", arguments: Golden.all)
  func golden(_ golden: Golden) throws {
    let printed = try golden.findings().map { DiagnosticPrinter(colour: false).text(of: $0) }.joined()
    if Self.updates { try Data(printed.utf8).write(to: golden.output) }
    let expected = String(decoding: try Data(contentsOf: golden.output), as: UTF8.self)
    #expect(printed == expected)
  }

  @Test("A plan is there exactly when no finding is an error", arguments: Golden.all)
  func planOrErrors(_ golden: Golden) throws {
    for config in try golden.checked().configs {
      #expect((config.plan == nil) == config.diagnostics.contains { $0.severity == .error })
    }
  }

  @Test("There are enough goldens to be worth the name")
  func count() { #expect(Golden.all.count >= 25) }

  @Test("Every output belongs to a config")
  func noStrayOutput() throws {
    let outputs = try FileManager.default.contentsOfDirectory(atPath: Golden.folder.path).filter {
      $0.hasSuffix(".txt")
    }
    #expect(Set(outputs) == Set(Golden.all.map { "\($0.name).txt" }))
  }

  @Test("Every wording of the catalogue appears in a golden")
  func everyRule() throws {
    let found = Set(try Golden.all.flatMap { try $0.findings().map(\.rule) })
    #expect(Diagnostic.Rule.allCases.filter { !found.contains($0) } == [])
  }

  @Test("Every note of the catalogue appears in a golden")
  func everyNote() throws {
    let found = Set(try Golden.all.flatMap { try $0.findings().flatMap(\.located.notes).map(\.rule) })
    #expect(Diagnostic.NoteRule.allCases.filter { !found.contains($0) } == [])
  }

  /// Together with the tests above: no wording can be added to the catalogue, nor elsewhere, without a golden.
  @Test("Each rule is worded in one place, and that is in the catalogue")
  func oneWordingEach() throws {
    let sources = Golden.tests.appending(path: "../../Sources/Config").standardizedFileURL
    let files = try FileManager.default.subpathsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".swift") }
    var uses: [String: [String]] = [:]
    for file in files {
      let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
      for match in text.matches(of: /\.(?:error|warning)\(\s*\.(\w+)|Self\(rule: \.(\w+)/) {
        guard let rule = match.1 ?? match.2 else { continue }
        uses[String(rule), default: []].append(file)
      }
    }
    let rules = Diagnostic.Rule.allCases.map(\.rawValue) + Diagnostic.NoteRule.allCases.map(\.rawValue)
    #expect(uses.keys.sorted() == rules.sorted())
    #expect(uses.filter { $0.value.count != 1 || !$0.value[0].hasSuffix("Messages.swift") }.isEmpty)
  }
}
