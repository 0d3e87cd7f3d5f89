import CKernel

/// A time of the file system, in seconds and nanoseconds since 1970 UTC.
public struct FileTime: Hashable, Sendable {
  public var seconds: Int64
  public var nanoseconds: UInt32

  public init(seconds: Int64, nanoseconds: UInt32 = 0) { (self.seconds, self.nanoseconds) = (seconds, nanoseconds) }

  init(_ time: ck_time) { self.init(seconds: time.seconds, nanoseconds: time.nanoseconds) }
}

/// Which inode of which device: two looks that agree in it saw the same file.
public struct FileIdentity: Hashable, Sendable {
  public var device: UInt64
  public var inode: UInt64

  public init(device: UInt64, inode: UInt64) { (self.device, self.inode) = (device, inode) }

  init(_ status: ck_status) {
    self.init(device: UInt64(status.device_major) << 32 | UInt64(status.device_minor), inode: status.inode)
  }

  /// Whether the file system lies on a block device of this machine, and so behind no server. File systems without one have
  /// numbers with a major part of 0: those of the network, FUSE, but tmpfs and overlayfs, too.
  public var isOnBlockDevice: Bool { device >> 32 != 0 }

  /// Of the regular file that `path` leads to, links followed; nil when there is none.
  public static func ofFile(at path: String) -> FileIdentity? {
    var status = ck_status()
    return ck_file_status(path, -1, &status) == 0 ? ofFile(status) : nil
  }

  /// Of the link itself that stands at `path`; nil when there is none.
  public static func ofLink(at path: String) -> FileIdentity? {
    var status = ck_status()
    guard ck_link_status(path, &status) == 0, FileKind(mode: status.mode) == .symlink else { return nil }
    return FileIdentity(status)
  }

  /// Of the regular file that is open under this number; nil when there is none.
  public static func ofFile(openAs descriptor: CInt) -> FileIdentity? {
    var status = ck_status()
    return ck_file_status(nil, descriptor, &status) == 0 ? ofFile(status) : nil
  }

  private static func ofFile(_ status: ck_status) -> FileIdentity? {
    FileKind(mode: status.mode) == .file ? FileIdentity(status) : nil
  }
}

public enum FileKind: Hashable, Sendable { case file, directory, symlink, special }

/// What statx(2) said of one entry.
public struct EntryStatus: Hashable, Sendable {
  public var kind: FileKind
  public var identity: FileIdentity
  public var owner: UInt32
  public var links: UInt32
  public var size: UInt64
  /// Bytes that are really taken: 512 × blocks.
  public var allocatedBytes: UInt64
  public var mtime: FileTime
  /// Nil when the file system does not vouch for it.
  public var atime: FileTime?
  public var ctime: FileTime
  /// Nil when the file system keeps none.
  public var birth: FileTime?
  public var marks: Marks

  /// What sets it apart from others of its kind.
  public struct Marks: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let immutable = Marks(rawValue: UInt16(CK_IMMUTABLE))
    public static let appendOnly = Marks(rawValue: UInt16(CK_APPEND_ONLY))
    /// Something is mounted here. Absent on kernels before 5.8, which do not tell.
    public static let mountRoot = Marks(rawValue: UInt16(CK_MOUNT_ROOT))
    /// S_ISVTX, which no attribute has the place of.
    public static let sticky = Marks(rawValue: 0o1000)
  }

  /// Something is mounted here.
  public var isMountRoot: Bool { marks.contains(.mountRoot) }
  /// Immutable or append-only: it cannot be removed, whatever the rights.
  public var isFixed: Bool { !marks.isDisjoint(with: [.immutable, .appendOnly]) }
  /// Of a directory: only the owners of files, or its own, may remove them.
  public var isSticky: Bool { marks.contains(.sticky) }

  /// Of a file that is only supposed to stand somewhere: with one link, in no file system. All its times are `time`.
  public init(supposed kind: FileKind, owner: UInt32, size: UInt64, time: FileTime) {
    (self.kind, self.owner, self.size) = (kind, owner, size)
    (identity, links, allocatedBytes) = (FileIdentity(device: 0, inode: 0), 1, size)
    marks = []
    (mtime, atime, ctime, birth) = (time, time, time, time)
  }

  /// What removing this name gives back: the allocated bytes when it is the last link, else none.
  public var bytesFreedByRemoval: UInt64 { links <= 1 ? allocatedBytes : 0 }

  /// A pebibyte's worth: no file is larger, and a server that claims so must not make sums overflow.
  private static let mostBlocks: UInt64 = 1 << 41

  /// Nil when the file system left out something that a decision may rest on: a zero must not pass for a time in 1970.
  /// Only the access time may be missing, as on a mount with `noatime`.
  init?(_ status: ck_status) {
    let needed = UInt32(CK_BASIC) & ~UInt32(CK_ATIME)
    guard status.mask & needed == needed else { return nil }
    kind = FileKind(mode: status.mode)
    identity = FileIdentity(status)
    owner = status.owner
    links = status.links
    size = status.size
    allocatedBytes = min(status.blocks, EntryStatus.mostBlocks) * 512
    mtime = FileTime(status.mtime)
    atime = status.mask & UInt32(CK_ATIME) != 0 ? FileTime(status.atime) : nil
    ctime = FileTime(status.ctime)
    birth = status.mask & UInt32(CK_BIRTH) != 0 ? FileTime(status.birth) : nil
    marks = Marks(
      rawValue: UInt16(truncatingIfNeeded: status.attributes) | UInt16(status.mode & 0o1000))
  }
}

extension FileKind {
  /// From the format bits of a mode (S_IFMT).
  init(mode: UInt32) {
    switch mode & 0o170000 {
    case 0o100000: self = .file
    case 0o040000: self = .directory
    case 0o120000: self = .symlink
    default: self = .special
    }
  }
}
