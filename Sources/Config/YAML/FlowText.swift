import Plan

extension YAMLNode {
  /// The value as one line of YAML that reads the same.
  var flowText: String {
    switch content {
    case .scalar(let scalar): YAMLScalar.flowText(scalar.text, isPlain: scalar.style == .plain)
    case .sequence(let items): "[\(items.map(\.flowText).joined(separator: ", "))]"
    case .mapping(let entries):
      "{\(entries.map { YAMLScalar.flowText($0.key.text, isPlain: true) + ": " + $0.value.flowText }.joined(separator: ", "))}"
    }
  }
}

extension YAMLScalar {
  /// Without quotes where it needs none.
  static func flowText(_ text: String, isPlain: Bool) -> String {
    let isHarmless = text.utf8.allSatisfy { UInt8.isLetterOrDigit($0) || "/_.-+%".utf8.contains($0) }
    let start = text.utf8.first.map { UInt8.isLetterOrDigit($0) || $0 == UInt8(ascii: "/") } ?? false
    return isPlain && isHarmless && start ? text : quoted(text)
  }

  /// In double quotes, on one line; what a terminal would not show as it is, is escaped.
  private static func quoted(_ text: String) -> String {
    let body = text.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      default: PrintableText.isShownAsIs(scalar) ? String(scalar) : escape(scalar)
      }
    }
    return "\"\(body.joined())\""
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    "\\U" + String(scalar.value, radix: 16).padded(to: 8)
  }
}
