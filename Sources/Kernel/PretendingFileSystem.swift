public import SystemPackage

/// Another file system, from which removals are only pretended: what a dry run walks with.
public struct PretendingFileSystem: FileSystemLayer {
  public let base: any FileSystem

  public init(_ base: any FileSystem) { self.base = base }

  /// Nothing is removed, so nothing is locked.
  public var removalsAreSerial: Bool { false }

  /// Nothing is written in a dry run.
  public func touch(_ directory: DirectoryHandle) throws(Errno) -> FileTime { throw .readOnlyFileSystem }

  /// Takes no fresh look: it was looked at a moment ago, and nothing depends on the answer.
  public func removeFiles(
    _ indices: Range<Int>, of names: NameList, in directory: DirectoryHandle, clearance: (Int) -> Clearance,
    decide: (Int, EntryStatus) -> Bool, receive: (Int, RemovalResult, EntryStatus?) -> Void
  ) {
    for index in indices { receive(index, clearance(index) == .refused ? .spared : .removed, nil) }
  }

  public func removeDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, decide: (EntryStatus) -> Bool
  ) throws(Errno) -> Bool { true }
}
