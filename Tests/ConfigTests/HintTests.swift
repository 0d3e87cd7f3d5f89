import Foundation
import Testing

@testable import Config

/// Hints that say what was meant can be pasted over the mistake, and then that mistake is gone.
@Suite("Hints")
struct HintTests {
  private struct Mended {
    let finding: Diagnostic
    let proposal: String
    let text: SourceText
  }

  /// What a hint proposes: words to paste over what the finding points at, or a key with its value for those that stand there.
  private static func proposals(_ hint: String) -> [String] {
    if let meant = hint.wholeMatch(of: /(?:.*; )?did you mean (.+?)\?(?: .*)?/)?.output.1 { return [String(meant)] }
    if let meanings = hint.wholeMatch(of: /write which is meant: (.+)/)?.output.1 {
      return meanings.matches(of: /\d+[a-z]+(?= \(|,| or |$)/).map { String($0.output) }
    }
    if let entry = hint.wholeMatch(of: /write ([a-z_]+: [^ ,;]+)/)?.output.1, entry != "key: value" {
      return [String(entry)]
    }
    return []
  }

  /// The text with each proposal in the place of what the finding points at; none when the finding has none, or stands in no file.
  private static func mended(_ finding: Diagnostic) -> [Mended] {
    guard finding.place.source.medium == .file, finding.place.source.embedding == nil, let hint = finding.hint else {
      return []
    }
    return proposals(hint).map { entry in
      // Of a key with its value, the value goes where a value stands.
      let isValue = finding.rule != .unknownKey && hint.hasPrefix("write ")
      let proposal = isValue ? entry.split(separator: ": ", maxSplits: 1).last.map { String($0) } ?? entry : entry
      var bytes = finding.place.source.bytes
      bytes.replaceSubrange(range(of: proposal, for: finding), with: Array(proposal.utf8))
      return Mended(
        finding: finding, proposal: proposal, text: SourceText(name: finding.place.source.name, bytes: bytes))
    }
  }

  /// A key with its value goes over the key that is wrong and its value on the same line.
  private static func range(of proposal: String, for finding: Diagnostic) -> Range<Int> {
    let range = finding.place.range
    guard finding.rule == .unknownKey, proposal.contains(": ") else { return range }
    let rest = finding.place.source.bytes[range.upperBound...].prefix { !",}\n".utf8.contains($0) }
    return range.lowerBound..<rest.endIndex
  }

  private static func check(_ source: SourceText) -> [Diagnostic] {
    CheckedInput.check(source, CheckSettings()).allDiagnostics
  }

  /// What was to be mended, and on its line what is no YAML any more.
  private static func remaining(_ mended: Mended, _ findings: [Diagnostic]) -> [Diagnostic] {
    findings.filter { finding in
      let isSame =
        finding.rule == mended.finding.rule && finding.place.range.lowerBound == mended.finding.place.range.lowerBound
      return isSame && finding.place.source.name == mended.text.name
        || finding.rule == .syntax && finding.place.start.line == mended.finding.place.start.line
    }
  }

  private static func files() throws -> [URL] {
    let folders = [Golden.folder, Golden.tests.appending(path: "Corpus/bad")]
    return try folders.flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }.sorted().map {
        folder.appending(path: $0)
      }
    }
  }

  @Test("What a hint proposes, put in the place of the mistake, mends it")
  func proposals() throws {
    var tried = 0
    for file in try Self.files() {
      let source = SourceText(name: file.lastPathComponent, bytes: [UInt8](try Data(contentsOf: file)))
      for mended in Self.check(source).flatMap(Self.mended) {
        let remaining = Self.remaining(mended, Self.check(mended.text))
        #expect(
          remaining.map(\.message) == [],
          "\(file.lastPathComponent): \(mended.finding.message): \(mended.proposal)")
        tried += 1
      }
    }
    #expect(tried > 200)
  }

  @Test("So it is in manifests: what was wrong in a container is gone")
  func manifests() throws {
    var tried = 0
    for golden in Golden.all where golden.workloadName != nil {
      let before = try golden.findings()
      for mended in before.flatMap(Self.mended) where mended.text.name == golden.workloadName {
        // Once the text is no YAML, nothing else is told.
        let remaining = Self.remaining(mended, try golden.checked(workload: mended.text).findings)
        #expect(remaining.map(\.message) == [], "\(golden.name): \(mended.finding.message): \(mended.proposal)")
        tried += 1
      }
    }
    #expect(tried > 15)
  }
}
