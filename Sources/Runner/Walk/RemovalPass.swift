import Kernel
import Plan
import SystemPackage

/// Removing files of one directory: leave by the rate limits first, then a fresh look and the removal, then the books. The
/// look comes right before the removal, or where it is a round trip, from another worker a moment ahead; a look that has
/// become too old while leave was waited for is taken again.
extension PurgeWorker {
  /// What was decided at the fresh look at a file.
  fileprivate enum Decision {
    /// With what was reserved under the caps beyond the first look's size.
    case remove(extra: UInt64)
    case keep(KeepReason)
    /// Another file stands under the name.
    case replaced
    /// It grew beyond what was reserved under a cap, and there is no room for that.
    case overCap
  }

  /// What speaks against removing anything in a directory.
  private enum Obstacle {
    case halt(Halt)
    /// It cannot be asked, so names in it are not known for sure.
    case unreadable(Errno)
  }

  /// Files on their way through a worker's hands.
  private struct Pass {
    /// Not settled.
    var rest: VictimList
    var count = RemovalCount()
    var halt: Halt?
    /// When the directory was last asked for, and when it was last seen that it is where it was.
    var namesCheckedAt: MonotonicTime
    var locatedAt = MonotonicTime.distantPast
    /// Of the file at this index.
    var refusals = Refusals()
    var refused: Int?
    /// What was seen before serves no more.
    var serves = MonotonicTime.distantPast
  }

  // MARK: Where it is, and whether it may

  /// Asks the directory itself, before names in it are looked at: then the client has forgotten names that others have changed.
  /// Returns when that was, and when it was changed last.
  private func ask(_ place: Place) throws(Errno) -> (at: MonotonicTime, changedAt: FileTime) {
    let askedAt = MonotonicTime.now()
    let status = try fileSystem.freshStatus(of: place.directory)
    meter.lap(.freshStatus)
    return (askedAt, status.mtime)
  }

  /// Whether it is where it was, and nobody protects what is above it.
  private func haltOnTheWay(or elsewhere: Place) -> Halt? {
    isElsewhere(elsewhere) ? .moved : haltOnTheWay(to: elsewhere)
  }

  private func isHeld(_ place: Place) throws(Errno) -> Bool {
    guard !place.isJustEntered else { return false }
    let isHeld = try PurgeHold.stands(in: place.directory, fileSystem)
    meter.lapAside(.status)
    guard isHeld else { return false }
    walk.tellHeld(walk.state.withLock { $0.table.relativePath(of: place.node) })
    return true
  }

  private func obstacle(at place: Place, _ askedAt: inout MonotonicTime) -> Obstacle? {
    // This first: it may take long, after which what the directory said would serve no more.
    if let halt = haltOnTheWay(or: place) { return .halt(halt) }
    do throws(Errno) {
      askedAt = try ask(place).at
      return try isHeld(place) ? .halt(.held) : nil
    } catch {
      return obstacle(error)
    }
  }

  private func obstacle(_ error: Errno) -> Obstacle { error.meansStale ? .halt(.lost) : .unreadable(error) }

  /// Somebody on this host has moved it, or one above it.
  func isElsewhere(_ place: Place) -> Bool {
    guard !place.location.isEmpty, fileSystem.isAt(place.location, place.directory) == false else { return false }
    // The kernel may show it otherwise, where names do not depend on case, say: then the path leads to it all the same.
    if (try? fileSystem.openRoot(place.location))?.identity == place.directory.identity { return false }
    walk.tellMoved(place.node)
    return true
  }

  // MARK: Looking ahead

  /// Takes the fresh look at files ahead of their removal.
  func check(_ victims: VictimList, at place: Place, _ nameCheck: NameCheck) -> Checking {
    var checking = Checking(rest: victims, holdsUp: false)
    guard let askedAt = checkNames(at: place, nameCheck, &checking) else { return checking }
    for index in victims.indices {
      guard mayDo(1) else { break }
      fileSystem.freshStatus(of: index..<(index + 1), of: victims.names, in: place.directory) { index, result in
        meter.lap(.freshStatus)
        note(index, result, of: victims, place, seen: askedAt, &checking)
      }
      if checking.halt != nil { break }
      checking.rest.drop(1)
      tellRecords()
    }
    return checking
  }

