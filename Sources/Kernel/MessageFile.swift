import Glibc
public import SystemPackage

/// A file that somebody else made to be left a message in, e.g. a container's termination log.
public enum MessageFile {
  /// Replaces the content of the file at `path`, made if need be. Never renamed over: it may be the mount of a single file. A pipe
  /// that nobody reads is an error (ENXIO), not waited for.
  public static func write(_ bytes: [UInt8], to path: String) throws(Errno) {
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate, .nonBlocking, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      try file.closeAfter {
        // Whoever does read is waited for.
        _ = fcntl(file.rawValue, F_SETFL, fcntl(file.rawValue, F_GETFL) & ~O_NONBLOCK)
        try file.writeAll(bytes)
      }
    } catch {
      // swift-system throws nothing else, which its signatures do not say.
      throw error as? Errno ?? .ioError
    }
  }
}
