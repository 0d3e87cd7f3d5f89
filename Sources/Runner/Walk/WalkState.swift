import Kernel
import Plan
import SystemPackage

/// What the walk must know of its target.
struct WalkRules: Sendable {
  var mode: RunMode
  var cutoff: Cutoff
  /// Removals in one directory run one at a time: then one worker does them, and the others leave theirs with it.
  var removalsAreSerial: Bool
  /// Nil: empty directories stay.
  var emptyDirectories: EmptyDirectories?

  struct EmptyDirectories: Sendable {
    /// Only directories changed before this go.
    var instant: Timestamp
    var maxCount: UInt64
  }
}

/// How much of everything a walk may use.
struct WalkLimits: Sendable {
  var workers: Int
  /// Directories kept open at once, besides those in the workers' hands.
  var openDirectories: Int
  /// Directories on the way down that a worker keeps open when it opens a closed one again: those above it are needed next.
  var reopenedAtOnce = 32
  /// What the walk may hold on to, workers included.
  var memory: ByteCount

  /// Entries handed to a worker at once. Large enough that a lock per chunk costs nothing beside 256 calls; small enough
  /// that a flat directory is shared and that a stop is noticed.
  static let chunk = 256
  /// The same while others have nothing to do: on a network mount 16 looks are already tens of milliseconds.
  static let sharedChunk = 16
  /// Files that may wait for one directory's lane. A directory whose lane is full is left alone, so that a slow server
  /// makes nobody pile up names. Four chunks keep the lane busy while others look.
  static let laneCapacity = 1024
  /// Bytes of one listing call: local file systems gain nothing from more, and on NFS it is the page size asked for.
  static let listing = 32 * 1024
  /// The same when memory is short: about 40 names.
  static let smallListing = 2048
  /// Times a directory is listed again because the server seems to have skipped entries. A server that still hides some
  /// after this many is broken; the notice says so.
  static let rereads = 8
  /// What one worker holds: 24 KiB of touched stack, 16 KiB of kernel stack, two listings and its lists of names.
  static let workerFootprint = 40 * 1024 + 2 * EntryBatch.footprint(capacity: listing) + 32 * 1024
}

/// The schedule of one target's walk: which directories are in work, what there is to do next, and what came of it.
///
/// A plain value. It does no I/O and waits for nothing; the walk keeps it behind its lock. Nothing in it grows with the
/// tree: subdirectories are at most one listing's worth per directory in work, directories in work are at most the depth
/// for each worker, and files wait only in lanes of bounded length.
struct WalkState {
  let rules: WalkRules
  var limits: WalkLimits
  var table = DirectoryTable()
  private(set) var root: NodeID?
  private(set) var hasBegun = false
  private(set) var isFinished = false
  var tally = Tally()

  var workers = 0
  var idle = 0
  var peakWorkers = 0
  /// Set when the walk is to end early.
  var stop: Ending?
  /// Intake is shut: nothing new is entered or listed; what was listed is finished.
  var isPaused = false
  /// Workers that may take in at once; lower than `limits.workers` while memory is short.
  var intakeWorkers: Int

  private var lists = WorkLists()

  var openDirectories = 0
  private var subdirectoryBytes = 0
  private var queuedFiles = 0
  /// Files judged old and not dealt with.
  private(set) var unsettledFiles = 0
  /// What is wrong at the end of a walk that was not stopped, when something was judged and then lost.
  var unsettled: String? { unsettledFiles == 0 ? nil : "\(unsettledFiles) files unsettled" }
  private var subdirectoriesBeingEntered = 0
  private var emptyDirectoriesReserved: UInt64 = 0
  /// Entries of directories that could not be reached any more; whoever logs them sets it back.
  var unreachableEntries: UInt64 = 0
  /// Set by `settleWhatIsLeft`: the books are closed, and what still comes back is not booked.
  private(set) var isSettled = false
  /// Directories that were listed `WalkLimits.rereads` times and still gave up entries.
  private(set) var restlessDirectories = 0