  /// When the directory was asked for; nil: nothing is to be looked at.
  private func checkNames(at place: Place, _ nameCheck: NameCheck, _ checking: inout Checking) -> MonotonicTime? {
    if case .done(let time) = nameCheck { return time }
    checking.holdsUp = true
    guard mayDo(place.isJustEntered ? 1 : 2) else { return nil }
    do throws(Errno) {
      let (askedAt, changedAt) = try ask(place)
      // Others wait for just that, and not for what follows.
      walk.namesChecked(in: place.node, at: askedAt, changedAt: changedAt)
      checking.holdsUp = false
      checking.halt = haltOnTheWay(or: place)
      if checking.halt == nil, try isHeld(place) { checking.halt = .held }
      return checking.halt == nil ? askedAt : nil
    } catch {
      switch obstacle(error) {
      case .halt(let halt): checking.halt = halt
      case .unreadable(let error): fail(&checking.rest, error, at: place, &checking.count)
      }
      return nil
    }
  }

  private func note(
    _ index: Int, _ result: Result<EntryStatus, Errno>, of victims: VictimList, _ place: Place, seen: MonotonicTime,
    _ checking: inout Checking
  ) {
    switch result {
    case .success(let status):
      if let objection = objection(to: index, of: victims, status) {
        book(.spared, objection, index, of: victims, place, freed: 0, &checking.count)
      } else {
        checking.stillGoes(index, of: victims, seen: seen, bytes: status.bytesFreedByRemoval)
      }
    case .failure(let error):
      if error.meansStale, isLost(place.directory) {
        checking.halt = .lost
      } else {
        let result: RemovalResult = error.meansVanished ? .vanished(error) : .failed(error)
        lastError.isPassing = isPassing(error, in: place.directory)
        book(result, nil, index, of: victims, place, freed: 0, &checking.count)
      }
    }
  }

  /// Files that cannot be removed for a reason that is not theirs.
  private func fail(_ victims: inout VictimList, _ error: Errno, at place: Place, _ count: inout RemovalCount) {
    lastError.isPassing = error == .permissionDenied && (try? fileSystem.mayChange(place.directory)) != nil
    for index in victims.indices { book(.failed(error), nil, index, of: victims, place, freed: 0, &count) }
    victims.drop(victims.count)
  }

  // MARK: Removing

  /// Removes the files of one piece, after which the books are updated: progress shows, and little is lost with a thread
  /// that hangs.
  func removeFiles(_ victims: VictimList, at place: Place) -> Completion {
    rehearse(place)
    var pass = Pass(rest: victims, namesCheckedAt: place.askedAt)
    while !pass.rest.isEmpty, removeGroup(&pass, at: place) {}
    return .removedFiles(
      place, serial: victims.serial, rest: pass.rest, pass.count, pass.halt, askedAt: pass.namesCheckedAt)
  }

  /// False when the rest is to be brought back.
  private func removeGroup(_ pass: inout Pass, at place: Place) -> Bool {
    let size = min(group, pass.rest.count)
    // A removal each, and a look unless there was one.
    guard mayRemove(by: (pass.rest.isChecked ? 1 : 2) * size), isClear(&pass, at: place) else { return false }
    let goesOn = removeByTheClock(size, of: &pass, at: place)
    tellRecords()
    guard pass.refusals.isWaiting else { return goesOn }
    let mayGoOn = waitToRetry(&pass.refusals)
    // It is as if nobody had ever asked.
    (pass.namesCheckedAt, pass.serves) = (.distantPast, .now())
    return mayGoOn
  }

