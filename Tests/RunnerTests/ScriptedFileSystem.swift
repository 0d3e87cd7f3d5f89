import CKernel
import SystemPackage

@testable import Kernel
@testable import Runner

/// The real file system, with faults and delays that a kernel will not produce on command. Every hook is asked before the
/// real call; what it returns or throws stands instead.
struct ScriptedFileSystem: FileSystem {
  var base: any FileSystem = LinuxFileSystem()
  /// Before a directory is opened by its absolute path.
  var onOpenPath: @Sendable (String) -> Void = { _ in }
  var onOpen: @Sendable (String) -> Errno? = { _ in nil }
  /// Only where it is opened to be listed.
  var onOpenToList: @Sendable (String) -> Errno? = { _ in nil }
  var onRead: @Sendable (DirectoryHandle) -> Errno? = { _ in nil }
  var onStatus: @Sendable (String) -> Errno? = { _ in nil }
  /// Before a fresh look that is taken ahead of the removal.
  var onCheck: @Sendable (String) -> Errno? = { _ in nil }
  /// Before the removal of a file, and the fresh look where that is taken right before it.
  var onRemoveFile: @Sendable (String) -> Errno? = { _ in nil }
  /// At a fresh look that is taken right before the removal.
  var onLookBeforeRemoval: @Sendable () -> Void = {}
  var onRemoveDirectory: @Sendable (String) -> Errno? = { _ in nil }
  /// Before any call in an open directory.
  var onCall: @Sendable (DirectoryHandle) -> Errno? = { _ in nil }
  /// After a directory was opened.
  var onOpened: @Sendable (DirectoryHandle) -> Void = { _ in }
  /// What is opened in place of the directory of this name; nil: that one.
  var instead: @Sendable (String) -> DirectoryHandle? = { _ in nil }
  /// Bytes of one listing at most; nil: as many as are asked for.
  var listingLimit: Int?
  /// Whether listings tell of the name that is asked for.
  var tellsOfMark = true
  /// Whether listings tell what kind of entry each is.
  var tellsOfKinds = true
  /// What a fresh look at a file is said to show.
  var asLook: @Sendable (EntryStatus) -> EntryStatus = { $0 }
  /// What the directory's status is said to be.
  var asDirectory: @Sendable (EntryStatus) -> EntryStatus = { $0 }
  /// Before the directory itself is asked for.
  var onFreshDirectory: @Sendable (DirectoryHandle) -> Errno? = { _ in nil }
  /// Before a single name is looked at, or looked up.
  var onLook: @Sendable (String) -> Errno? = { _ in nil }
  /// Where the directory is; nil: the kernel is asked.
  var onIsAt: @Sendable ([UInt8]) -> Bool? = { _ in nil }
  /// When it is asked whether something would be permitted: in the directory at this path, or of a name.
  var onAccess: @Sendable (String) -> Errno? = { _ in nil }
  /// The server's clock; nil: the real one is set and asked.
  var onTouch: @Sendable () -> Result<FileTime, Errno>? = { nil }

  /// Every call takes as long as a round trip, so that looks are taken ahead of removals.
  static let slow = ScriptedFileSystem(
    onOpen: { _ in wait() }, onRead: { _ in wait() }, onStatus: { _ in wait() }, onCheck: { _ in wait() },
    onRemoveFile: { _ in wait() }, onRemoveDirectory: { _ in wait() })

  /// Does `act` for each file before the look that decides, whether it is taken ahead or right before the removal; once each.
  static func beforeDecision(_ act: @escaping @Sendable (String) -> Void) -> ScriptedFileSystem {
    let seen = Monitor<Set<String>>([])
    let first: @Sendable (String) -> Errno? = { name in
      if seen.withLock({ $0.insert(name).inserted }) { act(name) }
      return nil
    }
    return ScriptedFileSystem(onCheck: first, onRemoveFile: first)
  }

  static func wait() -> Errno? {
    PlainThread.nap(RemovalLane.roundTrip * 1.5)
    return nil
  }

  var removalsAreSerial: Bool { base.removalsAreSerial }

  func openRoot(_ path: [UInt8]) throws(Errno) -> DirectoryHandle {
    onOpenPath(String(decoding: path, as: UTF8.self))
    if let error = onOpen("/") { throw error }
    let opened = try base.openRoot(path)
    onOpened(opened)
    return opened
  }