  init(rules: WalkRules, limits: WalkLimits) {
    self.rules = rules
    self.limits = limits
    self.intakeWorkers = limits.workers
  }

  /// What the walk holds on to, by its own count, in bytes.
  var footprint: Int {
    workers * WalkLimits.workerFootprint + table.count * MemoryLayout<DirectoryNode>.size + subdirectoryBytes
      // A name of common length, its inode and its size.
      + queuedFiles * 48
  }
}

// MARK: - Giving out work

extension WalkState {
  /// The next piece of work for a worker that just had to do with `preferred`; nil when there is none now.
  mutating func take(preferring preferred: NodeID?) -> Work? {
    if stop != nil || isFinished { return nil }
    if !hasBegun {
      hasBegun = true
      return .openRoot
    }
    if let preferred, table.contains(preferred) {
      if let work = nextRemoval(in: preferred) { return work }
      if let work = claimChunk(of: preferred) { return work }
      if isIntakeOpen, let work = readOn(preferred) { return work }
    }
    if let work = takeRemoval() { return work }
    if isIntakeOpen {
      if let work = takeSubdirectory() { return work }
      if let work = takeListing() { return work }
    }
    return takeSharedChunk()
  }

  /// Whether a further worker would find something to do.
  var hasMoreWork: Bool {
    guard stop == nil, !isFinished else { return false }
    if !lists.isEmpty(.removal) || !lists.isEmpty(.judging) { return true }
    return isIntakeOpen && !(lists.isEmpty(.subdirectory) && lists.isEmpty(.listing))
  }

  private var isIntakeOpen: Bool {
    if isPaused { return false }
    let busy = workers - idle
    // Over its memory, the walk goes on with one worker, which by going deep first frees what it takes.
    return busy <= (footprint > limits.memory.bytes ? 1 : intakeWorkers)
  }

  private mutating func takeRemoval() -> Work? {
    take(.removal) { $0.nextRemoval(in: $1) }
  }

  private mutating func takeSubdirectory() -> Work? {
    take(.subdirectory) { $0.enterSubdirectory(of: $1) }
  }

  private mutating func takeListing() -> Work? {
    take(.listing) { $0.readOn($1) }
  }

  private mutating func takeSharedChunk() -> Work? {
    take(.judging) { $0.claimChunk(of: $1) }
  }

  /// The latest directory's work of this kind, going over entries that have none any more.
  private mutating func take(_ kind: WorkLists.Kind, _ work: (inout WalkState, NodeID) -> Work?) -> Work? {
    while let id = lists.last(kind) {
      if table.contains(id), let work = work(&self, id) { return work }
      if lists.last(kind) == id { lists.removeLast(kind) }
      if table.contains(id) { table[id].marks.remove(kind.mark) }
    }
    return nil
  }

  private mutating func enterSubdirectory(of id: NodeID) -> Work? {
    guard !table[id].subdirectories.isEmpty, !table[id].isReopening else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    subdirectoryBytes -= table[id].subdirectories.footprint
    let name = table[id].subdirectories.popLast() ?? []
    if table[id].subdirectories.isEmpty {
      table[id].subdirectories = NameList()
      lists.forget(id, .subdirectory, &table[id])
    }
    subdirectoryBytes += table[id].subdirectories.footprint
    subdirectoriesBeingEntered += 1
    table[id].users += 1
    list(id)
    return .enter(Entering(parent: id, directory: directory, name: name))
  }

  private mutating func readOn(_ id: NodeID) -> Work? {
    guard canBeRead(id) else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    let seekTo = table[id].needsSeek ? table[id].position : nil
    table[id].needsSeek = false
    table[id].cursor = .reading
    lists.forget(id, .listing, &table[id])
    table[id].users += 1
    return .read(Reading(node: id, directory: directory, seekTo: seekTo, limit: listingLimit))
  }

  var listingLimit: Int {
    subdirectoryBytes > Int(limits.memory.bytes / 4) ? WalkLimits.smallListing : WalkLimits.listing
  }

