/// Paths in a container as lists of names.
enum MountPath {
  /// Nil when `..` makes unclear what it names, or when it is longer than any path can be.
  static func components(_ path: String) -> [String]? {
    guard path.utf8.count <= 4096 else { return nil }
    let names = path.split(separator: "/").map { String($0) }.filter { $0 != "." }
    return names.contains("..") ? nil : names
  }
}
