/// What the objects of a stream say of each other: what variables and volumes are made of.
struct StreamObjects: Sendable {
  /// The data of ConfigMaps, by name.
  private(set) var configMaps: [String: YAMLNode] = [:]
  /// Where claims of volumes, by name, are said to be read-only.
  private(set) var readOnlyClaims: [String: SourcePlace] = [:]
  /// The folders of the node that claims, by name, are bound to.
  private(set) var hostPathsOfClaims: [String: [String]] = [:]

  init() {}

  init(_ objects: [KubernetesObject]) {
    var volumes: [String: SourcePlace] = [:]
    var hostPaths: [String: [String]] = [:]
    for object in objects {
      guard let name = object.name?.text else { continue }
      if object.kind == "ConfigMap", let data = object.node["data"] { configMaps[name] = data }
      guard object.kind == "PersistentVolume" else { continue }
      volumes[name] = StreamObjects.readOnlyPlace(of: object)
      hostPaths[name] = StreamObjects.hostPath(of: object)
    }
    for object in objects where object.kind == "PersistentVolumeClaim" {
      guard let name = object.name?.text else { continue }
      let volume = object.node["spec"]?["volumeName"]?.text
      readOnlyClaims[name] = StreamObjects.readOnlyPlace(of: object) ?? volume.flatMap { volumes[$0] }
      hostPathsOfClaims[name] = volume.flatMap { hostPaths[$0] }
    }
  }

  private static func hostPath(of volume: KubernetesObject) -> [String]? {
    let spec = volume.node["spec"]
    let path = spec?["hostPath"]?["path"]?.text ?? spec?["local"]?["path"]?.text
    return path.flatMap(MountPath.components)
  }

  private static func readOnlyPlace(of object: KubernetesObject) -> SourcePlace? {
    guard let spec = object.node["spec"] else { return nil }
    let modes = spec["accessModes"]?.items ?? []
    if !modes.isEmpty, modes.allSatisfy({ $0.text == "ReadOnlyMany" }) { return modes[0].place }
    return spec["mountOptions"]?.items.first { $0.text == "ro" }?.place ?? spec["csi"]?["readOnly"]?.truePlace
      ?? spec["nfs"]?["readOnly"]?.truePlace
  }
}
