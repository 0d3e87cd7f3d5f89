import Kernel
import Plan

/// Taking in what workers bring back.
extension WalkState {
  /// Books what a worker brings. Returns the directory it had better go on with.
  mutating func apply(_ delivery: consuming Delivery) -> NodeID? {
    let pace = paceLearnt(from: delivery)
    let touched = take(delivery.completion)
    guard let touched, table.contains(touched) else { return nil }
    // What came back to a directory that was ended meanwhile is given up, too.
    giveUp(touched)
    guard table.contains(touched) else { return nil }
    if let pace { note(pace, of: touched) }
    list(touched)
    return touched
  }

  /// Books it. Returns the directory it was about.
  private mutating func take(_ completion: Completion) -> NodeID? {
    switch completion {
    case .openedRoot(let handle, let listing, let scope, let location, let reserved):
      rootLocation = location
      ledger.release(reserved)
      return openedRoot(handle, listing, scope)
    case .rootPassedOver(let choice, let reserved):
      ledger.release(reserved)
      tally.dirsFound += 1
      tally.passOver(choice)
      isFinished = true
      return nil
    case .rootFailed(let reserved):
      ledger.release(reserved)
      isFinished = true
      return nil
    case .reopened(let reopening, let result):
      return reopened(reopening, result)
    case .reopenedRoot(let result):
      reopenedRoot(result)
      return root
    case .entered(let entering, let entry):
      return entered(entering, entry)
    case .read(let reading, let listing):
      ledger.release(reading.reserved)
      table[reading.node].users -= 1
      return took(listing, of: reading.node, reading.directory)
    case .judged(let chunk, let judgement):
      return judged(chunk, judgement)
    case .checked(let place, let checking):
      return checked(place, checking)
    case .removedFiles(let place, let serial, let rest, let count, let halt, let askedAt):
      table[place.node].lane.namesChecked(at: askedAt)
      return removedFiles(place, serial, rest, count, halt)
    case .removedDirectory(let place, let empty, let removal, let namesCheckedAt):
      if let namesCheckedAt { table[place.node].lane.namesChecked(at: namesCheckedAt) }
      return removedDirectory(empty, of: place, removal)
    case .removedOwnFolder(let removal):
      return removedOwnFolder(removal)
    case .rechecked(let recheck, let rechecking):
      ledger.release(recheck.reserved)
      rechecked(recheck.place, rechecking)
      return recheck.place.node
    }
  }

  /// What a worker learnt of the time a call takes, and whether it may have been answered from a cache.
  private func paceLearnt(from delivery: borrowing Delivery) -> (time: Duration, isCertain: Bool)? {
    guard let pace = delivery.pace else { return nil }
    if case .judged = delivery.completion { return (pace, false) }
    return (pace, true)
  }

  private mutating func note(_ pace: (time: Duration, isCertain: Bool), of id: NodeID) {
    if pace.isCertain || pace.time > table[id].pace { table[id].pace = pace.time }
  }

  private mutating func openedRoot(
    _ handle: DirectoryHandle, _ listing: Listing, _ scope: PatternScope?
  ) -> NodeID {
    tally.dirsFound += 1
    let id = insert(parent: nil, name: [], depth: 0, handle, scope)
    root = id
    return took(listing, of: id, handle)
  }

  private mutating func insert(
    parent: NodeID?, name: [UInt8], depth: Int, _ handle: DirectoryHandle, _ scope: PatternScope?
  ) -> NodeID {
    if !table.hasFreeSlot { ledger.reserve(MemoryPrice.slot) }
    ledger.reserve(MemoryPrice.node(name: name.count, scope) + MemoryPrice.openDirectory)
    let id = table.insert(
      DirectoryNode(
        parent: parent, name: name, depth: depth, identity: handle.identity, modifiedAt: handle.status.mtime,
        handle: handle, scope: scope))
    table[id].reasonToStay = rules.cutoff.reasonToStay(handle.status, in: parent.map { table[$0].identity.device })
    table[id].lane.entered(at: .now())
    openDirectories += 1
    openOrder.append(id, in: table)
    closeOneIfTooMany(sparing: id)
    return id
  }

