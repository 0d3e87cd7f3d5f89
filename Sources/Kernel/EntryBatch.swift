import Glibc
import SystemPackage

/// One listing call's worth of a directory: the kernel's own records, and where each entry's name lies in them. Any number of
/// threads may read it.
// @unchecked: a pointer is not Sendable; what it points to is not written any more once the batch exists.
public final class EntryBatch: @unchecked Sendable {
  public struct Entry: Sendable {
    public var inode: UInt64
    /// Of the name in the records.
    var offset: UInt32
    /// Nil when the listing does not say (DT_UNKNOWN).
    public var kind: FileKind?
  }

  /// The order of a batch's entries.
  public enum Order: Hashable, Sendable {
    case asListed
    /// As a disk keeps them: what a local file system reads and writes for neighbours, it reads and writes once.
    case byInode
  }

  public let entries: [Entry]
  /// Where the listing goes on after this batch; to be given to `DirectoryHandle.seek`.
  public let nextPosition: Int64
  /// No name is longer, in bytes without its NUL.
  public let longestName: Int
  /// One of the entries has the name that was asked for.
  public let hasMark: Bool
  /// What it holds on to, in bytes, for the ledger.
  public let footprint: Int
  private let records: UnsafeRawPointer

  /// Lists on, at most `limit` bytes (at least 1 KiB, so that the longest name fits); nil at the end. `read` is getdents64,
  /// or stands in for it: bytes, 0 at the end, or −errno. `mark`: the name that sets `hasMark`.
  init?(
    limit: Int, order: Order, mark: StaticString, _ read: (UnsafeMutableRawBufferPointer) -> Int
  ) throws(Errno) {
    let capacity = max(limit, EntryBatch.leastListing)
    guard let start = malloc(capacity) else { throw .noMemory }
    let length: Int
    do {
      length = try kernelCall { read(UnsafeMutableRawBufferPointer(start: start, count: capacity)) }
    } catch {
      free(start)
      throw error
    }
    guard length > 0 else {
      free(start)
      return nil
    }
    // Made smaller it stays where it is; should that fail, it stays as large as it was.
    records = UnsafeRawPointer(realloc(start, length) ?? start)
    var found = EntryBatch.parse(UnsafeRawBufferPointer(start: records, count: length), mark)
    if order == .byInode { found.entries.sort { $0.inode < $1.inode } }
    (entries, nextPosition, longestName) = (found.entries, found.nextPosition, found.longestName)
    hasMark = found.hasMark
    footprint = length + found.entries.capacity * MemoryLayout<Entry>.stride
  }

  deinit { free(UnsafeMutableRawPointer(mutating: records)) }

  /// The most that a batch of a listing of so many bytes holds on to; while it is read, too.
  public static func footprint(capacity: Int) -> Int {
    let capacity = max(capacity, leastListing)
    return capacity + capacity / leastRecord * MemoryLayout<Entry>.stride
  }

  /// The longest name fits.
  static let leastListing = 1024
  /// Of an entry with a name of up to four bytes.
  public static let leastRecord = 24

  private static func parse(
    _ records: UnsafeRawBufferPointer, _ mark: StaticString
  ) -> (entries: [Entry], nextPosition: Int64, longestName: Int, hasMark: Bool) {
    var entries: [Entry] = []
    // Room made once leaves no pieces behind; what is not used of it is hardly ever touched.
    entries.reserveCapacity(records.count / leastRecord)
    var nextPosition: Int64 = 0
    var longestRecord = leastRecord
    var hasMark = false
    let markLength = recordLength(ofName: mark.utf8CodeUnitCount)
    var at = 0
    while at < records.count {
      // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name…
      let recordLength = Int(records.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
      nextPosition = records.loadUnaligned(fromByteOffset: at + 8, as: Int64.self)
      let nameAt = at + 19
      if !isDotOrDotDot(records, nameAt) {
        let inode = records.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let kind = FileKind(direntType: records[at + 18])
        entries.append(Entry(inode: inode, offset: UInt32(nameAt), kind: kind))
      }
      if recordLength == markLength, isMark(records, nameAt, mark) { hasMark = true }
      longestRecord = max(longestRecord, recordLength)
      at += recordLength
    }
    return (entries, nextPosition, longestRecord - 20, hasMark)
  }

  /// What stands before the name, the name, its NUL, and what fills up to eight bytes.
  private static func recordLength(ofName length: Int) -> Int { (19 + length + 1 + 7) / 8 * 8 }

  /// `mark` with its NUL lies within the record.
  private static func isMark(_ records: UnsafeRawBufferPointer, _ at: Int, _ mark: StaticString) -> Bool {
    let length = mark.utf8CodeUnitCount
    guard length > 0, records[at] == mark.utf8Start[0], let start = records.baseAddress, records[at + length] == 0
    else {
      return false
    }
    return memcmp(start + at, mark.utf8Start, length) == 0
  }

  /// The name of entry `index`, without its NUL. Valid while the batch is held.
  public func name(at index: Int) -> UnsafeBufferPointer<UInt8> {
    let start = namePointer(at: index)
    return UnsafeBufferPointer(
      start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: strlen(start))
  }

  @inline(__always)
  func namePointer(at index: Int) -> UnsafePointer<CChar> {
    records.advanced(by: Int(entries[index].offset)).assumingMemoryBound(to: CChar.self)
  }

  private static func isDotOrDotDot(_ records: UnsafeRawBufferPointer, _ at: Int) -> Bool {
    let dot = UInt8(ascii: ".")
    guard records[at] == dot else { return false }
    return records[at + 1] == 0 || (records[at + 1] == dot && records[at + 2] == 0)
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
