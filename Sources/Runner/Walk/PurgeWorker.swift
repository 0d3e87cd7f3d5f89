import Kernel
import Plan
import Synchronization
import SystemPackage

/// A worker thread: fetches pieces of work, does them with no lock held, and brings back what came of them.
struct PurgeWorker {
  let walk: TargetWalk
  let fileSystem: any FileSystem
  let cutoff: Cutoff
  let ownFiles: [FileIdentity]
  let meter: OperationMeter
  let progress = RemovalProgress()
  let lastError = LastError()
  let records = PendingRecords()
  /// Files that go are told one by one, and those that stay.
  let recordsRemovals: Bool
  let recordsKept: Bool

  /// Looks, or removals, between which a stop and the rate limit are heeded, and after which removals are booked.
  let group: Int
  /// Nothing is removed: what would not be permitted is to be foreseen.
  let isRehearsal: Bool
  /// The lowest of the rate limits; nil: there is none.
  private let rate: Int?
  /// On a slow server 16 are already tenths of a second.
  private static let largestGroup = 16
  /// Times an open is tried again when descriptors are short, ten milliseconds apart: others may give some back.
  private static let tries = 50

  init(_ walk: TargetWalk) {
    self.walk = walk
    self.fileSystem = walk.means.fileSystem
    self.cutoff = walk.rules.cutoff
    self.ownFiles = walk.rules.ownFiles
    self.isRehearsal = walk.rules.mode == .dryRun
    self.recordsRemovals = walk.means.recorder != nil
    self.recordsKept = walk.means.recorder?.wantsKept ?? false
    self.meter = OperationMeter(walk.operations, progress.call)
    // Under a low rate limit no more at once than a tenth of a second allows, so that work goes on evenly.
    rate = walk.means.rateLimits.map(\.perSecond).min()
    group = min(PurgeWorker.largestGroup, max(1, (rate ?? .max) / 10))
  }

  /// What so many operations take by the rate limit alone.
  func leave(for operations: Int) -> Duration { rate.map { .seconds(1) * operations / max(1, $0) } ?? .zero }

  /// Works until there is nothing more to do; true when it was the last worker.
  func run() -> Bool {
    walk.register(progress)
    defer { walk.unregister(progress) }
    var delivery: Delivery?
    while true {
      switch walk.exchange(&delivery, progress) {
      case .work(let work):
        progress.call.begin(work.piece)
        meter.startPiece()
        let completion = perform(work)
        tellRecords()
        delivery = Delivery(completion: completion, pace: meter.finishPiece())
      case .goHome(let isLast): return isLast
      }
    }
  }

  private func perform(_ work: Work) -> Completion {
    switch work {
    case .openRoot(let reserved, let limit): openRoot(reserved, limit)
    case .reopen(let reopening): .reopened(reopening, reopen(reopening))
    case .enter(let entering): .entered(entering, enter(entering))
    case .read(let reading): .read(reading, read(reading))
    case .removeOwnFolder(let removal): .removedOwnFolder(removeOwnFolder(removal))
    case .judge(let chunk): .judged(chunk, judge(chunk))
    case .reopenRoot(let identity): .reopenedRoot(reopenRoot(identity))
    case .check(let place, let victims, let nameCheck): .checked(place, check(victims, at: place, nameCheck))
    case .remove(let place, .files(let victims)): removeFiles(victims, at: place)
    case .remove(let place, .directory(let empty, let nameCheck)): removeDirectory(empty, at: place, nameCheck)
    case .recheck(let recheck): .rechecked(recheck, self.recheck(recheck))
    }
  }

  var isStopped: Bool { walk.isStopped }

  /// The same, asked while something else than a call is waited for.
  func isStoppedWhileWaiting() -> Bool {
    meter.start()
    return isStopped
  }

  /// Waits for leave to do `count` operations; false when the walk was stopped first.
  func mayDo(_ count: Int) -> Bool {
    if walk.means.rateLimits.isEmpty { return !isStopped }
    let asked = MonotonicTime.now()
    walk.operations.waitingForLeave.add(1, ordering: .relaxed)
    defer { walk.operations.waitingForLeave.subtract(1, ordering: .relaxed) }
    for limit in walk.means.rateLimits where !limit.acquire(count, unless: { isStoppedWhileWaiting() }) { return false }
    walk.operations.addHeldBack(MonotonicTime.now().since(asked))
    meter.start()
    return !isStopped
  }
}

// MARK: - Opening and listing

