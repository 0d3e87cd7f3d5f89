import Plan

extension Optional where Wrapped == String {
  /// Nil for what is longer than anyone would have meant.
  static func didYouMean(_ word: String?) -> String? {
    word.flatMap { $0.utf8.count > 512 ? nil : "did you mean \($0.whole)?" }
  }
}

/// How what the user wrote is put into messages and hints: so that nothing in it can disturb a terminal.
extension String {
  /// In single quotes, in one line, and cut when it is long.
  var quoted: String { "'\(shown)'" }

  /// The same without quotes.
  var shown: String {
    // Longer values push the message itself out of sight; the source line shows the place anyway.
    let longest = 80
    let printed = PrintableText.escaped(String(unicodeScalars.prefix(longest)))
    return unicodeScalars.count > longest ? printed + "…" : printed
  }

  /// Uncut, for hints that are to be pasted.
  var whole: String { PrintableText.escaped(self) }

  /// Uncut, as one word of a shell's command line.
  var inShell: String {
    let isPlain = utf8.allSatisfy { "/_.-+=:@%,".utf8.contains($0) || UInt8.isLetterOrDigit($0) }
    return isPlain
      ? self : "'\(whole.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
  }
}

extension String {
  /// With zeros before it, so that it has so many digits.
  func padded(to digits: Int) -> String { String(repeating: "0", count: max(0, digits - count)) + self }
}

extension UInt8 {
  /// Of ASCII.
  static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
