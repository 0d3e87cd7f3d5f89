import Plan

/// The mounts of a container, in a form in which many paths are looked up among many of them.
struct MountIndex: Sendable {
  private let mounts: [Workload.Mount]
  /// The first mount at each path.
  private let byPath: [[UInt8]: Int]
  /// How many components there are in the paths of mounts, each number once, the largest first.
  private let depths: [Int]
  /// The paths of all mounts in the order of their bytes, in which all those below a folder stand together.
  private let ordered: [(path: [UInt8], mount: Int)]

  init(_ mounts: [Workload.Mount]) {
    self.mounts = mounts
    let paths = mounts.enumerated().map { (path: MountIndex.bytes(of: $1.components), mount: $0) }
    byPath = Dictionary(paths.map { ($0.path, $0.mount) }) { first, _ in first }
    depths = Set(mounts.map(\.components.count)).sorted(by: >)
    ordered = paths.sorted { ($0.path.lexicographicallyPrecedes($1.path)) }
  }

  /// The innermost mount that holds this path.
  func mount(holding path: [String]) -> Workload.Mount? {
    var ends = [0]
    for name in path { ends.append((ends.last ?? 0) + 1 + name.utf8.count) }
    let bytes = MountIndex.bytes(of: path)
    for depth in depths where depth <= path.count {
      if let index = byPath[Array(bytes[..<ends[depth]])] { return mounts[index] }
    }
    return nil
  }

  /// The mount that surely holds all that the pattern names, and those further in that may hold some of it; nil when telling
  /// would take more than `effort` allows.
  func mounts(holding pattern: PathPattern, effort: inout Effort) -> [Workload.Mount]? {
    let outer = mount(holding: pattern.literalPrefix).map { [$0] } ?? []
    if pattern.isLiteral { return outer }
    let shapes = pattern.components.map { NameShape($0) }
    let inner = below(pattern, effort: &effort) { mount, effort in
      mount.components.count <= shapes.count && MountIndex.meet(mount, shapes, &effort)
    }
    return inner.map { outer + $0 }
  }

  /// The mounts further in than the folders that the pattern names, in one of them; nil when telling would take more than
  /// `effort` allows.
  func mounts(below pattern: PathPattern, effort: inout Effort) -> [Workload.Mount]? {
    let shapes = pattern.components.map { NameShape($0) }
    return below(pattern, effort: &effort) { mount, effort in
      mount.components.count > shapes.count && MountIndex.meet(mount, shapes, &effort)
    }
  }

  /// Those below the literal beginning of the pattern that are wanted.
  private func below(
    _ pattern: PathPattern, effort: inout Effort, isWanted: (Workload.Mount, inout Effort) -> Bool
  ) -> [Workload.Mount]? {
    let folder = pattern.literalPath + [UInt8(ascii: "/")]
    var found: [Workload.Mount] = []
    for (path, index) in ordered[start(of: folder)...] {
      guard path.starts(with: folder) else { break }
      guard effort.spend(1) else { return nil }
      if isWanted(mounts[index], &effort) { found.append(mounts[index]) }
    }
    return effort.isSpent ? nil : found
  }

  /// The index of the first path that does not stand before this one.
  private func start(of path: [UInt8]) -> Int {
    var (low, high) = (0, ordered.count)
    while low < high {
      let middle = (low + high) / 2
      if ordered[middle].path.lexicographicallyPrecedes(path) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether the mount's path can begin like the folders of these shapes, or they like it.
  private static func meet(
    _ mount: Workload.Mount, _ shapes: [NameShape], _ effort: inout Effort
  ) -> Bool {
    for (name, shape) in zip(mount.components, shapes) {
      guard shape.canEqual(NameShape(literal: Array(name.utf8)), effort: &effort) else { return false }
    }
    return true
  }

  private static func bytes(of path: [String]) -> [UInt8] { path.flatMap { [UInt8(ascii: "/")] + Array($0.utf8) } }
}