  private func canBeRead(_ id: NodeID) -> Bool {
    table[id].cursor == .ready && table[id].subdirectories.isEmpty && table[id].unclaimed == nil
      && !table[id].isReopening && table[id].queuedFiles < WalkLimits.laneCapacity
  }

  private mutating func claimChunk(of id: NodeID) -> Work? {
    guard let claims = table[id].unclaimed, table[id].queuedFiles < WalkLimits.laneCapacity, !table[id].isReopening
    else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    let helpers = idle + (workers < limits.workers ? 1 : 0)
    let share = min(WalkLimits.chunk, max(WalkLimits.sharedChunk, claims.count / (helpers + 1)))
    let end = min(claims.next + (helpers == 0 ? WalkLimits.chunk : share), claims.batch.entries.count)
    // The batch itself was one part; its last chunk takes that over.
    if end == claims.batch.entries.count {
      table[id].unclaimed = nil
      lists.forget(id, .judging, &table[id])
    } else {
      table[id].unclaimed?.next = end
      table[id].pending += 1
    }
    table[id].users += 1
    list(id)
    return .judge(
      Chunk(
        node: id, directory: directory, batch: claims.batch, indices: claims.next..<end, pathPrefix: pathPrefix(of: id))
    )
  }

  private func pathPrefix(of id: NodeID) -> [UInt8] {
    guard rules.cutoff.needsPath else { return [] }
    let path = table.relativePath(of: id)
    return path.isEmpty ? path : path + [UInt8(ascii: "/")]
  }

  /// The lane's next removal, for a worker that becomes or stays its holder.
  mutating func nextRemoval(in id: NodeID) -> Work? {
    guard !table[id].isLaneHeld, !table[id].isReopening, !table[id].lane.isEmpty else { return nil }
    guard let directory = table[id].handle else { return reopening(id) }
    let removal = table[id].lane.removeFirst()
    lists.forget(id, .removal, &table[id])
    if case .files(let victims) = removal {
      table[id].queuedFiles -= victims.remaining
      queuedFiles -= victims.remaining
    }
    if rules.removalsAreSerial {
      table[id].isLaneHeld = true
    } else {
      list(id)
    }
    table[id].users += 1
    return .remove(id, directory, removal)
  }

  /// Notes in the walk's lists what there is to do in a directory.
  private mutating func list(_ id: NodeID) {
    if !table[id].subdirectories.isEmpty { lists.note(id, .subdirectory, &table[id]) }
    if table[id].unclaimed != nil, table[id].queuedFiles < WalkLimits.laneCapacity {
      lists.note(id, .judging, &table[id])
    }
    if canBeRead(id) { lists.note(id, .listing, &table[id]) }
    if !table[id].lane.isEmpty, !table[id].isLaneHeld { lists.note(id, .removal, &table[id]) }
  }
}

// MARK: - Taking in what workers bring back

extension WalkState {
  /// Books a completion. Returns the directory the worker had better go on with.
  mutating func apply(_ completion: Completion) -> NodeID? {
    switch completion {
    case .openedRoot(let handle, let listing):
      tally.dirsFound += 1
      let id = insert(parent: nil, name: [], depth: 0, handle)
      root = id
      return take(listing, of: id)
    case .rootFailed:
      isFinished = true
      return nil
    case .reopened(let reopening, let result):
      return reopened(reopening, result)
    case .entered(let entering, let entry):
      subdirectoriesBeingEntered -= 1
      table[entering.parent].users -= 1
      return entered(entering, entry)
    case .read(let id, let listing):
      table[id].users -= 1
      return take(listing, of: id)
    case .judged(let chunk, let judgement):
      table[chunk.node].users -= 1
      return judged(chunk.node, judgement)
    case .removedFiles(let id, let rest, let count):
      table[id].users -= 1
      return removedFiles(id, rest, count)
    case .removedDirectory(let parent, let child, let removal):
      table[parent].users -= 1
      table[parent].isLaneHeld = false
      removedDirectory(child, of: parent, removal)
      return table.contains(parent) ? parent : nil
    }
  }

