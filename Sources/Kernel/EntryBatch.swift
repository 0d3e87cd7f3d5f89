import Glibc

/// One listing call's worth of a directory: the kernel's own records in one buffer, and where each entry lies in it.
///
/// One thread fills it, and may fill it again as long as it has shown it to nobody; after that any number may read it.
// @unchecked: it is changed only by `fill`, `sortByInode` and `trim`, whose caller holds the batch alone; the class exists so that a filled
// batch can be shared uncopied.
public final class EntryBatch: @unchecked Sendable {
  public struct Entry: Sendable {
    /// Of the name in the buffer.
    var offset: UInt32
    var inode: UInt64
    /// Nil when the listing does not say (DT_UNKNOWN).
    public var kind: FileKind?
  }

  public private(set) var entries: [Entry] = []
  /// Where the listing goes on after this batch; to be given to `DirectoryHandle.seek`.
  public private(set) var nextPosition: Int64 = 0
  private var buffer: UnsafeMutableRawBufferPointer
  /// Bytes of it that hold records.
  private var used = 0

  /// - Parameter capacity: bytes of listing it can take; a record takes 24 bytes and its name. At least 1 KiB, so that
  ///   the longest name fits.
  public init(capacity: Int) {
    let capacity = max(capacity, 1024)
    guard let start = malloc(capacity) else { fatalError("no memory for a listing of \(capacity) bytes") }
    buffer = UnsafeMutableRawBufferPointer(start: start, count: capacity)
  }

  deinit { free(buffer.baseAddress) }

  /// What a batch holds on to, for the ledger.
  public static func footprint(capacity: Int) -> Int {
    // An entry for each record; one of a short name takes 32 bytes of listing.
    capacity + capacity / 32 * MemoryLayout<Entry>.stride
  }

  /// Lists on, at most `limit` bytes; `read` is getdents64 or its stand-in and returns bytes, 0 at the end, or −errno.
  func fill(limit: Int, _ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    let length = read(UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(limit, buffer.count)]))
    entries.removeAll(keepingCapacity: true)
    used = max(0, length)
    guard length > 0 else { return length }
    // Records take at least 24 bytes, of common names 32: room made once leaves no pieces behind.
    entries.reserveCapacity(length / 32)
    var at = 0
    while at < length {
      // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name…
      let recordLength = Int(buffer.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
      nextPosition = buffer.loadUnaligned(fromByteOffset: at + 8, as: Int64.self)
      let nameAt = at + 19
      if !isDotOrDotDot(nameAt) {
        let inode = buffer.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        entries.append(Entry(offset: UInt32(nameAt), inode: inode, kind: FileKind(direntType: buffer[at + 18])))
      }
      at += recordLength
    }
    return length
  }

  /// Puts the entries in the order in which a disk keeps their inodes: what a local file system reads and writes for
  /// neighbours it then reads and writes once.
  public func sortByInode() { entries.sort { $0.inode < $1.inode } }

  /// Gives back the room that the listing did not take up. It is not filled again after that.
  public func trim() {
    // Making a block smaller leaves it where it is; should it fail, it stays as large as it was.
    guard let smaller = realloc(buffer.baseAddress, max(used, 1)) else { return }
    buffer = UnsafeMutableRawBufferPointer(start: smaller, count: max(used, 1))
  }

  /// The name of entry `index`, without its NUL. Valid while the batch is held and not filled again.
  public func name(at index: Int) -> UnsafeBufferPointer<UInt8> {
    let start = namePointer(at: index)
    return UnsafeBufferPointer(
      start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: EntryBatch.length(start))
  }

  @inline(__always)
  func namePointer(at index: Int) -> UnsafePointer<CChar> {
    // The buffer is never empty (see init).
    UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped).advanced(by: Int(entries[index].offset))
      .assumingMemoryBound(to: CChar.self)
  }

  private static func length(_ name: UnsafePointer<CChar>) -> Int {
    var count = 0
    while name[count] != 0 { count += 1 }
    return count
  }

  private func isDotOrDotDot(_ at: Int) -> Bool {
    let dot = UInt8(ascii: ".")
    guard buffer[at] == dot else { return false }
    return buffer[at + 1] == 0 || (buffer[at + 1] == dot && buffer[at + 2] == 0)
  }
}

extension FileKind {
  /// From d_type; nil for DT_UNKNOWN.
  init?(direntType: UInt8) {
    switch direntType {
    case 0: return nil
    case 4: self = .directory
    case 8: self = .file
    case 10: self = .symlink
    default: self = .special
    }
  }
}
