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
  private(set) var hasBegun = false
  var isFinished = false
  var tally = Tally()

  /// How many workers there may be now.
  var pool: WorkerPool
  var workers = 0
  var idle = 0
  var peakWorkers = 0
  /// Set when the walk is to end early.
  var stop: Ending?
  /// Intake is shut: nothing new is entered or listed; what was listed is finished.
  var isPaused = false
  /// Workers that may take in at once; lower than `limits.workers` while memory is short.
  var intakeWorkers: Int
  /// Pieces of intake in workers' hands.
  var takingIn = 0
  /// When the system last refused a descriptor.
  var yieldedAt: MonotonicTime?

  var openDirectories = 0
  var subdirectoryBytes = 0
  var subdirectoriesBeingEntered = 0
  var emptyDirectoriesReserved: UInt64 = 0
  /// Files that wait in lanes.
  var queuedFiles = 0
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
    self.intakeWorkers = limits.workers
  }

  /// What the walk holds on to, by its own count, in bytes.
  var footprint: Int {
    workers * WalkLimits.workerFootprint + table.count * MemoryLayout<DirectoryNode>.size + subdirectoryBytes
      // A name of common length, its inode and its size.
      + queuedFiles * 48
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
    if isOver || workers > pool.allowed {
      workers -= 1
      return .goHome(isLast: workers == 0)
    }
    if let work = take(preferring: preferred) { return .work(work) }
    idle += 1
    return nil
  }

  /// The next piece of work for a worker that just had to do with `preferred`; nil when there is none now.
  ///
  /// What frees comes before what takes: removals, the rest of a directory in hand, directories that only need their
  /// end seen, and only then new ones. Whoever finds nothing else helps others.
  private mutating func take(preferring preferred: NodeID?) -> Work? {
    if !hasBegun {
      hasBegun = true
      takingIn += 1
      return .openRoot
    }
    if let preferred, table.contains(preferred) {
      if let work = nextRemoval(in: preferred) ?? nextCheck(in: preferred) ?? claimChunk(of: preferred) { return work }
      if isIntakeOpen, let work = readOn(preferred) { return work }
    }
    if let work = take(.removal, { $0.nextRemoval(in: $1) }) { return work }
    if let work = take(.check, { $0.nextCheck(in: $1) }) { return work }
    if isIntakeOpen {
      if let work = take(.listing, { $0.readOn($1) }) { return work }
      if let work = take(.subdirectory, { $0.enterSubdirectory(of: $1) }) { return work }
    }
    if let work = take(.judging, { $0.claimChunk(of: $1) }) { return work }
    if isIntakeOpen, let work = take(.sharedListing, { $0.readOn($1) }) { return work }
    return take(.sharedRemoval) { $0.nextRemoval(in: $1, shared: true) }
  }

  /// Whether a further worker would find something to do.
  var hasMoreWork: Bool {
    if isOver { return false }
    if ![.removal, .check, .judging, .sharedRemoval].allSatisfy({ lists.isEmpty($0) }) { return true }
    return isIntakeOpen && ![.listing, .subdirectory, .sharedListing].allSatisfy { lists.isEmpty($0) }
  }

  private var isIntakeOpen: Bool {
    // Over its memory, the walk takes in one piece at a time; by going deep first it frees what it takes.
    !isPaused && takingIn < (footprint > limits.memory.bytes ? 1 : intakeWorkers)
  }

  /// The latest directory's work of this kind, going over entries that have none any more.
  private mutating func take(_ kind: WorkLists.Kind, _ work: (inout WalkState, NodeID) -> Work?) -> Work? {
    while let id = lists.last(kind) {
      if table.contains(id), let work = work(&self, id) { return work }
      lists.forget(id, kind, in: &table)
    }
    return nil
  }

  private mutating func enterSubdirectory(of id: NodeID) -> Work? {
    guard table[id].canBeEntered else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    subdirectoryBytes -= table[id].subdirectories.footprint
    let name = table[id].subdirectories.popLast() ?? []
    if table[id].subdirectories.isEmpty {
      table[id].subdirectories = NameList()
      lists.forget(id, .subdirectory, in: &table)
    }
    subdirectoryBytes += table[id].subdirectories.footprint
    subdirectoriesBeingEntered += 1
    takingIn += 1
    table[id].users += 1
    return .enter(Entering(parent: id, directory: directory, name: name, limit: listingLimit()))
  }

  private mutating func readOn(_ id: NodeID) -> Work? {
    guard table[id].canBeRead else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    let seekTo = table[id].needsSeek ? table[id].position : nil
    let limit = listingLimit(after: table[id].listings)
    table[id].needsSeek = false
    table[id].cursor = .reading
    table[id].listings += 1
    takingIn += 1
    lists.forget(id, .listing, in: &table)
    lists.forget(id, .sharedListing, in: &table)
    table[id].users += 1
    return .read(
      Reading(node: id, directory: directory, isRoot: id == root, seekTo: seekTo, limit: limit))
  }

  /// Bytes of listing that the next worker takes, in a directory that was listed so many times before.
  private func listingLimit(after listings: Int = 0) -> Int {
    if subdirectoryBytes > Int(clamping: limits.memory.bytes / 4) { return WalkLimits.smallListing }
    let limit = WalkLimits.listing(for: pool.allowed, after: listings)
    // Large ones, and as many entries beside them, only where eight workers with two each leave most of the memory free.
    let share = intakeWorkers < limits.workers ? 0 : Int(clamping: limits.memory.bytes / 64)
    return min(limit, max(share, WalkLimits.firstListing))
  }

  private mutating func claimChunk(of id: NodeID) -> Work? {
    guard table[id].canBeJudged, var claims = table[id].unclaimed.popLast() else { return nil }
    guard let directory = table[id].handle else {
      table[id].unclaimed.append(claims)
      return reopening(id)
    }
    let indices = claims.indices.prefix(chunkSize(of: claims.indices.count))
    claims.indices = indices.upperBound..<claims.indices.upperBound
    // The whole was one part; its last chunk takes that over.
    if !claims.indices.isEmpty {
      table[id].unclaimed.append(claims)
      table[id].pending += 1
    } else if table[id].unclaimed.isEmpty {
      lists.forget(id, .judging, in: &table)
    }
    table[id].users += 1
    list(id)
    return .judge(
      Chunk(
        node: id, directory: directory, batch: claims.batch, indices: indices,
        pathPrefix: rules.cutoff.needsPath ? table.pathPrefix(of: id) : []))
  }

  /// Entries that the next worker claims of so many.
  private func chunkSize(of count: Int) -> Int {
    let helpers = idle + (workers < pool.allowed ? 1 : 0)
    return min(WalkLimits.chunk, max(WalkLimits.sharedChunk, count / (helpers + 1)))
  }

  /// The lane's next removal, for a worker that becomes or stays its holder.
  private mutating func nextRemoval(in id: NodeID, shared: Bool = false) -> Work? {
    let manner = table[id].manner(serially: rules.removalsAreSerial, shared: shared)
    guard table[id].hasToRemove(manner) else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    guard let removal = onLane(of: id, { $0.takeToRemove(manner) }) else { return nil }
    lists.forget(id, shared ? .sharedRemoval : .removal, in: &table)
    table[id].users += 1
    list(id)
    return .remove(id, directory, removal)
  }

  /// Files the lane's holder will want looked at.
  private mutating func nextCheck(in id: NodeID) -> Work? {
    guard canBeChecked(id) else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    let pace = table[id].pace
    guard let victims = onLane(of: id, { $0.takeToCheck(answering: pace) }) else { return nil }
    if !canBeChecked(id) { lists.forget(id, .check, in: &table) }
    table[id].users += 1
    return .check(id, directory, victims)
  }

  private mutating func canBeChecked(_ id: NodeID) -> Bool {
    let isSerial = rules.removalsAreSerial
    return table.ask(id) { $0.canBeChecked(serially: isSerial) }
  }

  /// Changes a lane and keeps count of the files in all of them.
  mutating func onLane<Result>(of id: NodeID, _ change: (inout RemovalLane) -> Result) -> Result {
    let before = table[id].lane.waitingFiles
    let result = change(&table[id].lane)
    queuedFiles += table[id].lane.waitingFiles - before
    return result
  }

  /// Notes in the walk's lists what there is to do in a directory.
  mutating func list(_ id: NodeID) {
    let isSerial = rules.removalsAreSerial
    let news = table.ask(id) { $0.offers(serially: isSerial).subtracting($0.marks) }
    if news.isEmpty { return }
    for kind in WorkLists.Kind.allCases where news.contains(kind.mark) { lists.note(id, kind, in: &table) }
  }
}