  private mutating func insert(parent: NodeID?, name: [UInt8], depth: Int, _ handle: DirectoryHandle) -> NodeID {
    let id = table.insert(
      DirectoryNode(
        parent: parent, name: name, depth: depth, identity: handle.identity, modifiedAt: handle.status.mtime,
        handle: handle))
    openDirectories += 1
    closeOneIfTooMany(sparing: id)
    return id
  }

  private mutating func entered(_ entering: Entering, _ entry: Completion.Entry) -> NodeID? {
    let parent = entering.parent
    switch entry {
    case .opened(let handle, let listing):
      let id = insert(parent: parent, name: entering.name, depth: table[parent].depth + 1, handle)
      list(parent)
      return take(listing, of: id)
    case .vanished:
      tally.dirsVanished += 1
    case .failed:
      tally.dirsFailed += 1
      table[parent].remaining += 1
    case .otherFileSystem:
      tally.dirsOnOtherFileSystem += 1
      table[parent].remaining += 1
    case .left:
      tally.dirsLeft += 1
      table[parent].remaining += 1
    }
    partDone(of: parent)
    return nil
  }

  private mutating func take(_ listing: Listing, of id: NodeID) -> NodeID? {
    switch listing {
    case .batch(let batch, let sorted):
      table[id].position = batch.nextPosition
      table[id].cursor = .ready
      tally.symlinksSkipped += UInt64(sorted.symlinks)
      tally.specialFilesSkipped += UInt64(sorted.specials)
      table[id].remaining += sorted.symlinks + sorted.specials
      found(sorted.subdirectories, in: id)
      if sorted.toJudge > 0 {
        table[id].unclaimed = DirectoryNode.Claims(batch: batch, next: 0)
        table[id].pending += 1
      }
      list(id)
      return id
    case .end:
      table[id].cursor = .exhausted
      partDone(of: id)
    case .failed:
      table[id].cursor = .exhausted
      table[id].hasFailed = true
      partDone(of: id)
    }
    return table.contains(id) ? id : nil
  }

  /// Subdirectories were met: they are found, and wait to be entered unless they lie too deep.
  private mutating func found(_ names: NameList, in id: NodeID) {
    guard !names.isEmpty else { return }
    tally.dirsFound += UInt64(names.count)
    // Files in a subdirectory have its depth plus one.
    if let maxDepth = rules.cutoff.retention.maxDepth, table[id].depth + 2 > maxDepth {
      tally.dirsTooDeep += UInt64(names.count)
      table[id].remaining += names.count
      return
    }
    subdirectoryBytes -= table[id].subdirectories.footprint
    table[id].pending += names.count
    if table[id].subdirectories.isEmpty {
      table[id].subdirectories = names
    } else {
      for index in 0..<names.count { table[id].subdirectories.append(names[index]) }
    }
    subdirectoryBytes += table[id].subdirectories.footprint
  }

  private mutating func judged(_ id: NodeID, _ judgement: Judgement) -> NodeID? {
    tally += judgement.tally
    table[id].remaining += judgement.staying
    found(judgement.subdirectories, in: id)
    if judgement.victims.remaining > 0 {
      unsettledFiles += judgement.victims.remaining
      table[id].pending += 1
      enqueue(.files(judgement.victims), in: id)
    }
    list(id)
    partDone(of: id)
    return table.contains(id) ? id : nil
  }

  private mutating func enqueue(_ removal: Removal, in id: NodeID) {
    if case .files(let victims) = removal {
      table[id].queuedFiles += victims.remaining
      queuedFiles += victims.remaining
    }
    table[id].lane.append(removal)
    list(id)
  }

