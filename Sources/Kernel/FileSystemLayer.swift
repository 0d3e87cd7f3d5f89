public import SystemPackage

/// A file system that asks another one for all that changes nothing, except where it says otherwise. What changes something each
/// writes itself, so that none does it unawares.
public protocol FileSystemLayer: FileSystem {
  var base: any FileSystem { get }
}

extension FileSystemLayer {
  public func openRoot(_ path: [UInt8]) throws(Errno) -> DirectoryHandle { try base.openRoot(path) }

  public func openDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, for access: DirectoryHandle.Access
  ) throws(Errno) -> DirectoryHandle {
    try base.openDirectory(name, in: parent, for: access)
  }

  public func exists(_ name: [UInt8], in directory: DirectoryHandle) throws(Errno) -> Bool {
    try base.exists(name, in: directory)
  }

  public func freshStatus(of directory: DirectoryHandle) throws(Errno) -> EntryStatus {
    try base.freshStatus(of: directory)
  }

  public func look(at name: [UInt8], in directory: DirectoryHandle, isFresh: Bool) throws(Errno) -> EntryStatus {
    try base.look(at: name, in: directory, isFresh: isFresh)
  }

  public func path(of directory: DirectoryHandle) -> [UInt8]? { base.path(of: directory) }

  public func isAt(_ path: [UInt8], _ directory: DirectoryHandle) -> Bool? { base.isAt(path, directory) }

  public func mayChange(_ directory: DirectoryHandle) throws(Errno) { try base.mayChange(directory) }

  public func mayRead(_ name: [UInt8], in parent: DirectoryHandle?) throws(Errno) {
    try base.mayRead(name, in: parent)
  }

  public func list(
    _ directory: DirectoryHandle, limit: Int, order: EntryBatch.Order, mark: StaticString
  ) throws(Errno) -> EntryBatch? {
    try base.list(directory, limit: limit, order: order, mark: mark)
  }

  public func status(
    of indices: Range<Int>, in batch: EntryBatch, of directory: DirectoryHandle,
    receive: (Int, Result<EntryStatus, Errno>) -> Void
  ) {
    base.status(of: indices, in: batch, of: directory, receive: receive)
  }

  public func freshStatus(
    of indices: Range<Int>, of names: NameList, in directory: DirectoryHandle,
    receive: (Int, Result<EntryStatus, Errno>) -> Void
  ) {
    base.freshStatus(of: indices, of: names, in: directory, receive: receive)
  }
}
