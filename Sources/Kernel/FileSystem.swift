public import SystemPackage

/// The seam between the walk and the kernel. Every call is about one batch of one directory; calls block, and any number
/// of threads may be in them.
public protocol FileSystem: Sendable {
  /// Whether removals in one directory run one at a time, whoever asks. True of the kernel's own calls: unlink(2) holds
  /// the directory's lock for its whole duration.
  var removalsAreSerial: Bool { get }

  /// The directory at an absolute path, following no link in any component.
  func openRoot(_ path: [UInt8]) throws(Errno) -> DirectoryHandle

  /// The directory `name` in `parent`, not following a link.
  func openDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, for access: DirectoryHandle.Access
  ) throws(Errno) -> DirectoryHandle

  /// Whether anything stands under `name` in `directory`.
  func exists(_ name: [UInt8], in directory: DirectoryHandle) throws(Errno) -> Bool

  /// The directory as the server has it now, after which no name in it is known from before: see `DirectoryHandle`.
  func freshStatus(of directory: DirectoryHandle) throws(Errno) -> EntryStatus

  /// What stands under `name`: as the server has it (`isFresh`), or as the client knows it if it still knows the name.
  func look(at name: [UInt8], in directory: DirectoryHandle, isFresh: Bool) throws(Errno) -> EntryStatus

  /// The absolute path the directory is at now, as far as this host knows; nil: it cannot tell.
  func path(of directory: DirectoryHandle) -> [UInt8]?

  /// Whether the directory is at this absolute path still, as far as this host knows; nil: it cannot tell.
  func isAt(_ path: [UInt8], _ directory: DirectoryHandle) -> Bool?

  /// Whether entries of `directory` may be removed, as far as can be told without trying. Throws what stands against it:
  /// EACCES, EPERM (it is immutable or append-only) or EROFS; another error when it cannot be told.
  func mayChange(_ directory: DirectoryHandle) throws(Errno)

  /// The same of listing the directory `name` in `parent`, or, without that, at an absolute path.
  func mayRead(_ name: [UInt8], in parent: DirectoryHandle?) throws(Errno)

  /// What time the server has: see `DirectoryHandle.touch`.
  func touch(_ directory: DirectoryHandle) throws(Errno) -> FileTime

  /// Lists on, at most `limit` bytes of records (at least 1 KiB, so that the longest name fits); nil at the end. A batch
  /// that held only `.` and `..` is empty. `mark`: the name that sets the batch's `hasMark`.
  func list(
    _ directory: DirectoryHandle, limit: Int, order: EntryBatch.Order, mark: StaticString
  ) throws(Errno) -> EntryBatch?

  /// The status of some entries of a batch, from the client's cache where it has one. Calls `receive` once for each
  /// index, in order.
  func status(
    of indices: Range<Int>, in batch: EntryBatch, of directory: DirectoryHandle,
    receive: (Int, Result<EntryStatus, Errno>) -> Void)

  /// The status of some names, each as the server has it now. Calls `receive` once for each index, in order.
  func freshStatus(
    of indices: Range<Int>, of names: NameList, in directory: DirectoryHandle,
    receive: (Int, Result<EntryStatus, Errno>) -> Void)

  /// Removes those of the names in `indices` that have `clearance`, asked right before. Where it demands a look first,
  /// the name goes only if `decide` still wants it after a fresh look that the server has answered; right after that look.
  /// Calls `receive` once for each index, in order, with that look if there was one.
  func removeFiles(
    _ indices: Range<Int>, of names: NameList, in directory: DirectoryHandle, clearance: (Int) -> Clearance,
    decide: (Int, EntryStatus) -> Bool, receive: (Int, RemovalResult, EntryStatus?) -> Void)

  /// Removes an empty directory, if `decide` still wants it after a fresh look at it; false when it does not. ENOTEMPTY
  /// when it is not empty.
  func removeDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, decide: (EntryStatus) -> Bool
  ) throws(Errno) -> Bool
}

/// Whether a file may be removed.
public enum Clearance: Hashable, Sendable {
  /// As it stands: it was looked at a moment ago.
  case granted
  case afterLook
  case refused
}

public enum RemovalResult: Hashable, Sendable {
  case removed
  /// ENOENT, ESTALE, or EISDIR where a directory has taken its place: somebody else was first.
  case vanished(Errno)
  /// It had no clearance, or `decide` no longer wanted it.
  case spared
  case failed(Errno)
}

extension FileSystem {
  /// Lists on without looking for a mark.
  public func list(
    _ directory: DirectoryHandle, limit: Int, order: EntryBatch.Order
  ) throws(Errno) -> EntryBatch? {
    try list(directory, limit: limit, order: order, mark: "")
  }
}

extension Errno {
  /// Whether the entry is just not there any more (ENOENT; ESTALE on NFS).
  public var meansVanished: Bool { self == .noSuchFileOrDirectory || self == .staleNFSFileHandle }

  /// Whether the server does not know any more what was opened, or looked up, there (ESTALE): the entry, or the directory.
  public var meansStale: Bool { self == .staleNFSFileHandle }

  /// Whether what was a directory a moment ago is none now: gone, or replaced by a link or a file.
  public var meansNoDirectory: Bool { meansVanished || self == .notDirectory || self == .tooManySymbolicLinkLevels }

  /// Whether it was not the directory's fault: this process or the system has no descriptors or memory to spare.
  public var meansShortage: Bool {
    self == .tooManyOpenFiles || self == .tooManyOpenFilesInSystem || self == .noMemory
  }

  /// Whether it is a question of rights, or of a file system that takes no changes: somebody must mend it (EACCES, EPERM, EROFS).
  public var meansForbidden: Bool {
    self == .permissionDenied || self == .notPermitted || self == .readOnlyFileSystem
  }

  /// Whether a directory could not be removed because it has entries (ENOTEMPTY, on some file systems EEXIST).
  public var meansNotEmpty: Bool { self == .directoryNotEmpty || self == .fileExists }
}
