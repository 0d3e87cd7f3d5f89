import FoundationEssentials

/// A JSON value, to be built piece by piece.
enum JSONValue: Hashable, Sendable {
  case string(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case list([JSONValue])
  case object([String: JSONValue])

  /// Several lines, ending with a newline; the keys of an object in alphabetical order, so that equal values give equal text.
  func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  /// What an editor takes a plain or quoted value for: the core schema of YAML 1.2.
  init(_ node: YAMLNode) {
    switch node.content {
    case .scalar(let scalar): self = JSONValue(scalar)
    case .sequence(let items): self = .list(items.map { JSONValue($0) })
    case .mapping(let entries):
      self = .object(
        entries.reduce(into: [:]) { object, entry in object[entry.key.text] = JSONValue(entry.value) })
    }
  }

  private init(_ scalar: YAMLScalar) {
    if scalar.style == .plain {
      if let number = Int(scalar.text) {
        self = .integer(number)
        return
      }
      if let flag = Bool(scalar.text) {
        self = .flag(flag)
        return
      }
    }
    self = .string(scalar.text)
  }
}

extension JSONValue: Encodable {
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .string(let text): try container.encode(text)
    case .integer(let number): try container.encode(number)
    case .number(let number): try container.encode(number)
    case .flag(let flag): try container.encode(flag)
    case .list(let values): try container.encode(values)
    case .object(let fields): try container.encode(fields)
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral text: String) { self = .string(text) }
  init(integerLiteral number: Int) { self = .integer(number) }
  init(booleanLiteral flag: Bool) { self = .flag(flag) }
  init(arrayLiteral values: JSONValue...) { self = .list(values) }
  init(dictionaryLiteral fields: (String, JSONValue)...) {
    self = .object(Dictionary(fields, uniquingKeysWith: { $1 }))
  }
}

extension JSONValue {
  /// This object with further fields, which win.
  func adding(_ fields: [String: JSONValue]) -> JSONValue {
    guard case .object(let own) = self else { return self }
    return .object(own.merging(fields) { $1 })
  }
}
