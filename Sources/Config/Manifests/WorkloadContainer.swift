extension Workload {
  /// One container of a pod.
  struct Container: Sendable {
    let node: YAMLNode
    /// It runs before the others, or, as a sidecar, beside them.
    let isInit: Bool
    let mounts: [Mount]
    let mountIndex: MountIndex
    let environment: ContainerEnvironment

    init(_ node: YAMLNode, isInit: Bool, volumes: [String: Volume], among others: StreamObjects = StreamObjects()) {
      (self.node, self.isInit) = (node, isInit)
      mounts = (node["volumeMounts"]?.items ?? []).compactMap { Mount($0, volumes: volumes) }
      mountIndex = MountIndex(mounts)
      environment = ContainerEnvironment(of: node, among: others)
    }

    var name: String? { node.given("name")?.value.text }

    /// Whether it runs beside the others and is started again whatever it ends with.
    var isSidecar: Bool { isInit && node.given("restartPolicy")?.value.text == "Always" }

    /// The path in the container; nil when it is relative to a folder that the manifest does not tell.
    func absolute(_ path: String) -> String? {
      if path.hasPrefix("/") { return path }
      guard let folder = node.given("workingDir")?.value.text, folder.hasPrefix("/") else { return nil }
      return "\(folder)/\(path)"
    }

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
    let volumeName: YAMLScalar
    /// Nil: the pod has none of this name.
    let volume: Volume?
    /// What of the volume is mounted; empty: all of it. Nil: only the kubelet knows.
    let subPath: [String]?
    /// The folders on the way there that are known.
    let knownSubPath: [String]
    /// The same as written.
    let subPathText: String?
    /// Where that is said.
    let subPathPlace: SourcePlace?
    private let ownReadOnly: SourcePlace?

    /// Nil when what a mount needs is missing.
    init?(_ node: YAMLNode, volumes: [String: Volume]) {
      guard let path = node.given("mountPath")?.value.scalar, let volumeName = node.given("name")?.value.scalar,
        let components = MountPath.components(path.text)
      else { return nil }
      (self.path, self.components, self.volumeName) = (path, components, volumeName)
      volume = volumes[volumeName.text]
      ownReadOnly = node["readOnly"]?.truePlace
      let (expression, plain) = (node.given("subPathExpr")?.value, node.given("subPath")?.value)
      (subPathText, subPathPlace) = ((expression ?? plain)?.text, plain?.place)
      let names = MountPath.components(expression.map { $0.text ?? ".." } ?? plain?.text ?? "")
      // Only in an expression does a dollar sign mean something.
      let known = Array((names ?? []).prefix { expression == nil || !$0.contains("$(") })
      (knownSubPath, subPath) = (known, known.count == names?.count ? known : nil)
    }

    /// Where it, or its volume, is made read-only.
    var readOnly: SourcePlace? { ownReadOnly ?? volume?.readOnly }
    var goesWithPod: Bool { volume?.goesWithPod ?? false }
  }
}
