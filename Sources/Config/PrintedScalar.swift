/// How one character appears on a terminal.
struct PrintedScalar {
  /// Itself, or an escape when printing it would do something else than show it.
  let text: String
  /// How many columns `text` takes; a tab, which is left as it is, counts as none here.
  let width: Int

  init(_ scalar: Unicode.Scalar, keepsTabs: Bool = false) {
    switch scalar.properties.generalCategory {
    case .control where keepsTabs && scalar == "\t":
      (text, width) = ("\t", 0)
    // Format characters include the ones that turn the direction of writing round and so make a line lie.
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      text = "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      width = text.utf8.count
    case .nonspacingMark, .enclosingMark:
      (text, width) = (String(Character(scalar)), 0)
    default:
      (text, width) = (String(Character(scalar)), PrintedScalar.isWide(scalar) ? 2 : 1)
    }
  }

  /// The blocks of East Asian Width "wide" and "fullwidth" (Unicode Annex 11), the emoji among them.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
    0x20000...0x3FFFD,
  ]

  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x1100 && wide.contains { $0.contains(scalar.value) }
  }
}
