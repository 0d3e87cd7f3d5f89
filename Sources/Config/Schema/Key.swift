/// One key of a group: the table of these is the schema.
struct Key<Record>: Sendable {
  let description: KeyDescription
  /// False when the value is not what the key takes; then the findings say why.
  let read: @Sendable (YAMLEntry, inout Record, inout Findings) -> Bool

  var name: String { description.name }
  var isRequired: Bool { description.isRequired }

  init<Value>(
    _ name: String, _ format: Format<Value>, _ field: any WritableKeyPath<Record, Value> & Sendable,
    builtIn: String? = nil, absence: String? = nil, isRequired: Bool = false, examples: [String]? = nil,
    children: [KeyDescription] = [], _ summary: String
  ) {
    description = KeyDescription(
      name: name, type: format.noun, summary: summary, isRequired: isRequired, builtIn: builtIn, absence: absence,
      examples: examples ?? format.examples, shape: format.shape, children: children)
    read = { entry, record, findings in
      guard let value = format.decode(entry.value, Subject(key: name, noun: format.noun), &findings) else {
        return false
      }
      record[keyPath: field] = value
      return true
    }
  }

  /// A key whose list is added to the one that its group starts from, rather than put in its place.
  init<Element>(
    adding name: String, _ format: Format<[Element]>, _ field: any WritableKeyPath<Record, [Element]> & Sendable,
    builtIn: String, examples: [String], _ summary: String
  ) {
    let description = KeyDescription(
      name: name, type: format.noun, summary: summary, isRequired: false, builtIn: builtIn, absence: nil,
      examples: examples, shape: format.shape, children: [])
    self.init(description) { entry, record, findings in
      let values = format.decode(entry.value, Subject(key: name, noun: format.noun), &findings)
      record[keyPath: field] += values ?? []
      return values != nil
    }
  }

  /// A key whose value may be nil: by leaving it out, and by the word `unset` when there is one.
  init<Value: Sendable>(
    _ name: String, _ format: Format<Value>, _ field: any WritableKeyPath<Record, Value?> & Sendable,
    unset: String? = nil, absence: String? = nil, isRequired: Bool = false, examples: [String]? = nil,
    children: [KeyDescription] = [], _ summary: String
  ) {
    let optional = format.map { Optional($0) }
    let words = unset.map { optional.or($0, nil) } ?? optional
    self.init(
      name, words, field, builtIn: unset, absence: absence, isRequired: isRequired, examples: examples,
      children: children, summary)
  }

  private init(
    _ description: KeyDescription, read: @escaping @Sendable (YAMLEntry, inout Record, inout Findings) -> Bool
  ) {
    (self.description, self.read) = (description, read)
  }

  /// A group of keys of its own.
  static func group<Inner: Sendable>(
    _ name: String, _ keys: [Key<Inner>], _ field: any WritableKeyPath<Record, Section<Inner>> & Sendable,
    _ summary: String
  ) -> Key {
    let children = keys.map(\.description)
    let description = KeyDescription(
      name: name, type: "a group of keys", summary: summary, shape: JSONSchema.group(of: children), children: children)
    return Key(description) { entry, record, findings in
      record[keyPath: field].read(entry.value, as: name, owner: entry.key.place, keys: keys, findings: &findings)
      // What is wrong inside, the group itself knows.
      return true
    }
  }

  /// A list of groups of keys, at most so many, each called `item` in messages.
  static func groups<Inner: Sendable>(
    _ name: String, of item: String, _ keys: [Key<Inner>], _ empty: Inner, atMost limit: Int,
    _ field: any WritableKeyPath<Record, [Section<Inner>]> & Sendable, _ summary: String
  ) -> Key {
    let children = keys.map(\.description)
    let shape: JSONValue = [
      "type": "array", "maxItems": .integer(limit), "items": JSONSchema.group(of: children),
    ]
    let description = KeyDescription(
      name: name, type: "a list of groups of keys", summary: summary, absence: "none", shape: shape,
      children: children)
    return Key(description) { entry, record, findings in
      guard case .sequence(let items) = entry.value.content else {
        findings.report(
          .wrongType(
            name.quoted, expected: "a list", found: entry.value.noun, example: nil, at: entry.value.place))
        return false
      }
      if items.count > limit {
        findings.report(.tooManyItems(name, limit: limit, at: items[limit].place))
        return false
      }
      record[keyPath: field] = items.map { node in
        var section = Section(empty)
        section.read(node, as: item, owner: node.place, keys: keys, findings: &findings)
        return section
      }
      return true
    }
  }

  /// A key whose feature is still to come: only `off`, which is what happens without it, is taken. What is not even one of
  /// `choices` is called wrong rather than not supported. `group` is named where the key alone says too little.
  static func notSupportedYet(
    _ name: String, of group: String? = nil, off: String, choices: [String]? = nil, _ summary: String
  ) -> Key {
    let fullName = group.map { "\($0).\(name)" } ?? name
    let description = KeyDescription(
      name: name, type: "reserved", summary: summary, builtIn: off, shape: ValueShape.only(off), isReserved: true)
    return Key(description) { entry, _, findings in
      let text = entry.value.scalar?.text
      if text == off { return true }
      if let scalar = entry.value.scalar, let choices, !choices.contains(scalar.text) {
        findings.report(
          .unknownChoice(
            scalar.text, of: fullName, choices: choices, nearest: ForeignKeys.choice(scalar.text, among: choices),
            at: scalar.place))
      } else {
        findings.report(.notSupportedYet(fullName, off: off, at: entry.value.place))
      }
      return false
    }
  }
}
