/// One object of a stream of Kubernetes manifests.
struct KubernetesObject: Sendable {
  let node: YAMLNode

  var kind: String? { node["kind"]?.text }
  var name: YAMLNode? { node["metadata"]?["name"] }
  var namespace: String? { node["metadata"]?["namespace"]?.text }

  /// Where a finding about the object as a whole points: at its name, else at its kind, else at its first key.
  var place: SourcePlace {
    name?.place ?? node["kind"]?.place ?? node.entries.first?.key.place ?? node.place
  }

  /// The objects in these documents, those of lists one by one. What is no object is reported.
  static func objects(in documents: [YAMLNode], findings: inout Findings) -> [KubernetesObject] {
    var objects: [KubernetesObject] = []
    for document in documents { collect(document, into: &objects, findings: &findings) }
    return objects
  }

  private static func collect(
    _ node: YAMLNode, into objects: inout [KubernetesObject], findings: inout Findings
  ) {
    let object = KubernetesObject(node: node)
    guard let kind = object.kind, node["apiVersion"] != nil else {
      findings.report(.noKubernetesObject(missing: object.kind == nil ? "kind" : "apiVersion", at: object.place))
      return
    }
    if kind.hasSuffix("List"), let items = node["items"] {
      for item in items.items { collect(item, into: &objects, findings: &findings) }
    } else {
      objects.append(object)
    }
  }

  /// Whether a text is a stream of manifests rather than a config: the first key at the left margin, or in an object of
  /// JSON, that only manifests have. Looks at the text alone, so that one that is no YAML is told, too.
  static func isManifest(_ source: SourceText) -> Bool {
    let marks = ["apiVersion", "kind"].map { Array($0.utf8) }
    if source.bytes.first(where: { !isBlank($0) }) == UInt8(ascii: "{") { return flowMapping(in: source, has: marks) }
    return source.lineStarts.contains { start in
      marks.contains { isKey($0, at: start, in: source.bytes) }
    }
  }

  /// `name:`, also in quotes.
  private static func isKey(_ name: [UInt8], at start: Int, in bytes: [UInt8]) -> Bool {
    var rest = bytes[start...]
    let isQuoted = rest.first == UInt8(ascii: "\"") || rest.first == UInt8(ascii: "'")
    if isQuoted { rest = rest.dropFirst() }
    guard rest.starts(with: name) else { return false }
    rest = rest.dropFirst(name.count + (isQuoted ? 1 : 0))
    return rest.first { $0 != UInt8(ascii: " ") } == UInt8(ascii: ":")
  }

  private static func flowMapping(in source: SourceText, has names: [[UInt8]]) -> Bool {
    let separators = source.bytes.indices.filter { "{, \n".utf8.contains(source.bytes[$0]) }
    return names.contains { name in separators.contains { isKey(name, at: $0 + 1, in: source.bytes) } }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
}
