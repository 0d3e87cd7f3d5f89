import Kernel
import Plan
import SystemPackage

/// A piece of work the walk hands to a worker. It carries all it needs, so that it is done without a lock.
enum Work: Sendable {
  /// `limit`: bytes of listing to take at most; `reserved`: what the ledger holds for it at worst.
  case openRoot(reserved: Int, limit: Int)
  /// Open a directory again that was closed for want of descriptors, or that the server does not know any more.
  case reopen(Reopening)
  /// Remove the target's root, in which nothing is left.
  case removeOwnFolder(OwnFolder.Removal)
  /// Open the target's root again, which the server does not know any more.
  case reopenRoot(FileIdentity)
  /// Open a subdirectory and list its beginning.
  case enter(Entering)
  /// List on.
  case read(Reading)
  /// Look at some files of a batch and judge them.
  case judge(Chunk)
  /// Take the fresh look at files that are about to be removed.
  case check(Place, VictimList, NameCheck)
  /// Remove, as a holder of the directory's lane.
  case remove(Place, Removal)
  /// See whether what vanished from a directory is really gone.
  case recheck(Recheck)
}

/// What vanished from a directory, to be looked for in a new listing of it.
struct Recheck: Sendable {
  /// What the ledger holds for it at worst.
  let reserved: Int
  let place: Place
  let vanished: [VanishedEntry]
  /// Bytes of listing to take at once.
  let limit: Int
}

/// An open directory in which something is to be done.
struct Place: Sendable {
  let node: NodeID
  let directory: DirectoryHandle
  /// The absolute path at which it must be; empty: not known, or not to be looked at now.
  var location: [UInt8] = []
  /// The way to it from the target's root, to be seen whether it is still there, and nobody protects it; nil: not now.
  var way: Way?
  /// Somebody has just looked for a hold in it.
  var isJustEntered = false
  /// In a dry run: whether removals would be permitted is to be asked.
  var isToBeRehearsed = false
  /// When it was last asked for.
  var askedAt = MonotonicTime.distantPast
}

/// The open directories above one, from the one right above it to the root.
struct Way: Sendable {
  struct Step: Sendable {
    let node: NodeID
    let directory: DirectoryHandle
    /// What lies in it on the way down.
    let child: NodeID
    let name: [UInt8]
    let identity: FileIdentity
    /// Nobody has asked it lately.
    let isToBeAsked: Bool
  }

  /// The target's root, which must be found at the target's path; nil: somebody has looked lately.
  let root: FileIdentity?
  var steps: [Step] = []

  /// Somebody on it is to be asked.
  var asks: Bool { root != nil || steps.contains(where: \.isToBeAsked) }

  /// Calls that it takes at most.
  var calls: Int { (root == nil ? 0 : 1) + steps.reduce(0) { $0 + ($1.isToBeAsked ? 3 : 1) } }
}

/// Whether the directory must be asked for before the names in it: see `DirectoryHandle.freshStatus`.
enum NameCheck: Hashable, Sendable {
  /// `isJustEntered`: nobody need look again for a hold in it.
  case needed(isJustEntered: Bool)
  /// It was asked at this time.
  case done(MonotonicTime)

  var isNeeded: Bool { if case .needed = self { true } else { false } }
  var isJustEntered: Bool { self == .needed(isJustEntered: true) }
}

/// Why nothing more is done in a directory for now.
enum Halt: Hashable, Sendable {
  /// The server does not know it any more (ESTALE): it is opened again.
  case lost
  /// It is not where it was.
  case moved
  /// A `.purge-hold` stands in it, or above it.
  case held
}

struct Entering: Sendable {
  /// What the ledger holds for it at worst.
  let reserved: Int
  let parent: NodeID
  let directory: DirectoryHandle
  let name: [UInt8]
  /// The parent's; nil: there are no patterns.
  let scope: PatternScope?
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
  let repetition: RepetitionGuard
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
  /// Of its files, others' are protected.
  let isSticky: Bool
  /// The directory's; nil: there are no patterns.
  let scope: PatternScope?
}

/// What is to be removed from one directory.
enum Removal: Sendable {
  case files(VictimList)
  /// An empty subdirectory of it.
  case directory(EmptyDirectory, NameCheck)
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
  /// The short way, if there is one.
  let wayBack: WayBack?
}

