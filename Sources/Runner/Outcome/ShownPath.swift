/// Paths for people and for JSON: what is not printable UTF-8 is escaped, so that no name can forge a line of a log.
public enum ShownPath {
  /// `bytes` as text; control characters and bytes that are no UTF-8 as `\xNN`, a backslash as `\\`.
  public static func of(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    var rest = Array(bytes)[...]
    while let first = rest.first {
      if let (scalar, length) = decode(rest), isPrintable(scalar) {
        text.unicodeScalars.append(scalar)
        if scalar == "\\" { text.unicodeScalars.append(scalar) }
        rest = rest.dropFirst(length)
      } else {
        let digits = String(first, radix: 16)
        text += "\\x" + (digits.count == 1 ? "0" : "") + digits
        rest = rest.dropFirst()
      }
    }
    return text
  }

  private static func decode(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
    var iterator = bytes.prefix(4).makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return (scalar, UTF8.width(scalar))
  }

  /// No controls, no line or paragraph separators, nothing that turns the direction of the text around.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
    default: true
    }
  }
}
