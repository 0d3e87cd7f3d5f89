/// The cgroup this process is in, as one controller has it, as far up as it can be seen from here.
struct CgroupTree: Hashable, Sendable {
  enum Version: String, Hashable, Sendable { case v1, v2 }

  enum Controller: String, Hashable, Sendable {
    case memory, pids

    /// A file that each group has which the controller looks after.
    func marker(in version: Version) -> String {
      switch self {
      case .memory: version == .v1 ? "memory.limit_in_bytes" : "memory.stat"
      case .pids: "pids.current"
      }
    }
  }

  let version: Version
  /// Directories from this process's own group up to the mount's root.
  let directories: [String]
  /// The mount point, which messages leave out.
  let mount: String

  /// Nil where no such controller can be seen.
  ///
  /// - Parameter root: what stands before `/proc` and the mount points; empty on a real machine.
  static func find(_ controller: Controller = .memory, root: String = "") -> CgroupTree? {
    let name = controller.rawValue
    let lines = (SmallFile.text(root + "/proc/self/cgroup") ?? "").split(separator: "\n").map {
      $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    }
    let mounts = CgroupMount.all(root: root)
    for line in lines where line.count == 3 && line[1].split(separator: ",").contains(name[...]) {
      let mount = mounts.first { $0.controllers.contains(name[...]) } ?? .conventional(.v1, controller, root: root)
      if let tree = CgroupTree(mount, controller, path: String(line[2])) { return tree }
    }
    // Both hierarchies may be mounted, in which case the controller may be in either.
    let path = lines.first { $0.count == 3 && $0[1].isEmpty }.map { String($0[2]) } ?? "/"
    let mount = mounts.first { $0.version == .v2 } ?? .conventional(.v2, controller, root: root)
    return CgroupTree(mount, controller, path: path)
  }

  /// Nil when there are no files of the controller at the mount.
  private init?(_ mount: CgroupMount, _ controller: Controller, path: String) {
    (version, self.mount) = (mount.version, mount.point)
    let marker = controller.marker(in: mount.version)
    var components = mount.components(of: path)
    // In a container the path may be the host's, while only the container's own group is mounted.
    if SmallFile.text(CgroupTree.directory(mount.point, components) + "/" + marker) == nil { components = [] }
    var directories: [String] = []
    while true {
      directories.append(CgroupTree.directory(mount.point, components))
      if components.popLast() == nil { break }
    }
    guard directories.contains(where: { SmallFile.text($0 + "/" + marker) != nil }) else { return nil }
    self.directories = directories
  }

  private static func directory(_ mount: String, _ components: [Substring]) -> String {
    components.reduce(mount) { $0 + "/" + $1 }
  }

  // MARK: Limits

  /// The smallest limit on threads of the group and its visible ancestors, and what sets it.
  var threadLimit: (count: UInt64, source: String)? {
    let limits = directories.reversed().compactMap { directory in
      FigureFile(directory + "/pids.max").number().map { (count: $0, source: source("pids.max", of: directory)) }
    }
    return limits.min { $0.count < $1.count }
  }

  /// A limit, the file that sets it, and the group whose usage counts against it.
  struct Limit: Hashable, Sendable {
    var bytes: UInt64
    var source: String
    var directory: String
  }

  /// The smallest limit of the group and its visible ancestors; of equal ones that of the outermost group, in which more
  /// counts against it.
  var limit: Limit? {
    var limits: [Limit] = []
    for directory in directories.reversed() {
      for file in version == .v2 ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"] {
        guard let bytes = FigureFile(directory + "/" + file).number() else { continue }
        limits.append(Limit(bytes: bytes, source: source(file, of: directory), directory: directory))
      }
    }
    if version == .v1, let bytes = hierarchicalLimit {
      let own = directories[0]
      limits.append(Limit(bytes: bytes, source: source("hierarchical_memory_limit", of: own), directory: own))
    }
    return limits.filter { $0.bytes < CgroupTree.unlimited }.min { $0.bytes < $1.bytes }
  }

  /// v1 writes "no limit" as the largest number of pages, v2 as `max`; no machine has an exbibyte.
  private static let unlimited: UInt64 = 1 << 60

  private var hierarchicalLimit: UInt64? {
    let file = FigureFile(directories[0] + "/memory.stat", keys: ["hierarchical_memory_limit"])
    return file.read() ? file[0] : nil
  }

  private func source(_ file: String, of directory: String) -> String {
    let name = directory.dropFirst(mount.count)
    return "cgroup \(version.rawValue) \(file) of \(name.isEmpty ? "/" : name)"
  }
}

/// A place where a cgroup hierarchy is mounted.
private struct CgroupMount {
  var version: CgroupTree.Version
  /// The group that the mount point shows; `/` unless only a part of the hierarchy is mounted.
  var group: String
  var point: String
  /// Of v1 only.
  var controllers: [Substring] = []

  static func conventional(
    _ version: CgroupTree.Version, _ controller: CgroupTree.Controller, root: String
  ) -> CgroupMount {
    let hierarchy = version == .v1 ? "/" + controller.rawValue : ""
    return CgroupMount(version: version, group: "/", point: root + "/sys/fs/cgroup" + hierarchy)
  }

  /// From `/proc/self/mountinfo`: `id parent device group point options … - type source options`.
  static func all(root: String) -> [CgroupMount] {
    (SmallFile.text(root + "/proc/self/mountinfo") ?? "").split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let dash = words.firstIndex(of: "-"), dash > 5, words.count > dash + 3 else { return nil }
      let (group, point) = (String(words[3]), root + words[4])
      switch words[dash + 1] {
      case "cgroup2": return CgroupMount(version: .v2, group: group, point: point)
      case "cgroup":
        return CgroupMount(
          version: .v1, group: group, point: point, controllers: words[dash + 3].split(separator: ","))
      default: return nil
      }
    }
  }

  /// Where the group `path` is below the mount point; the point itself when it is not there, as seen from inside a
  /// cgroup namespace.
  func components(of path: String) -> [Substring] {
    var components = path.split(separator: "/")
    let shown = group.split(separator: "/")
    guard components.starts(with: shown) else { return [] }
    components.removeFirst(shown.count)
    return components.contains("..") ? [] : components
  }
}