  private func removeByTheClock(_ size: Int, of pass: inout Pass, at place: Place) -> Bool {
    switch walk.clockAnswer(in: place, unless: { isStoppedWhileWaiting() }) {
    case .known: return remove(size, of: &pass, at: place)
    case .agreed: return isClear(&pass, at: place) && remove(size, of: &pass, at: place)
    case .onTrial:
      let before = pass.count.removed
      let goesOn = isClear(&pass, at: place) && remove(1, of: &pass, at: place)
      return walk.settleTrial(in: place, hasRemoved: pass.count.removed > before) && goesOn
    case .refused: return false
    }
  }

  /// Waits for leave to do what a removal takes; a removal that is only pretended takes nothing. False when the walk was stopped.
  private func mayRemove(by count: Int) -> Bool { walk.rules.mode == .purge ? mayDo(count) : !isStopped }

  /// Whether anything may be removed here now.
  private func isClear(_ pass: inout Pass, at place: Place) -> Bool {
    guard walk.rules.mode == .purge else { return true }
    let now = MonotonicTime.now()
    // Under a low rate limit as long as eight groups, lest it goes for asking only.
    let lasts = min(RemovalLane.nameCheckLasts, max(WalkLimits.quickNameCheckLasts, leave(for: 16 * group)))
    let isKnown = isRecent(pass.rest, at: now, since: pass.serves) || now.since(pass.namesCheckedAt) < lasts
    if isKnown { return isUndisturbed(&pass, at: place, now) }
    // Two calls, for which leave was not asked.
    for limit in walk.means.rateLimits { limit.charge(2) }
    switch obstacle(at: walk.state.withLock({ $0.toBeAsked(place) }), &pass.namesCheckedAt) {
    case nil:
      pass.locatedAt = now
      return true
    case .halt(let halt): pass.halt = halt
    case .unreadable(let error): fail(&pass.rest, error, at: place, &pass.count)
    }
    return false
  }

  /// Whether the directory is where it was, and still nobody protects it; seen by calls that cost next to nothing.
  private func isUndisturbed(_ pass: inout Pass, at place: Place, _ now: MonotonicTime) -> Bool {
    // As long as one piece takes where calls are quick.
    if now.nanoseconds(since: pass.locatedAt) < PurgeWorker.locationLasts { return true }
    if isElsewhere(place) { pass.halt = .moved }
    // Where looks are taken ahead, who takes them looks for a hold, too. Once a piece, whatever its pace.
    if pass.halt == nil, !pass.rest.isChecked, pass.locatedAt == .distantPast {
      for limit in walk.means.rateLimits { limit.charge(1) }
      if (try? isHeld(place)) == true { pass.halt = .held }
    }
    pass.locatedAt = now
    return pass.halt == nil
  }

  private func remove(_ size: Int, of pass: inout Pass, at place: Place) -> Bool {
    let next = pass.rest.indices.prefix(size)
    let reserved = next.prefix(reserve(next, of: pass.rest))
    meter.start()
    let settled = remove(reserved, of: &pass, at: place)
    pass.rest.drop(settled)
    return settled == next.count
  }

  func removeDirectory(_ empty: EmptyDirectory, at place: Place, _ nameCheck: NameCheck) -> Completion {
    rehearse(place)
    var (place, nameCheck) = (place, nameCheck)
    var namesCheckedAt: MonotonicTime?
    var refusals = Refusals()
    while true {
      var removal = removeDirectory(empty, at: place, nameCheck, &namesCheckedAt, &refusals)
      let isToWait = removal == nil && refusals.isWaiting
      if isToWait, !waitToRetry(&refusals) { removal = .left }
      if let removal { return .removedDirectory(place, empty, removal, namesCheckedAt: namesCheckedAt) }
      nameCheck = .needed(isJustEntered: false)
      // That was seen, and to see it again might take as long again.
      (place.way, place.isJustEntered) = (nil, false)
      if isToWait { place = walk.state.withLock { $0.toBeAsked(place) } }
    }
  }

