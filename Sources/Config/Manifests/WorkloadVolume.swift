extension Workload {
  /// A volume of a pod.
  struct Volume: Sendable {
    let name: YAMLScalar
    /// Where its kind stands, else its name.
    let place: SourcePlace
    /// Where it is made read-only, or its kind, when that can only be read.
    let readOnly: SourcePlace?
    /// Whether what is written there is lost when the pod goes.
    let goesWithPod: Bool
    /// Those whose keys are its files.
    let configMaps: [ConfigMapSource]

    private static let readOnlyKinds = ["configMap", "secret", "projected", "downwardAPI", "image"]
    private static let podKinds = ["emptyDir", "ephemeral"]

    /// Nil without a name.
    init?(_ node: YAMLNode) {
      guard let name = node.given("name")?.value.scalar else { return nil }
      self.name = name
      let source = node.entries.first { $0.key.text != "name" && node.given($0.key.text) != nil }
      let kind = source?.key.text ?? "emptyDir"
      place = source?.key.place ?? name.place
      readOnly = Volume.readOnlyKinds.contains(kind) ? source?.key.place : source?.value["readOnly"]?.truePlace
      goesWithPod = Volume.podKinds.contains(kind)
      configMaps = Volume.configMaps(source, kind)
    }

    private static func configMaps(_ source: YAMLEntry?, _ kind: String) -> [ConfigMapSource] {
      switch kind {
      case "configMap": source.map { [ConfigMapSource($0.value)] } ?? []
      case "projected":
        (source?.value["sources"]?.items ?? []).compactMap { $0.given("configMap").map { ConfigMapSource($0.value) } }
      default: []
      }
    }
  }

  /// A ConfigMap as a volume names it.
  struct ConfigMapSource: Sendable {
    let name: YAMLScalar?
    /// The keys that become files, and the files' paths; nil: every key becomes a file of its name.
    private let items: [(key: YAMLScalar, path: String)]?

    init(_ node: YAMLNode) {
      name = node.given("name")?.value.scalar
      items = node.given("items")?.value.items.compactMap { item in
        guard let key = item["key"]?.scalar, let path = item["path"]?.text else { return nil }
        return (key, path)
      }
    }

    /// The key whose value is the file with this path in the volume, and where it is given that path.
    func key(ofFile path: String) -> (name: String, place: SourcePlace?)? {
      guard let items else { return (path, nil) }
      return items.first { $0.path == path }.map { ($0.key.text, $0.key.place) }
    }

    /// The file that holds the value of this key; nil when none does.
    func file(ofKey key: String) -> String? {
      guard let items else { return key }
      return items.first { $0.key.text == key }?.path
    }
  }
}
