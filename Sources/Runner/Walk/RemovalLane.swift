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
  /// When the directory was last asked for.
  private var namesCheckedAt = MonotonicTime.distantPast
  /// How long that serves, and when to ask anew, in time, so that nobody has to wait for the answer.
  private var namesServeUntil = MonotonicTime.distantPast
  private var checkIsDueAt = MonotonicTime.distantPast
  /// Names given out to be looked at since.
  private var namesSinceCheck: Int32 = 0
  private var isCheckingNames = false
  /// Until then nobody need look again for a hold in the directory.
  private var entryServesUntil = MonotonicTime.distantPast
  /// Names given out to be removed since it was last seen whether the directory is where it was.
  private var namesSinceLocated = namesPerLocation

  /// Fresh looks must not be older than this when they are used.
  static let freshness: Duration = .seconds(1)
  /// What takes so long is a round trip to a server, or to a disk. Calls that need neither take microseconds.
  static let roundTrip: Duration = .microseconds(200)
  /// Names that are looked at, or a few more, between two questions to the directory itself. A name that the client has cached
  /// is another file's by now if somebody else has renamed something meanwhile; it learns so from the directory only.
  static let namesPerCheck: Int32 = 128
  /// A look at the directory serves no longer than this.
  static let nameCheckLasts: Duration = freshness / 2
  private static let quickCheckLasts = WalkLimits.quickNameCheckLasts.nanoseconds
  static let nameCheckIsRenewed: Duration = nameCheckLasts * 0.75
  /// Removals between two looks at whether the directory is where it was.
  static let namesPerLocation = 16

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

  /// Files to be looked at for the lane, and whether the directory is to be asked for first; nil when enough are or will be.
  mutating func takeToCheck(_ lookahead: Lookahead, at now: MonotonicTime) -> (VictimList, NameCheck)? {
    guard !waiting.isEmpty, let count = roomAhead(lookahead), let check = checkAhead(at: now) else { return nil }
    let victims = takeWaiting(count)
    ahead += victims.count
    namesSinceCheck += Int32(victims.count)
    return (victims, check)
  }

  /// Nil: the answer is waited for, or the lane is, to ask.
  ///
  /// One asks for all, as the lane's only user: the client takes an answer that crosses one of our own removals for a change by
  /// somebody else, and looks up anew each name it knows.
  private mutating func checkAhead(at now: MonotonicTime) -> NameCheck? {
    if holders == 0, !isCheckingNames, isCheckDue(at: now) {
      isCheckingNames = true
      return check(at: now)
    }
    return now < namesServeUntil ? .done(namesCheckedAt) : nil
  }

  private mutating func check(at now: MonotonicTime) -> NameCheck {
    guard isCheckDue(at: now) else { return .done(namesCheckedAt) }
    namesSinceCheck = 0
    defer { entryServesUntil = .distantPast }
    return .needed(isJustEntered: now < entryServesUntil)
  }

  private func isCheckDue(at now: MonotonicTime) -> Bool {
    now >= checkIsDueAt || namesSinceCheck >= RemovalLane.namesPerCheck
  }

  /// The directory was asked for at this time.
  mutating func namesChecked(at time: MonotonicTime) {
    guard time > namesCheckedAt else { return }
    namesCheckedAt = time
    namesServeUntil = time.advanced(by: RemovalLane.nameCheckLasts)
    checkIsDueAt = time.advanced(by: RemovalLane.nameCheckIsRenewed)
  }

  /// Who asked for all has the answer, or will not get one.
  mutating func endCheck() { isCheckingNames = false }

  /// The directory was entered at this time, and there was no hold in it.
  mutating func entered(at time: MonotonicTime) {
    entryServesUntil = time.advanced(by: RemovalLane.nameCheckIsRenewed)
  }

  func hasToCheck(_ lookahead: Lookahead) -> Bool { !waiting.isEmpty && roomAhead(lookahead) != nil }

  /// How many more may be looked at now; nil: none.
  private func roomAhead(_ lookahead: Lookahead) -> Int? {
    // The first few in small pieces, so that the lane has something to do soon.
    let count = Swift.max(1, Swift.min(ahead, lookahead.group))
    // One piece is being removed while the next is looked at, however slow the server.
    return ahead + count <= Swift.max(lookahead.most, 2 * count) ? count : nil
  }

  /// A piece of looking is done: `remaining` are still to go, `rest` was not looked at, `settled` others do not go.
  mutating func checked(_ remaining: [VictimList], rest: VictimList, settled: Int) {
    checked.append(contentsOf: remaining)
    ahead -= settled + rest.count
    files -= settled
    putBack(rest)
  }

  // MARK: Removing

  /// What the lane's next holder is to remove; nil when there is nothing, when there are holders enough, or when the directory is
  /// to be asked for first.
  mutating func takeToRemove(_ manner: Manner, _ lookahead: Lookahead, at now: MonotonicTime) -> Removal? {
    guard holders < manner.holders, !isCheckingNames else { return nil }
    if manner.looksAhead, hasToCheck(lookahead), isCheckDue(at: now) { return nil }
    guard let removal = nextRemoval(manner, at: now) else { return nil }
    holders += 1
    return removal
  }

  func hasToRemove(_ manner: Manner) -> Bool {
    guard holders < manner.holders, !isCheckingNames else { return false }
    return !checked.isEmpty || !emptyDirectories.isEmpty || (!manner.looksAhead && !waiting.isEmpty)
  }

  private mutating func nextRemoval(_ manner: Manner, at now: MonotonicTime) -> Removal? {
    if !checked.isEmpty { return .files(checked.removeFirst()) }
    if !manner.looksAhead, !waiting.isEmpty { return .files(takeWaiting(manner.group)) }
    guard let empty = emptyDirectories.popLast() else { return nil }
    namesSinceCheck += 1
    return .directory(empty, check(at: now))
  }

  /// Whether the directory is asked for before this is removed.
  mutating func nameCheck(for removal: Removal, at now: MonotonicTime) -> NameCheck {
    switch removal {
    case .directory(_, let nameCheck): return nameCheck
    case .files(let victims) where victims.isChecked: return .done(namesCheckedAt)
    case .files(let victims):
      namesSinceCheck += Int32(victims.count)
      let isRecent = now.nanoseconds(since: namesCheckedAt) < RemovalLane.quickCheckLasts
      if isRecent, namesSinceCheck <= RemovalLane.namesPerCheck { return .done(namesCheckedAt) }
      namesSinceCheck = Int32(victims.count)
      return .needed(isJustEntered: false)
    }
  }

  /// Whether it is to be seen whether the directory is where it was, before this is removed.
  mutating func isToBeLocated(for removal: Removal) -> Bool {
    guard case .files(let victims) = removal, victims.isChecked else { return true }
    namesSinceLocated += victims.count
    guard namesSinceLocated > RemovalLane.namesPerLocation else { return false }
    namesSinceLocated = victims.count
    return true
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

  /// A holder brings back a directory for which nothing was tried.
  mutating func putBack(_ directory: EmptyDirectory) {
    holders -= 1
    emptyDirectories.append(directory)
  }

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
    static let slow = Manner(holders: 1, looksAhead: true, group: Lookahead.mostInGroup)
    /// Where calls are quick, 64 removals are less than a millisecond: a lock for each would cost more than it tells.
    static let quick = Manner(holders: 1, looksAhead: false, group: 64)
    /// Two: the part under the directory's lock is about half of a removal.
    static let quickShared = Manner(holders: 2, looksAhead: false, group: 64)
    /// Nothing is removed, so nothing is locked.
    static let pretended = Manner(holders: .max, looksAhead: false, group: WalkLimits.chunk)
  }

  /// How far ahead of the removals names are looked at, by what a call takes in the directory.
  struct Lookahead {
    /// Names looked at and not removed, those in the lane's holder's hands included: as many as are removed in `timeAhead`, since
    /// what is looked at early may be another file by the time it is removed; and however long that takes one that is being
    /// removed, two that come next, and three that are being looked at, since answers take longer now and then.
    let most: Int
    /// Names in one piece where each is a round trip: little waits behind it, and what it learnt is known soon.
    let group: Int

    static let mostNames = 16
    private static let fewestNames = 6
    static let mostInGroup = 4
    private static let timeAhead: Int64 = 40_000_000
    /// What the directory said may be half of `freshness` old when a look begins.
    private static let usable: Int64 = 300_000_000

    init(pace: Duration) {
      let pace = Swift.max(pace.nanoseconds, 1000)
      let wanted = Swift.max(Lookahead.fewestNames, Int(Lookahead.timeAhead / pace))
      most = Swift.min(Lookahead.mostNames, wanted, Int(Lookahead.usable / pace))
      group = Swift.max(1, Swift.min(Lookahead.mostInGroup, Int(Lookahead.timeAhead / 3 / pace)))
    }
  }
}
