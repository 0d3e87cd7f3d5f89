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

  /// The text with the proposal in the place of what the finding points at; nil when the finding has none, or stands in no file.
  private static func mended(_ finding: Diagnostic) -> Mended? {
    guard finding.place.source.medium == .file, finding.place.source.embedding == nil,
      let proposal = finding.hint?.wholeMatch(of: /did you mean (.+)\?(?: not all of its letters are ASCII)?/)?.output.1
    else { return nil }
    var bytes = finding.place.source.bytes
    bytes.replaceSubrange(finding.place.range, with: Array(proposal.utf8))
    return Mended(
      finding: finding, proposal: String(proposal), text: SourceText(name: finding.place.source.name, bytes: bytes))
  }

  private static func check(_ source: SourceText) -> [Diagnostic] {
    CheckedInput.check(source, CheckSettings()).allDiagnostics
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
      for mended in Self.check(source).compactMap(Self.mended) {
        let start = mended.finding.place.range.lowerBound
        let remaining = Self.check(mended.text).filter {
          $0.rule == mended.finding.rule && $0.place.range.lowerBound == start
        }
        #expect(
          remaining.map(\.message) == [],
          "\(file.lastPathComponent): \(mended.finding.message): \(mended.proposal)")
        tried += 1
      }
    }
    #expect(tried > 120)
  }
}