  /// Nil: the directory must be asked for again, since it took so long, or since it was refused and is to be tried again.
  private func removeDirectory(
    _ empty: EmptyDirectory, at place: Place, _ nameCheck: NameCheck, _ namesCheckedAt: inout MonotonicTime?,
    _ refusals: inout Refusals
  ) -> Completion.DirectoryRemoval? {
    guard mayRemove(by: 2) else { return .left }
    switch nameCheck {
    case .done(let time):
      if isElsewhere(place) { return .halted(.moved) }
      namesCheckedAt = time
    // Where nothing is removed, names need not be known for sure.
    case .needed where walk.rules.mode != .purge: break
    case .needed:
      guard mayDo(2) else { return .left }
      var askedAt = MonotonicTime.now()
      switch obstacle(at: place, &askedAt) {
      case nil: namesCheckedAt = askedAt
      case .halt(let halt): return .halted(halt)
      case .unreadable(let error): return failed(empty, error, at: place)
      }
    }
    switch walk.clockAnswer(in: place, unless: { isStoppedWhileWaiting() }) {
    case .known: return removeDirectory(empty, at: place, namesCheckedAt, &refusals)
    case .agreed: return nil
    case .onTrial:
      let removal = removeDirectory(empty, at: place, namesCheckedAt, &refusals)
      let goesOn = walk.settleTrial(in: place, hasRemoved: removal == .removed)
      return removal ?? (goesOn ? nil : .left)
    case .refused: return .left
    }
  }

  private func removeDirectory(
    _ empty: EmptyDirectory, at place: Place, _ namesCheckedAt: MonotonicTime?, _ refusals: inout Refusals
  ) -> Completion.DirectoryRemoval? {
    meter.start()
    var isLate = false
    var reason: EmptyDirectory.ReasonToStay?
    // The call that is made now; nil: none.
    var call: OperationKind? = .freshStatus
    defer { lap(call) }
    do throws(Errno) {
      let isRemoved = try fileSystem.removeDirectory(empty.name, in: place.directory) { status in
        meter.lap(.freshStatus)
        isLate = areNamesOld(namesCheckedAt ?? .distantPast)
        // This first: what is mounted on it is another directory, too.
        reason = cutoff.reasonToStay(status, in: place.directory.identity.device)
        call = !isLate && reason == nil && empty.isStill(status) ? .removeDirectory : nil
        return call != nil
      }
      if isLate { return nil }
      if let reason { return .stays(reason) }
      if isRemoved { record(removed: empty, at: place) }
      return isRemoved ? .removed : .changed
    } catch {
      if error.meansNotEmpty { return .notEmpty }
      if error.meansStale, isLost(place.directory) { return .halted(.lost) }
      if error.meansNoDirectory { return .vanished(error) }
      if error == .resourceBusy, isMountPoint(empty.name, in: place.directory) { return .stays(.mountPoint) }
      if isToBeTriedAgain(error, at: place, &refusals) { return nil }
      return failed(empty, error, at: place, isPassing: refusals.isPassing)
    }
  }

  /// Something was mounted here since the look at it, which no error is.
  private func isMountPoint(_ name: [UInt8], in directory: DirectoryHandle) -> Bool {
    guard let look = try? fileSystem.look(at: name, in: directory, isFresh: false) else { return false }
    // Files of an overlay have devices of their own.
    return look.isMountPoint(in: look.kind == .directory ? directory.identity.device : nil)
  }

  private func failed(
    _ empty: EmptyDirectory, _ error: Errno, at place: Place, isPassing: Bool = false
  ) -> Completion.DirectoryRemoval {
    walk.failures.add(.removeDirectory, error, isPassing: isPassing) {
      walk.shownPath(of: place.node, entry: empty.name)
    }
    return .failed
  }

