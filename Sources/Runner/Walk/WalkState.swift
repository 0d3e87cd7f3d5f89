import Kernel
import Plan
import SystemPackage

/// The schedule of one target's walk: which directories are in work, what there is to do next, and what came of it.
///
/// A plain value. It does no I/O and waits for nothing; the walk keeps it behind its lock. Nothing in it grows with the
/// tree: subdirectories are at most one listing's worth per directory in work, directories in work are at most the depth
/// for each worker and those that wait in lanes to be removed, and these are of bounded length.
struct WalkState {
  let rules: WalkRules
  var limits: WalkLimits
  var table = DirectoryTable()
  var lists = WorkLists()
  var root: NodeID?
  /// The absolute path of the root when it was opened; empty: not known.
  var rootLocation: [UInt8] = []
  /// The server did not know the target's root any more: what has a name now may be a copy of what had it.
  var hasLostSight = false
  private(set) var hasBegun = false
  /// What becomes of the root when all below it is done.
  var ownFolder = OwnFolder.stays
  var isFinished = false
  var tally = Tally()

  /// How many workers there may be now.
  var pool: WorkerPool
  var workers = 0
  var idle = 0
  var peakWorkers = 0
  /// Workers at work over time: what was summed up, over how many seconds, until when.
  private var busyTime = (workers: 0.0, seconds: 0.0, until: MonotonicTime.now())
  /// Set when the walk is to end early.
  var stop: Ending?
  /// How far intake is open: shut, nothing new is entered or listed, and what was listed is finished.
  private(set) var opening = IntakeGate.Opening()
  /// Idle workers that are to go home; one stays.
  var retiring = 0
  /// What the walk holds on to.
  var ledger: MemoryLedger
  /// Numbers batches and lists of files for the books of their directories.
  private var serials: UInt32 = 0
  /// When the system last refused a descriptor.
  var yieldedAt: MonotonicTime?

  var openDirectories = 0
  /// Open directories in the order in which they were opened, and some that are not any more.
  var openOrder = OpenOrder()
  var subdirectoriesBeingEntered = 0
  /// Files judged old and not dealt with.
  var unsettledFiles = 0
  /// Entries of directories that could not be reached any more, and why; whoever logs them sets it back.
  var unreachableEntries: UInt64 = 0
  var unreachableFor = Errno.ioError
  /// Directories that were listed `WalkLimits.rereads` times and still gave up entries.
  var restlessDirectories = 0
  /// Set by `settleWhatIsLeft`: the books are closed, and what still comes back is not booked.
  var isSettled = false

  init(rules: WalkRules, limits: WalkLimits, now: MonotonicTime = .now()) {
    self.rules = rules
    self.limits = limits
    self.pool = WorkerPool(fewest: limits.firstWorkers, most: limits.workers, now: now)
    self.ledger = MemoryLedger(budget: Int(clamping: limits.memory.bytes))
    ledger.reserve(MemoryPrice.walk)
    if !rules.cutoff.selection.isOfEverything { ledger.reserve(PatternMatchers.mostMemory) }
  }

  /// Takes the number of workers at work as that since the last time.
  mutating func noteBusy(at now: MonotonicTime) {
    let seconds = now.since(busyTime.until).inSeconds
    busyTime = (busyTime.workers + Double(workers - idle) * seconds, busyTime.seconds + seconds, now)
  }

  /// Workers at work in the mean over the time so far.
  var meanBusy: Double { busyTime.seconds > 0 ? busyTime.workers / busyTime.seconds : Double(peakWorkers) }

  mutating func nextSerial() -> UInt32 {
    serials &+= 1
    return serials
  }

  /// Takes notice of what the memory monitor wants.
  mutating func heed(_ opening: IntakeGate.Opening) {
    guard opening != self.opening else { return }
    self.opening = opening
    retiring = 0
    pool.narrow(to: opening.workers)
  }

  /// What is wrong at the end of a walk that was not stopped, when something was judged and then lost.
  var unsettled: String? { unsettledFiles == 0 ? nil : "\(unsettledFiles) files unsettled" }
}

// MARK: - Giving out work

extension WalkState {
  /// What a worker is to do.
  enum Order {
    case work(Work)
    /// It is no longer counted; the last one tells that the walk is over.
    case goHome(isLast: Bool)
  }

  /// Nothing more is given out.
  var isOver: Bool { isSettled || isFinished || stop != nil }

  /// What a worker is to do next; nil: wait, and be counted as idle until it asks again.
  mutating func order(preferring preferred: NodeID?, wasIdle: Bool) -> Order? {
    if wasIdle { idle -= 1 }
    if isOver || workers > pool.allowed { return goHome() }
    if let work = take(preferring: preferred) { return .work(work) }
    if retiring > 0, workers > 1 {
      retiring -= 1
      return goHome()
    }
    idle += 1
    return nil
  }

