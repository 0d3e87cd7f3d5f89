/// What a value is wanted for.
struct Subject: Sendable {
  let key: String
  /// What is wanted, as in "must be a duration or none".
  let noun: String
}

/// How a value of one type is written: what drives the decoder, and names the type in messages.
struct Format<Value>: Sendable {
  /// As in "must be a duration".
  let noun: String
  /// The same for a JSON Schema.
  let shape: JSONValue
  /// As they would be written.
  var examples: [String] = []
  /// Nil when the node does not hold such a value; then the findings say why.
  let decode: @Sendable (_ node: YAMLNode, _ subject: Subject, _ findings: inout Findings) -> Value?
}

extension Format {
  /// A value written as one scalar. `parse` throws the finding; it is never given nothing (`key:`).
  static func scalar(
    _ noun: String, shape: JSONValue, examples: [String] = [], typeHint: String? = nil,
    _ parse: @escaping @Sendable (YAMLScalar, Subject) throws(Diagnostic) -> Value
  ) -> Format {
    Format(noun: noun, shape: shape, examples: examples) { node, subject, findings in
      guard let scalar = node.scalar else {
        findings.report(
          .wrongType(
            subject.key.quoted, expected: subject.noun, found: node.noun, example: node.onlyItem, hint: typeHint,
            at: node.place))
        return nil
      }
      return findings.attempt { () throws(Diagnostic) in try parse(scalar, subject) }
    }
  }

  /// A list of such values. When empty lists are refused, `emptyHint` says how to write what may have been meant.
  static func list<Element>(
    of element: Format<Element>, noun: String = "a list", emptyHint: String?, typeHint: String? = nil
  ) -> Format where Value == [Element] {
    let shape = ValueShape.list(of: element.shape, mayBeEmpty: emptyHint == nil)
    return Format(noun: noun, shape: shape) { node, subject, findings in
      guard case .sequence(let items) = node.content else {
        let example = node.scalar.flatMap { $0.asList(of: element) }
        findings.report(
          .wrongType(
            subject.key.quoted, expected: subject.noun, found: node.noun, example: example,
            hint: typeHint ?? node.text.flatMap { Diagnostic.Advice.insteadOfNoList($0, emptyHint: emptyHint) },
            at: node.place))
        return nil
      }
      if items.isEmpty, let emptyHint {
        findings.report(.emptyList(subject.key, hint: emptyHint, at: node.place))
        return nil
      }
      return items.decodeAll(with: element, key: subject.key, findings: &findings)
    }
  }

  /// This, or the word `word`, which stands for `meaning`.
  func or(_ word: String, _ meaning: Value) -> Format where Value: Sendable {
    let shape = ValueShape.anyOf([self.shape, ["const": .string(word)]])
    return Format(noun: "\(noun) or \(word)", shape: shape, examples: examples) { node, subject, findings in
      if let scalar = node.scalar, scalar.text == word { return meaning }
      return decode(node, subject, &findings)
    }
  }

  func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> Format<Other> {
    Format<Other>(noun: noun, shape: shape, examples: examples) { node, subject, findings in
      decode(node, subject, &findings).map(transform)
    }
  }
}

extension [YAMLNode] {
  /// All of them, or nil when one is bad; every bad one is reported.
  fileprivate func decodeAll<Value>(
    with format: Format<Value>, key: String, findings: inout Findings
  ) -> [Value]? {
    let subject = Subject(key: key, noun: format.noun)
    var values: [Value] = []
    for item in self {
      if let scalar = item.scalar, scalar.isAbsent || scalar.isNull {
        findings.report(.emptyItem(key, at: item.place))
      } else if let value = format.decode(item, subject, &findings) {
        values.append(value)
      }
    }
    return values.count == count ? values : nil
  }
}

extension YAMLScalar {
  /// This text as the list it may have been meant as: cut between what are items to other programs, when each part is such a
  /// value. Nil for a text of several lines, and for a word that says that there are none.
  fileprivate func asList<Value>(of format: Format<Value>) -> String? {
    guard style != .block, !text.isEmpty, !ForeignValues.isNone(text) else { return nil }
    let subject = Subject(key: "item", noun: format.noun)
    var items: [String] = []
    for word in ForeignValues.items(text) {
      let scalar = YAMLScalar(text: word, style: style, place: place)
      var findings = Findings()
      guard format.decode(YAMLNode(content: .scalar(scalar), place: place), subject, &findings) != nil else {
        return nil
      }
      items.append(YAMLScalar.flowText(word, isPlain: style == .plain && !word.contains(" ")))
    }
    return "[\(items.joined(separator: ", "))]"
  }
}

extension YAMLNode {
  /// The one item of a list in brackets, as it would stand without them.
  fileprivate var onlyItem: String? {
    items.count == 1 && place.text.hasPrefix("[") && items[0].scalar != nil ? items[0].flowText : nil
  }
}