extension PurgeWorker {
  private func openRoot(_ reserved: Int, _ limit: Int) -> Completion {
    guard mayDo(2) else { return .rootFailed(reserved: reserved) }
    do throws(Errno) {
      let handle = try opening(walk.target.path) { () throws(Errno) in try fileSystem.openRoot(walk.target.path) }
      meter.lap(.open, count: walk.target.path.count(where: { $0 == UInt8(ascii: "/") }))
      guard walk.target.identity == nil || walk.target.identity == handle.identity else {
        walk.trip("the target's root was replaced after it was found")
        return .rootFailed(reserved: reserved)
      }
      if let height = try PurgeHold.height(above: handle, fileSystem) {
        walk.skip("a \(PurgeHold.name) protects it")
        walk.noteHold(above: height)
        return .rootFailed(reserved: reserved)
      }
      let scope: PatternScope?
      switch chooseRoot() {
      case .entered(let chosen): scope = chosen
      case .passedOver(let choice):
        walk.skip(choice == .excluded ? "a pattern of exclude protects it" : "no pattern of include can match in it")
        return .rootPassedOver(choice, reserved: reserved)
      }
      meter.start()
      progress.call.turn(to: .readDirectory)
      return .openedRoot(
        handle, list(handle, limit: limit, isRoot: true) { [] }, scope, location: fileSystem.path(of: handle) ?? [],
        reserved: reserved)
    } catch {
      walk.failures.add(.openDirectory, error, isPassing: lastError.isPassing) { PrintableText.path(walk.target.path) }
      walk.fail(Self.explanation(of: error), isCounted: true)
      return .rootFailed(reserved: reserved)
    }
  }

  /// Opens the directory `name` in `parent`, or at an absolute path. Tries again for a while when that is refused though it is
  /// permitted, and when descriptors are short.
  func opening(
    _ name: [UInt8], in parent: DirectoryHandle? = nil, _ open: () throws(Errno) -> DirectoryHandle
  ) throws(Errno) -> DirectoryHandle {
    try patiently(asking: { () throws(Errno) in try fileSystem.mayRead(name, in: parent) }) { () throws(Errno) in
      try openingWhenShort(open)
    }
  }

  /// Tries again for a while when descriptors are short, and has the walk close what it can.
  private func openingWhenShort(_ open: () throws(Errno) -> DirectoryHandle) throws(Errno) -> DirectoryHandle {
    for _ in 1..<PurgeWorker.tries {
      do throws(Errno) {
        return try open()
      } catch {
        guard error.meansShortage, !isStopped else { throw error }
        walk.yieldDescriptors(error)
        PlainThread.nap(.milliseconds(10))
      }
    }
    return try open()
  }

  private static func explanation(of error: Errno) -> String {
    let name = ErrnoName.of(error)
    switch error {
    case .noSuchFileOrDirectory: return "the target's folder does not exist (\(name))"
    case .notDirectory, .tooManySymbolicLinkLevels:
      return "the target's path holds a symbolic link, or something that is no directory (\(name))"
    default: return "the target's folder cannot be opened: \(error.description) (\(name))"
    }
  }

  private func enter(_ entering: Entering) -> Completion.Entry {
    switch choose(entering) {
    case .passedOver(let choice): .passedOver(choice)
    case .entered(let scope): LostAndFound.isOne(entering.name) ? .lostAndFound : enter(entering, scope)
    }
  }

  private func enter(_ entering: Entering, _ scope: PatternScope?) -> Completion.Entry {
    // Opening, a look for a hold, and a listing.
    guard mayDo(3) else { return .left }
    do throws(Errno) {
      let handle = try opening(entering.name, in: entering.directory) { () throws(Errno) in
        try fileSystem.openDirectory(entering.name, in: entering.directory, for: .list)
      }
      meter.lap(.open)
      if walk.target.spec.oneFileSystem, handle.status.isMountPoint(in: entering.directory.identity.device) {
        return .otherFileSystem
      }
      if walk.state.withLock({ $0.table.isCycle(handle.identity, in: entering.parent) }) {
        return failed(entering, .tooManySymbolicLinkLevels)
      }
      let isHeld = try patiently(asking: { () throws(Errno) in try fileSystem.mayRead(Array(".".utf8), in: handle) }) {
        () throws(Errno) in try PurgeHold.stands(in: handle, fileSystem)
      }
      meter.lap(.status)
      if isHeld {
        walk.noteHold(pathOf(entering))
        return .held
      }
      progress.call.turn(to: .readDirectory)
      return .opened(handle, list(handle, limit: entering.limit) { pathOf(entering) }, scope)
    } catch {
      if error.meansStale, isLost(entering.directory) { return .lost }
      if error.meansNoDirectory { return .vanished(error) }
      if isStoppedInVain { return .left }
      return failed(entering, error)
    }
  }

