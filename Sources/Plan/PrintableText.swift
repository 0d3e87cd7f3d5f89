/// Text from outside as people may see it: on one line, unable to steer a terminal, and measured as a terminal shows it.
///
/// Escaped, as `\xNN` for each byte, is what is no UTF-8 or does something else than show itself: controls, line and
/// paragraph separators, format characters (directional overrides and joiners make a name look like another), and what
/// Unicode gives no meaning to.
public enum PrintableText {
  /// What a text is made of.
  public enum Piece: Hashable, Sendable {
    case scalar(Unicode.Scalar)
    /// It belongs to no character in UTF-8.
    case strayByte(UInt8)

    /// Itself, or its escape.
    public var printed: String {
      switch self {
      case .scalar(let scalar) where PrintableText.isUnsafe(scalar): String(scalar).utf8.map(escape).joined()
      case .scalar(let scalar): String(scalar)
      case .strayByte(let byte): escape(byte)
      }
    }
  }

  /// `text` escaped. A backslash stays as it is: this is for reading, not for reading back.
  public static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    return text.unicodeScalars.map { Piece.scalar($0).printed }.joined()
  }

  /// Whether nothing is escaped in it.
  public static func isShownAsIs(_ scalar: Unicode.Scalar) -> Bool { !isUnsafe(scalar) }

  /// A path or name, escaped so that its bytes can be told again: a backslash is doubled.
  public static func path(_ bytes: some Sequence<UInt8>) -> String {
    pieces(of: bytes).map { $0 == .scalar("\\") ? "\\\\" : $0.printed }.joined()
  }

  /// Characters, and what stands between them that is none. Together they have the same bytes.
  public static func pieces(of bytes: some Sequence<UInt8>) -> [Piece] {
    var pieces: [Piece] = []
    var rest = Array(bytes)[...]
    while let first = rest.first {
      let scalar = firstScalar(of: rest)
      pieces.append(scalar.map { .scalar($0) } ?? .strayByte(first))
      rest = rest.dropFirst(scalar.map { UTF8.width($0) } ?? 1)
    }
    return pieces
  }

  private static func firstScalar(of bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
    var iterator = bytes.prefix(4).makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return scalar
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }

  private static func escape(_ byte: UInt8) -> String {
    (byte < 0x10 ? "\\x0" : "\\x") + String(byte, radix: 16)
  }
}

// MARK: - Length

extension PrintableText {
  /// At most so many bytes of `text`, ending at a character's end.
  public static func cut(_ text: String, toBytes limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var (result, used) = ("", 0)
    for character in text {
      used += character.utf8.count
      guard used <= limit else { break }
      result.append(character)
    }
    return result
  }
}

// MARK: - Width

extension PrintableText {
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

  private static func prefix(of text: String, columns: Int) -> String {
    var (result, used) = ("", 0)
    for character in text {
      used += width(character)
      guard used <= columns else { break }
      result.append(character)
    }
    return result
  }

  /// An emoji of several scalars (a flag, a skin tone) takes what one takes; letters that form one character (Thai,
  /// Devanagari) stand side by side.
  private static func width(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    // U+FE0F asks for the emoji form of the character before it.
    let isEmoji = scalars.contains { $0.properties.isEmojiPresentation } || scalars.dropFirst().contains("\u{FE0F}")
    return isEmoji ? 2 : scalars.reduce(0) { $0 + width($1) }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: 0
    default: joinsSyllable(scalar.value) ? 0 : isWide(scalar.value) ? 2 : 1
    }
  }

  /// Korean vowels and final consonants, which are drawn into the square of the consonant before them.
  private static func joinsSyllable(_ value: UInt32) -> Bool {
    (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value)
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
}