  /// How many were settled; not all when the directory is halted in its midst.
  private func remove(_ group: Range<Int>, of pass: inout Pass, at place: Place) -> Int {
    let victims = pass.rest
    let mustLook = !isRecent(victims, at: meter.lapStart, since: pass.serves)
    if mustLook, victims.isChecked {
      // Second looks, for which leave was not asked.
      for limit in walk.means.rateLimits { limit.charge(group.count) }
    }
    // Made before each removal, used up by the result that follows it; nil when none was made.
    var decision: Decision?
    // The call that is made now; nil: none.
    var call: OperationKind?
    var settled = 0
    let hasCaps = !walk.means.caps.isEmpty
    // It took so long that a name may be another file's by now: it is put back, with those that follow. So is what was refused
    // though it is permitted.
    var isLate = false
    fileSystem.removeFiles(group, of: victims.names, in: place.directory) { index in
      // A call before this one, or a cap, may have been waited for.
      if !isLate {
        isLate = mustLook ? areNamesOld(pass.namesCheckedAt) : !isRecent(victims, at: .now(), since: pass.serves)
      }
      if isStopped || isLate || pass.halt != nil || pass.refusals.isWaiting { return .refused }
      call = .freshStatus
      guard !mustLook, let bytes = victims.freshBytes(index) else { return .afterLook }
      decision = admit(bytes, first: victims.looks[index].bytes)
      call = decision?.isRemoval == true ? .removeFile : nil
      return call == nil ? .refused : .granted
    } decide: { index, status in
      meter.lap(.freshStatus)
      isLate = areNamesOld(pass.namesCheckedAt)
      if isLate { return false }
      decision =
        objection(to: index, of: victims, status)
        ?? admit(status.bytesFreedByRemoval, first: victims.looks[index].bytes)
      call = decision?.isRemoval == true ? .removeFile : nil
      return call != nil
    } receive: { index, result, look in
      lap(call)
      call = nil
      let first = victims.looks[index].bytes
      let freed = look?.bytesFreedByRemoval ?? victims.freshBytes(index) ?? first
      if hasCaps { settleCaps(first, decision, deleted: result == .removed ? freed : nil) }
      if result.isTrouble, pass.halt == nil, !isLate, !pass.refusals.isWaiting {
        note(result, index, of: victims, &pass, &decision, at: place)
      }
      if pass.halt == nil, !isLate, !pass.refusals.isWaiting {
        book(result, decision, index, of: victims, place, freed: freed, &pass.count)
        settled += 1
      }
      decision = nil
    }
    return settled
  }

  /// What a removal that did not succeed means. Apart, so that what is done for each file stands in one place of the machine code.
  @inline(never)
  private func note(
    _ result: RemovalResult, _ index: Int, of victims: VictimList, _ pass: inout Pass, _ decision: inout Decision?,
    at place: Place
  ) {
    if result.isStale, isLost(place.directory) {
      pass.halt = .lost
    } else if case .failed(let error) = result {
      note(error, index, &pass, at: place)
      if error == .resourceBusy, isMountPoint(victims.names[index], in: place.directory) {
        decision = .keep(.mountPoint)
      }
    }
  }

  /// Whether a failed removal is to be tried again, and if not, whether it is a passing failure.
  private func note(_ error: Errno, _ index: Int, _ pass: inout Pass, at place: Place) {
    if pass.refused != index { pass.refusals.settle() }
    pass.refused = index
    if !isToBeTriedAgain(error, at: place, &pass.refusals) {
      lastError.isPassing = pass.refusals.isPassing
    }
  }

  private func isToBeTriedAgain(_ error: Errno, at place: Place, _ refusals: inout Refusals) -> Bool {
    refusals.isToBeTriedAgain(error, in: walk.retries) { () throws(Errno) in
      try fileSystem.mayChange(place.directory)
    }
  }

  /// A call was made, unless it was only pretended.
  private func lap(_ call: OperationKind?) {
    if let call, walk.rules.mode == .purge { meter.lap(call) }
  }

  /// Names were last known for sure too long ago for a removal to follow.
  private func areNamesOld(_ checkedAt: MonotonicTime) -> Bool {
    walk.rules.mode == .purge && meter.lapStart.nanoseconds(since: checkedAt) >= PurgeWorker.freshness
  }