  private func failed(_ entering: Entering, _ error: Errno) -> Completion.Entry {
    walk.failures.add(.openDirectory, error, isPassing: lastError.isPassing) {
      walk.shownPath(of: entering.parent, entry: entering.name)
    }
    return .failed
  }

  /// Whether the server does not know the directory itself any more, and not just what was asked for in it.
  func isLost(_ directory: DirectoryHandle) -> Bool {
    do throws(Errno) {
      _ = try fileSystem.freshStatus(of: directory)
      return false
    } catch {
      return error.meansStale
    }
  }

  private func pathOf(_ entering: Entering) -> [UInt8] {
    let parent = walk.state.withLock { $0.table.relativePath(of: entering.parent) }
    return parent.isEmpty ? entering.name : parent + [UInt8(ascii: "/")] + entering.name
  }

  private func read(_ reading: Reading) -> Listing {
    let path = { walk.state.withLock { $0.table.relativePath(of: reading.node) } }
    guard mayDo(1) else { return .left }
    if let position = reading.seekTo {
      do {
        try reading.directory.seek(to: position)
      } catch {
        walk.failures.add(.readDirectory, error) { walk.shownPath(of: nil, entry: path()) }
        return .failed
      }
    }
    return list(
      reading.directory, limit: reading.limit, isRoot: reading.isRoot, repetition: reading.repetition, path: path)
  }

  /// Lists on and sorts what came: files stay in the batch, subdirectories are named, the rest is counted.
  private func list(
    _ directory: DirectoryHandle, limit: Int, isRoot: Bool = false, repetition: RepetitionGuard = RepetitionGuard(),
    path: () -> [UInt8]
  ) -> Listing {
    // For the sake of a local disk's traffic when files are removed; looks alone gain nothing from it.
    let order: EntryBatch.Order = walk.rules.mode == .purge && !meter.isSlow ? .byInode : .asListed
    let batch: EntryBatch
    do {
      let listed = try patiently(asking: { () throws(Errno) in try fileSystem.mayRead(Array(".".utf8), in: directory) })
      {
        () throws(Errno) in
        try fileSystem.list(directory, limit: limit, order: order, mark: PurgeHold.mark)
      }
      meter.lapListing(entries: listed?.entries.count ?? 0)
      guard let listed else { return .end }
      batch = listed
    } catch {
      if error.meansStale { return .lost }
      // A directory that is gone has no entries; what was in it went with it. The target itself must not go unnoticed.
      if error.meansVanished, !isRoot { return .vanished }
      if isStoppedInVain { return .left }
      walk.failures.add(.readDirectory, error, isPassing: lastError.isPassing) {
        walk.shownPath(of: nil, entry: path())
      }
      return .failed
    }
    var repetition = repetition
    guard repetition.accepts(batch) else {
      walk.failures.add(.readDirectory, .tooManySymbolicLinkLevels) { walk.shownPath(of: nil, entry: path()) }
      return .failed
    }
    if batch.hasMark { walk.tellHeld(path()) }
    return .batch(batch, sort(batch), repetition)
  }

  private func sort(_ batch: EntryBatch) -> Listing.Sorted {
    var sorted = Listing.Sorted()
    var directories = 0
    for index in batch.entries.indices where batch.entries[index].kind == .directory { directories += 1 }
    sorted.toJudge = batch.entries.count - directories
    if directories > 0 { sorted.subdirectories = subdirectories(of: batch, count: directories) }
    return sorted
  }

  private func subdirectories(of batch: EntryBatch, count: Int) -> NameList {
    var bytes = 0
    for index in batch.entries.indices where batch.entries[index].kind == .directory {
      bytes += batch.name(at: index).count + 1
    }
    // Room made once is no more than is needed.
    var names = NameList()
    names.reserveCapacity(names: count, bytes: bytes)
    for index in batch.entries.indices where batch.entries[index].kind == .directory {
      names.append(batch.name(at: index))
    }
    return names
  }