/// An open directory so many levels below one that is closed.
final class WayBack: Sendable {
  let directory: DirectoryHandle
  let levels: Int

  init(_ directory: DirectoryHandle, levels: Int) { (self.directory, self.levels) = (directory, levels) }
}

/// An entry that was listed, and that the server said later is not there.
struct VanishedEntry: Sendable {
  enum Kind: Sendable { case unreadFile, file, directory, emptyDirectory }

  let kind: Kind
  /// Of its name.
  let hash: Int
  /// As it was seen; 0: it was not.
  let inode: UInt64
  /// What the server said; `.staleNFSFileHandle` where another file stood under the name.
  let error: Errno

  init(_ kind: Kind, _ name: UnsafeBufferPointer<UInt8>, inode: UInt64, _ error: Errno) {
    (self.kind, self.inode, self.error) = (kind, inode, error)
    hash = VanishedEntry.hash(of: name)
  }

  init(_ kind: Kind, _ name: [UInt8], inode: UInt64, _ error: Errno) {
    self = name.withUnsafeBufferPointer { VanishedEntry(kind, $0, inode: inode, error) }
  }

  static func hash(of name: UnsafeBufferPointer<UInt8>) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(name))
    return hasher.finalize()
  }
}

/// Files of one directory that may go, each with what was seen of it; a part of a list shares the list's names.
struct VictimList: Sendable {
  struct FirstLook: Sendable {
    let inode: UInt64
    /// The highest bit: it is a link, the next one: see `isForbidden`. There is one for each file, and no file has so many bytes.
    private let packed: UInt64
    private static let link: UInt64 = 1 << 63
    private static let forbidden: UInt64 = 1 << 62

    init(_ status: EntryStatus, isForbidden: Bool) {
      inode = status.identity.inode
      packed =
        status.bytesFreedByRemoval | (status.kind == .symlink ? FirstLook.link : 0)
        | (isForbidden ? FirstLook.forbidden : 0)
    }

    /// What its removal gives back.
    var bytes: UInt64 { packed & ~(FirstLook.link | FirstLook.forbidden) }
    var isLink: Bool { packed & FirstLook.link != 0 }
    /// Of a dry run: its removal would not be permitted for a reason of its own.
    var isForbidden: Bool { packed & FirstLook.forbidden != 0 }
    var kind: FileKind { isLink ? .symlink : .file }
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
  /// By which each goes; empty when there is one set of them only.
  private var criteria: [UInt8] = []
  /// The part of `names` and `looks` that is meant.
  private(set) var indices = 0..<0
  private(set) var fresh: FreshLooks?
  /// The list's own, in the books of its directory; parts of a list have the same.
  var serial: UInt32 = 0

  var count: Int { indices.count }
  var isEmpty: Bool { indices.isEmpty }
  var isChecked: Bool { fresh != nil }

  func criteria(_ index: Int) -> UInt8 { criteria.isEmpty ? 0 : criteria[index] }

  /// `limit`: how many there can be at most, with names of so many bytes. Room is made once: growing step by step leaves
  /// pieces of memory behind in every thread.
  ///
  /// `criteria`: those by which the file goes; nil when there is one set of them only.
  mutating func append(
    _ name: UnsafeBufferPointer<UInt8>, _ status: EntryStatus, by number: UInt8? = nil, isForbidden: Bool = false,
    limit: (count: Int, name: Int)
  ) {
    if looks.isEmpty {
      if number != nil { criteria.reserveCapacity(limit.count) }
      looks.reserveCapacity(limit.count)
      names.reserveCapacity(names: limit.count, bytes: limit.count * (limit.name + 1))
    }
    names.append(name)
    if let number { criteria.append(number) }
    looks.append(FirstLook(status, isForbidden: isForbidden))
    indices = indices.lowerBound..<looks.count
  }

  /// What it holds on to, in bytes, for the ledger; parts share it.
  var footprint: Int { names.footprint + looks.capacity * MemoryLayout<FirstLook>.stride + criteria.capacity }

