/// One object of a stream of Kubernetes manifests.
struct KubernetesObject: Sendable {
  let node: YAMLNode
  let kind: String?

  var name: YAMLNode? { node["metadata"]?["name"] }
  var namespace: String? { node["metadata"]?["namespace"]?.text }

  /// Where a finding about the object as a whole points: at its name, else at its kind, else at its first key.
  var place: SourcePlace {
    name?.place ?? node["kind"]?.place ?? node.entries.first?.key.place ?? node.place
  }

  /// The objects in these documents, those of lists one by one. What is no object is reported.
  static func objects(in documents: [YAMLNode], findings: inout Findings) -> [KubernetesObject] {
    var objects: [KubernetesObject] = []
    for document in documents where document.scalar?.isNull != true {
      collect(document, ofKind: nil, into: &objects, findings: &findings)
    }
    return objects
  }

  private static func collect(
    _ node: YAMLNode, ofKind known: String?, into objects: inout [KubernetesObject], findings: inout Findings
  ) {
    let object = KubernetesObject(node: node, kind: node["kind"]?.text ?? known)
    guard let kind = object.kind, known != nil || node["apiVersion"] != nil else {
      findings.report(.noKubernetesObject(missing: object.kind == nil ? "kind" : "apiVersion", at: object.place))
      return
    }
    if kind.hasSuffix("List"), let items = node["items"] {
      // The items of a ConfigMapList need not say that they are ConfigMaps.
      let itemKind = kind == "List" ? nil : String(kind.dropLast("List".count))
      for item in items.items { collect(item, ofKind: itemKind, into: &objects, findings: &findings) }
    } else {
      objects.append(object)
    }
  }

  /// Whether a text is a stream of manifests rather than a config: `apiVersion` at the left margin, or in an object of JSON,
  /// or `kind` where there are no `targets`. Looks at the text alone, so that one that is no YAML is told, too.
  static func isManifest(_ source: SourceText) -> Bool {
    let starts = isFlow(source) ? flowStarts(in: source) : source.lineStarts
    if starts.contains(where: { isKey("apiVersion", at: $0, in: source.bytes) }) { return true }
    return starts.contains { isKey("kind", at: $0, in: source.bytes) }
      && !starts.contains { isKey("targets", at: $0, in: source.bytes) }
  }

  /// `name:`, also in quotes.
  private static func isKey(_ name: String, at start: Int, in bytes: [UInt8]) -> Bool {
    var rest = bytes[start...]
    let isQuoted = rest.first == UInt8(ascii: "\"") || rest.first == UInt8(ascii: "'")
    if isQuoted { rest = rest.dropFirst() }
    guard rest.starts(with: name.utf8) else { return false }
    rest = rest.dropFirst(name.utf8.count + (isQuoted ? 1 : 0))
    return rest.first { $0 != UInt8(ascii: " ") } == UInt8(ascii: ":")
  }

  /// Whether it begins with a brace, behind nothing but blanks and the mark of a document's start.
  private static func isFlow(_ source: SourceText) -> Bool {
    source.bytes.first { !" \t\r\n-".utf8.contains($0) } == UInt8(ascii: "{")
  }

  /// Where a key of a flow mapping may begin.
  private static func flowStarts(in source: SourceText) -> [Int] {
    source.bytes.indices.filter { "{, \t\r\n".utf8.contains(source.bytes[$0]) }.map { $0 + 1 }
  }
}