  private func reopen(_ reopening: Reopening) -> Completion.ReopeningResult {
    guard mayDo(2 * reopening.steps.count) else { return .left }
    if let directory = openOnTheWayBack(reopening) { return .opened([directory]) }
    var handles: [DirectoryHandle] = []
    var directory = reopening.base
    for (index, step) in reopening.steps.enumerated() {
      let above = directory
      do throws(Errno) {
        directory = try opening(step.name, in: above) { () throws(Errno) in
          try fileSystem.openDirectory(step.name, in: above, for: .list)
        }
        meter.lap(.open)
      } catch {
        if error.meansStale, isLost(above) { return .lost }
        if error.meansNoDirectory { return .vanished(step: index, error) }
        walk.failures.add(.openDirectory, error, isPassing: lastError.isPassing) {
          walk.shownPath(of: reopening.node, entry: [])
        }
        return .failed(error)
      }
      // Another directory under this name is not the one we were in.
      guard directory.identity == step.identity else { return .vanished(step: index, .staleNFSFileHandle) }
      if index >= reopening.steps.count - reopening.kept { handles.append(directory) }
    }
    return .opened(handles)
  }

  /// Up from a directory below it, which is shorter on a deep path; nil when it is not found there.
  private func openOnTheWayBack(_ reopening: Reopening) -> DirectoryHandle? {
    guard let wayBack = reopening.wayBack, let last = reopening.steps.last else { return nil }
    do throws(Errno) {
      var directory = wayBack.directory
      for level in 1...wayBack.levels {
        let access: DirectoryHandle.Access = level == wayBack.levels ? .list : .pass
        directory = try fileSystem.openDirectory(Array("..".utf8), in: directory, for: access)
        meter.lap(.open)
      }
      return directory.identity == last.identity ? directory : nil
    } catch {
      return nil
    }
  }

  /// Tries for a while: a server that has come back may need a moment to give out again what it had.
  private func reopenRoot(_ identity: FileIdentity) -> Completion.RootReopening {
    let end = MonotonicTime.now().advanced(by: walk.state.withLock { $0.limits.rootPatience })
    var pause = Duration.milliseconds(50)
    while true {
      guard mayDo(2) else { return .left }
      do throws(Errno) {
        let handle = try opening(walk.target.path) { () throws(Errno) in try fileSystem.openRoot(walk.target.path) }
        meter.lap(.open)
        if handle.identity == identity { return .opened(handle) }
        walk.giveUp("the file server lost the target's folder (ESTALE), and another one is in its place now")
        return .failed
      } catch {
        guard MonotonicTime.now() < end else {
          walk.failures.add(.openDirectory, error, isPassing: lastError.isPassing) {
            PrintableText.path(walk.target.path)
          }
          walk.giveUp("the file server does not know the target's folder any more (\(ErrnoName.of(error)))")
          return .failed
        }
        PlainThread.nap(pause)
        meter.start()
        pause = min(pause * 2, .seconds(1))
      }
    }
  }
}

// MARK: - Judging

extension PurgeWorker {
  private func judge(_ chunk: Chunk) -> Judgement {
    var judgement = Judgement()
    let chosen = choices(in: chunk)
    var next = chunk.indices.lowerBound
    var roundTrips = 0
    while roundTrips < WalkLimits.slowLooks, let run = nextRun(from: &next, in: chunk, chosen, &judgement) {
      guard mayDo(run.count) else {
        judgement.isBrokenOff = true
        return judgement
      }
      fileSystem.status(of: run, in: chunk.batch, of: chunk.directory) { index, result in
        if !judgement.isLost { judge(chunk, index, result, chosen, &judgement) }
      }
      meter.lap(.status, count: run.count)
      tellRecords()
      if judgement.isLost { return judgement }
      if meter.isSlow { roundTrips += 1 }
    }
    judgement.rest = next..<chunk.indices.upperBound
    return judgement
  }

  /// The next entries in a row that need a look, which is all but directories, since what the listing says of their kind may be
  /// wrong, and what stays whatever a look would show. Nil when there are none.
  private func nextRun(
    from next: inout Int, in chunk: Chunk, _ chosen: Choices, _ judgement: inout Judgement
  ) -> Range<Int>? {
    let entries = chunk.batch.entries
    while next < chunk.indices.upperBound {
      if let unseen = chosen.unseen(next, entries[next].kind) {
        judgement.keep(unseen)
        if recordsKept {
          record(unseen.fate, chunk.batch.name(at: next), in: chunk.node)
          tellRecords()
        }
      } else if entries[next].kind != .directory {
        break
      }
      next += 1
    }
    let start = next
    // A round trip each is told one by one.
    let end = min(start + (meter.isSlow ? 1 : group), chunk.indices.upperBound)
    while next < end, entries[next].kind != .directory {
      if chosen.unseen(next, entries[next].kind) != nil { break }
      next += 1
    }
    return start < next ? start..<next : nil
  }

