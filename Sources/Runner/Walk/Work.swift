import Kernel
import SystemPackage

/// A piece of work the walk hands to a worker. It carries all it needs, so that it is done without a lock.
enum Work: Sendable {
  /// `limit`: bytes of listing to take at most; `reserved`: what the ledger holds for it at worst.
  case openRoot(reserved: Int, limit: Int)
  /// Open a directory again that was closed for want of descriptors.
  case reopen(Reopening)
  /// Open a subdirectory and list its beginning.
  case enter(Entering)
  /// List on.
  case read(Reading)
  /// Look at some files of a batch and judge them.
  case judge(Chunk)
  /// Take the fresh look at files that are about to be removed.
  case check(NodeID, DirectoryHandle, VictimList)
  /// Remove, as a holder of the directory's lane.
  case remove(NodeID, DirectoryHandle, Removal)
}

struct Entering: Sendable {
  /// What the ledger holds for it at worst.
  let reserved: Int
  let parent: NodeID
  let directory: DirectoryHandle
  let name: [UInt8]
  /// Bytes of listing to take at most.
  let limit: Int
}

struct Reading: Sendable {
  /// What the ledger holds for it at worst.
  let reserved: Int
  let node: NodeID
  let directory: DirectoryHandle
  let isRoot: Bool
  /// Set when the handle's position must be moved first.
  let seekTo: Int64?
  /// Bytes of listing to take at most.
  let limit: Int
}

struct Chunk: Sendable {
  /// What the ledger holds for the files in it that may go, at worst.
  let reserved: Int
  let node: NodeID
  let directory: DirectoryHandle
  let batch: EntryBatch
  /// The batch's, in the node's books.
  let serial: UInt32
  let indices: Range<Int>
  /// The directory's path relative to the target, with a final slash unless empty; only when patterns need it.
  let pathPrefix: [UInt8]
}

/// What is to be removed from one directory.
enum Removal: Sendable {
  case files(VictimList)
  /// An empty subdirectory of it.
  case directory(EmptyDirectory)
}

/// A subdirectory found empty, with what must still be true of it when it is removed.
struct EmptyDirectory: Sendable {
  let node: NodeID
  let name: [UInt8]
  let identity: FileIdentity
  /// Nil when we changed it ourselves.
  let modifiedAt: FileTime?
}

struct Reopening: Sendable {
  /// What the ledger holds for it at worst.
  let reserved: Int
  struct Step: Sendable {
    let node: NodeID
    let name: [UInt8]
    let identity: FileIdentity
  }
  let node: NodeID
  /// The nearest open directory above.
  let ancestor: NodeID
  let base: DirectoryHandle
  /// From just below `base` down to `node`.
  let steps: [Step]
  /// How many of the last steps are to be kept open.
  let kept: Int
}

/// Files of one directory that may go, each with what was seen of it; a part of a list shares the list's names.
struct VictimList: Sendable {
  struct FirstLook: Sendable {
    var inode: UInt64
    /// What its removal gives back.
    var bytes: UInt64
  }

  /// What fresh looks saw, some time ahead of the removal.
  struct FreshLooks: Sendable {
    /// The earliest of them.
    var at: MonotonicTime
    /// What each file's removal gives back, from index `first` on.
    var bytes: [UInt64]
    var first: Int
  }

  private(set) var names = NameList()
  private(set) var looks: [FirstLook] = []
  /// The part of `names` and `looks` that is meant.
  private(set) var indices = 0..<0
  private(set) var fresh: FreshLooks?
  /// The list's own, in the books of its directory; parts of a list have the same.
  var serial: UInt32 = 0

  var count: Int { indices.count }
  var isEmpty: Bool { indices.isEmpty }
  var isChecked: Bool { fresh != nil }

  /// `limit`: how many there can be at most, with names of so many bytes. Room is made once: growing step by step leaves
  /// pieces of memory behind in every thread.
  mutating func append(_ name: UnsafeBufferPointer<UInt8>, _ status: EntryStatus, limit: (count: Int, name: Int)) {
    if looks.isEmpty {
      looks.reserveCapacity(limit.count)
      names.reserveCapacity(names: limit.count, bytes: limit.count * (limit.name + 1))
    }
    names.append(name)
    looks.append(FirstLook(inode: status.identity.inode, bytes: status.bytesFreedByRemoval))
    indices = indices.lowerBound..<looks.count
  }

  /// What it holds on to, in bytes, for the ledger; parts share it.
  var footprint: Int { names.footprint + looks.capacity * MemoryLayout<FirstLook>.stride }

