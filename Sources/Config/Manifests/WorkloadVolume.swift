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
    /// Whether nothing but what Kubernetes' objects hold is in it: of all others the manifest does not tell what is.
    let isFromObjects: Bool
    /// Those whose keys are its files.
    let configMaps: [ConfigMapSource]

    /// Its kind, when Kubernetes has none of this name.
    let unknownKind: YAMLKey?

    static let kinds: Set = [
      "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi", "downwardAPI",
      "emptyDir",
      "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "image",
      "iscsi",
      "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd",
      "scaleIO",
      "secret", "storageos", "vsphereVolume",
    ]
    private static let objectKinds = ["configMap", "secret", "projected", "downwardAPI"]
    private static let podKinds = ["emptyDir", "ephemeral"]

    /// The folder of the node that it is; nil: another kind of volume, or not to be told.
    let hostPath: [String]?

    /// Nil without a name.
    init?(_ node: YAMLNode, among others: StreamObjects) {
      guard let name = node.given("name")?.value.scalar else { return nil }
      self.name = name
      let source = node.entries.first { $0.key.text != "name" && !$0.value.isNothing }
      let kind = source?.key.text ?? "emptyDir"
      place = source?.key.place ?? name.place
      isFromObjects = Volume.objectKinds.contains(kind)
      let isReadOnly = isFromObjects || kind == "image"
      let claim = kind == "persistentVolumeClaim" ? source?.value.given("claimName")?.value.text : nil
      readOnly =
        isReadOnly
        ? source?.key.place
        : source?.value["readOnly"]?.truePlace ?? claim.flatMap { others.readOnlyClaims[$0] }
      unknownKind = source.flatMap { Volume.kinds.contains($0.key.text) ? nil : $0.key }
      goesWithPod = Volume.podKinds.contains(kind)
      configMaps = Volume.configMaps(source, kind)
      hostPath =
        kind == "hostPath"
        ? source?.value.given("path")?.value.text.flatMap(MountPath.components)
        : claim.flatMap { others.hostPathsOfClaims[$0] }
    }

    private static func configMaps(_ source: YAMLEntry?, _ kind: String) -> [ConfigMapSource] {
      switch kind {
      case "configMap": source.map { [ConfigMapSource($0.value)] } ?? []
      case "projected":
        (source?.value["sources"]?.items ?? []).compactMap { $0.given("configMap").map { ConfigMapSource($0.value) } }
      default: []
      }
    }

    /// What it takes from this ConfigMap: a projected volume may name it more than once.
    func sources(of configMap: String) -> [ConfigMapSource] { configMaps.filter { $0.name?.text == configMap } }
  }

  /// A ConfigMap as a volume names it.
  struct ConfigMapSource: Sendable {
    struct Key: Sendable {
      let name: String
      /// Where it is said to be a file; nil: every key is one.
      let place: SourcePlace?
    }

    let name: YAMLScalar?
    /// The keys that become files by the files' paths, and the other way round; nil: every key becomes a file of its name.
    private let items: (keys: [String: Key], paths: [String: String])?

    init(_ node: YAMLNode) {
      name = node.given("name")?.value.scalar
      items = node.given("items").map { list in
        var (keys, paths): ([String: Key], [String: String]) = ([:], [:])
        // Of equal ones the first counts.
        for item in list.value.items.reversed() {
          guard let key = item["key"]?.scalar, let path = item["path"]?.text else { continue }
          keys[path] = Key(name: key.text, place: key.place)
          paths[key.text] = path
        }
        return (keys, paths)
      }
    }

    /// The key whose value is the file with this path in the volume.
    func key(ofFile path: String) -> Key? {
      guard let items else { return Key(name: path, place: nil) }
      return items.keys[path]
    }

    /// The file that holds the value of this key; nil when none does.
    func file(ofKey key: String) -> String? {
      guard let items else { return key }
      return items.paths[key]
    }
  }
}