  private mutating func goHome() -> Order {
    workers -= 1
    ledger.release(MemoryPrice.worker)
    return .goHome(isLast: workers == 0)
  }

  /// Counts one more worker in; false when there is no memory for it. The first is always taken.
  mutating func addWorker() -> Bool {
    // Workers without anything to take in would be of no use.
    let needed = MemoryPrice.worker + MemoryPrice.leastIntake + MemoryPrice.leastDrain
    guard workers == 0 || ledger.free >= needed else { return false }
    ledger.reserve(MemoryPrice.worker)
    workers += 1
    peakWorkers = max(peakWorkers, workers)
    return true
  }

  /// The worker could not be started.
  mutating func takeBackWorker() {
    workers -= 1
    ledger.release(MemoryPrice.worker)
  }

  /// The next piece of work for a worker that just had to do with `preferred`; nil when there is none now.
  ///
  /// What frees comes before what takes: removals, the rest of a directory in hand, directories that only need their
  /// end seen, and only then new ones. Whoever finds nothing else helps others.
  private mutating func take(preferring preferred: NodeID?) -> Work? {
    if !hasBegun {
      hasBegun = true
      return openRoot()
    }
    if ownFolder == .waits, let root {
      ownFolder = .beingRemoved
      return .removeOwnFolder(OwnFolder.Removal(table[root]))
    }
    if let work = take(preferring: preferred, canJudge: canJudge, canTakeIn: isIntakeOpen && canTakeIn) { return work }
    // When others are at work, they will free something. Otherwise it goes on beyond the budget, one piece at a time.
    guard workers - idle == 1, !opening.isShut || !lists.isEmpty(.judging) else { return nil }
    while isIntakeOpen, !canTakeIn, openDirectories > WalkLimits.keptOpen, closeTopmost(sparing: preferred) {}
    return take(preferring: preferred, canJudge: true, canTakeIn: isIntakeOpen)
  }

  private mutating func take(preferring preferred: NodeID?, canJudge: Bool, canTakeIn: Bool) -> Work? {
    if let preferred, table.contains(preferred) {
      if let work = nextRemoval(in: preferred) ?? nextCheck(in: preferred) { return work }
      if canJudge, let work = claimChunk(of: preferred) { return work }
      if canTakeIn, let work = readOn(preferred) { return work }
    }
    if let work = take(.removal, { $0.nextRemoval(in: $1) }) { return work }
    if let work = take(.check, { $0.nextCheck(in: $1) }) { return work }
    if let work = take(.recheck, { $0.nextRecheck(of: $1) }) { return work }
    if canTakeIn {
      if let work = take(.listing, { $0.readOn($1) }) { return work }
      if let work = take(.subdirectory, { $0.enterSubdirectory(of: $1) }) { return work }
    }
    if canJudge, let work = take(.judging, { $0.claimChunk(of: $1) }) { return work }
    if canTakeIn, let work = take(.sharedListing, { $0.readOn($1) }) { return work }
    return take(.sharedRemoval) { $0.nextRemoval(in: $1, shared: true) }
  }

  /// Whether a further worker would find something to do.
  var hasMoreWork: Bool {
    if isOver { return false }
    if ownFolder == .waits { return true }
    if ![.removal, .check, .recheck, .sharedRemoval].allSatisfy({ lists.isEmpty($0) }) { return true }
    let isNobodyActive = workers == idle
    if isNobodyActive || canJudge, !lists.isEmpty(.judging) { return true }
    return isIntakeOpen && (isNobodyActive || canTakeIn)
      && ![.listing, .subdirectory, .sharedListing].allSatisfy { lists.isEmpty($0) }
  }

  private var isIntakeOpen: Bool { !opening.isShut }

  /// Whether there is memory to enter or to list on, and still to judge what that brings.
  private var canTakeIn: Bool { ledger.free >= MemoryPrice.leastIntake + MemoryPrice.leastDrain }
  private var canJudge: Bool { ledger.free >= MemoryPrice.leastJudging }

  /// The latest directory's work of this kind, going over entries that have none any more.
  private mutating func take(_ kind: WorkLists.Kind, _ work: (inout WalkState, NodeID) -> Work?) -> Work? {
    while let id = lists.last(kind) {
      if table.contains(id), let work = work(&self, id) { return work }
      lists.forget(id, kind, in: &table)
    }
    return nil
  }

  private mutating func openRoot() -> Work {
    let limit = listingLimit()
    let reserved = MemoryPrice.listing(limit) + MemoryPrice.directory(name: 0)
    ledger.reserve(reserved)
    return .openRoot(reserved: reserved, limit: limit)
  }