  /// The most that a list of so many files holds.
  static func mostFootprint(count: Int, name length: Int) -> Int {
    NameList.mostFootprint(entries: count, bytes: count * (length + 1)) + count * MemoryLayout<FirstLook>.stride
      + count + 2 * MemoryPrice.array
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
indirect enum Completion: Sendable {
  /// `location`: where the root is; empty when that cannot be told.
  case openedRoot(DirectoryHandle, Listing, PatternScope?, location: [UInt8], reserved: Int)
  /// Patterns leave nothing to do in the target.
  case rootPassedOver(FolderPassedOver, reserved: Int)
  /// The walk cannot begin.
  case rootFailed(reserved: Int)
  case reopened(Reopening, ReopeningResult)
  case entered(Entering, Entry)
  case read(Reading, Listing)
  case judged(Chunk, Judgement)
  case reopenedRoot(RootReopening)
  case removedOwnFolder(DirectoryRemoval)
  case checked(Place, Checking)
  case removedFiles(Place, serial: UInt32, rest: VictimList, RemovalCount, Halt?, askedAt: MonotonicTime)
  case removedDirectory(Place, EmptyDirectory, DirectoryRemoval, namesCheckedAt: MonotonicTime?)
  case rechecked(Recheck, Rechecking)

  enum Entry: Sendable {
    case opened(DirectoryHandle, Listing, PatternScope?)
    case passedOver(FolderPassedOver)
    case vanished(Errno)
    /// The server does not know the parent any more.
    case lost
    case failed
    /// A mount point that is not to be crossed.
    case otherFileSystem
    /// A `.purge-hold` stands in it.
    case held
    case lostAndFound
    /// The run was stopped before.
    case left
  }

  enum ReopeningResult: Sendable {
    /// The last steps' handles, at most as many as were to be kept.
    case opened([DirectoryHandle])
    /// This step is not where it was.
    case vanished(step: Int, Errno)
    /// The server does not know the directory it was opened from.
    case lost
    case failed(Errno)
    case left
  }

  enum RootReopening: Sendable {
    case opened(DirectoryHandle)
    /// It is not to be had, or it is another one; the walk ends.
    case failed
    case left
  }

  enum DirectoryRemoval: Hashable, Sendable {
    case removed
    case vanished(Errno)
    case notEmpty
    /// Another directory stands in its place, or somebody changed it.
    case changed
    case stays(EmptyDirectory.ReasonToStay)
    case failed
    case left
    /// Nothing was tried.
    case halted(Halt)
  }
}

/// What one listing call brought.
enum Listing: Sendable {
  case batch(EntryBatch, Sorted, RepetitionGuard)
  case end
  /// The directory was removed while we were in it.
  case vanished
  /// The server does not know it any more.
  case lost
  case failed
  /// The walk was stopped before.
  case left

  /// The entries of a batch that need no look: subdirectories by name, the others by number.
  struct Sorted: Sendable {
    var subdirectories = NameList()
    /// All others: files, and what the listing says is none, which only a look can tell.
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
  /// The server does not know the directory any more; from the first of `rest` on.
  var isLost = false
  var vanished: [VanishedEntry] = []

  mutating func keep(_ reason: KeepReason) {
    tally.filesScanned += 1
    tally.filesKept[reason] += 1
    staying += 1
  }

  mutating func keep(_ unseen: Choices.Unseen) {
    switch unseen {
    case .file(let reason): keep(reason)
    case .other(let kind): skip(kind)
    }
  }

  /// What is no file, and stays.
  mutating func skip(_ kind: FileKind) {
    switch kind {
    case .file, .directory: return
    case .symlink: tally.symlinksSkipped += 1
    case .special: tally.specialFilesSkipped += 1
    }
    staying += 1
  }
}

/// What fresh looks at some files of a directory brought.
struct Checking: Sendable {
  /// Still to go, each list a run of neighbours.
  var remaining: [VictimList] = []
  /// Not looked at: the walk was stopped before, or the directory is halted.
  var rest: VictimList
  var count = RemovalCount()
  var halt: Halt?
  /// The directory was to be asked for, for all, and others wait for that still.
  var holdsUp: Bool

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
  var vanished: [VanishedEntry] = []
}

/// What looking again for what vanished from a directory brought.
struct Rechecking: Sendable {
  enum End: Hashable, Sendable {
    case done
    case left
    case halted(Halt)
  }

  var end = End.done
  /// Still named by the listing, of each kind.
  var files: UInt64 = 0
  var unreadFiles: UInt64 = 0
  var directories: UInt64 = 0
  var emptyDirectories: UInt64 = 0
  /// Others that have taken the names of what is gone.
  var others = 0
}
