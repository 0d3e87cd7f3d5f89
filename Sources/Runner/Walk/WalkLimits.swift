import Kernel
import Plan

/// What the walk must know of its target.
struct WalkRules: Sendable {
  var mode: RunMode
  var cutoff: Cutoff
  /// Removals in one directory run one at a time: then one worker does them, and the others leave theirs with it.
  var removalsAreSerial: Bool
  /// Only directories changed before this go when they are empty; nil: all stay.
  var emptyBefore: Timestamp?
  /// The same of the target's own folder.
  var ownFolderBefore: Timestamp?
  /// Of both together.
  var emptyDirectoryCap: EmptyDirectoryCap
  /// Files of the run itself, which stay whatever the rules say.
  var ownFiles: [FileIdentity] = []
  /// From when ages are counted.
  var now = Timestamp(seconds: 0)
  /// What clocks may differ by.
  var maxSkew: Duration = .zero
  /// By the wall clock. What was changed after it is not what was listed.
  var startedAt = Timestamp(WallClock.ofFileTimes())
}

/// How much of everything a walk may use.
struct WalkLimits: Sendable {
  /// Workers at most.
  var workers: Int
  /// Workers allowed at the beginning, and the fewest allowed later.
  var firstWorkers: Int
  /// Directories kept open at once, besides those in the workers' hands.
  var openDirectories: Int
  /// Directories on the way down that a worker keeps open when it opens a closed one again: those above it are needed next.
  var reopenedAtOnce = 32
  /// What the walk may hold on to, workers included.
  var memory: ByteCount
  /// The target's root is tried for so long when the server does not know it any more: one that was restarted may need a while
  /// to give out again what it had.
  var rootPatience: Duration = .seconds(10)

  /// Directories that stay open however short memory is, since going up and down a deep path would else mean opening all of it
  /// again and again. 32 KiB.
  static let keptOpen = 16
  /// Entries handed to a worker at once. Large enough that a lock per chunk costs nothing beside 256 calls; small enough
  /// that a flat directory is shared and that a stop is noticed.
  static let chunk = 256
  /// The same while others have nothing to do.
  static let sharedChunk = 16
  /// Looks that are round trips, after which a worker hands back the rest: eight of them are tens of milliseconds.
  static let slowLooks = 8
  /// Files that may wait for one directory's lane. A directory whose lane is full is left alone, so that a slow server
  /// makes nobody pile up names. Four chunks keep the lane busy while others look.
  static let laneCapacity = 1024
  /// The same where each removal is a round trip: as many round trips as the next names may take to come. There are as many
  /// such directories in work as workers, and each removes one name at a time.
  static let slowLaneCapacity = 64
  /// Removals, of empty subdirectories above all, that may wait in one lane before no further subdirectory is entered.
  static let laneLength = 256
  /// Bytes of the listing call that a walk begins with.
  static let firstListing = 32 * 1024
  /// Bytes of one listing call with so many workers, each of which may hold one.
  ///
  /// Many workers are on a network, where a page of names is as good as more. Few share a large directory with less waiting
  /// for each other when a call brings thousands of names, and sorted by inode these share blocks of the disk. Directories
  /// are small until they have shown to be large: each call may bring four times as much.
  static func listing(for workers: Int, after listings: Int) -> Int {
    switch workers {
    case ...8: min(firstListing << (2 * min(listings, 3)), 1024 * 1024)
    case ...256: firstListing
    default: 8 * 1024
    }
  }

  /// The same when memory is short: about 40 names.
  static let smallListing = 2048
  /// Entries of one directory that vanished, and that are looked for again at its end. Of more the first tell enough.
  static let vanished = 1024
  /// Listings in which an entry must be named that a look does not find, until the server is not believed.
  static let vanishedListings = 3
  /// Times that a directory is opened again because the server did not know it any more.
  static let losses = 8
  /// The directories above one in which something is removed are looked at once in this time, for what other clients do, and it
  /// takes at most one part in `wayCheckShare` of the time there.
  static let wayCheckInterval: Duration = .milliseconds(2)
  static let wayCheckShare = 40
  /// However slow the server is, or a single answer was.
  static let longestWayCheckInterval: Duration = .seconds(1)
  /// What is moved on this host is noticed with the first group after this.
  static let locationLasts: Duration = .milliseconds(1)
  /// Where calls are quick: a directory is asked for before the first name in it is looked at, and again after this.
  static let quickNameCheckLasts: Duration = .milliseconds(10)

  /// Times a directory is listed again because the server seems to have skipped entries. A server that still hides some
  /// after this many is broken; the outcome says so.
  static let rereads = 8
}
