/// Entries that look as if they were meant, and are not taken.
public struct PassedOver: Hashable, Sendable {
  /// Symbolic links with a name that matches.
  public var links = Some()
  /// Folders with a name that would match with other digits: `2024-13`, `2024-1`.
  public var nearMisses = Some()
  /// Folders on which another file system is mounted, where the target stays on one.
  public var mounts = Some()

  public struct Some: Hashable, Sendable {
    public private(set) var count: UInt64 = 0
    /// The absolute path of the first of them in the order of their bytes.
    public private(set) var first: [UInt8] = []

    public init() {}

    public mutating func note(_ path: [UInt8]) {
      if count == 0 || path.lexicographicallyPrecedes(first) { first = path }
      count += 1
    }
  }

  public init() {}

  public var isEmpty: Bool { links.count == 0 && nearMisses.count == 0 && mounts.count == 0 }
}
