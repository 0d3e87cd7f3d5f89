/// Writes single-line JSON. Keys of an object are sorted, so that equal values give equal text.
enum JSONText {
  static func bytes(of value: LogValue) -> [UInt8] {
    var output: [UInt8] = []
    append(value, to: &output)
    return output
  }

  static func append(_ value: LogValue, to output: inout [UInt8]) {
    switch value {
    case .string(let text): append(text, to: &output)
    case .integer(let number): output += "\(number)".utf8
    case .count(let number): output += "\(number)".utf8
    // JSON knows neither infinity nor "not a number".
    case .number(let number): output += (number.isFinite ? "\(number)" : "null").utf8
    case .flag(let flag): output += (flag ? "true" : "false").utf8
    case .object(let fields): append(fields, to: &output)
    case .list(let values): append(values, to: &output)
    case .null: output += "null".utf8
    }
  }

  /// The same on several lines: a field of an object on each, indented by two blanks more than `indentation`.
  static func appendIndented(_ value: LogValue, by indentation: Int, to output: inout [UInt8]) {
    switch value {
    case .object(let fields) where !fields.isEmpty:
      let line = [UInt8(ascii: "\n")] + [UInt8](repeating: UInt8(ascii: " "), count: indentation)
      for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
        output += (index == 0 ? "{" : ",").utf8
        output += line
        output += "  ".utf8
        append(field.key, to: &output)
        output += " : ".utf8
        appendIndented(field.value, by: indentation + 2, to: &output)
      }
      output += line
      output.append(UInt8(ascii: "}"))
    case .number(let number) where number == number.rounded() && abs(number) < 0x1p53: output += "\(Int64(number))".utf8
    default: append(value, to: &output)
    }
  }

  /// A quoted string: on one line, and never able to end early, whatever it holds.
  static func append(_ text: String, to output: inout [UInt8]) {
    output.append(quote)
    for byte in text.utf8 {
      switch byte {
      case quote, backslash: output += [backslash, byte]
      case UInt8(ascii: "\n"): output += "\\n".utf8
      case UInt8(ascii: "\r"): output += "\\r".utf8
      case UInt8(ascii: "\t"): output += "\\t".utf8
      case 0..<0x20, 0x7F: output += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: output.append(byte)
      }
    }
    output.append(quote)
  }

  private static func append(_ fields: [String: LogValue], to output: inout [UInt8]) {
    output.append(UInt8(ascii: "{"))
    for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
      if index > 0 { output += ", ".utf8 }
      append(field.key, to: &output)
      output += ": ".utf8
      append(field.value, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }

  private static func append(_ values: [LogValue], to output: inout [UInt8]) {
    output.append(UInt8(ascii: "["))
    for (index, value) in values.enumerated() {
      if index > 0 { output += ", ".utf8 }
      append(value, to: &output)
    }
    output.append(UInt8(ascii: "]"))
  }

  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")
  private static let digits = Array("0123456789abcdef".utf8)
}