  private mutating func enterSubdirectory(of id: NodeID) -> Work? {
    guard table[id].canBeEntered else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    let name = withSubdirectories(of: id) { $0.popLast() } ?? []
    if table[id].subdirectories.isEmpty {
      withSubdirectories(of: id) { $0 = NameList() }
      lists.forget(id, .subdirectory, in: &table)
    }
    let limit = listingLimit()
    let scope = table[id].scope
    let reserved = MemoryPrice.listing(limit) + MemoryPrice.directory(name: name.count, scope)
    ledger.reserve(reserved)
    subdirectoriesBeingEntered += 1
    table[id].users += 1
    return .enter(
      Entering(reserved: reserved, parent: id, directory: directory, name: name, scope: scope, limit: limit))
  }

  /// Changes the names of subdirectories that wait to be entered, and what the ledger holds for them.
  mutating func withSubdirectories<Result>(of id: NodeID, _ change: (inout NameList) -> Result) -> Result {
    ledger.release(table[id].subdirectories.footprint)
    defer { ledger.reserve(table[id].subdirectories.footprint) }
    return change(&table[id].subdirectories)
  }

  private mutating func readOn(_ id: NodeID) -> Work? {
    guard table[id].canBeRead else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    let seekTo = table[id].needsSeek ? table[id].position : nil
    let limit = listingLimit(after: table[id].listings)
    let reserved = MemoryPrice.listing(limit)
    ledger.reserve(reserved)
    table[id].needsSeek = false
    table[id].cursor = .reading
    table[id].listings += 1
    lists.forget(id, .listing, in: &table)
    lists.forget(id, .sharedListing, in: &table)
    table[id].users += 1
    return .read(
      Reading(
        reserved: reserved, node: id, directory: directory, isRoot: id == root, seekTo: seekTo, limit: limit,
        repetition: table[id].repetition))
  }

  /// Bytes of listing that the next worker takes, in a directory that was listed so many times before.
  private func listingLimit(after listings: Int = 0) -> Int {
    let limit = WalkLimits.listing(for: pool.allowed, after: listings)
    // Large ones, and as many entries beside them, only where eight workers with two each leave most of the memory free.
    let share = opening.workers != nil ? 0 : Int(clamping: limits.memory.bytes / 64)
    var affordable = min(limit, max(share, WalkLimits.firstListing))
    // A quarter of what is free: then it is never used up, however deep the tree, until listings are as small as can be.
    while affordable > WalkLimits.smallListing, MemoryPrice.listing(affordable) > ledger.free / 4 { affordable /= 2 }
    return max(affordable, WalkLimits.smallListing)
  }

  private mutating func claimChunk(of id: NodeID) -> Work? {
    guard table[id].canBeJudged, var claims = table[id].unclaimed.popLast() else { return nil }
    guard let directory = table[id].handle else {
      table[id].unclaimed.append(claims)
      return reopening(id)
    }
    let size = chunkSize(of: claims.indices.count, name: claims.batch.longestName)
    let indices = claims.indices.prefix(size)
    claims.indices = indices.upperBound..<claims.indices.upperBound
    // The whole was one part; its last chunk takes that over.
    if !claims.indices.isEmpty {
      table[id].unclaimed.append(claims)
      table[id].holdings.addPart(of: claims.serial)
      table[id].pending += 1
    } else if table[id].unclaimed.isEmpty {
      lists.forget(id, .judging, in: &table)
    }
    let reserved = MemoryPrice.judging(indices.count, name: claims.batch.longestName)
    ledger.reserve(reserved)
    table[id].users += 1
    list(id)
    return .judge(
      Chunk(
        reserved: reserved, node: id, directory: directory, batch: claims.batch, serial: claims.serial,
        indices: indices, isSticky: directory.status.isSticky, scope: table[id].scope))
  }

  /// Entries that the next worker claims of so many.
  private func chunkSize(of count: Int, name length: Int) -> Int {
    let helpers = idle + (workers < pool.allowed ? 1 : 0)
    var size = min(WalkLimits.chunk, max(WalkLimits.sharedChunk, count / (helpers + 1)))
    while size > WalkLimits.sharedChunk, MemoryPrice.judging(size, name: length) > ledger.free { size /= 2 }
    return max(size, WalkLimits.sharedChunk)
  }

  /// The lane's next removal, for a worker that becomes or stays its holder.
  private mutating func nextRemoval(in id: NodeID, shared: Bool = false) -> Work? {
    let manner = table[id].manner(serially: rules.removalsAreSerial, shared: shared)
    guard table[id].hasToRemove(manner) else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    let lookahead = table[id].lookahead
    let now = MonotonicTime.now()
    guard let removal = table[id].lane.takeToRemove(manner, lookahead, at: now) else { return nil }
    lists.forget(id, shared ? .sharedRemoval : .removal, in: &table)
    table[id].users += 1
    list(id)
    let nameCheck = table.ask(id) { $0.lane.nameCheck(for: removal, at: now) }
    var place = place(of: id, directory, nameCheck)
    if rules.mode == .purge, table[id].lane.isToBeLocated(for: removal) { place.location = location(of: id) }
    if rules.mode == .dryRun, !table[id].rehearsal.isAsked {
      table[id].rehearsal.isAsked = true
      place.isToBeRehearsed = true
    }
    return .remove(place, removal)
  }

