/// A mount, as /proc/self/mountinfo tells of it.
public struct Mount: Hashable, Sendable {
  /// Unique among the mounts there are now.
  public var id: Int
  /// `nfs4`, `ext4`, …
  public var kind: String
  /// Of this mount (`ro`, `noatime`), then those of its file system (`ro`, `vers=4.1`, `soft`).
  public var options: [String]

  /// The mount that `directory` was reached through; nil where the system does not tell.
  public static func holding(_ directory: DirectoryHandle) -> Mount? {
    guard let id = id(of: directory) else { return nil }
    // A node with thousands of volumes has a line of some hundred bytes for each.
    let table = SmallFile.text("/proc/self/mountinfo", limit: 8 << 20) ?? ""
    return table.split(separator: "\n").lazy.compactMap { Mount($0) }.first { $0.id == id }
  }

  /// The id alone, which is all that is needed to compare.
  public static func id(of directory: DirectoryHandle) -> Int? {
    let lines = (SmallFile.text("/proc/self/fdinfo/\(directory.descriptor)") ?? "").split(separator: "\n")
    return lines.first { $0.hasPrefix("mnt_id:") }
      .flatMap { $0.split(whereSeparator: { $0 == " " || $0 == "\t" }).last }.flatMap { Int($0) }
  }

  /// From `id parent device group point options … - type source options`; nil when it is not that.
  init?(_ line: Substring) {
    let words = line.split(separator: " ")
    guard let dash = words.firstIndex(of: "-"), dash > 5, words.count > dash + 3, let id = Int(words[0]) else {
      return nil
    }
    self.id = id
    kind = String(words[dash + 1])
    options = (words[5].split(separator: ",") + words[dash + 3].split(separator: ",")).map { String($0) }
  }
}