  private mutating func entered(_ entering: Entering, _ entry: Completion.Entry) -> NodeID {
    let parent = entering.parent
    subdirectoriesBeingEntered -= 1
    ledger.release(entering.reserved)
    table[parent].users -= 1
    switch entry {
    case .opened(let handle, let listing, let scope):
      let id = insert(parent: parent, name: entering.name, depth: table[parent].depth + 1, handle, scope)
      table[id].end = table[parent].end
      list(parent)
      return took(listing, of: id, handle)
    case .passedOver(let choice):
      tally.passOver(choice)
      table[parent].remaining += 1
    case .vanished(let error):
      tally.dirsVanished += 1
      note([VanishedEntry(.directory, entering.name, inode: 0, error)], in: parent)
    case .lost:
      withSubdirectories(of: parent) { $0.append(entering.name) }
      lost(parent, entering.directory)
      return parent
    case .failed:
      tally.dirsFailed += 1
      table[parent].remaining += 1
    case .otherFileSystem:
      tally.dirsOnOtherFileSystem += 1
      table[parent].remaining += 1
    case .held:
      tally.dirsHeld += 1
      table[parent].remaining += 1
    case .lostAndFound:
      tally.dirsLostAndFound += 1
      table[parent].remaining += 1
    case .left:
      tally.dirsLeft += 1
      table[parent].remaining += 1
    }
    partDone(of: parent)
    return parent
  }

  private mutating func took(_ listing: Listing, of id: NodeID, _ directory: DirectoryHandle) -> NodeID {
    switch listing {
    case .batch(let batch, let sorted, let repetition):
      table[id].position = batch.nextPosition
      table[id].repetition = repetition
      table[id].cursor = .ready
      found(sorted.subdirectories, in: id)
      if sorted.toJudge > 0 {
        hold(batch, in: id)
        table[id].pending += 1
      }
      if batch.hasMark { end(id, as: .held) }
    case .end: endListing(of: id, as: .scanned)
    case .vanished: endListing(of: id, as: .vanished)
    case .lost:
      table[id].cursor = .ready
      table[id].needsSeek = true
      lost(id, directory)
    case .failed: endListing(of: id, as: .failed)
    case .left: endListing(of: id, as: .left)
    }
    return id
  }

  private mutating func hold(_ batch: EntryBatch, in id: NodeID) {
    let serial = nextSerial()
    ledger.reserve(batch.footprint)
    table[id].holdings.add(serial, parts: 1, bytes: batch.footprint)
    table[id].unclaimed.append(DirectoryNode.Claims(batch: batch, serial: serial, indices: batch.entries.indices))
  }

  private mutating func endListing(of id: NodeID, as fate: DirectoryNode.Fate) {
    table[id].cursor = .exhausted
    suffer(fate, id)
    partDone(of: id)
  }

  /// The gravest of what befalls a directory is what it is counted as.
  mutating func suffer(_ fate: DirectoryNode.Fate, _ id: NodeID) {
    if fate.rawValue > table[id].fate.rawValue { table[id].fate = fate }
  }

  /// Subdirectories were met: they are found, and wait to be entered unless they lie too deep.
  private mutating func found(_ names: NameList, in id: NodeID) {
    guard !names.isEmpty else { return }
    tally.dirsFound += UInt64(names.count)
    if !rules.cutoff.retention.reaches(folderAtDepth: table[id].depth + 1) {
      tally.dirsTooDeep += UInt64(names.count)
      table[id].remaining += names.count
      return
    }
    table[id].pending += names.count
    withSubdirectories(of: id) { if $0.isEmpty { $0 = names } else { $0.append(contentsOf: names) } }
  }

  private mutating func judged(_ chunk: Chunk, _ judgement: Judgement) -> NodeID {
    let id = chunk.node
    table[id].users -= 1
    ledger.release(chunk.reserved)
    if !judgement.rest.isEmpty {
      table[id].unclaimed.append(
        DirectoryNode.Claims(batch: chunk.batch, serial: chunk.serial, indices: judgement.rest))
      table[id].pending += 1
    } else {
      ledger.release(table[id].holdings.drop(of: chunk.serial))
    }
    tally += judgement.tally
    table[id].remaining += judgement.staying
    note(judgement.vanished, in: id)
    if judgement.isBrokenOff { suffer(.left, id) }
    found(judgement.subdirectories, in: id)
    if !judgement.victims.isEmpty {
      unsettledFiles += judgement.victims.count
      // All files of the lane are one part.
      if table[id].lane.hasNoFiles { table[id].pending += 1 }
      let victims = held(judgement.victims, in: id)
      table[id].lane.append(victims)
      list(id)
    }
    if judgement.isLost { lost(id, chunk.directory) }
    partDone(of: id)
    return id
  }