  private static let freshness = RemovalLane.freshness.nanoseconds
  private static let locationLasts = WalkLimits.locationLasts.nanoseconds

  private func isRecent(_ victims: VictimList, at now: MonotonicTime, since start: MonotonicTime) -> Bool {
    guard let looks = victims.fresh, looks.at >= start else { return false }
    return now.nanoseconds(since: looks.at) < PurgeWorker.freshness
  }

  /// What speaks against removing a file at a fresh look; nil: nothing.
  private func objection(
    to index: Int, of victims: VictimList, _ status: EntryStatus
  ) -> Decision? {
    let first = victims.looks[index]
    guard status.kind == first.kind, status.identity.inode == first.inode else { return .replaced }
    let criteria = victims.criteria(index)
    let verdict = victims.names.withName(at: index) { self.verdict(on: status, $0, by: criteria) }
    if case .kept(let reason) = verdict { return .keep(self.reason(reason, of: status, by: criteria)) }
    return nil
  }

  private func admit(_ bytes: UInt64, first: UInt64) -> Decision {
    let extra = bytes - min(bytes, first)
    return extra == 0 || extend(by: extra) ? .remove(extra: extra) : .overCap
  }

  private func settleCaps(_ first: UInt64, _ decision: Decision?, deleted: UInt64?) {
    var reserved = first
    if case .remove(let extra) = decision { reserved.add(extra) }
    for cap in walk.means.caps { cap.settle(reserved: reserved, deleted: deleted) }
  }

  private func book(
    _ result: RemovalResult, _ decision: Decision?, _ index: Int, of victims: VictimList, _ place: Place,
    freed: UInt64, _ count: inout RemovalCount
  ) {
    defer { progress.note(count.tally) }
    count.tally.filesScanned += 1
    if case .keep(let reason) = decision {
      count.tally.filesKept[reason] += 1
      count.staying += 1
      if recordsKept { record(.kept(reason), victims.names[index], in: place.node) }
      return
    }
    let first = victims.looks[index]
    count.tally.filesToPurge += 1
    count.tally.bytesToFree.add(first.bytes)
    if first.isLink { count.tally.symlinksToPurge += 1 }
    switch result {
    case .removed:
      if walk.rules.mode == .purge {
        count.tally.filesPurged += 1
        if first.isLink { count.tally.symlinksPurged += 1 }
        count.tally.bytesFreed.add(freed)
      } else if first.isForbidden {
        count.tally.filesNotPermitted += 1
      }
      count.removed += 1
      if recordsRemovals || (isRehearsal && walk.wantsSample) { record(removed: index, of: victims, at: place) }
    case .vanished(let error): bookVanished(index, of: victims, error, &count)
    case .failed(let error):
      count.tally.filesFailed += 1
      count.staying += 1
      walk.failures.add(.removeFile, error, isPassing: lastError.isPassing) {
        walk.shownPath(of: place.node, entry: victims.names[index])
      }
    case .spared:
      count.staying += 1
      if case .replaced = decision {
        bookVanished(index, of: victims, .staleNFSFileHandle, &count)
      } else {
        count.tally.filesLeft += 1
      }
    }
  }

  private func bookVanished(_ index: Int, of victims: VictimList, _ error: Errno, _ count: inout RemovalCount) {
    count.tally.filesVanished += 1
    let entry = victims.names.withName(at: index) {
      VanishedEntry(.file, $0, inode: victims.looks[index].inode, error)
    }
    count.vanished.append(entry)
  }
}

extension RemovalResult {
  fileprivate var isTrouble: Bool {
    switch self {
    case .removed, .spared: false
    case .vanished, .failed: true
    }
  }

  fileprivate var isStale: Bool {
    switch self {
    case .vanished(let error), .failed(let error): error.meansStale
    case .removed, .spared: false
    }
  }
}

extension PurgeWorker.Decision {
  fileprivate var isRemoval: Bool {
    if case .remove = self { return true }
    return false
  }
}
