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

  /// The first protected folder that the pattern can be, lie inside when it is one of the system's, or contain.
  static func reached(by pattern: PathPattern) -> String? {
    let shapes = pattern.shapes
    return trees.first { shapes.canOverlap(ProtectedPaths.shapes(of: $0)) }
      ?? parents.first {
        let parent = ProtectedPaths.shapes(of: $0)
        return shapes.count <= parent.count && shapes.canOverlap(parent)
      }
  }

  private static func shapes(of path: String) -> [NameShape] {
    path.split(separator: "/").map { NameShape(.literal(String($0))) }
  }
}
