/// One key of a group: the table of these is the schema.
struct Key<Record>: Sendable {
  let description: KeyDescription
  let read: @Sendable (YAMLEntry, inout Record, inout Findings) -> Void

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
      guard let value = format.decode(entry.value, Subject(key: name, noun: format.noun), &findings) else { return }
      record[keyPath: field] = value
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
    _ description: KeyDescription, read: @escaping @Sendable (YAMLEntry, inout Record, inout Findings) -> Void
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
      if text == off { return }
      if let scalar = entry.value.scalar, let choices, !choices.contains(scalar.text) {
        findings.report(.unknownChoice(scalar.text, of: fullName, choices: choices, at: scalar.place))
      } else {
        findings.report(.notSupportedYet(fullName, off: off, at: entry.value.place))
      }
    }
  }
}

/// What was read from one group of keys, and where each value stands.
struct Section<Values: Sendable>: Sendable {
  struct Given: Sendable {
    let key: SourcePlace
    let node: YAMLNode
    /// Written in this very group rather than taken over from `defaults` or the environment.
    var isOwn: Bool

    /// Where the value stands.
    var value: SourcePlace { node.place }
  }

  var values: Values
  private(set) var given: [String: Given] = [:]
  /// The keys whose value has an error: what stands in `values` for them is not what was meant.
  private(set) var failed: Set<String> = []
  /// What stands here and belongs elsewhere, or nowhere.
  private(set) var misplaced: [String: YAMLNode] = [:]

  init(_ values: Values) { self.values = values }

  /// The same values, as what another group starts from.
  var inherited: Section {
    var copy = self
    for key in given.keys { copy.given[key]?.isOwn = false }
    return copy
  }

  /// Reads every entry of `node` that the table knows; reports the others, empty values, and required keys that are missing.
  mutating func read(
    _ node: YAMLNode, as name: String, owner: SourcePlace, keys: [Key<Values>], findings: inout Findings
  ) {
    guard case .mapping(let entries) = node.content else {
      findings.report(
        .wrongType(
          Section.subject(name), expected: "a group of keys", found: node.noun, example: Section.example(name, node),
          at: node.place))
      return
    }
    for entry in entries { read(entry, keys: keys, findings: &findings) }
    for key in keys where key.isRequired && given[key.name] == nil {
      findings.report(.missingKey(key.name, in: name, at: entries.first?.key.place ?? owner))
    }
  }

  private mutating func read(_ entry: YAMLEntry, keys: [Key<Values>], findings: inout Findings) {
    guard let key = keys.first(where: { $0.name == entry.key.text }) else {
      let nearest =
        FormerKeys.name(for: entry.key.text, among: keys.map(\.name))
        ?? Spelling.nearest(to: entry.key.text, among: keys.map(\.name))
      let homes = Schema.homes(of: entry.key.text)
      findings.report(.unknownKey(entry.key, nearest: nearest, homes: homes))
      // What was meant is not missing, it is misspelt, or in the wrong place.
      if homes.isEmpty, let nearest, given[nearest] == nil { note(nearest, entry.value) }
      misplaced[entry.key.text] = entry.value
      return
    }
    // Recorded even when the value is bad: then it is bad, not missing.
    given[key.name] = Given(key: entry.key.place, node: entry.value, isOwn: true)
    if let scalar = entry.value.scalar, scalar.isAbsent {
      findings.report(.emptyValue(key.name, isRequired: key.isRequired, at: entry.key.place))
    } else if let scalar = entry.value.scalar, scalar.isNull {
      findings.report(.nullValue(key.name, isRequired: key.isRequired, at: scalar.place))
    } else {
      let before = findings.errorCount
      key.read(entry, &values, &findings)
      if findings.errorCount == before {
        failed.remove(key.name)
        return
      }
    }
    failed.insert(key.name)
  }

  /// How a group is called that is not what it should be.
  private static func subject(_ name: String) -> String {
    switch name {
    case "config": "the config"
    case "target": "a target"
    default: name.quoted
    }
  }

  /// A path alone in the list of targets is a target without its key.
  private static func example(_ name: String, _ node: YAMLNode) -> String? {
    guard name == "target", let text = node.text, text.hasPrefix("/") else { return nil }
    return "path: \(text)"
  }

  /// Notes a value that came from elsewhere than a group of keys.
  mutating func note(_ key: String, _ node: YAMLNode) {
    given[key] = Given(key: node.place, node: node, isOwn: false)
  }

  func place(of key: String) -> SourcePlace? { given[key]?.value }
}