  @inline(__always)
  private func judge(
    _ chunk: Chunk, _ index: Int, _ result: Result<EntryStatus, Errno>, _ chosen: Choices,
    _ judgement: inout Judgement
  ) {
    switch result {
    case .success(let status):
      switch status.kind {
      case .file: judgeFile(chunk, index, status, chosen, &judgement)
      case .directory: judgeUnlistedDirectory(chunk, index, &judgement)
      case .symlink where cutoff.retention.symlinks == .delete && chosen.keepReason(index) != .never:
        judgeLink(chunk, index, status, chosen, &judgement)
      case .symlink, .special:
        judgement.skip(status.kind)
        if recordsKept { record(.skipped, chunk.batch.name(at: index), in: chunk.node) }
      }
    case .failure(let error):
      if error.meansStale, isLost(chunk.directory) {
        judgement.isLost = true
        judgement.rest = index..<chunk.indices.upperBound
      } else if error.meansVanished {
        judgement.tally.filesVanishedUnread += 1
        judgement.vanished.append(
          VanishedEntry(
            .unreadFile, chunk.batch.name(at: index), inode: chunk.batch.entries[index].inode, error))
      } else {
        judgement.staying += 1
        walk.failures.add(.readStatus, error, isPassing: isPassing(error, in: chunk.directory)) {
          walk.shownPath(of: chunk.node, entry: chunk.batch.name(at: index))
        }
      }
    }
  }

  /// As a file; apart, so that what is done for each file stands in one place of the machine code.
  @inline(never)
  private func judgeLink(
    _ chunk: Chunk, _ index: Int, _ status: EntryStatus, _ chosen: Choices, _ judgement: inout Judgement
  ) {
    judgeFile(chunk, index, status, chosen, &judgement)
  }

  /// The listing did not say that it is one.
  private func judgeUnlistedDirectory(_ chunk: Chunk, _ index: Int, _ judgement: inout Judgement) {
    if judgement.subdirectories.isEmpty {
      let (count, length) = (chunk.indices.count, chunk.batch.longestName)
      judgement.subdirectories.reserveCapacity(names: count, bytes: count * (length + 1))
    }
    judgement.subdirectories.append(chunk.batch.name(at: index))
  }

  @inline(__always)
  private func judgeFile(
    _ chunk: Chunk, _ index: Int, _ status: EntryStatus, _ chosen: Choices, _ judgement: inout Judgement
  ) {
    let name = chunk.batch.name(at: index)
    if let reason = chosen.keepReason(index) { return keep(reason, name, chunk, &judgement) }
    let criteria = chosen.isOfEverything ? 0 : chosen.criteria(index)
    switch verdict(on: status, name, by: criteria) {
    case .expired:
      judgement.victims.append(
        name, status, by: cutoff.hasRules ? criteria : nil, isForbidden: isForbidden(status, in: chunk),
        limit: (chunk.indices.count, chunk.batch.longestName))
    case .kept(let reason): keep(self.reason(reason, of: status, by: criteria), name, chunk, &judgement)
    }
  }

  @inline(__always)
  private func keep(
    _ reason: KeepReason, _ name: UnsafeBufferPointer<UInt8>, _ chunk: Chunk, _ judgement: inout Judgement
  ) {
    judgement.keep(reason)
    if recordsKept { record(.kept(reason), name, in: chunk.node) }
  }

  /// In a dry run: its removal would not be permitted, though that of others in its directory would be.
  @inline(__always)
  private func isForbidden(_ status: EntryStatus, in chunk: Chunk) -> Bool {
    isRehearsal && (status.isFixed || chunk.isSticky) && isForbidden(status, in: chunk.directory)
  }

  /// Apart, since it is asked for few.
  @inline(never)
  private func isForbidden(_ status: EntryStatus, in directory: DirectoryHandle) -> Bool {
    walk.stickyRule.forbids(status, in: directory.status)
  }

  /// The decision on one look at a file that patterns have chosen.
  func verdict(on status: EntryStatus, _ name: UnsafeBufferPointer<UInt8>, by criteria: UInt8) -> Verdict {
    cutoff.verdict(on: status, name, by: criteria, ownFiles: ownFiles)
  }

  /// The reason to keep a file, by now: of one dated later than the run's beginning hours may have gone by since.
  @inline(__always)
  func reason(_ reason: KeepReason, of status: EntryStatus, by criteria: UInt8) -> KeepReason {
    reason == .inFuture ? lateReason(status, by: criteria) : reason
  }

  @inline(never)
  private func lateReason(_ status: EntryStatus, by criteria: UInt8) -> KeepReason {
    guard let time = cutoff.age(of: FileFacts(status), by: criteria)?.time else { return .inFuture }
    return time.since(Timestamp(WallClock.now())) > walk.rules.maxSkew ? .inFuture : .tooNew
  }
}
