import FoundationEssentials

/// A ConfigMap as far as it can hold configs.
struct ConfigMap: Sendable {
  /// One key of `data` or `binaryData`.
  struct Item: Sendable {
    let key: YAMLKey
    let value: YAMLNode
    let isBinary: Bool
  }

  let object: KubernetesObject
  let items: [Item]
  let keys: Set<String>

  var name: String { object.name?.text ?? "without a name" }

  /// Nil when the object is of another kind.
  init?(_ object: KubernetesObject) {
    guard object.kind == "ConfigMap" else { return nil }
    self.object = object
    items = ["data", "binaryData"].flatMap { group in
      (object.node[group]?.entries ?? []).map { Item(key: $0.key, value: $0.value, isBinary: group == "binaryData") }
    }
    keys = Set(items.map(\.key.text))
  }

  /// What Kubernetes would refuse about the ConfigMap itself. `limit` is on the bytes of all values together.
  func check(limit: Int, findings: inout Findings) {
    var first: [String: SourcePlace] = [:]
    for item in items {
      if let place = first[item.key.text] { findings.report(.duplicateKey(item.key, first: place)) }
      first[item.key.text] = item.key.place
      if !ConfigMap.isValid(item.key.text) { findings.report(.badConfigMapKey(item.key)) }
    }
    let size = items.reduce(0) { $0 + $1.size }
    if size > limit { findings.report(.configMapTooLarge(name, limit: limit, at: object.place)) }
  }

  private static func isValid(_ key: String) -> Bool {
    !key.isEmpty && key.utf8.count <= 253 && key != "." && !key.hasPrefix("..")
      && key.utf8.allSatisfy { UInt8.isLetterOrDigit($0) || "-_.".utf8.contains($0) }
  }
}

extension ConfigMap.Item {
  /// What Kubernetes counts: the bytes of the file.
  fileprivate var size: Int {
    guard let text = value.text else { return 0 }
    return isBinary ? text.utf8.count { UInt8.isLetterOrDigit($0) || "+/".utf8.contains($0) } * 3 / 4 : text.utf8.count
  }

  /// The sign that folds the lines of a config, so that it is none.
  var foldedConfig: SourcePlace? {
    guard let scalar = value.scalar, scalar.style == .block, scalar.place.text.hasPrefix(">") else { return nil }
    let written = scalar.place.text.split(separator: "\n").map { $0.drop { $0 == " " } }
    guard ["version:", "targets:"].allSatisfy({ key in written.contains { $0.hasPrefix(key) } }) else { return nil }
    let lines = SourceText(name: "", bytes: Array(scalar.text.utf8))
    var findings = Findings()
    let root = YAMLComposer.compose(lines, findings: &findings)
    return root.map(ConfigLikeness.isConfig) ?? false ? nil : scalar.place.source.place(scalar.place.range.prefix(1))
  }

  /// Whether the text is a config in base64, which `data` does not decode.
  var holdsEncodedConfig: Bool {
    guard !isBinary, let text = value.text, text.utf8.count > 40, !text.utf8.contains(UInt8(ascii: ":")),
      let data = Data(base64Encoded: Data(text.utf8.filter { $0 != 10 && $0 != 13 && $0 != 32 }))
    else { return false }
    return ConfigLikeness.isConfig(SourceText(name: "", bytes: Array(data)))
  }

  /// The text that the key's file would hold, its places those in the manifest; nil for what is no text.
  func text(findings: inout Findings) -> SourceText? {
    guard let scalar = value.scalar else { return nil }
    let outer = scalar.place.source
    if isBinary { return decoded(scalar, findings: &findings) }
    let origin = ScalarOrigin(scalar)
    let whole = scalar.place.range
    return SourceText(
      name: outer.name, bytes: Array(scalar.text.utf8), medium: outer.medium,
      embedding: Embedding(outer: outer, locate: { origin?.range(of: $0) ?? whole }))
  }

  /// `binaryData` is in base64. A finding points at the characters that stand for its bytes.
  private func decoded(_ scalar: YAMLScalar, findings: inout Findings) -> SourceText? {
    let outer = scalar.place.source
    // Line ends are the one thing that Kubernetes passes over in it.
    guard let data = Data(base64Encoded: Data(scalar.text.utf8.filter { $0 != 10 && $0 != 13 })) else {
      findings.report(.badBase64(key, at: scalar.place))
      return nil
    }
    let range = scalar.place.range
    let characters = range.filter { UInt8.isLetterOrDigit(outer.bytes[$0]) || "+/".utf8.contains(outer.bytes[$0]) }
    // Four characters stand for three bytes.
    return SourceText(
      name: "\(outer.name), \(key.text) decoded", bytes: Array(data), medium: .decoded,
      embedding: Embedding(
        outer: outer,
        locate: { part in
          guard let first = characters.dropFirst(part.lowerBound * 4 / 3).first else { return range }
          let count = (part.upperBound * 4 + 2) / 3
          return first..<max(first, (characters.prefix(count).last ?? first) + 1)
        }, isEncoded: true))
  }
}
