import Plan

/// Folders no target may touch, whatever the config says.
enum ProtectedPaths {
  /// The system itself: these and everything below. `/var/run` and `/var/lock` lead into `/run`.
  private static let trees = [
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/root", "/run", "/sbin", "/sys",
    "/usr", "/var/lock", "/var/run",
  ]
  /// Folders whose parts belong to others: a folder below may be a target, they themselves or a parent may not.
  private static let parents = [
    "/home", "/lost+found", "/media", "/mnt", "/opt", "/srv", "/var", "/var/cache", "/var/lib", "/var/log",
    "/var/spool",
  ]

  /// The first protected folder that a path of these shapes can be, lie inside when it is one of the system's, or contain.
  static func reached(by path: [NameShape]) -> String? {
    let reached = (trees(meeting: path) + parents(meeting: path))
    // The folder itself rather than one above or below.
    return reached.first { $0.shapes.count == path.count }?.path ?? reached.first?.path
  }

  /// The folder of the system that is this one, or holds it.
  static func tree(holding path: [NameShape]) -> String? {
    treeShapes.first { $0.shapes.count <= path.count && path.canOverlap($0.shapes) }?.path
  }

  /// What to do about a path that touches this protected folder.
  static func advice(about protected: String) -> String {
    parents.contains(protected)
      ? "name a folder below it, such as \(protected)/NAME" : "files of the system are never purged"
  }

  private typealias Folder = (path: String, shapes: [NameShape])

  private static func trees(meeting path: [NameShape]) -> [Folder] {
    treeShapes.filter { path.canOverlap($0.shapes) }
  }

  private static func parents(meeting path: [NameShape]) -> [Folder] {
    parentShapes.filter { path.count <= $0.shapes.count && path.canOverlap($0.shapes) }
  }

  private static let treeShapes = trees.map { (path: $0, shapes: shapes(of: $0)) }
  private static let parentShapes = parents.map { (path: $0, shapes: shapes(of: $0)) }

  private static func shapes(of path: String) -> [NameShape] {
    path.split(separator: "/").map { NameShape(.literal(String($0))) }
  }
}
