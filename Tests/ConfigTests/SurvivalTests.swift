import Foundation
import Testing

@testable import Config

@Suite("The reader survives any bytes")
struct SurvivalTests {
  /// Pieces that mean something to YAML, to the schema or to a terminal.
  private static let pieces: [String] = [
    "\n", "  ", "- ", ": ", "\t", "#", "&a ", "*a", "<<: ", "!!str ", "[", "]", "{", "}", "\"", "'", "|\n", ">\n",
    "---\n",
    "...\n", "%YAML 1.1\n", "? ", ",", "~", "null", "version", "targets", "path: /", "{YYYY}", "{", "**", "[a-", "\\",
    "3mo",
    "99999999999999999999", "%", "-1", "é", "🙂", "\u{202E}", "\u{85}", "\u{2028}", "\u{FEFF}", "\r", "\r\n", "\u{1B}",
    "\u{0}",
  ]

  @Test("Random bytes, random pieces and damaged configs are read, checked and printed", arguments: 0..<8)
  func survives(round: UInt64) {
    let seed = SeededGenerator.newSeed(for: "SurvivalTests")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<150 {
      let bytes = Self.text(&generator)
      var settings = CheckSettings()
      settings.overrides = [Self.option(&generator)]
      settings.environment = ["EFSPURGE_MAX_AGE_DAYS": Self.word(&generator)]
      let checked = CheckedConfiguration.check(SourceText(name: "random", bytes: bytes), settings)
      let hasErrors = checked.diagnostics.contains { $0.severity == .error }
      #expect((checked.plan == nil) == hasErrors, "seed \(seed)")
      for diagnostic in checked.diagnostics { Self.checkPrinted(diagnostic, seed: seed) }
    }
  }

  private static func checkPrinted(_ diagnostic: Diagnostic, seed: UInt64) {
    let printed = DiagnosticPrinter(colour: false).text(of: diagnostic)
    let lines = printed.split(separator: "\n", omittingEmptySubsequences: false)
    // Header, source, carets and the end; a hint; three for each note.
    let expected = 4 + (diagnostic.hint == nil ? 0 : 1) + 3 * diagnostic.notes.count
    #expect(lines.count == expected, "seed \(seed): \(printed)")
    let isClean = printed.unicodeScalars.allSatisfy {
      $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
    }
    #expect(isClean, "seed \(seed): \(printed.debugDescription)")
  }

  private static func text(_ generator: inout SeededGenerator) -> [UInt8] {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: (0..<Int.random(in: 0...80, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    case 1: (0..<Int.random(in: 0...40, using: &generator)).flatMap { _ in Array(word(&generator).utf8) }
    default: damaged(Array(everyKey.utf8), &generator)
    }
  }

  private static func damaged(_ text: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = text
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      let at = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.remove(at: at)
      case 2: bytes.removeSubrange(at..<min(bytes.count, at + 20))
      default: bytes.insert(contentsOf: word(&generator).utf8, at: at)
      }
      if bytes.isEmpty { return bytes }
    }
    return bytes
  }

  private static func word(_ generator: inout SeededGenerator) -> String {
    pieces.randomElement(using: &generator) ?? ""
  }

  private static func option(_ generator: inout SeededGenerator) -> String {
    (0..<4).map { _ in word(&generator) }.joined() + "=" + word(&generator)
  }
}