  private mutating func removedFiles(_ id: NodeID, _ rest: VictimList, _ count: RemovalCount) -> NodeID? {
    tally += count.tally
    unsettledFiles -= Int(count.tally.filesScanned)
    table[id].remaining += count.staying
    if count.removed > 0 { table[id].removedSomething = true }
    table[id].isLaneHeld = false
    if rest.remaining > 0 {
      // At the front: first in, first out.
      table[id].lane.insert(.files(rest), at: 0)
      table[id].queuedFiles += rest.remaining
      queuedFiles += rest.remaining
      list(id)
    } else {
      list(id)
      partDone(of: id)
    }
    return table.contains(id) ? id : nil
  }

  private mutating func removedDirectory(_ child: NodeID, of parent: NodeID, _ removal: Completion.DirectoryRemoval) {
    switch removal {
    case .removed:
      tally.emptyDirsToDelete += 1
      tally.emptyDirsDeleted += 1
      table[parent].removedSomething = true
    case .vanished:
      tally.emptyDirsToDelete += 1
      tally.emptyDirsVanished += 1
    case .failed:
      tally.emptyDirsToDelete += 1
      tally.emptyDirsFailed += 1
      emptyDirectoriesReserved -= 1
      table[parent].remaining += 1
    case .left:
      tally.emptyDirsLeft += 1
      emptyDirectoriesReserved -= 1
      table[parent].remaining += 1
    case .notEmpty:
      emptyDirectoriesReserved -= 1
      if table[child].removedSomething, readAgain(child) {
        list(parent)
        return
      }
      table[parent].remaining += 1
    }
    list(parent)
    close(child)
    partDone(of: parent)
  }
}

// MARK: - Settling directories

extension WalkState {
  /// One part of a directory is finished. When it was the last, the directory is settled, and with it perhaps its
  /// parent, up to the root.
  private mutating func partDone(of id: NodeID) {
    var next: NodeID? = id
    while let current = next {
      table[current].pending -= 1
      guard table[current].pending == 0 else { return }
      guard let parent = table[current].parent else {
        if isEmptied(current), readAgain(current) { return }
        close(current)
        isFinished = true
        return
      }
      if mayBeRemoved(current) {
        if emptyDirectoriesReserved < rules.emptyDirectories?.maxCount ?? 0, stop == nil {
          emptyDirectoriesReserved += 1
          enqueue(.directory(current, name: table[current].name), in: parent)
          return
        }
        tally.emptyDirsLeft += 1
      } else if isEmptied(current), readAgain(current) {
        return
      }
      table[parent].remaining += 1
      close(current)
      next = parent
    }
  }

  /// Something was removed here and nothing should be left: reason enough to make sure, since some servers skip entries
  /// of a listing after removals.
  private func isEmptied(_ id: NodeID) -> Bool {
    rules.mode == .purge && stop == nil && table[id].remaining == 0 && table[id].removedSomething
      && !table[id].hasFailed
  }

  /// Starts a further listing; false when there were enough.
  private mutating func readAgain(_ id: NodeID) -> Bool {
    guard table[id].rereads < WalkLimits.rereads else {
      restlessDirectories += 1
      return false
    }
    table[id].rereads += 1
    table[id].removedSomething = false
    table[id].cursor = .ready
    table[id].position = 0
    table[id].needsSeek = true
    table[id].pending = 1
    list(id)
    return true
  }

  private func mayBeRemoved(_ id: NodeID) -> Bool {
    guard let rule = rules.emptyDirectories, table[id].remaining == 0, !table[id].hasFailed else { return false }
    guard Timestamp(table[id].modifiedAt) < rule.instant else { return false }
    guard rules.cutoff.needsPath else { return true }
    let path = table.relativePath(of: id)
    return !rules.cutoff.excludes(path.span)
  }

  private mutating func close(_ id: NodeID) {
    if table[id].hasFailed {
      tally.dirsFailed += 1
    } else {
      tally.dirsScanned += 1
    }
    if table[id].handle != nil { openDirectories -= 1 }
    subdirectoryBytes -= table[id].subdirectories.footprint
    table.remove(id)
  }