  /// The list with its number, under which the ledger holds it until its last file is settled.
  private mutating func held(_ victims: VictimList, in id: NodeID) -> VictimList {
    var victims = victims
    victims.serial = nextSerial()
    let bytes = victims.footprint + MemoryPrice.victimList
    ledger.reserve(bytes)
    table[id].holdings.add(victims.serial, parts: victims.count, bytes: bytes)
    return victims
  }

  private mutating func checked(_ place: Place, _ checking: Checking) -> NodeID {
    let id = place.node
    table[id].lane.checked(checking.remaining, rest: checking.rest, settled: Int(checking.count.tally.filesScanned))
    if checking.holdsUp { table[id].lane.endCheck() }
    settledFiles(of: place, checking.rest.serial, checking.count, checking.halt)
    return id
  }

  private mutating func removedFiles(
    _ place: Place, _ serial: UInt32, _ rest: VictimList, _ count: RemovalCount, _ halt: Halt?
  ) -> NodeID {
    table[place.node].lane.removed(Int(count.tally.filesScanned), rest: rest)
    if count.removed > 0 { changedByUs(place.node) }
    settledFiles(of: place, serial, count, halt)
    return place.node
  }

  private mutating func settledFiles(of place: Place, _ serial: UInt32, _ count: RemovalCount, _ halt: Halt?) {
    let id = place.node
    table[id].users -= 1
    ledger.release(table[id].holdings.drop(Int(count.tally.filesScanned), of: serial))
    tally += count.tally
    if rules.mode == .dryRun { rehearsed(count.tally, in: id) }
    unsettledFiles -= Int(count.tally.filesScanned)
    table[id].remaining += count.staying
    note(count.vanished, in: id)
    let isLast = count.tally.filesScanned > 0 && table[id].lane.hasNoFiles
    if let halt { self.halt(id, place.directory, for: halt) }
    if isLast { partDone(of: id) }
  }

  /// When the directory was changed, as the server has it; what was known at its opening may have been the client's. To be told
  /// while nobody removes anything in it.
  mutating func wasChanged(_ id: NodeID, at time: FileTime) {
    if !table[id].isChangedByUs { table[id].modifiedAt = time }
  }

  private mutating func changedByUs(_ id: NodeID) {
    table[id].isChangedByUs = true
    table[id].removedSomething = true
  }

  private mutating func removedDirectory(
    _ empty: EmptyDirectory, of place: Place, _ removal: Completion.DirectoryRemoval
  ) -> NodeID {
    let (parent, child) = (place.node, empty.node)
    table[parent].users -= 1
    if case .halted(let halt) = removal {
      table[parent].lane.putBack(empty)
      self.halt(parent, place.directory, for: halt)
      return parent
    }
    table[parent].lane.removedDirectory()
    if removal == .notEmpty, table[child].removedSomething, readAgain(child) {
      giveBackRemoval()
      return parent
    }
    book(removal)
    switch removal {
    case .removed: changedByUs(parent)
    case .vanished(let error):
      note([VanishedEntry(.emptyDirectory, empty.name, inode: empty.identity.inode, error)], in: parent)
    case .notEmpty, .changed, .stays, .failed, .left, .halted: table[parent].remaining += 1
    }
    close(child)
    partDone(of: parent)
    return parent
  }

  mutating func book(_ removal: Completion.DirectoryRemoval) {
    switch removal {
    case .removed:
      tally.emptyDirsToDelete += 1
      if rules.mode == .purge { tally.emptyDirsDeleted += 1 }
      return
    case .vanished:
      tally.emptyDirsToDelete += 1
      tally.emptyDirsVanished += 1
    case .failed:
      tally.emptyDirsToDelete += 1
      tally.emptyDirsFailed += 1
    case .left:
      tally.emptyDirsLeft += 1
    case .stays(let reason):
      noteStaying(reason)
    case .notEmpty, .changed, .halted:
      break
    }
    // What did not go makes room for another under the cap.
    giveBackRemoval()
  }
}

extension Tally {
  fileprivate mutating func passOver(_ choice: FolderPassedOver) {
    switch choice {
    case .excluded: dirsExcluded += 1
    case .notIncluded: dirsNotIncluded += 1
    }
  }
}
