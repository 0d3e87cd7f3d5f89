/// The memory cgroup this process is in, as far up as it can be seen from here.
struct CgroupTree: Hashable, Sendable {
  enum Version: String, Hashable, Sendable { case v1, v2 }

  let version: Version
  /// Directories from this process's own group up to the mount's root.
  let directories: [String]
  /// The mount point, which messages leave out.
  let mount: String

  /// Reads `cgroupFile` (`/proc/self/cgroup`) and looks below `mount` (`/sys/fs/cgroup`); nil without a memory controller.
  ///
  /// Inside a container the file may name the host's path while only the container's own group is mounted: then the
  /// mount's root is the group.
  static func find(cgroupFile: String = "/proc/self/cgroup", mount: String = "/sys/fs/cgroup") -> CgroupTree? {
    let lines = (SmallFile.text(cgroupFile) ?? "").split(separator: "\n").map {
      $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    }
    for line in lines where line.count == 3 && line[1].split(separator: ",").contains("memory") {
      return CgroupTree(version: .v1, mount: mount + "/memory", path: line[2], marker: "memory.limit_in_bytes")
    }
    let path = lines.first { $0.count == 3 && $0[1].isEmpty }?[2] ?? "/"
    return CgroupTree(version: .v2, mount: mount, path: path, marker: "memory.stat")
  }

  private init?(version: Version, mount: String, path: Substring, marker: String) {
    self.version = version
    self.mount = mount
    var components = path.split(separator: "/")
    let own = components.reduce(mount) { $0 + "/" + $1 }
    if components.contains("..") || SmallFile.text(own + "/" + marker) == nil { components = [] }
    var directories: [String] = []
    while true {
      directories.append(components.reduce(mount) { $0 + "/" + $1 })
      if components.popLast() == nil { break }
    }
    // The root of a v2 hierarchy has no memory.max; a directory without any of the files says nothing.
    guard directories.contains(where: { SmallFile.text($0 + "/" + marker) != nil }) else { return nil }
    self.directories = directories
  }

  /// A limit, the file that sets it, and the group whose usage counts against it.
  struct Limit: Hashable, Sendable {
    var bytes: UInt64
    var source: String
    var directory: String
  }

  /// The smallest limit of the group and its visible ancestors.
  var limit: Limit? {
    var limits: [Limit] = []
    for directory in directories {
      for file in version == .v2 ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"] {
        guard let bytes = number(in: directory + "/" + file) else { continue }
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
    SmallFile.text(directories[0] + "/memory.stat").flatMap { StatFile($0)["hierarchical_memory_limit"] }
  }

  private func number(in file: String) -> UInt64? {
    SmallFile.text(file).flatMap { UInt64($0.split(separator: "\n").first ?? "") }
  }

  private func source(_ file: String, of directory: String) -> String {
    let name = directory.dropFirst(mount.count)
    return "cgroup \(version.rawValue) \(file) of \(name.isEmpty ? "/" : name)"
  }
}

/// `key value` lines, as in memory.stat, /proc/meminfo and /proc/self/status; a `kB` unit is taken into account.
struct StatFile {
  private var values: [Substring: UInt64] = [:]

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ":" })
      guard words.count >= 2, let value = UInt64(words[1]) else { continue }
      values[words[0]] = words.count > 2 && words[2] == "kB" ? value &* 1024 : value
    }
  }

  subscript(key: String) -> UInt64? { values[key[...]] }

  func sum(of keys: [String]) -> UInt64 { keys.reduce(0) { $0 &+ (self[$1] ?? 0) } }
}
