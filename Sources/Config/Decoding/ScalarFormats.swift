import Plan

/// Whole numbers, booleans, words and texts, as the schema writes them.
extension Format where Value == Int {
  /// A whole number in `range`, in decimal digits.
  static func count(_ range: ClosedRange<Int>) -> Format {
    .scalar("a whole number", shape: ValueShape.count(range)) { scalar, subject throws(Diagnostic) in
      let key = subject.key
      let number = try Digits.integer(scalar, of: subject)
      if number == nil, range.upperBound == .max, !scalar.text.hasPrefix("-") {
        throw .numberTooLarge(scalar.text, of: key, at: scalar.place)
      }
      guard let number, range.contains(number) else {
        throw .outOfRange(
          scalar.text, of: key, range: Digits.text(of: range),
          meant: ForeignValues.word(meantBy: scalar.text, for: subject), at: scalar.place)
      }
      return number
    }
  }
}

extension Format where Value == UInt64 {
  /// How many of something may be removed. Zero would forbid what the config asks for.
  static var cap: Format { Format<Int>.count(1...Int.max).map { UInt64($0) } }
}

extension Format where Value == Bool {
  static var boolean: Format {
    .scalar("true or false", shape: ValueShape.boolean) { scalar, subject throws(Diagnostic) in
      switch scalar.text {
      case "true": true
      case "false": false
      default:
        throw .badBoolean(scalar.text, of: subject.key, meant: meaning[scalar.text.lowercased()], at: scalar.place)
      }
    }
  }

  /// What other tools take for true and false.
  private static var meaning: [String: String] {
    [
      "yes": "true", "on": "true", "1": "true", "y": "true", "true": "true", "no": "false", "off": "false",
      "0": "false", "n": "false", "false": "false",
    ]
  }
}

extension Format where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
  /// One of the words that are the type's raw values.
  static var choice: Format {
    let values = Array(Value.allCases)
    let choices = values.map(\.rawValue)
    let noun = "one of \(choices.joined(separator: ", "))"
    let hint = choices.contains("newest") ? "newest takes the latest of all times" : nil
    return .scalar(noun, shape: ValueShape.choice(choices), typeHint: hint) { scalar, subject throws(Diagnostic) in
      guard let index = choices.firstIndex(of: scalar.text) else {
        throw .unknownChoice(
          scalar.text, of: subject.key, choices: choices,
          nearest: ForeignKeys.choice(scalar.text, among: choices), at: scalar.place)
      }
      return values[index]
    }
  }
}

extension Format where Value == String {
  /// A text that can be printed in one line.
  static var text: Format {
    .scalar("a text", shape: ValueShape.text) { scalar, subject throws(Diagnostic) in
      try scalar.checkText(of: subject.key)
      return scalar.text
    }
  }
}

extension YAMLScalar {
  /// Throws for a text that is empty or cannot be printed in one line.
  func checkText(of key: String) throws(Diagnostic) {
    if text.isEmpty { throw .emptyText(key, at: place) }
    if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      throw .controlCharacterInText(key, at: place)
    }
  }
}

extension Format where Value == YAMLNode {
  /// Whatever is there, to be read later.
  static func raw(_ noun: String, shape: JSONValue) -> Format {
    Format(noun: noun, shape: shape) { node, _, _ in node }
  }
}

/// Decimal digits and what can be wrong with them.
enum Digits {
  /// The number; nil when it does not fit, which for every key is out of range.
  static func integer(_ scalar: YAMLScalar, of subject: Subject) throws(Diagnostic) -> Int? {
    let isNegative = scalar.text.hasPrefix("-")
    let digits = Array(scalar.text.utf8.dropFirst(isNegative ? 1 : 0))
    guard !digits.isEmpty, digits.allSatisfy(isDigit) else {
      let meant = ForeignValues.word(meantBy: scalar.text, for: subject) ?? ForeignValues.number(scalar.text)
      throw .notANumber(scalar.text, of: subject.key, expected: subject.noun, meant: meant, at: scalar.place)
    }
    try refuseLeadingZero(digits[...], in: scalar)
    return Int(scalar.text)
  }

  /// Other tools read `012` as ten.
  static func refuseLeadingZero(_ digits: ArraySlice<UInt8>, in scalar: YAMLScalar) throws(Diagnostic) {
    guard digits.count > 1, digits.first == UInt8(ascii: "0") else { return }
    throw .leadingZero(scalar.text, at: scalar.place)
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  static func text(of range: ClosedRange<Int>) -> String {
    range.upperBound == Int.max ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
  }
}