  /// The most that a list of so many files holds.
  static func mostFootprint(count: Int, name length: Int) -> Int {
    NameList.mostFootprint(entries: count, bytes: count * (length + 1)) + count * MemoryLayout<FirstLook>.stride
      + MemoryPrice.array
  }

  /// Takes the first files out; all when there are fewer.
  mutating func takeFirst(_ count: Int) -> VictimList {
    var taken = self
    taken.indices = indices.prefix(count)
    indices = taken.indices.upperBound..<indices.upperBound
    return taken
  }

  mutating func drop(_ count: Int) { indices.removeFirst(count) }

  /// The file at `index` alone, as a fresh look saw it.
  func checked(_ index: Int, seen at: MonotonicTime, bytes: UInt64) -> VictimList {
    var list = self
    list.indices = index..<(index + 1)
    list.fresh = FreshLooks(at: at, bytes: [bytes], first: index)
    return list
  }

  /// Takes in the file that follows.
  mutating func extendByOne(bytes: UInt64) {
    indices = indices.lowerBound..<(indices.upperBound + 1)
    fresh?.bytes.append(bytes)
  }

  /// What the removal of a file gives back by the fresh look; nil when there was none.
  func freshBytes(_ index: Int) -> UInt64? { fresh.map { $0.bytes[index - $0.first] } }
}

/// A piece of work done.
struct Delivery: Sendable {
  var completion: Completion
  /// What a call took in the mean; nil when there was none.
  var pace: Duration?
}

/// What a worker brings back.
enum Completion: Sendable {
  case openedRoot(DirectoryHandle, Listing, reserved: Int)
  /// The walk cannot begin.
  case rootFailed(reserved: Int)
  case reopened(Reopening, ReopeningResult)
  case entered(Entering, Entry)
  case read(Reading, Listing)
  case judged(Chunk, Judgement)
  case checked(NodeID, Checking)
  case removedFiles(NodeID, serial: UInt32, rest: VictimList, RemovalCount)
  case removedDirectory(parent: NodeID, child: NodeID, DirectoryRemoval)

  enum Entry: Sendable {
    case opened(DirectoryHandle, Listing)
    case vanished
    case failed
    /// A mount point that is not to be crossed.
    case otherFileSystem
    /// A `.purge-hold` stands in it.
    case held
    /// The run was stopped before.
    case left
  }

  enum ReopeningResult: Sendable {
    /// The last steps' handles, at most as many as were to be kept.
    case opened([DirectoryHandle])
    /// It is not where it was.
    case vanished
    case failed(Errno)
    case left
  }

  enum DirectoryRemoval: Sendable {
    case removed
    case vanished
    case notEmpty
    /// Another directory stands in its place, or somebody changed it.
    case changed
    case failed
    case left
  }
}

/// What one listing call brought.
enum Listing: Sendable {
  case batch(EntryBatch, Sorted)
  case end
  /// The directory was removed while we were in it.
  case vanished
  case failed
  /// The walk was stopped before.
  case left

  /// The entries of a batch that need no look: subdirectories by name, the others by number.
  struct Sorted: Sendable {
    var subdirectories = NameList()
    var symlinks = 0
    var specials = 0
    /// Files, and entries whose kind the listing does not say.
    var toJudge = 0
  }
}

/// What looking at a chunk brought.
struct Judgement: Sendable {
  var tally = Tally()
  var victims = VictimList()
  /// Found only by looking, where the listing does not say what is a directory.
  var subdirectories = NameList()
  /// Entries that stay.
  var staying = 0
  /// The walk was stopped in its middle.
  var isBrokenOff = false
  /// Not looked at, for others to share.
  var rest = 0..<0
}

/// What fresh looks at some files of a directory brought.
struct Checking: Sendable {
  /// Still to go, each list a run of neighbours.
  var remaining: [VictimList] = []
  /// Not looked at: the walk was stopped before.
  var rest: VictimList
  var count = RemovalCount()

  mutating func stillGoes(_ index: Int, of victims: VictimList, seen: MonotonicTime, bytes: UInt64) {
    if remaining.last?.indices.upperBound == index {
      remaining[remaining.count - 1].extendByOne(bytes: bytes)
    } else {
      remaining.append(victims.checked(index, seen: seen, bytes: bytes))
    }
  }
}

/// What became of some files of a directory.
struct RemovalCount: Sendable {
  var tally = Tally()
  var staying = 0
  var removed = 0
}
