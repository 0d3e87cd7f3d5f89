import Glibc
public import SystemPackage

/// A file that is written piece by piece and appears whole, under its name, when it is committed: a reader sees the old content
/// or the new one, never a part.
///
/// Until then it stands under another name in the same directory, which must therefore be writable. Where a device or pipe
/// stands at the path, or a link to what a process has open (`/dev/stdout`), that is written to, not replaced. One thread at a time uses it; `commit` or `abandon` ends it.
public struct AtomicFile: Sendable {
  private enum Place: Sendable {
    case beside(TemporaryFile)
    case special(FileDescriptor)
  }

  private let path: String
  private let place: Place

  /// What one write to a pipe waits for its reader.
  private static let patience: Duration = .seconds(5)

  /// Throws what writing could only throw later: a missing or read-only directory, a name no file can have, a directory at
  /// `path`, a pipe that nobody reads (ENXIO).
  ///
  /// - Parameter pattern: what `path` was made from, where it is another one each time: the temporary file is named after it, so
  ///   that the next process finds what a killed one has left.
  public init(at path: String, madeFrom pattern: String? = nil) throws(Errno) {
    self.path = path
    if try AtomicFile.isSpecial(path) {
      place = .special(try AtomicFile.openedSpecial(path))
    } else {
      place = .beside(try TemporaryFile(beside: path, namedAfter: pattern ?? path))
    }
  }

  /// Writes to a descriptor that is open, and leaves it so.
  public init(openAs descriptor: FileDescriptor) throws(Errno) {
    path = ""
    place = .special(try AtomicFile.copy(of: descriptor.rawValue))
  }

  private static func openedSpecial(_ path: String) throws(Errno) -> FileDescriptor {
    guard let link = DescriptorLink(at: path) else {
      // Opening a pipe without a reader would wait for one.
      return try opened(path, .writeOnly, .nonBlocking)
    }
    // Opened anew, a file would be written to from its beginning, over what is written through the descriptor.
    if let own = link.ownDescriptor { return try copy(of: own) }
    return try opened(path, .writeOnly, [.nonBlocking, .append])
  }

  private static func copy(of descriptor: CInt) throws(Errno) -> FileDescriptor {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: copy)
  }

  private var file: FileDescriptor {
    switch place {
    case .beside(let temporary): temporary.file
    case .special(let file): file
    }
  }

  /// Of what is being written to, which is not yet at the path; nil where that is no regular file.
  public var identity: FileIdentity? { FileIdentity.ofFile(openAs: file.rawValue) }

  public func write(_ bytes: [UInt8]) throws(Errno) {
    let (_, failure) = writeMost(of: bytes)
    if let failure { throw failure }
  }

  /// How many of `bytes` were written, and why not all of them.
  func writeMost(of bytes: [UInt8]) -> (written: Int, failure: Errno?) {
    var (written, failure): (Int, Errno?) = (0, nil)
    bytes.withUnsafeBytes { buffer in
      while written < buffer.count, failure == nil {
        do throws(Errno) {
          written += try writeSome(UnsafeRawBufferPointer(rebasing: buffer[written...]))
        } catch {
          failure = error
        }
      }
    }
    return (written, failure)
  }

  /// Puts the file under its name; on return it is on disk. When this throws anything but EIO, which may also mean that the
  /// replacement is not safely on disk, what stood there stays as it was.
  public func commit() throws(Errno) {
    guard case .beside(let temporary) = place else { return try AtomicFile.closing(file) }
    do throws(Errno) {
      guard fsync(file.rawValue) == 0, rename(temporary.path, path) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      abandon()
      throw error
    }
    // Until here the lock on it keeps others from the temporary name.
    try AtomicFile.closing(file)
    try AtomicFile.synchronizeDirectory(of: path)
  }

  /// Leaves what stands at the path as it is.
  public func abandon() {
    if case .beside(let temporary) = place { _ = unlink(temporary.path) }
    try? file.close()
  }

  /// At least one byte.
  private func writeSome(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
    do {
      return try file.write(bytes)
    } catch Errno.resourceTemporarilyUnavailable {
      try waitForReader()
      return 0
    } catch {
      throw AtomicFile.asErrno(error)
    }
  }

  private func waitForReader() throws(Errno) {
    var polled = pollfd(fd: file.rawValue, events: Int16(POLLOUT), revents: 0)
    let ready = poll(&polled, 1, CInt(AtomicFile.patience.components.seconds * 1000))
    if ready == 0 { throw .timedOut }
    if ready < 0, errno != EINTR { throw Errno(rawValue: errno) }
  }

  /// The rename itself has succeeded by now: a directory that cannot be read, or a file system that cannot synchronize
  /// one, is no reason to call the file unwritten.
  private static func synchronizeDirectory(of path: String) throws(Errno) {
    guard let directory = try? opened(directory(of: path), .readOnly, .directory) else { return }
    defer { try? directory.close() }
    if fsync(directory.rawValue) != 0, errno == EIO { throw .ioError }
  }

  /// Whether something stands at `path` that is to be written to, not replaced. A directory is an error.
  private static func isSpecial(_ path: String) throws(Errno) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT, !path.isEmpty else { throw Errno(rawValue: errno) }
      return false
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return DescriptorLink(at: path) != nil
    case S_IFDIR: throw .isDirectory
    default: return true
    }
  }
}

