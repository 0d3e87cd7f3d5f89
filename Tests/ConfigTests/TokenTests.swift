import Testing

@testable import Config

/// What every finding of every golden points at.
@Suite("Tokens of all goldens")
struct TokenTests {
  /// What is not there, or broke off, has no token of its own: these may point at a place between characters.
  private static let pointless: Set<Diagnostic.Rule> = [
    .syntax, .emptyDocument, .textTooLarge, .overrideEmptyKey, .globEmpty, .globEmptyComponent,
    .globDanglingEscape, .emptyItem,
  ]

  @Test(
    "A range cut out of its source is a token: something, without blanks or line ends around it", arguments: Golden.all)
  func tokens(_ golden: Golden) throws {
    for finding in try golden.findings() where !Self.pointless.contains(finding.rule) {
      let token = finding.place.text
      let (first, last) = (token.unicodeScalars.first, token.unicodeScalars.last)
      #expect(!token.isEmpty, "\(finding.rule) \(finding.message)")
      // What is blank is what these are about.
      let isBlankItself = [
        .tabIndentation, .controlCharacter, .hiddenLineEnd, .invisibleCharacter, .invisibleInComment, .oddEnd,
        .foreignBlank,
      ].contains(
        finding.rule)
      #expect(isBlankItself || !(first?.properties.isWhitespace ?? true), "\(finding.rule): \(token.debugDescription)")
      #expect(isBlankItself || !(last?.properties.isWhitespace ?? true), "\(finding.rule): \(token.debugDescription)")
    }
  }

  /// In the messages of these, what stands in quotes first is a name of ours, or of something else than the token.
  @Test("What a message quotes of the config as the mistake is what the range holds", arguments: Golden.all)
  func quotes(_ golden: Golden) throws {
    for finding in try golden.findings() {
      // The last word in quotes after "not" or "unknown" is the user's.
      guard
        let match = finding.message.firstMatch(of: /(?:, not|unknown key|unknown date field|needs a unit:) '(.+)'$/),
        let quoted = match.output.1.split(separator: "…").first
      else { continue }
      let token = finding.place.text
      let decoded = YAMLTokens.value(of: token) ?? token
      #expect(decoded.contains(quoted) || token.contains(quoted), "\(finding.message): \(token)")
    }
  }

  @Test("In a manifest, the text at the place is what the config holds there", arguments: Golden.all)
  func embedded(_ golden: Golden) throws {
    for finding in try golden.findings() where finding.place.source.embedding?.isEncoded == false {
      let (inner, outer) = (finding.place.text, finding.place.outermost.text)
      guard !inner.contains("\n") else { continue }
      let readings = [outer, YAMLTokens.value(of: "\"\(outer)\""), YAMLTokens.value(of: "'\(outer)'")]
      #expect(readings.contains(inner), "\(outer)")
    }
  }
}

/// The value of a token as YAML reads it.
private enum YAMLTokens {
  static func value(of token: String) -> String? {
    var findings = Findings()
    return YAMLComposer.compose(SourceText(name: "token", bytes: Array(token.utf8)), findings: &findings)?.text
  }
}
