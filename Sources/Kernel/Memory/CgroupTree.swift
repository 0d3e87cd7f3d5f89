/// The memory cgroup this process is in, as far up as it can be seen from here.
struct CgroupTree: Hashable, Sendable {
  enum Version: String, Hashable, Sendable { case v1, v2 }

  let version: Version
  /// Directories from this process's own group up to the mount's root.
  let directories: [String]
  /// The mount point, which messages leave out.
  let mount: String

  /// Nil where no memory controller can be seen.
  ///
  /// - Parameter root: what stands before `/proc` and the mount points; empty on a real machine.
  static func find(root: String = "") -> CgroupTree? {
    let lines = (SmallFile.text(root + "/proc/self/cgroup") ?? "").split(separator: "\n").map {
      $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    }
    let mounts = CgroupMount.all(root: root)
    for line in lines where line.count == 3 && line[1].split(separator: ",").contains("memory") {
      let mount = mounts.first { $0.controllers.contains("memory") } ?? .conventional(.v1, root: root)
      if let tree = CgroupTree(mount, path: String(line[2])) { return tree }
    }
    // Both hierarchies may be mounted, in which case the memory controller may be in either.
    let path = lines.first { $0.count == 3 && $0[1].isEmpty }.map { String($0[2]) } ?? "/"
    return CgroupTree(mounts.first { $0.version == .v2 } ?? .conventional(.v2, root: root), path: path)
  }

  /// Nil when there are no memory files at the mount.
  private init?(_ mount: CgroupMount, path: String) {
    (version, self.mount) = (mount.version, mount.point)
    let marker = mount.version == .v1 ? "memory.limit_in_bytes" : "memory.stat"
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

  static func conventional(_ version: CgroupTree.Version, root: String) -> CgroupMount {
    CgroupMount(version: version, group: "/", point: root + "/sys/fs/cgroup" + (version == .v1 ? "/memory" : ""))
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
