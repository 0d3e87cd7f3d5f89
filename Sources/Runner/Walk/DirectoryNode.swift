import Kernel
import Plan
import SystemPackage

/// A directory between the moment it is entered and the moment it is settled.
struct DirectoryNode {
  /// Nil for the target's root.
  let parent: NodeID?
  /// Empty for the target's root.
  let name: [UInt8]
  /// The root is 0.
  let depth: Int
  let identity: FileIdentity
  /// As it was when we came, before our own removals changed it.
  var modifiedAt: FileTime

  /// Nil while closed for want of descriptors, or lost; then it is opened again relative to its parent.
  var handle: DirectoryHandle?
  /// While it is closed, the short way to it on a deep path.
  var wayBack: WayBack?
  /// Pieces of work in flight that use the handle.
  var users = 0
  var isReopening = false

  enum Cursor { case ready, reading, exhausted }
  var cursor = Cursor.ready
  /// Where the listing goes on.
  var position: Int64 = 0
  /// Listing calls that were handed out after the first.
  var listings = 0
  var repetition = RepetitionGuard()
  /// The handle's own position is not `position`.
  var needsSeek = false

  /// Subdirectories listed but not entered: at most one batch's, because a directory is read on only when they are gone.
  var subdirectories = NameList()
  /// What nobody judges yet of the batch read last, and what was handed back of it. Each is a part of its own.
  var unclaimed: [Claims] = []
  /// Batches that are being judged, and lists of files that wait to be removed.
  var holdings = SharedHoldings()

  /// What patterns make of its entries; nil: there are no patterns.
  var scope: PatternScope?

  var lane = RemovalLane()
  /// What a call in this directory took lately, in the mean.
  var pace: Duration = .zero {
    didSet { (lookahead, takesRoundTrips) = (.init(pace: pace), pace >= RemovalLane.roundTrip) }
  }
  private(set) var lookahead = RemovalLane.Lookahead(pace: .zero)
  private(set) var takesRoundTrips = false

  /// Parts that are not finished: the listing, subdirectories, chunks, and all files of the lane as one.
  var pending = 1
  /// Entries that stay, as far as we know. A directory goes only when none do.
  var remaining = 0
  /// It stays even when nothing is left in it.
  var reasonToStay: EmptyDirectory.ReasonToStay?
  /// We removed something here at all, so that its times say nothing about others any more.
  var isChangedByUs = false
  /// We removed something since the present listing began.
  var removedSomething = false
  /// Listings after the first.
  var rereads = 0
  var fate = Fate.scanned
  var rehearsal = ForeseenRefusals()
  /// When it is to be asked again whether what lies in it on the way down is still there.
  var nextWayCheck = MonotonicTime.distantPast
  /// Times that the server did not know it any more.
  var losses: UInt8 = 0
  /// The first that vanished from it, until it is seen whether they are really gone.
  var vanished: [VanishedEntry] = []
  /// Its parts are done, and it is to be seen what became of `vanished`.
  var isToBeRechecked = false
  /// Nothing more is done in it: what waits, and what still comes, is given up.
  var end: End?

  enum End: Hashable {
    case vanished(Errno)
    case held
    case failed(Errno)
  }

  /// How it will be counted, in order of gravity: the gravest counts.
  enum Fate: Int {
    case scanned, vanished, held, left, failed
  }
  var marks: Marks = []

  /// The kinds of work for which the walk's lists name this directory.
  struct Marks: OptionSet { let rawValue: UInt8 }

  /// Entries of a batch to be handed out.
  struct Claims {
    let batch: EntryBatch
    /// The batch's, in the node's books.
    let serial: UInt32
    var indices: Range<Int>
  }
}

// MARK: - What there is to do in it

extension DirectoryNode {
  var canBeEntered: Bool { !subdirectories.isEmpty && isWorkedIn && lane.length < WalkLimits.laneLength }

  var canBeRead: Bool {
    cursor == .ready && subdirectories.isEmpty && unclaimed.isEmpty && isWorkedIn
      && lane.files < laneCapacity && lane.length < WalkLimits.laneLength
  }

  var canBeJudged: Bool { !unclaimed.isEmpty && isWorkedIn && lane.files < laneCapacity }

  var canBeRechecked: Bool { isToBeRechecked && isWorkedIn }

  private var isWorkedIn: Bool { !isReopening && end == nil }

  /// Calls in this directory are round trips. On a disk of this machine they are not: what takes long there is the processor,
  /// or the disk's journal, and nothing is gained by looking ahead.
  var isSlow: Bool { takesRoundTrips && !identity.isOnBlockDevice }
  private var laneCapacity: Int { isSlow ? WalkLimits.slowLaneCapacity : WalkLimits.laneCapacity }

  func canBeChecked(serially isSerial: Bool) -> Bool {
    isWorkedIn && manner(serially: isSerial).looksAhead && lane.hasToCheck(lookahead)
  }

  func hasToRemove(_ manner: RemovalLane.Manner) -> Bool { isWorkedIn && lane.hasToRemove(manner) }

  /// How removals are carried out here. `shared`: for a worker that has nothing else to do.
  func manner(serially isSerial: Bool, shared: Bool = false) -> RemovalLane.Manner {
    guard isSerial else { return .pretended }
    if isSlow { return .slow }
    return shared ? .quickShared : .quick
  }

  /// The kinds of work there are.
  func offers(serially isSerial: Bool) -> Marks {
    var offers: Marks = []
    if hasToRemove(manner(serially: isSerial)) {
      offers.insert(WorkLists.Kind.removal.mark)
    } else if hasToRemove(manner(serially: isSerial, shared: true)) {
      offers.insert(WorkLists.Kind.sharedRemoval.mark)
    }
    if canBeChecked(serially: isSerial) { offers.insert(WorkLists.Kind.check.mark) }
    if canBeRechecked { offers.insert(WorkLists.Kind.recheck.mark) }
    if canBeEntered { offers.insert(WorkLists.Kind.subdirectory.mark) }
    if canBeJudged { offers.insert(WorkLists.Kind.judging.mark) }
    if canBeRead { offers.insert((users == 0 ? WorkLists.Kind.listing : .sharedListing).mark) }
    return offers
  }
}

extension DirectoryNode {
  /// What stands in a slot that is free.
  static let vacant = DirectoryNode(
    parent: nil, name: [], depth: 0, identity: FileIdentity(device: 0, inode: 0), modifiedAt: FileTime(seconds: 0))
}
