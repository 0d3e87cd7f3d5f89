/// Text as a terminal shows it: how many columns it takes, and made safe to print.
public enum DisplayText {
  /// Columns in a terminal with a fixed-width font: East Asian wide characters and emoji take two, combining marks none.
  public static func width(_ text: String) -> Int {
    text.reduce(0) { $0 + width($1) }
  }

  /// `text` in at most `limit` columns: what is too long loses its middle, since the ends of a name or path tell most.
  public static func shortened(_ text: String, to limit: Int) -> String {
    guard width(text) > limit else { return text }
    guard limit > 1 else { return limit == 1 ? "…" : "" }
    let tailRoom = (limit - 1) / 2
    let head = prefix(of: text, columns: limit - 1 - tailRoom)
    let tail = String(prefix(of: String(text.reversed()), columns: tailRoom).reversed())
    return "\(head)…\(tail)"
  }

  /// `text` on one line, unable to steer a terminal: control and invisible formatting characters become `\xNN`, byte by byte.
  public static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        for byte in String(scalar).utf8 { result += "\\x" + hexadecimal(byte) }
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func width(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    // U+FE0F asks for the emoji form of the character before it.
    if scalars.count > 1, scalars.contains("\u{FE0F}") { return 2 }
    return scalars.reduce(0) { max($0, width($1)) }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: 0
    default: scalar.properties.isEmojiPresentation || isWide(scalar.value) ? 2 : 1
    }
  }

  /// The blocks of Unicode's East Asian Width W and F that hold letters; emoji are known by their property.
  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x17000...0x18DFF, 0x1B000...0x1B2FF,
      0x20000...0x3FFFD:
      true
    default:
      false
    }
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    // Joiners shape letters and emoji; the others (directional overrides, tags) can make a name look like another.
    case .format: scalar != "\u{200C}" && scalar != "\u{200D}"
    default: false
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.utf8.count == 1 ? "0" + digits : digits
  }

  private static func prefix(of text: String, columns: Int) -> String {
    var (result, used) = ("", 0)
    for character in text {
      used += width(character)
      guard used <= columns else { break }
      result.append(character)
    }
    return result
  }
}
