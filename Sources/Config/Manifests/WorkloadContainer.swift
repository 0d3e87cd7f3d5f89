import Plan

extension Workload {
  /// One container of a pod.
  struct Container: Sendable {
    let node: YAMLNode
    let mounts: [Mount]
    let environment: ContainerEnvironment

    init(_ node: YAMLNode) {
      self.node = node
      mounts = (node["volumeMounts"]?.items ?? []).compactMap { Mount($0) }
      environment = ContainerEnvironment(of: node)
    }

    var name: String? { node.given("name")?.value.text }

    /// What stands for it as a whole: its name.
    var place: SourcePlace { node["name"]?.scalar?.place ?? node.entries.first?.key.place ?? node.place }

    /// The items of `command` or `args`; nil when there is no such list. An item that is no text is nil.
    func texts(_ key: String) -> [YAMLScalar?]? {
      guard let list = node.given(key)?.value, case .sequence(let items) = list.content else { return nil }
      return items.map(\.scalar)
    }

    /// The image's name, without registry, folders, tag and digest.
    var imageName: Substring? {
      let path = node.given("image")?.value.text?.split(separator: "@").first
      return path?.split(separator: "/").last?.split(separator: ":").first
    }

    /// Where its root file system is made read-only.
    var readOnlyRoot: SourcePlace? {
      node.given("securityContext")?.value["readOnlyRootFilesystem"]?.truePlace
    }
  }

  /// Where a container sees a volume.
  struct Mount: Sendable {
    let path: YAMLScalar
    let components: [String]
    let volume: YAMLScalar
    /// Where it is made read-only.
    let readOnly: SourcePlace?
    /// What of the volume is mounted; empty: all of it. Nil: only the kubelet knows.
    let subPath: [String]?

    /// Nil when what a mount needs is missing.
    init?(_ node: YAMLNode) {
      guard let path = node.given("mountPath")?.value.scalar, let volume = node.given("name")?.value.scalar,
        let components = FilePath.components(path.text)
      else { return nil }
      (self.path, self.components, self.volume) = (path, components, volume)
      readOnly = node["readOnly"]?.truePlace
      let isKnown = node.given("subPathExpr") == nil
      subPath = isKnown ? FilePath.components(node.given("subPath")?.value.text ?? "") : nil
    }

    func covers(_ path: [String]) -> Bool {
      components.count <= path.count && zip(components, path).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }
  }
}

/// Paths as lists of names.
enum FilePath {
  /// Nil when `..` makes unclear what it names.
  static func components(_ path: String) -> [String]? {
    let names = path.split(separator: "/").map { String($0) }.filter { $0 != "." }
    return names.contains("..") ? nil : names
  }
}

/// A container limit and where it stands.
struct ContainerMemory: Sendable {
  let size: ByteCount
  let place: SourcePlace

  /// Nil when the node holds no amount.
  init?(_ node: YAMLNode) {
    guard let scalar = node.scalar, let size = KubernetesQuantity.bytes(scalar.text) else { return nil }
    (self.size, self.place) = (size, scalar.place)
  }

  /// The value of `memory` in this group (`limits`, `requests`) of the resources of a container or pod.
  static func node(_ group: String, of owner: YAMLNode?) -> YAMLNode? {
    owner?.given("resources")?.value.given(group)?.value.given("memory")?.value
  }

  /// Whether the program itself and one target find room below it, with the built-in thresholds.
  var isEnough: Bool { MemoryPlan().available(under: size) >= MemoryPlan.leastBudget }

  /// The limit that binds the container: its own or its pod's, whichever is smaller. Nought is none.
  static func limit(of container: Workload.Container, in workload: Workload) -> ContainerMemory? {
    let nodes = [container.node, workload.podSpec?.value].compactMap { node("limits", of: $0) }
    return nodes.compactMap { ContainerMemory($0) }.filter { $0.size.bytes > 0 }.min { $0.size < $1.size }
  }
}
