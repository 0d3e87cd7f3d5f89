import CKernel
public import SystemPackage

/// The kernel itself.
public struct LinuxFileSystem: FileSystem {
  public init() {}

  public var removalsAreSerial: Bool { true }

  public func openRoot(_ path: [UInt8]) throws(Errno) -> DirectoryHandle { try DirectoryHandle.open(path: path) }

  public func openDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, for access: DirectoryHandle.Access
  ) throws(Errno) -> DirectoryHandle {
    try parent.openDirectory(name, for: access)
  }

  public func exists(_ name: [UInt8], in directory: DirectoryHandle) throws(Errno) -> Bool {
    var names = NameList()
    names.append(name)
    switch names.withCName(at: 0, { status($0, in: directory, sync: 0) }) {
    case .success: return true
    case .failure(.noSuchFileOrDirectory): return false
    case .failure(let error): throw error
    }
  }

  public func freshStatus(of directory: DirectoryHandle) throws(Errno) -> EntryStatus { try directory.freshStatus() }

  public func look(at name: [UInt8], in directory: DirectoryHandle, isFresh: Bool) throws(Errno) -> EntryStatus {
    var names = NameList()
    names.append(name)
    return try names.withCName(at: 0) { status($0, in: directory, sync: isFresh ? CInt(CK_FRESH) : 0) }.get()
  }

  public func path(of directory: DirectoryHandle) -> [UInt8]? { directory.path }

  public func isAt(_ path: [UInt8], _ directory: DirectoryHandle) -> Bool? { directory.isAt(path) }

  public func mayChange(_ directory: DirectoryHandle) throws(Errno) {
    _ = try kernelCall { ck_may_change(directory.descriptor) }
  }

  public func mayRead(_ name: [UInt8], in parent: DirectoryHandle?) throws(Errno) {
    var names = NameList()
    names.append(name)
    _ = try kernelCall { names.withCName(at: 0) { ck_may_list(parent?.descriptor ?? -1, $0) } }
  }

  public func touch(_ directory: DirectoryHandle) throws(Errno) -> FileTime { try directory.touch() }

  public func list(
    _ directory: DirectoryHandle, limit: Int, order: EntryBatch.Order, mark: StaticString
  ) throws(Errno) -> EntryBatch? {
    try EntryBatch(limit: limit, order: order, mark: mark) {
      ck_getdents64(directory.descriptor, $0.baseAddress, $0.count)
    }
  }

  public func status(
    of indices: Range<Int>, in batch: EntryBatch, of directory: DirectoryHandle,
    receive: (Int, Result<EntryStatus, Errno>) -> Void
  ) {
    var scratch = ck_status()
    for index in indices {
      receive(index, status(batch.namePointer(at: index), in: directory, sync: 0, &scratch))
    }
  }

  public func freshStatus(
    of indices: Range<Int>, of names: NameList, in directory: DirectoryHandle,
    receive: (Int, Result<EntryStatus, Errno>) -> Void
  ) {
    for index in indices {
      receive(index, names.withCName(at: index) { status($0, in: directory, sync: CInt(CK_FRESH)) })
    }
  }

  public func removeFiles(
    _ indices: Range<Int>, of names: NameList, in directory: DirectoryHandle, clearance: (Int) -> Clearance,
    decide: (Int, EntryStatus) -> Bool, receive: (Int, RemovalResult, EntryStatus?) -> Void
  ) {
    for index in indices {
      let (result, look) = names.withCName(at: index) { name -> (RemovalResult, EntryStatus?) in
        switch clearance(index) {
        case .granted: (unlink(name, in: directory), nil)
        case .afterLook: removeFile(name, in: directory) { decide(index, $0) }
        case .refused: (.spared, nil)
        }
      }
      receive(index, result, look)
    }
  }

  public func removeDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, decide: (EntryStatus) -> Bool
  ) throws(Errno) -> Bool {
    var names = NameList()
    names.append(name)
    let look = names.withCName(at: 0) { status($0, in: parent, sync: CInt(CK_FRESH)) }
    guard try decide(look.get()) else { return false }
    _ = try kernelCall { names.withCName(at: 0) { ck_unlink(parent.descriptor, $0, 1) } }
    return true
  }

  private func removeFile(
    _ name: UnsafePointer<CChar>, in directory: DirectoryHandle, decide: (EntryStatus) -> Bool
  ) -> (RemovalResult, EntryStatus?) {
    switch status(name, in: directory, sync: CInt(CK_FRESH)) {
    case .failure(let error): (error.meansVanished ? .vanished(error) : .failed(error), nil)
    case .success(let look): (decide(look) ? unlink(name, in: directory) : .spared, look)
    }
  }

  private func unlink(_ name: UnsafePointer<CChar>, in directory: DirectoryHandle) -> RemovalResult {
    do {
      _ = try kernelCall { ck_unlink(directory.descriptor, name, 0) }
      return .removed
    } catch {
      // EISDIR: a directory took the file's place since the look at it.
      return error.meansVanished || error == .isDirectory ? .vanished(error) : .failed(error)
    }
  }

  private func status(
    _ name: UnsafePointer<CChar>, in directory: DirectoryHandle, sync: CInt
  ) -> Result<EntryStatus, Errno> {
    var status = ck_status()
    return self.status(name, in: directory, sync: sync, &status)
  }

  /// `status` is scratch, so that a loop need not clear it each time.
  @inline(__always)
  private func status(
    _ name: UnsafePointer<CChar>, in directory: DirectoryHandle, sync: CInt, _ status: inout ck_status
  ) -> Result<EntryStatus, Errno> {
    do {
      _ = try kernelCall { ck_statx(directory.descriptor, name, sync, UInt32(CK_BASIC | CK_BIRTH), &status) }
      return EntryStatus(status).map { .success($0) } ?? .failure(.noData)
    } catch {
      return .failure(error)
    }
  }
}