extension AtomicFile {
  /// Replaces what stands at `path` by `bytes`, whole. Where that cannot be done the file that stands there is written over, which
  /// needs neither a folder that can be written to nor, where it is as long, further room; a reader may then see a part for a
  /// moment. Where the disk is too full for that, too (ENOSPC, EDQUOT), nothing is left of what stood there, since it would be
  /// taken for `bytes`. Nothing is done to a device or a pipe.
  ///
  /// - Parameter pattern: see `init`.
  public static func put(_ bytes: [UInt8], at path: String, madeFrom pattern: String? = nil) throws(Errno) {
    if try isSpecial(path) { return }
    do throws(Errno) {
      let file = try AtomicFile(at: path, madeFrom: pattern)
      do throws(Errno) {
        try file.write(bytes)
      } catch {
        file.abandon()
        throw error
      }
      try file.commit()
    } catch {
      if (try? overwrite(bytes, at: path)) != nil { return }
      if error.meansFull { try clear(path) }
      throw error
    }
  }

  private static func overwrite(_ bytes: [UInt8], at path: String) throws(Errno) {
    let file = try opened(path, .writeOnly, .noFollow)
    do throws(Errno) {
      try writeAll(bytes, to: file)
      guard ftruncate(file.rawValue, off_t(bytes.count)) == 0, fsync(file.rawValue) == 0 else {
        throw Errno(rawValue: errno)
      }
    } catch {
      // A part of each would be neither.
      _ = ftruncate(file.rawValue, 0)
      try? file.close()
      throw error
    }
    try closing(file)
  }

  /// Cuts what stands at `path` to nothing, or removes it where it cannot be written to.
  private static func clear(_ path: String) throws(Errno) {
    if let file = try? opened(path, .writeOnly, [.noFollow, .truncate]) { return try closing(file) }
    guard unlink(path) == 0 || errno == ENOENT else { throw Errno(rawValue: errno) }
  }

  static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Its last component.
  static func name(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
  }

  static func opened(
    _ path: String, _ mode: FileDescriptor.AccessMode, _ options: FileDescriptor.OpenOptions
  ) throws(Errno) -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        path, mode, options: options.union(.closeOnExec), permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw asErrno(error)
    }
  }

  private static func writeAll(_ bytes: [UInt8], to file: FileDescriptor) throws(Errno) {
    do {
      try file.writeAll(bytes)
    } catch {
      throw asErrno(error)
    }
  }

  private static func closing(_ file: FileDescriptor) throws(Errno) {
    do {
      try file.close()
    } catch {
      throw asErrno(error)
    }
  }

  /// swift-system throws nothing but `Errno`, which its signatures do not say.
  private static func asErrno(_ error: any Error) -> Errno { error as? Errno ?? .ioError }
}

extension Errno {
  /// The disk, or somebody's part of it, is full.
  public var meansFull: Bool { self == .noSpace || self == .diskQuotaExceeded }
}
