import CKernel
public import SystemPackage

/// An open directory. Closed when the last holder lets go; entries are reached relative to it, so a renamed or replaced
/// parent cannot lead anywhere else. Usable from any thread; the reading position is shared, so one thread reads.
public final class DirectoryHandle: Sendable {
  let descriptor: CInt
  /// As it was when opened.
  public let status: EntryStatus

  private init(descriptor: CInt, status: EntryStatus) { (self.descriptor, self.status) = (descriptor, status) }

  deinit { _ = ck_close(descriptor) }

  public var identity: FileIdentity { status.identity }

  /// What a directory is opened for.
  public enum Access: Hashable, Sendable {
    /// To list it.
    case list
    /// To reach what is below it; needs no read permission.
    case pass
  }

  /// Opens the absolute `path` to be listed, following no link in any of its components (ELOOP or ENOTDIR where one stands).
  public static func open(path: [UInt8]) throws(Errno) -> DirectoryHandle {
    let components = path.split(separator: UInt8(ascii: "/"))
    var handle = try adopting(kernelCall { ck_open_directory(-1, "/", components.isEmpty ? 1 : 0) })
    for (index, component) in components.enumerated() {
      handle = try handle.openDirectory(Array(component), for: index + 1 == components.count ? .list : .pass)
    }
    return handle
  }

  /// Opens the directory `name` in this one; ELOOP or ENOTDIR when it is a link.
  public func openDirectory(_ name: [UInt8], for access: Access) throws(Errno) -> DirectoryHandle {
    let cName = name + [0]
    return try DirectoryHandle.adopting(
      kernelCall {
        cName.withUnsafeBytes {
          ck_open_directory(
            descriptor, $0.baseAddress?.assumingMemoryBound(to: CChar.self), access == .list ? 1 : 0)
        }
      })
  }

  /// The directory as the server has it now. The client then forgets what names it has cached of it, if somebody else has
  /// changed it since: only after that does a look at a name look at what the server has under it.
  public func freshStatus() throws(Errno) -> EntryStatus {
    try DirectoryHandle.status(of: descriptor, sync: CInt(CK_FRESH))
  }

  /// The absolute path it is at now, as far as this host knows; nil where the kernel does not tell (no /proc, a path of 4096
  /// bytes or more). Asks no server.
  public var path: [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let length = buffer.withUnsafeMutableBytes { ck_path(descriptor, $0.baseAddress, $0.count) }
    return length > 0 && length < buffer.count ? Array(buffer[..<Int(length)]) : nil
  }

  /// Whether it is at this path still; nil as for `path`.
  public func isAt(_ path: [UInt8]) -> Bool? {
    let answer = path.withUnsafeBytes { ck_is_at(descriptor, $0.baseAddress, $0.count) }
    return answer < 0 ? nil : answer == 1
  }

  /// Goes on listing at a position a batch gave; 0 is the beginning.
  public func seek(to position: Int64) throws(Errno) {
    _ = try kernelCall { ck_seek(descriptor, position) }
  }

  /// What time the server has: that to which it sets this directory's times on our request.
  ///
  /// Needs just what a removal in it needs, write permission, and no room on the disk. A removal would set the same times.
  public func touch() throws(Errno) -> FileTime {
    _ = try kernelCall { ck_touch(descriptor) }
    return try DirectoryHandle.status(of: descriptor, sync: CInt(CK_FRESH)).mtime
  }

  /// Makes an empty file with a name that nothing has, and looks at it as the server has it.
  public func createFile(_ name: [UInt8]) throws(Errno) -> EntryStatus {
    var names = NameList()
    names.append(name)
    let file = try kernelCall { names.withCName(at: 0) { ck_create_file(descriptor, $0) } }
    defer { _ = ck_close(file) }
    return try DirectoryHandle.status(of: file, sync: CInt(CK_FRESH), mask: CInt(CK_BASIC | CK_BIRTH))
  }

  private static func adopting(_ descriptor: CInt) throws(Errno) -> DirectoryHandle {
    do {
      return DirectoryHandle(descriptor: descriptor, status: try status(of: descriptor, sync: 0))
    } catch {
      _ = ck_close(descriptor)
      throw error
    }
  }

  private static func status(
    of descriptor: CInt, sync: CInt, mask: CInt = CInt(CK_BASIC)
  ) throws(Errno) -> EntryStatus {
    var status = ck_status()
    _ = try kernelCall { ck_statx(descriptor, "", sync, UInt32(mask), &status) }
    guard let known = EntryStatus(status) else { throw .noData }
    return known
  }
}
