/// A YAML value with the place it was written at.
struct YAMLNode: Sendable {
  enum Content: Sendable {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
  }

  var content: Content
  /// Without anchor; a block's range may end on a later line.
  let place: SourcePlace

  var scalar: YAMLScalar? {
    if case .scalar(let scalar) = content { scalar } else { nil }
  }

  /// The value of this key; nil when there is none, or when this has no keys.
  subscript(key: String) -> YAMLNode? { entry(key)?.value }

  func entry(_ key: String) -> YAMLEntry? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key.text == key }
  }

  /// Empty when this has no keys.
  var entries: [YAMLEntry] {
    if case .mapping(let entries) = content { entries } else { [] }
  }

  /// Empty when this is no list.
  var items: [YAMLNode] {
    if case .sequence(let items) = content { items } else { [] }
  }

  /// The text of a single value.
  var text: String? { scalar?.text }

  /// As in "must be a duration, not a list".
  var noun: String {
    switch content {
    case .scalar: "a single value"
    case .sequence: "a list"
    case .mapping: "a group of keys"
    }
  }
}

struct YAMLEntry: Sendable {
  let key: YAMLKey
  var value: YAMLNode
}

struct YAMLKey: Sendable {
  let text: String
  let place: SourcePlace
}

/// A text that the schema, not its looks, gives a type.
struct YAMLScalar: Sendable {
  enum Style: Sendable { case plain, quoted, block }

  let text: String
  let style: Style
  let place: SourcePlace

  /// Nothing was written: `path:`.
  var isAbsent: Bool { style == .plain && text.isEmpty }

  /// YAML's words for nothing. Where they are meant as a text, they are quoted.
  var isNull: Bool { style == .plain && ["~", "null", "Null", "NULL"].contains(text) }

  /// Where these bytes of `text` stand; the whole scalar when that cannot be told.
  func place(ofBytes part: Range<Int>) -> SourcePlace {
    ScalarOrigin(self).map { place.source.place($0.range(of: part)) } ?? place
  }
}
