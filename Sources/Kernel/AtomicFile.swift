import Glibc
public import SystemPackage

/// Writes whole files so that a reader sees the old content or the new one, never a part.
public enum AtomicFile {
  /// Puts `bytes` at `path`; on return they are on disk. What stood there is replaced, or stays as it was when this throws
  /// anything but EIO, which may also mean that the replacement is not safely on disk.
  ///
  /// The new file appears first under another name in the same directory, which must therefore be writable. Where a
  /// device or pipe stands at `path` it is written to, not replaced.
  public static func write(_ bytes: [UInt8], to path: String) throws(Errno) {
    if try isSpecial(path) { return try writeInPlace(bytes, to: path) }
    let temporary = try createTemporary(beside: path)
    do throws(Errno) {
      try fill(temporary.file, with: bytes)
      guard rename(temporary.path, path) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      _ = unlink(temporary.path)
      throw error
    }
    try synchronizeDirectory(of: path)
  }

  /// Throws what `write` could only throw: a missing or read-only directory, a name no file can have, a directory at `path`.
  public static func probe(_ path: String) throws(Errno) {
    if try isSpecial(path) { return }
    let temporary = try createTemporary(beside: path)
    _ = unlink(temporary.path)
    try closing(temporary.file)
  }

  /// Replaces the content of the file at `path`, made if need be. For mounts of a single file, which cannot be renamed over.
  public static func writeInPlace(_ bytes: [UInt8], to path: String) throws(Errno) {
    let file = try opened(path, .writeOnly, [.create, .truncate])
    do throws(Errno) {
      try writeAll(bytes, to: file)
    } catch {
      try? file.close()
      throw error
    }
    try closing(file)
  }

  /// Whether something other than a regular file stands at `path`. A directory is an error.
  private static func isSpecial(_ path: String) throws(Errno) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT, !path.isEmpty else { throw Errno(rawValue: errno) }
      return false
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return false
    case S_IFDIR: throw .isDirectory
    default: return true
    }
  }

  private static func createTemporary(beside path: String) throws(Errno) -> (file: FileDescriptor, path: String) {
    // Containers give every process the same number, so only chance keeps two writers apart.
    let name = ".efs-purge-batch-\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    let temporary = "\(directory(of: path))/\(name)"
    return (try opened(temporary, .writeOnly, [.create, .exclusiveCreate]), temporary)
  }

  /// Writes, synchronizes and closes `file`; closed also when this throws.
  private static func fill(_ file: FileDescriptor, with bytes: [UInt8]) throws(Errno) {
    do throws(Errno) {
      try writeAll(bytes, to: file)
      guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      try? file.close()
      throw error
    }
    try closing(file)
  }

  /// The rename itself has succeeded by now: a directory that cannot be read, or a file system that cannot synchronize
  /// one, is no reason to call the file unwritten.
  private static func synchronizeDirectory(of path: String) throws(Errno) {
    guard let directory = try? opened(directory(of: path), .readOnly, .directory) else { return }
    defer { try? directory.close() }
    if fsync(directory.rawValue) != 0, errno == EIO { throw .ioError }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func opened(
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
