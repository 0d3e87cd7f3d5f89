import Kernel
import SystemPackage

/// Walking with few descriptors: directories in which nobody works are closed and opened again when they are needed.
extension WalkState {
  mutating func closeOneIfTooMany(sparing spared: NodeID) {
    if openDirectories > limits.openDirectories { closeTopmost(sparing: spared) }
  }

  /// The system refused a descriptor: goes on with fewer, and closes some at once. Not more often than once a second,
  /// since all workers meet the same shortage, and never to so few that going up a deep path means opening all of it.
  mutating func yieldDescriptors(at now: MonotonicTime) {
    if let last = yieldedAt, now.since(last) < .seconds(1) { return }
    yieldedAt = now
    limits.openDirectories = max(limits.reopenedAtOnce, openDirectories * 3 / 4)
    while openDirectories > limits.openDirectories, closeTopmost(sparing: nil) {}
  }

  /// Closes the directory that will be needed last: the topmost one in which nobody works. False when there is none.
  @discardableResult
  mutating func closeTopmost(sparing spared: NodeID?) -> Bool {
    let candidates = table.ids.filter {
      $0 != spared && $0 != root && table[$0].handle != nil && table[$0].users == 0
    }
    guard let topmost = candidates.min(by: { table[$0].depth < table[$1].depth }) else { return false }
    closeHandle(of: topmost)
    return true
  }

  /// The work of opening `id` again, from the nearest open directory above it.
  mutating func reopening(_ id: NodeID) -> Work? {
    var steps: [Reopening.Step] = []
    var next = id
    while table[next].handle == nil, let parent = table[next].parent {
      steps.append(Reopening.Step(node: next, name: table[next].name, identity: table[next].identity))
      next = parent
    }
    guard let base = table[next].handle else { return nil }
    table[id].isReopening = true
    table[next].users += 1
    // Where memory is short, fewer on the way stay open.
    let fewest = workers - idle <= 1 ? WalkLimits.keptOpen : 1
    let affordable = max(fewest, ledger.free / (4 * MemoryPrice.openDirectory))
    let kept = min(limits.reopenedAtOnce, affordable, steps.count)
    let reserved = steps.count * MemoryPrice.step + kept * MemoryPrice.openDirectory
    ledger.reserve(reserved)
    return .reopen(
      Reopening(reserved: reserved, node: id, ancestor: next, base: base, steps: steps.reversed(), kept: kept))
  }

  mutating func reopened(_ reopening: Reopening, _ result: Completion.ReopeningResult) -> NodeID? {
    table[reopening.ancestor].users -= 1
    ledger.release(reopening.reserved)
    let id = reopening.node
    table[id].isReopening = false
    switch result {
    case .opened(let handles):
      let kept = reopening.steps.suffix(handles.count)
      for (step, handle) in zip(kept, handles) where table[step.node].handle == nil {
        table[step.node].handle = handle
        table[step.node].needsSeek = true
        openDirectories += 1
        ledger.reserve(MemoryPrice.openDirectory)
        closeOneIfTooMany(sparing: id)
      }
      return id
    case .vanished: giveUp(id, as: .vanished)
    case .failed(let errno):
      giveUp(id, as: .failed)
      unreachableFor = errno
    case .left: return id
    }
    return nil
  }

  /// A directory cannot be reached any more: all that waits in it shares its fate, which is to have vanished or failed.
  private mutating func giveUp(_ id: NodeID, as fate: DirectoryNode.Fate) {
    suffer(fate, id)
    let hasFailed = fate == .failed
    var partsGone = table[id].subdirectories.count
    if hasFailed {
      tally.dirsFailed += UInt64(partsGone)
      unreachableEntries += UInt64(partsGone)
    } else {
      tally.dirsVanished += UInt64(partsGone)
    }
    withSubdirectories(of: id) { $0 = NameList() }
    if table[id].cursor == .ready {
      table[id].cursor = .exhausted
      partsGone += 1
    }
    partsGone += table[id].unclaimed.count
    for claims in table[id].unclaimed { ledger.release(table[id].holdings.drop(of: claims.serial)) }
    table[id].unclaimed = []
    let given = table[id].lane.giveUp()
    let files = given.lists.reduce(0) { $0 + $1.count }
    for list in given.lists { ledger.release(table[id].holdings.drop(list.count, of: list.serial)) }
    giveUpFiles(UInt64(files), hasFailed: hasFailed)
    if files > 0, table[id].lane.hasNoFiles { partsGone += 1 }
    for empty in given.directories { giveUp(empty, hasFailed: hasFailed) }
    for _ in 0..<(partsGone + given.directories.count) { partDone(of: id) }
  }

  private mutating func giveUpFiles(_ count: UInt64, hasFailed: Bool) {
    unsettledFiles -= Int(count)
    tally.filesScanned += count
    tally.filesToPurge += count
    if hasFailed { tally.filesFailed += count } else { tally.filesVanished += count }
    if hasFailed { unreachableEntries += count }
  }

  private mutating func giveUp(_ empty: EmptyDirectory, hasFailed: Bool) {
    tally.emptyDirsToDelete += 1
    if hasFailed { tally.emptyDirsFailed += 1 } else { tally.emptyDirsVanished += 1 }
    emptyDirectoriesReserved -= 1
    if hasFailed { unreachableEntries += 1 }
    close(empty.node)
  }
}
