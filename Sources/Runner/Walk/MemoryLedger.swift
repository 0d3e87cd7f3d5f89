import Kernel
import Plan

/// What a walk holds on to, in bytes, against its budget: reserved before it is taken.
///
/// Whoever is refused does other work, which frees something, and never waits while holding. Only when nothing else can go
/// on, because the budget is too small for the tree, is it gone beyond: `overdrafts` tells.
struct MemoryLedger {
  let budget: Int
  private(set) var reserved = 0
  /// The largest `reserved` so far.
  private(set) var peak = 0
  /// Times that something was taken for which there was no room.
  private(set) var overdrafts = 0

  init(budget: Int) { self.budget = budget }

  var free: Int { max(0, budget - reserved) }

  /// Whoever takes looks at `free` first, unless there is no other way.
  mutating func reserve(_ bytes: Int) {
    if bytes > free { overdrafts += 1 }
    reserved += bytes
    peak = max(peak, reserved)
  }

  mutating func release(_ bytes: Int) { reserved -= bytes }
}

/// What things cost, in bytes of memory. User and kernel memory that pausing frees; sizes are those of 64-bit Linux.
enum MemoryPrice {
  /// An array's header, and what its allocation is rounded up by.
  static let array = 64
  /// A walk itself: its lists, counters and locks.
  static let walk = 32 * 1024
  /// A worker: 24 KiB of touched stack, what the kernel holds for a thread, and its pieces of work.
  static let worker = 24 * 1024 + PlainThread.kernelMemory + 4 * 1024
  /// A directory that is open: the handle, and the kernel's file, inode and entry, which cannot be taken back while it is.
  static let openDirectory = 2 * 1024
  /// A place in the table of directories, which grows by doubling and does not shrink, and in each list of work.
  static let slot =
    2 * MemoryLayout<DirectoryNode>.stride + 2 * (WorkLists.Kind.allCases.count + 1) * MemoryLayout<NodeID>.size
  /// A step on the way to a directory that is opened again.
  static let step = MemoryLayout<Reopening.Step>.stride + MemoryLayout<DirectoryHandle>.stride

  /// An entry that vanished, in an array that grows by doubling.
  static let vanishedEntry = 2 * MemoryLayout<VanishedEntry>.stride

  /// A directory in work, besides its place: its name, held twice while it waits to be removed, its short lists, and how far
  /// patterns have got with it.
  static func node(name length: Int, _ scope: PatternScope? = nil) -> Int {
    2 * (length + array) + 4 * array + (scope?.footprint ?? 0)
  }

  /// A directory in work, with its place, while it is open.
  static func directory(name length: Int, _ scope: PatternScope? = nil) -> Int {
    node(name: length, scope) + slot + openDirectory
  }

  /// A listing of so many bytes, at worst: its records, an entry for each, and the names of all as subdirectories.
  static func listing(_ limit: Int) -> Int {
    EntryBatch.footprint(capacity: limit) + 2 * array
      + NameList.mostFootprint(entries: limit / EntryBatch.leastRecord, bytes: limit)
  }

  /// So many entries with names of so many bytes at most, while they are judged: files that may go, and what was found to be
  /// subdirectories.
  static func judging(_ count: Int, name length: Int) -> Int {
    victimList + VictimList.mostFootprint(count: count, name: length)
      + NameList.mostFootprint(entries: count, bytes: count * (length + 1))
  }
  /// What must be free for intake: the smallest listing, of a new directory.
  static let leastIntake = listing(WalkLimits.smallListing) + directory(name: longestName)
  /// What must be free for judging.
  static let leastJudging = judging(WalkLimits.sharedChunk, name: longestName)
  /// What intake leaves free, so that what it brought in can be finished.
  static let leastDrain = leastJudging + 4 * openDirectory
  /// Of most file systems, in bytes.
  private static let longestName = 255

  /// A list's place in a lane, and the fresh looks at its files, of which there are 16 at most.
  static let victimList = 1024
}

/// Pieces of memory that are shared by several parts of work, each to be released with its last part.
struct SharedHoldings {
  private struct Holding {
    var serial: UInt32
    var parts: Int
    var bytes: Int
  }

  // Few: those of one directory.
  private var holdings: [Holding] = []

  mutating func add(_ serial: UInt32, parts: Int, bytes: Int) {
    holdings.append(Holding(serial: serial, parts: parts, bytes: bytes))
  }

  mutating func addPart(of serial: UInt32) {
    if let index = index(of: serial) { holdings[index].parts += 1 }
  }

  /// So many parts are done with; what that frees.
  mutating func drop(_ parts: Int = 1, of serial: UInt32) -> Int {
    guard let index = index(of: serial) else { return 0 }
    holdings[index].parts -= parts
    return holdings[index].parts > 0 ? 0 : holdings.remove(at: index).bytes
  }

  /// What all of them hold; they are done with.
  mutating func dropAll() -> Int {
    defer { holdings = [] }
    return holdings.reduce(0) { $0 + $1.bytes }
  }

  private func index(of serial: UInt32) -> Int? { holdings.firstIndex { $0.serial == serial } }
}