  /// The absolute path at which it must be; empty: not known.
  func location(of id: NodeID) -> [UInt8] { table.location(of: id, root: rootLocation) }

  /// The same place, with all that is to be seen before something is removed there; for who asks in the midst of a piece.
  mutating func toBeAsked(_ place: Place) -> Place {
    var place = place
    if place.location.isEmpty { place.location = location(of: place.node) }
    if place.way == nil { place.way = way(to: place.node, at: .now()) }
    return place
  }

  /// Where a directory is matters only where something is removed.
  private mutating func place(of id: NodeID, _ directory: DirectoryHandle, _ nameCheck: NameCheck) -> Place {
    var place = Place(node: id, directory: directory, isJustEntered: nameCheck.isJustEntered)
    if case .done(let time) = nameCheck { place.askedAt = time }
    guard rules.mode == .purge, nameCheck.isNeeded else { return place }
    place.way = way(to: id, at: .now())
    // It was just entered by names; but what lies above was perhaps not asked for lately.
    if place.isJustEntered, place.way?.asks == false { place.way = nil }
    return place
  }

  /// Each directory on it is asked for what all below it want to know, by the first that comes when it is time.
  private mutating func way(to id: NodeID, at now: MonotonicTime) -> Way? {
    guard let root else { return nil }
    var way = Way(root: isToBeAsked(root, at: now) ? table[root].identity : nil)
    let asksRoot = way.root != nil
    var next = id
    while let above = table[next].parent {
      if let handle = table[above].handle {
        way.steps.append(
          Way.Step(
            node: above, directory: handle, child: next, name: table[next].name, identity: table[next].identity,
            isToBeAsked: above == root ? asksRoot : isToBeAsked(above, at: now)))
      }
      next = above
    }
    return way
  }

  private mutating func isToBeAsked(_ id: NodeID, at now: MonotonicTime) -> Bool {
    guard now >= table[id].nextWayCheck else { return false }
    // Others need not ask at the same time.
    table[id].nextWayCheck = now.advanced(by: WalkLimits.longestWayCheckInterval)
    return true
  }

  /// To ask these took so long, and shall take no more than a small part of the time.
  mutating func checkedWay(_ way: Way, in time: Duration, at now: MonotonicTime) {
    let rest = min(
      max(WalkLimits.wayCheckInterval, time * WalkLimits.wayCheckShare), WalkLimits.longestWayCheckInterval)
    for step in way.steps where step.isToBeAsked && table.contains(step.node) {
      table[step.node].nextWayCheck = now.advanced(by: rest)
    }
    if way.root != nil, let root, table.contains(root) { table[root].nextWayCheck = now.advanced(by: rest) }
  }

  /// Files the lane's holder will want looked at.
  private mutating func nextCheck(in id: NodeID) -> Work? {
    guard canBeChecked(id) else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    let lookahead = table[id].lookahead
    guard let (victims, nameCheck) = table[id].lane.takeToCheck(lookahead, at: .now()) else { return nil }
    if !canBeChecked(id) { lists.forget(id, .check, in: &table) }
    table[id].users += 1
    return .check(place(of: id, directory, nameCheck), victims, nameCheck)
  }

  /// What vanished from a directory, to be looked for again.
  private mutating func nextRecheck(of id: NodeID) -> Work? {
    guard table[id].canBeRechecked else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    table[id].isToBeRechecked = false
    lists.forget(id, .recheck, in: &table)
    table[id].users += 1
    let limit = listingLimit()
    let reserved = MemoryPrice.listing(limit) + table[id].vanished.count * MemoryPrice.vanishedEntry
    ledger.reserve(reserved)
    let place = Place(node: id, directory: directory, location: location(of: id))
    return .recheck(Recheck(reserved: reserved, place: place, vanished: table[id].vanished, limit: limit))
  }

  private mutating func canBeChecked(_ id: NodeID) -> Bool {
    let isSerial = rules.removalsAreSerial
    return table.ask(id) { $0.canBeChecked(serially: isSerial) }
  }

  /// Notes in the walk's lists what there is to do in a directory.
  mutating func list(_ id: NodeID) {
    let isSerial = rules.removalsAreSerial
    let news = table.ask(id) { $0.offers(serially: isSerial).subtracting($0.marks) }
    if news.isEmpty { return }
    for kind in WorkLists.Kind.allCases where news.contains(kind.mark) { lists.note(id, kind, in: &table) }
  }
}
