/// A mount, as /proc/self/mountinfo tells of it.
public struct Mount: Hashable, Sendable {
  /// Unique among the mounts there are now.
  public var id: Int
  /// The absolute path it is mounted at.
  public var point: [UInt8]
  /// `nfs4`, `ext4`, …
  public var kind: String
  /// Of this mount (`ro`, `noatime`), then those of its file system (`ro`, `vers=4.1`, `soft`).
  public var options: [String]

  /// The mount that `directory` was reached through; nil where the system does not tell.
  public static func holding(_ directory: DirectoryHandle) -> Mount? {
    guard let id = id(of: directory) else { return nil }
    return lines.lazy.compactMap { Mount($0) }.first { $0.id == id }
  }

  /// A node with thousands of volumes has a line of some hundred bytes for each.
  fileprivate static var lines: [Substring] {
    (SmallFile.text("/proc/self/mountinfo", limit: 8 << 20) ?? "").split(separator: "\n")
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
    point = Mount.unescaped(words[4])
    kind = String(words[dash + 1])
    options = (words[5].split(separator: ",") + words[dash + 3].split(separator: ",")).map { String($0) }
  }

  /// Blanks, line ends and backslashes stand there as `\\` and three octal digits.
  private static func unescaped(_ text: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }
}

/// All mounts that this process sees, by the paths they are mounted at: looking here touches none of them.
public struct MountTable: Sendable {
  private var mounts: [[UInt8]: Mount] = [:]
  /// Every folder above one of them.
  private var folders: Set<[UInt8]> = []

  public static func current() -> MountTable { MountTable(Mount.lines.compactMap { Mount($0) }) }

  /// - Parameter mounts: in the order in which they were mounted: of several at one path the last is the one that is seen.
  init(_ mounts: [Mount]) {
    for mount in mounts {
      self.mounts[mount.point] = mount
      for folder in MountTable.wayUp(from: mount.point).dropFirst() {
        // Then those above it are known, too.
        if !folders.insert(folder).inserted { break }
      }
    }
  }

  /// The mount that an absolute path leads into, if no link is on the way.
  public func holding(_ path: [UInt8]) -> Mount? {
    MountTable.wayUp(from: path).lazy.compactMap { mounts[$0] }.first
  }

  /// Whether anything is mounted below this absolute path.
  public func hasMounts(below path: [UInt8]) -> Bool { folders.contains(path) }

  /// The path itself, and every folder above it.
  private static func wayUp(from path: [UInt8]) -> [[UInt8]] {
    let slash = UInt8(ascii: "/")
    let slashes = path.indices.dropFirst().filter { path[$0] == slash }.reversed()
    return (path == [slash] ? [] : [path]) + slashes.map { Array(path[..<$0]) } + [[slash]]
  }
}