  /// Counts all that was not reached as left, after which the books close. To be called when no worker will come back.
  mutating func settleWhatIsLeft() {
    isSettled = true
    let ids = table.ids
    for id in ids {
      for case .directory(let child, _) in table[id].lane {
        tally.emptyDirsLeft += 1
        close(child)
      }
    }
    for id in ids where table.contains(id) {
      tally.dirsLeft += 1 + UInt64(table[id].subdirectories.count)
      table.remove(id)
    }
    tally.dirsLeft += UInt64(subdirectoriesBeingEntered)
    tally.filesScanned += UInt64(unsettledFiles)
    tally.filesToPurge += UInt64(unsettledFiles)
    tally.filesLeft += UInt64(unsettledFiles)
    subdirectoriesBeingEntered = 0
    unsettledFiles = 0
    openDirectories = 0
  }
}

// MARK: - Few descriptors

extension WalkState {
  /// Closes the directory that will be needed last: the topmost one in which nobody works.
  private mutating func closeOneIfTooMany(sparing spared: NodeID) {
    guard openDirectories > limits.openDirectories else { return }
    let candidates = table.ids.filter {
      $0 != spared && $0 != root && table[$0].handle != nil && table[$0].users == 0
    }
    guard let topmost = candidates.min(by: { table[$0].depth < table[$1].depth }) else { return }
    table[topmost].handle = nil
    table[topmost].needsSeek = true
    openDirectories -= 1
  }

  private mutating func reopening(_ id: NodeID) -> Work? {
    var steps: [Reopening.Step] = []
    var next = id
    while table[next].handle == nil, let parent = table[next].parent {
      steps.append(Reopening.Step(node: next, name: table[next].name, identity: table[next].identity))
      next = parent
    }
    guard let base = table[next].handle else { return nil }
    table[id].isReopening = true
    table[next].users += 1
    return .reopen(
      Reopening(node: id, ancestor: next, base: base, steps: steps.reversed(), kept: limits.reopenedAtOnce))
  }

  private mutating func reopened(_ reopening: Reopening, _ result: Result<[DirectoryHandle], Errno>) -> NodeID? {
    table[reopening.ancestor].users -= 1
    let id = reopening.node
    table[id].isReopening = false
    switch result {
    case .success(let handles):
      let kept = reopening.steps.suffix(handles.count)
      for (step, handle) in zip(kept, handles) where table[step.node].handle == nil {
        table[step.node].handle = handle
        table[step.node].needsSeek = true
        openDirectories += 1
        closeOneIfTooMany(sparing: id)
      }
      list(id)
      return id
    case .failure:
      giveUp(id)
      return nil
    }
  }

  /// A directory cannot be reached any more: all that waits in it has failed.
  private mutating func giveUp(_ id: NodeID) {
    table[id].hasFailed = true
    subdirectoryBytes -= table[id].subdirectories.footprint
    var partsGone = table[id].subdirectories.count
    tally.dirsFailed += UInt64(partsGone)
    unreachableEntries += UInt64(partsGone)
    table[id].subdirectories = NameList()
    if table[id].cursor == .ready {
      table[id].cursor = .exhausted
      partsGone += 1
    }
    if table[id].unclaimed != nil {
      table[id].unclaimed = nil
      partsGone += 1
    }
    let lane = table[id].lane
    table[id].lane = []
    for removal in lane {
      partsGone += 1
      switch removal {
      case .files(let victims): failedFiles(victims.remaining, in: id)
      case .directory(let child, _):
        tally.emptyDirsToDelete += 1
        tally.emptyDirsFailed += 1
        unreachableEntries += 1
        close(child)
      }
    }
    for _ in 0..<partsGone { partDone(of: id) }
  }

  private mutating func failedFiles(_ count: Int, in id: NodeID) {
    table[id].queuedFiles -= count
    queuedFiles -= count
    unsettledFiles -= count
    tally.filesScanned += UInt64(count)
    tally.filesToPurge += UInt64(count)
    tally.filesFailed += UInt64(count)
    unreachableEntries += UInt64(count)
  }
}

extension Timestamp {
  init(_ time: FileTime) { self.init(seconds: time.seconds, nanoseconds: time.nanoseconds) }
}
