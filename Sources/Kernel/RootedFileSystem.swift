import Glibc
public import SystemPackage

/// Another file system as it would be with one of its folders as the root, so that a run can be rehearsed on a copy.
public struct RootedFileSystem: FileSystemLayer {
  public let base: any FileSystem
  /// Without a slash at its end; empty for the root itself.
  private let root: [UInt8]
  private let identity: FileIdentity

  /// The folder that stands for the root, as an absolute path without links.
  public var path: [UInt8] { root.isEmpty ? [UInt8(ascii: "/")] : root }

  /// Throws when `path`, links followed, leads to no folder.
  public init(_ base: any FileSystem = LinuxFileSystem(), at path: String) throws(Errno) {
    guard let real = realpath(path, nil) else { throw Errno(rawValue: errno) }
    defer { free(real) }
    let bytes = Array(UnsafeBufferPointer(start: real, count: strlen(real))).map { UInt8(bitPattern: $0) }
    root = bytes == [UInt8(ascii: "/")] ? [] : bytes
    (self.base, identity) = (base, try base.openRoot(bytes).identity)
  }

  public func openRoot(_ path: [UInt8]) throws(Errno) -> DirectoryHandle { try base.openRoot(root + path) }

  public func openDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, for access: DirectoryHandle.Access
  ) throws(Errno) -> DirectoryHandle {
    // Nothing is above the root.
    if name.elementsEqual("..".utf8), parent.identity == identity { return parent }
    return try base.openDirectory(name, in: parent, for: access)
  }

  public func mayRead(_ name: [UInt8], in parent: DirectoryHandle?) throws(Errno) {
    try base.mayRead(parent == nil ? root + name : name, in: parent)
  }

  public func path(of directory: DirectoryHandle) -> [UInt8]? {
    guard let path = base.path(of: directory), path.starts(with: root) else { return nil }
    let below = Array(path[root.count...])
    return below.isEmpty ? [UInt8(ascii: "/")] : below.first == UInt8(ascii: "/") ? below : nil
  }

  public func isAt(_ path: [UInt8], _ directory: DirectoryHandle) -> Bool? { base.isAt(root + path, directory) }

  public var removalsAreSerial: Bool { base.removalsAreSerial }

  public func touch(_ directory: DirectoryHandle) throws(Errno) -> FileTime { try base.touch(directory) }

  public func removeFiles(
    _ indices: Range<Int>, of names: NameList, in directory: DirectoryHandle, clearance: (Int) -> Clearance,
    decide: (Int, EntryStatus) -> Bool, receive: (Int, RemovalResult, EntryStatus?) -> Void
  ) {
    base.removeFiles(indices, of: names, in: directory, clearance: clearance, decide: decide, receive: receive)
  }

  public func removeDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, decide: (EntryStatus) -> Bool
  ) throws(Errno) -> Bool {
    try base.removeDirectory(name, in: parent, decide: decide)
  }
}
