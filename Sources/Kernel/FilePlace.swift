import CKernel

/// Where a regular file stands, or would if it were made: equal for two paths that name one file.
public enum FilePlace: Hashable, Sendable {
  case file(FileIdentity)
  case name(String, in: FileIdentity)

  /// Nil: it cannot be told, or something else stands there, a device or a pipe, say, that any number may write to.
  public init?(_ path: String) {
    var status = ck_status()
    if ck_file_status(path, -1, &status) == 0 {
      guard FileKind(mode: status.mode) == .file else { return nil }
      self = .file(FileIdentity(status))
    } else {
      guard ck_file_status(AtomicFile.directory(of: path), -1, &status) == 0 else { return nil }
      self = .name(AtomicFile.name(of: path), in: FileIdentity(status))
    }
  }

  /// Whether both are known to name one file.
  public static func areOne(_ path: String, _ other: String) -> Bool {
    FilePlace(path).map { $0 == FilePlace(other) } ?? false
  }
}
