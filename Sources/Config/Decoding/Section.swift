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
  /// The keys whose value has an error, or is not known: what stands in `values` for them is not what was meant.
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
          hint: name == "config" ? Diagnostic.Advice.beginning : nil, at: node.place))
      return
    }
    for entry in entries { read(entry, beside: entries, keys: keys, findings: &findings) }
    for key in keys where key.isRequired && given[key.name] == nil {
      findings.report(.missingKey(key.name, in: name, at: entries.first?.key.place ?? owner))
    }
  }

  private mutating func read(
    _ entry: YAMLEntry, beside entries: [YAMLEntry], keys: [Key<Values>], findings: inout Findings
  ) {
    guard let key = keys.first(where: { $0.name == entry.key.text }) else {
      let meaning = ForeignKeys.meaning(of: entry, beside: entries, among: keys.map(\.name))
      findings.report(.unknownKey(entry.key, meaning))
      // What was meant is not missing, it is misspelt, or in the wrong place.
      for name in meaning?.keys ?? [] where given[name] == nil { note(name, entry.value) }
      misplaced[entry.key.text] = entry.value
      if case .elsewhere(let name, _)? = meaning { misplaced[name] = entry.value }
      return
    }
    // Recorded even when the value is bad: then it is bad, not missing.
    given[key.name] = Given(key: entry.key.place, node: entry.value, isOwn: true)
    if let scalar = entry.value.scalar, scalar.isAbsent {
      findings.report(.emptyValue(key.name, isRequired: key.isRequired, at: entry.key.place))
    } else if let scalar = entry.value.scalar, scalar.isNull {
      findings.report(.nullValue(key.name, isRequired: key.isRequired, at: scalar.place))
    } else if key.read(entry, &values, &findings) {
      failed.remove(key.name)
      return
    }
    failed.insert(key.name)
  }

  /// How a group is called that is not what it should be.
  private static func subject(_ name: String) -> String {
    switch name {
    case "config": "the config"
    case "target": "a target"
    case "rule": "a rule"
    case "cases": "the file of cases"
    case "case": "a case"
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

  /// Notes that one came from elsewhere which nobody knows here.
  mutating func noteUnknown(_ key: String, _ node: YAMLNode) {
    note(key, node)
    failed.insert(key)
  }

  func place(of key: String) -> SourcePlace? { given[key]?.value }
}