  func openDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, for access: DirectoryHandle.Access
  ) throws(Errno) -> DirectoryHandle {
    if let error = onCall(parent) ?? onOpen(String(decoding: name, as: UTF8.self)) { throw error }
    if access == .list, let error = onOpenToList(String(decoding: name, as: UTF8.self)) { throw error }
    let other = instead(String(decoding: name, as: UTF8.self))
    let opened = if let other { other } else { try base.openDirectory(name, in: parent, for: access) }
    onOpened(opened)
    return opened
  }

  func exists(_ name: [UInt8], in directory: DirectoryHandle) throws(Errno) -> Bool {
    if let error = onCall(directory) ?? onLook(String(decoding: name, as: UTF8.self)) {
      if error == .noSuchFileOrDirectory { return false }
      throw error
    }
    return try base.exists(name, in: directory)
  }

  func freshStatus(of directory: DirectoryHandle) throws(Errno) -> EntryStatus {
    if let error = onCall(directory) ?? onFreshDirectory(directory) { throw error }
    return asDirectory(try base.freshStatus(of: directory))
  }

  func look(at name: [UInt8], in directory: DirectoryHandle, isFresh: Bool) throws(Errno) -> EntryStatus {
    if let error = onCall(directory) ?? onLook(String(decoding: name, as: UTF8.self)) { throw error }
    return try base.look(at: name, in: directory, isFresh: isFresh)
  }

  func path(of directory: DirectoryHandle) -> [UInt8]? { base.path(of: directory) }

  func isAt(_ path: [UInt8], _ directory: DirectoryHandle) -> Bool? { onIsAt(path) ?? base.isAt(path, directory) }

  func mayChange(_ directory: DirectoryHandle) throws(Errno) {
    if let error = onAccess(String(decoding: path(of: directory) ?? [], as: UTF8.self)) { throw error }
    try base.mayChange(directory)
  }

  func mayRead(_ name: [UInt8], in parent: DirectoryHandle?) throws(Errno) {
    if let error = onAccess(String(decoding: name, as: UTF8.self)) { throw error }
    try base.mayRead(name, in: parent)
  }

  func touch(_ directory: DirectoryHandle) throws(Errno) -> FileTime {
    if let error = onCall(directory) { throw error }
    if let answer = onTouch() { return try answer.get() }
    return try base.touch(directory)
  }

  func list(
    _ directory: DirectoryHandle, limit: Int, order: EntryBatch.Order, mark: StaticString
  ) throws(Errno) -> EntryBatch? {
    if let error = onCall(directory) ?? onRead(directory) { throw error }
    if !tellsOfKinds { return try listWithoutKinds(directory, limit: limit, order: order, mark: mark) }
    return try base.list(directory, limit: listingLimit ?? limit, order: order, mark: tellsOfMark ? mark : "")
  }

  private func listWithoutKinds(
    _ directory: DirectoryHandle, limit: Int, order: EntryBatch.Order, mark: StaticString
  ) throws(Errno) -> EntryBatch? {
    try EntryBatch(limit: limit, order: order, mark: mark) { buffer in
      let length = ck_getdents64(directory.descriptor, buffer.baseAddress, buffer.count)
      var at = 0
      while at < length {
        // d_type, which follows d_reclen: DT_UNKNOWN.
        buffer[at + 18] = 0
        at += Int(buffer.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
      }
      return Int(length)
    }
  }

  func status(
    of indices: Range<Int>, in batch: EntryBatch, of directory: DirectoryHandle,
    receive: (Int, Result<EntryStatus, Errno>) -> Void
  ) {
    for index in indices {
      if let error = onCall(directory) ?? onStatus(String(decoding: batch.name(at: index), as: UTF8.self)) {
        receive(index, .failure(error))
      } else {
        base.status(of: index..<(index + 1), in: batch, of: directory, receive: receive)
      }
    }
  }

  func freshStatus(
    of indices: Range<Int>, of names: NameList, in directory: DirectoryHandle,
    receive: (Int, Result<EntryStatus, Errno>) -> Void
  ) {
    for index in indices {
      if let error = onCall(directory) ?? onCheck(String(decoding: names[index], as: UTF8.self)) {
        receive(index, .failure(error))
      } else {
        base.freshStatus(of: index..<(index + 1), of: names, in: directory) { receive($0, $1.map(asLook)) }
      }
    }
  }

  func removeFiles(
    _ indices: Range<Int>, of names: NameList, in directory: DirectoryHandle, clearance: (Int) -> Clearance,
    decide: (Int, EntryStatus) -> Bool, receive: (Int, RemovalResult, EntryStatus?) -> Void
  ) {
    for index in indices {
      if let error = onCall(directory) ?? onRemoveFile(String(decoding: names[index], as: UTF8.self)) {
        receive(
          index, clearance(index) == .refused ? .spared : error.meansVanished ? .vanished(error) : .failed(error), nil)
      } else {
        base.removeFiles(
          index..<(index + 1), of: names, in: directory, clearance: clearance,
          decide: { index, look in
            onLookBeforeRemoval()
            return decide(index, asLook(look))
          }, receive: receive)
      }
    }
  }

  func removeDirectory(
    _ name: [UInt8], in parent: DirectoryHandle, decide: (EntryStatus) -> Bool
  ) throws(Errno) -> Bool {
    if let error = onCall(parent) ?? onRemoveDirectory(String(decoding: name, as: UTF8.self)) { throw error }
    return try base.removeDirectory(name, in: parent, decide: decide)
  }
}

/// A gate that threads wait at until it is opened, and that tells how many wait.
final class Turnstile: Sendable {
  private let state = Monitor((isOpen: false, waiting: 0, most: 0))

  func pass() {
    state.withLock {
      $0.waiting += 1
      $0.most = max($0.most, $0.waiting)
    }
    state.broadcast()
    _ = state.wait { $0.isOpen ? true : nil }
    state.withLock { $0.waiting -= 1 }
  }

  func open() {
    state.withLock { $0.isOpen = true }
    state.broadcast()
  }

  /// Returns when so many wait at once, or after this time.
  @discardableResult
  func awaitCrowd(of count: Int, within time: Duration = .seconds(60)) -> Bool {
    state.wait(timeout: time) { $0.waiting >= count ? true : nil } ?? false
  }

  var mostAtOnce: Int { state.withLock { $0.most } }
}
