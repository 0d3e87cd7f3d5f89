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

  /// Opens the absolute `path`, following no link in any of its components (ELOOP or ENOTDIR where one stands).
  public static func open(path: [UInt8]) throws(Errno) -> DirectoryHandle {
    var handle = try adopting(kernelCall { ck_open_directory(-1, "/") })
    for component in path.split(separator: UInt8(ascii: "/")) {
      handle = try handle.openDirectory(Array(component))
    }
    return handle
  }

  /// Opens the directory `name` in this one; ELOOP or ENOTDIR when it is a link.
  public func openDirectory(_ name: [UInt8]) throws(Errno) -> DirectoryHandle {
    let cName = name + [0]
    return try DirectoryHandle.adopting(
      kernelCall {
        cName.withUnsafeBytes { ck_open_directory(descriptor, $0.baseAddress?.assumingMemoryBound(to: CChar.self)) }
      })
  }

  /// Goes on listing at a position a batch gave; 0 is the beginning.
  public func seek(to position: Int64) throws(Errno) {
    _ = try kernelCall { ck_seek(descriptor, position) }
  }

  private static func adopting(_ descriptor: CInt) throws(Errno) -> DirectoryHandle {
    var status = ck_status()
    do {
      _ = try kernelCall { ck_statx(descriptor, "", 0, UInt32(CK_BASIC), &status) }
    } catch {
      _ = ck_close(descriptor)
      throw error
    }
    return DirectoryHandle(descriptor: descriptor, status: EntryStatus(status))
  }
}
