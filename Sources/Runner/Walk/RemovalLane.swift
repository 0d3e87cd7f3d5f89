import Kernel

/// The removals of one directory, from the first look at a file until it is settled.
///
/// unlink(2) holds the directory's lock for its whole duration. Where that is a round trip to a server, a second remover
/// would only wait for the first, so the lane has one holder, and others take the fresh looks for it, a few names ahead:
/// then it spends one round trip per file. Where calls cost microseconds, the holder looks right before each removal; there
/// a second holder helps, because freeing the inode, half of the work, happens outside the lock.
struct RemovalLane {
  /// Files that the first look found old, a list for each piece of judging.
  private(set) var waiting: [VictimList] = []
  /// Files that a fresh look found still old, with that look.
  private(set) var checked: [VictimList] = []
  /// Subdirectories found empty.
  private(set) var emptyDirectories: [EmptyDirectory] = []
  private(set) var holders = 0
  /// Files in `waiting`.
  private(set) var waitingFiles = 0
  /// Files looked at ahead and not settled: in `checked`, or in the hands of those who look or remove.
  private(set) var ahead = 0
  /// Files not settled.
  private(set) var files = 0

  /// Fresh looks must not be older than this when they are used.
  static let freshness: Duration = .seconds(1)
  /// What takes so long is a round trip to a server, or to a disk. Calls that need neither take microseconds.
  static let roundTrip: Duration = .microseconds(200)
  /// Names that are looked at ahead of the lane, those in its holder's hands included.
  static let mostAhead = 16
  /// Names in one piece where each is a round trip: little waits behind it, and what it learnt is known soon.
  static let slowGroup = 4

  /// Lists of files and empty subdirectories that wait for the lane.
  var length: Int { waiting.count + checked.count + emptyDirectories.count }

  /// No file waits or is in anybody's hands.
  var hasNoFiles: Bool { files == 0 }

  mutating func append(_ victims: VictimList) {
    waiting.append(victims)
    waitingFiles += victims.count
    files += victims.count
  }

  mutating func append(_ directory: EmptyDirectory) { emptyDirectories.append(directory) }

  // MARK: Looking ahead

  /// Files to be looked at for the lane; nil when enough are or will be.
  mutating func takeToCheck(answering pace: Duration) -> VictimList? {
    guard let count = roomAhead(answering: pace), !waiting.isEmpty else { return nil }
    let victims = takeWaiting(count)
    ahead += victims.count
    return victims
  }

  func hasToCheck(answering pace: Duration) -> Bool { !waiting.isEmpty && roomAhead(answering: pace) != nil }

  /// How many more may be looked at now; nil: none.
  private func roomAhead(answering pace: Duration) -> Int? {
    let most = Swift.min(RemovalLane.mostAhead, RemovalLane.answers(at: pace, in: RemovalLane.freshness * 0.8))
    // The first few in small pieces, so that the lane has something to do soon.
    let count = Swift.max(1, Swift.min(ahead, RemovalLane.slowGroup(at: pace)))
    // One piece is being removed while the next is looked at, however slow the server.
    return ahead + count <= Swift.max(most, 2 * count) ? count : nil
  }

  private static func answers(at pace: Duration, in time: Duration) -> Int {
    Int(time / Swift.max(pace, .microseconds(1)))
  }

  static func slowGroup(at pace: Duration) -> Int {
    Swift.max(1, Swift.min(slowGroup, answers(at: pace, in: freshness * 0.4)))
  }

  /// A piece of looking is done: `remaining` are still to go, `rest` was not looked at, `settled` others do not go.
  mutating func checked(_ remaining: [VictimList], rest: VictimList, settled: Int) {
    checked.append(contentsOf: remaining)
    ahead -= settled + rest.count
    files -= settled
    putBack(rest)
  }

  // MARK: Removing

  /// What the lane's next holder is to remove; nil when there is nothing, or when there are holders enough.
  mutating func takeToRemove(_ manner: Manner) -> Removal? {
    guard holders < manner.holders, let removal = nextRemoval(manner) else { return nil }
    holders += 1
    return removal
  }

  func hasToRemove(_ manner: Manner) -> Bool {
    guard holders < manner.holders else { return false }
    return !checked.isEmpty || !emptyDirectories.isEmpty || (!manner.looksAhead && !waiting.isEmpty)
  }

  private mutating func nextRemoval(_ manner: Manner) -> Removal? {
    if !checked.isEmpty { return .files(checked.removeFirst()) }
    if !manner.looksAhead, !waiting.isEmpty { return .files(takeWaiting(manner.group)) }
    return emptyDirectories.popLast().map { .directory($0) }
  }

  private mutating func takeWaiting(_ count: Int) -> VictimList {
    let taken = waiting[0].takeFirst(count)
    if waiting[0].isEmpty { waiting.removeFirst() }
    waitingFiles -= taken.count
    return taken
  }

  /// A holder is done with `settled` files and brings the rest of its piece back.
  mutating func removed(_ settled: Int, rest: VictimList) {
    holders -= 1
    files -= settled
    guard rest.isChecked else { return putBack(rest) }
    ahead -= settled
    if !rest.isEmpty { checked.insert(rest, at: 0) }
  }

  private mutating func putBack(_ rest: VictimList) {
    guard !rest.isEmpty else { return }
    waiting.insert(rest, at: 0)
    waitingFiles += rest.count
  }

  mutating func removedDirectory() { holders -= 1 }

  /// Takes all that waits out of the lane: which files, and which directories.
  mutating func giveUp() -> (lists: [VictimList], directories: [EmptyDirectory]) {
    let checkedFiles = checked.reduce(0) { $0 + $1.count }
    defer {
      ahead -= checkedFiles
      files -= waitingFiles + checkedFiles
      (waiting, checked, emptyDirectories, waitingFiles) = ([], [], [], 0)
    }
    return (waiting + checked, emptyDirectories)
  }

  /// How the removals of a directory are carried out.
  struct Manner: Hashable {
    /// At most so many at once.
    var holders: Int
    /// Fresh looks are taken by others, ahead of the removals.
    var looksAhead: Bool
    /// Removals between two visits to the books.
    var group: Int

    /// Only one at a time; looked at ahead.
    static let slow = Manner(holders: 1, looksAhead: true, group: slowGroup)
    /// Where calls are quick, 64 removals are less than a millisecond: a lock for each would cost more than it tells.
    static let quick = Manner(holders: 1, looksAhead: false, group: 64)
    /// Two: the part under the directory's lock is about half of a removal.
    static let quickShared = Manner(holders: 2, looksAhead: false, group: 64)
    /// Nothing is removed, so nothing is locked.
    static let pretended = Manner(holders: .max, looksAhead: false, group: WalkLimits.chunk)
  }
}
