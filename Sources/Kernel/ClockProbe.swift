import CKernel
public import SystemPackage

/// What time the file system's server has.
public enum ClockProbe {
  /// Makes an empty file in `directory`, reads the time the server gave it, and removes it again.
  ///
  /// Throws what creating it throws (EACCES, EROFS, ENOSPC …); then the clock is not known.
  public static func time(of directory: DirectoryHandle) throws(Errno) -> FileTime {
    // Unique among the hosts that share the file system.
    let name = ".efs-purge-batch-clock-\(UInt64.random(in: .min ... .max))"
    let file = try kernelCall { ck_open_file(directory.descriptor, name, 1) }
    defer {
      _ = ck_close(file)
      _ = ck_unlink(directory.descriptor, name, 0)
    }
    var status = ck_status()
    _ = try kernelCall { ck_statx(directory.descriptor, name, CInt(CK_FRESH), UInt32(CK_BASIC), &status) }
    return FileTime(status.mtime)
  }
}
