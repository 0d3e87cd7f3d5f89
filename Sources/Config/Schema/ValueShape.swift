import Plan

/// What a JSON Schema can say of how values of one type are written. It allows whatever the decoder takes, and forbids of the
/// rest what can be told by looks: the finer points are `check-config`'s.
///
/// A decoder reads the text of a value, whatever its quotes; a schema sees a number or a text. So both are allowed.
enum ValueShape {
  /// Words, numbers, true and false: to the decoder all of these are texts.
  static let text: JSONValue = ["type": ["string", "number", "boolean"], "minLength": 1]
  static let boolean: JSONValue = ["enum": [true, false, "true", "false"]]
  /// Absolute, each component something else than `.` and `..`; wildcards and date fields within a component.
  static let pathPattern: JSONValue = [
    "type": "string", "maxLength": .integer(Limits.path), "pattern": "^(/(?!\\.{1,2}(/|$))(?!\\*\\*)[^/]+)+$",
  ]
  static let absolutePath: JSONValue = [
    "type": "string", "maxLength": .integer(Limits.path), "pattern": "^(/|(/(?!\\.{1,2}(/|$))[^/*?\\[{]+)+)$",
  ]
  static let reportPath: JSONValue = [
    "type": "string", "maxLength": .integer(Limits.path),
    "pattern": "^(/|(/(?!\\.{1,2}(/|$))([^/*?\\[{}]|\\{(run_id|YYYY|MM|DD|HH|GGGG|WW)\\})+)+)$",
  ]
  static let percentage: JSONValue = ["type": "string", "pattern": "^(?=.*[1-9])(0|[1-9][0-9]*)(\\.[0-9]+)?%$"]
  static let period = anyOf([
    ["type": "integer", "minimum": 1970, "maximum": 9999],
    [
      "type": "string",
      "pattern":
        "^[0-9]{4}(-W(0[1-9]|[1-4][0-9]|5[0-3])|-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]))?)?)?$",
    ],
  ])
  static let partitionAge = anyOf([duration(isPositive: false), ["type": "string", "pattern": "^(0|[1-9][0-9]*)mo$"]])
  static let timeZone: JSONValue = [
    "type": "string", "pattern": "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", "maxLength": 64,
  ]
  static let threshold = anyOf([percentage, size(atLeast: .smallestMemory)])

  /// From large units to small, at least one.
  static func duration(isPositive: Bool) -> JSONValue {
    let parts = ["w", "d", "h", "m", "s", "ms"].map { "((0|[1-9][0-9]*)\($0))?" }.joined()
    return ["type": "string", "pattern": .string("^(?=.*\(isPositive ? "[1-9]" : "."))\(parts)$")]
  }

  static func size(atLeast least: ByteCount) -> JSONValue {
    let number = "(0|[1-9][0-9]*)"
    let unit = "(k|M|G|T|Ki|Mi|Gi|Ti)B?"
    return anyOf([
      ["type": "integer", "minimum": .integer(Int(least.bytes)), "exclusiveMaximum": .number(0x1p64)],
      // Without a unit, quoted: too small when it has few digits.
      [
        "type": "string",
        "pattern": .string(least.bytes == 0 ? "^\(number)(\(unit))?$" : "^([1-9][0-9]*\(unit)|[1-9][0-9]{6,})$"),
      ],
    ])
  }

  static func count(_ range: ClosedRange<Int>) -> JSONValue {
    let number: JSONValue = [
      "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
    ]
    return anyOf([number, ["type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"]])
  }

  static func choice(_ words: [String]) -> JSONValue { ["enum": .list(words.map { .string($0) })] }

  /// This text alone, in quotes or as what an editor takes it for.
  static func only(_ text: String) -> JSONValue {
    if let number = Int(text) { return ["enum": [.integer(number), .string(text)]] }
    if let flag = Bool(text) { return ["enum": [.flag(flag), .string(text)]] }
    return ["const": .string(text)]
  }

  static func list(of item: JSONValue, mayBeEmpty: Bool) -> JSONValue {
    ["type": "array", "items": item, "minItems": .integer(mayBeEmpty ? 0 : 1)]
  }

  /// One of these; alternatives among them are taken apart.
  static func anyOf(_ shapes: [JSONValue]) -> JSONValue {
    ["anyOf": .list(shapes.flatMap(alternatives))]
  }

  private static func alternatives(of shape: JSONValue) -> [JSONValue] {
    guard case .object(let fields) = shape, fields.count == 1, case .list(let shapes)? = fields["anyOf"] else {
      return [shape]
    }
    return shapes
  }
}
