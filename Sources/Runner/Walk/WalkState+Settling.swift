import Kernel
import Plan
import SystemPackage

/// Settling directories: the last part that is finished settles its directory, and with it perhaps its parent.
extension WalkState {
  /// One part of a directory is finished. When it was the last, the directory is settled, and so on up to the root.
  mutating func partDone(of id: NodeID) {
    var next: NodeID? = id
    while let current = next {
      table[current].pending -= 1
      guard table[current].pending == 0 else { return }
      if mustBeRechecked(current) { return recheck(current) }
      guard let parent = table[current].parent else { return settleRoot(current) }
      if mayBeRemoved(current) {
        if reservesRemoval() {
          handOver(current, to: parent)
          return
        }
        if isEmptied(current), readAgain(current) { return }
        tally.emptyDirsLeft += 1
      } else if isEmptied(current), readAgain(current) {
        return
      }
      if let reason = table[current].reasonToStay, isOldAndEmpty(current) {
        noteStaying(reason)
      }
      if table[current].fate != .vanished { table[parent].remaining += 1 }
      close(current)
      next = parent
    }
  }

  private func mustBeRechecked(_ id: NodeID) -> Bool {
    !table[id].vanished.isEmpty && table[id].fate == .scanned && table[id].end == nil && stop == nil
  }

  private mutating func recheck(_ id: NodeID) {
    table[id].isToBeRechecked = true
    table[id].pending = 1
    list(id)
  }

  private mutating func settleRoot(_ id: NodeID) {
    if isEmptied(id), readAgain(id) { return }
    if mayOwnFolderGo(id) {
      if reservesRemoval() {
        ownFolder = .waits
        return
      }
      tally.emptyDirsLeft += 1
    }
    endRoot(id)
  }

  mutating func endRoot(_ id: NodeID) {
    close(id)
    isFinished = true
  }

  /// Whether the target's own folder, of which nothing else is in work, may be removed.
  private func mayOwnFolderGo(_ id: NodeID) -> Bool {
    guard let instant = rules.ownFolderBefore, stop == nil, table[id].reasonToStay == nil else { return false }
    return table[id].remaining == 0 && table[id].fate == .scanned && table[id].end == nil
      && Timestamp(table[id].modifiedAt) < instant
  }

  /// Takes room for one more under `max_empty_directories`, if there is any.
  private func reservesRemoval() -> Bool { stop == nil && rules.emptyDirectoryCap.reserve() }

  /// A directory for which room was taken does not go.
  func giveBackRemoval() { rules.emptyDirectoryCap.giveBack() }

  /// Hands an empty directory to its parent's lane to be removed.
  private mutating func handOver(_ id: NodeID, to parent: NodeID) {
    // It will hardly be needed again, and many may wait.
    leaveWayBack(from: id)
    closeHandle(of: id)
    let empty = EmptyDirectory(
      node: id, name: table[id].name, identity: table[id].identity,
      modifiedAt: table[id].isChangedByUs ? nil : table[id].modifiedAt)
    table[parent].lane.append(empty)
    list(parent)
  }

  /// Something was removed here and nothing should be left: reason enough to make sure, since some servers skip entries
  /// of a listing after removals.
  private func isEmptied(_ id: NodeID) -> Bool {
    rules.mode == .purge && stop == nil && table[id].remaining == 0 && table[id].removedSomething
      && table[id].fate == .scanned
  }

  /// Starts a further listing; false when there were enough.
  mutating func readAgain(_ id: NodeID) -> Bool {
    guard table[id].end == nil else { return false }
    guard table[id].rereads < WalkLimits.rereads else {
      restlessDirectories += 1
      return false
    }
    table[id].rereads += 1
    table[id].removedSomething = false
    table[id].cursor = .ready
    table[id].position = 0
    table[id].repetition = RepetitionGuard()
    table[id].needsSeek = true
    table[id].pending = 1
    list(id)
    return true
  }

  private func mayBeRemoved(_ id: NodeID) -> Bool { table[id].reasonToStay == nil && isOldAndEmpty(id) }

  mutating func noteStaying(_ reason: EmptyDirectory.ReasonToStay) {
    switch reason {
    case .mountPoint: tally.emptyDirsMountPoint += 1
    case .otherOwner: tally.emptyDirsOtherOwner += 1
    }
  }

  private func isOldAndEmpty(_ id: NodeID) -> Bool {
    guard let instant = rules.emptyBefore, table[id].remaining == 0, table[id].fate == .scanned else { return false }
    // Where its work was ended, or that of the one above it, nothing more is removed.
    guard table[id].end == nil, let parent = table[id].parent, table[parent].end == nil else { return false }
    guard Timestamp(table[id].modifiedAt) < instant else { return false }
    return rules.cutoff.mayRemove(table[id].scope)
  }

  mutating func close(_ id: NodeID) {
    switch table[id].fate {
    case .scanned: tally.dirsScanned += 1
    case .vanished: noteVanished(id)
    case .held: tally.dirsHeld += 1
    case .left: tally.dirsLeft += 1
    case .failed: tally.dirsFailed += 1
    }
    leaveWayBack(from: id)
    closeHandle(of: id)
    dropWayBack(of: id)
    forgetVanished(of: id)
    ledger.release(
      table[id].subdirectories.footprint + table[id].holdings.dropAll()
        + MemoryPrice.node(name: table[id].name.count, table[id].scope))
    table.remove(id)
  }

  /// It is gone, as it seems: to be seen at the end of the one above it.
  private mutating func noteVanished(_ id: NodeID) {
    tally.dirsVanished += 1
    guard !isSettled, let parent = table[id].parent else { return }
    let error = if case .vanished(let error) = table[id].end { error } else { Errno.noSuchFileOrDirectory }
    note([VanishedEntry(.directory, table[id].name, inode: table[id].identity.inode, error)], in: parent)
  }

  mutating func closeHandle(of id: NodeID) {
    if table[id].handle != nil {
      openDirectories -= 1
      ledger.release(MemoryPrice.openDirectory)
    }
    table[id].handle = nil
    table[id].needsSeek = true
  }

  /// Counts all that was not reached as left, but for what workers have done of pieces that they did not bring back; after
  /// which the books close. To be called when no worker will come back.
  mutating func settleWhatIsLeft(_ inHand: [RemovalProgress]) {
    isSettled = true
    let ids = table.ids
    for id in ids {
      for empty in table[id].lane.emptyDirectories {
        tally.emptyDirsLeft += 1
        giveBackRemoval()
        close(empty.node)
      }
    }
    for id in ids where table.contains(id) {
      tally.dirsLeft += UInt64(table[id].subdirectories.count)
      suffer(.left, id)
      close(id)
    }
    // Of one in a worker's hands nobody knows.
    if ownFolder == .waits { giveBackRemoval() }
    if ownFolder != .stays { tally.emptyDirsLeft += 1 }
    tally.dirsLeft += UInt64(subdirectoriesBeingEntered)
    tally.filesScanned += UInt64(unsettledFiles)
    tally.filesToPurge += UInt64(unsettledFiles)
    tally.filesLeft += UInt64(unsettledFiles)
    for progress in inHand { progress.settle(in: &tally) }
    subdirectoriesBeingEntered = 0
    unsettledFiles = 0
  }
}
