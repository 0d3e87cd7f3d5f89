import Foundation
import Plan
import Testing

@testable import Config

/// Configs as people write them, named by what was intended: `bad` by the mistake, `good` by what is unusual but right
/// (`…-warns-…` when a warning is due). What is found in each on a day in November 2026 stands in `expected.txt`, a line for
/// each finding.
private struct CorpusFile: Sendable {
  enum Kind: String, CaseIterable { case bad, good }

  let kind: Kind
  /// Relative to the corpus.
  let path: String

  static let folder = Golden.tests.appending(path: "Corpus")
  static let table = folder.appending(path: "expected.txt")

  static func all(_ kind: Kind) throws -> [CorpusFile] {
    try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: kind.rawValue).path)
      .filter { $0.hasSuffix(".yaml") }.sorted().map { CorpusFile(kind: kind, path: "\(kind.rawValue)/\($0)") }
  }

  func checked() throws -> CheckedInput {
    let bytes = [UInt8](try Data(contentsOf: CorpusFile.folder.appending(path: path)))
    var settings = CheckSettings()
    settings.timeZones = .holding(["America/New_York", "Europe/Berlin"])
    settings.now = Timestamp(iso8601: "2026-11-28T12:00:00Z")
    return CheckedInput.check(SourceText(name: path, bytes: bytes), settings)
  }

  func findings() throws -> [Diagnostic] { try checked().allDiagnostics.map(\.located) }

  func lines() throws -> [String] {
    let diagnostics = try findings()
    if diagnostics.isEmpty { return ["\(path) clean"] }
    return diagnostics.map { "\(path) \($0.place.start.line):\($0.place.start.column) \($0.rule.rawValue)" }
  }
}

@Suite("The corpus of configs named by intent")
struct CorpusTests {
  private static let updates = ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1"

  /// What no file of the corpus can raise.
  private static let notInText: Set<Diagnostic.Rule> = [
    .badTime, .slashOfNoFolder,  // Of cases.
    // Options and the environment.
    .overrideWithoutValue, .overrideEmptyKey, .overrideUnknownTarget, .overrideInsideValue, .badVariable,
    .variableWithoutEffect, .unknownVariable, .variableContradicted,
    // A machine without a database of time zones.
    .noTimeZones,
    // The container, which an option tells of.
    .limitAboveContainer,
    // Options of check-config.
    .noSuchConfigMapKey, .keyOfPlainConfig,
    // Texts of half a megabyte and more: `HugeTextTests` makes them.
    .textTooLarge, .tooManyNodes, .tooManyTargets, .tooManyPatterns, .configMapTooLarge,
  ]

  /// Hosts are no texts either, and workloads stand in texts of their own.
  private static func isOfText(_ rule: Diagnostic.Rule) -> Bool {
    !notInText.contains(rule) && !rule.rawValue.hasPrefix("host") && !Diagnostic.Rule.ofWorkloads.contains(rule)
  }

  @Test("Every file has exactly the findings of the table, at their places and in their order")
  func table() throws {
    let found = try CorpusFile.Kind.allCases.flatMap { try CorpusFile.all($0).flatMap { try $0.lines() } }
    if Self.updates { try Data((found.joined(separator: "\n") + "\n").utf8).write(to: CorpusFile.table) }
    let expected = try String(contentsOf: CorpusFile.table, encoding: .utf8).split(separator: "\n").map { String($0) }
    let difference = found.difference(from: expected).map { change in
      switch change {
      case .insert(_, let line, _): "found: \(line)"
      case .remove(_, let line, _): "expected: \(line)"
      }
    }
    #expect(difference == [])
  }

  @Test("Every bad config has an error, and there are enough of them")
  func bad() throws {
    let files = try CorpusFile.all(.bad)
    #expect(files.count >= 150)
    for file in files {
      #expect(try file.findings().contains { $0.severity == .error }, "\(file.path)")
    }
  }

  @Test("Every good config has no error, a warning only where its name says so; there are enough of them")
  func good() throws {
    let files = try CorpusFile.all(.good)
    #expect(files.count >= 40)
    for file in files {
      let findings = try file.findings()
      #expect(!findings.contains { $0.severity == .error }, "\(file.path)")
      #expect(findings.isEmpty == !file.path.contains("-warns-"), "\(file.path): \(findings.map(\.message))")
    }
  }

  @Test("The effective values of every good config are a config that makes the same plan")
  func effectiveValues() throws {
    for file in try CorpusFile.all(.good) {
      for config in try file.checked().configs {
        let text = try #require(config.effectiveValues).text
        #expect(check(text).plan == config.plan, "\(file.path): \(text)")
      }
    }
  }

  @Test("Every rule that a text can break is broken in the corpus")
  func everyRule() throws {
    let found = Set(try CorpusFile.all(.bad).flatMap { try $0.findings().map(\.rule) })
    let warnings = Set(try CorpusFile.all(.good).flatMap { try $0.findings().map(\.rule) })
    #expect(found.union(warnings).isDisjoint(with: Self.notInText))
    #expect(
      Diagnostic.Rule.allCases.filter { !found.contains($0) && !warnings.contains($0) && Self.isOfText($0) }
        == [])
  }
}
