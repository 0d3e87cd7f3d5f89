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
    for _ in 0..<openOrder.count {
      guard let id = openOrder.popFirst() else { return false }
      guard table.contains(id), table[id].handle != nil, id != root else { continue }
      if id == spared || table[id].users > 0 {
        openOrder.append(id, in: table)
        continue
      }
      closeHandle(of: id)
      return true
    }
    return false
  }

  /// The work of opening `id` again, from the nearest open directory above it; nil: somebody opens the root first.
  mutating func reopening(_ id: NodeID) -> Work? {
    var steps: [Reopening.Step] = []
    var next = id
    while table[next].handle == nil, let parent = table[next].parent {
      steps.append(Reopening.Step(node: next, name: table[next].name, identity: table[next].identity))
      next = parent
    }
    guard let base = table[next].handle else { return reopeningRoot(next) }
    table[id].isReopening = true
    table[next].users += 1
    // Neither may be settled before it comes back.
    table[id].pending += 1
    table[next].pending += 1
    // Where memory is short, fewer on the way stay open.
    let fewest = workers - idle <= 1 ? WalkLimits.keptOpen : 1
    let affordable = max(fewest, ledger.free / (4 * MemoryPrice.openDirectory))
    let kept = min(limits.reopenedAtOnce, affordable, steps.count)
    let reserved = steps.count * MemoryPrice.step + kept * MemoryPrice.openDirectory
    ledger.reserve(reserved)
    return .reopen(
      Reopening(
        reserved: reserved, node: id, ancestor: next, base: base, steps: steps.reversed(), kept: kept,
        wayBack: table[id].wayBack))
  }

  private mutating func reopeningRoot(_ root: NodeID) -> Work? {
    guard !table[root].isReopening, table[root].end == nil else { return nil }
    table[root].isReopening = true
    table[root].pending += 1
    return .reopenRoot(table[root].identity)
  }

  mutating func reopened(_ reopening: Reopening, _ result: Completion.ReopeningResult) -> NodeID? {
    table[reopening.ancestor].users -= 1
    ledger.release(reopening.reserved)
    let id = reopening.node
    table[id].isReopening = false
    dropWayBack(of: id)
    switch result {
    case .opened(let handles):
      let kept = reopening.steps.suffix(handles.count)
      for (step, handle) in zip(kept, handles) where table[step.node].handle == nil {
        opened(step.node, handle)
        closeOneIfTooMany(sparing: id)
      }
    case .vanished(let index, let error): vanished(reopening.steps[index], error)
    case .lost: lost(reopening.ancestor, reopening.base)
    case .failed(let errno): giveUp(id, for: .failed(errno))
    case .left: break
    }
    partDone(of: id)
    partDone(of: reopening.ancestor)
    return table.contains(id) ? id : nil
  }

  /// A closed directory is open again.
  private mutating func opened(_ id: NodeID, _ handle: DirectoryHandle) {
    table[id].handle = handle
    table[id].needsSeek = true
    openDirectories += 1
    openOrder.append(id, in: table)
    ledger.reserve(MemoryPrice.openDirectory)
  }

  mutating func reopenedRoot(_ result: Completion.RootReopening) {
    guard let root else { return }
    table[root].isReopening = false
    switch result {
    case .opened(let handle):
      hasLostSight = true
      opened(root, handle)
      // What waited for it was forgotten.
      for id in table.ids { list(id) }
    // The walk was stopped, and settles what is left.
    case .failed, .left: break
    }
    partDone(of: root)
  }

  /// A directory is not where it was: it and all below it in work.
  private mutating func vanished(_ step: Reopening.Step, _ error: Errno) {
    guard table.contains(step.node), table[step.node].identity == step.identity, table[step.node].end == nil else {
      return
    }
    if hasLostSight, error != .noSuchFileOrDirectory { return end(step.node, as: .failed(.staleNFSFileHandle)) }
    if error == .staleNFSFileHandle, table[step.node].losses > 0 { enterAnew(step) }
    end(step.node, as: .vanished(error))
  }

  /// The server does not know the directory any more, and has another one under its name: after a failover a copy, with all that
  /// is old in it. It is one that was found, like any other.
  private mutating func enterAnew(_ step: Reopening.Step) {
    guard let parent = table[step.node].parent, table[parent].end == nil else { return }
    tally.dirsFound += 1
    table[parent].pending += 1
    withSubdirectories(of: parent) { $0.append(step.name) }
    list(parent)
  }

  /// The server does not know a directory any more that was opened before: it is opened again, which asks those above it.
  mutating func lost(_ id: NodeID, _ handle: DirectoryHandle) {
    // Somebody else may have opened it again meanwhile.
    guard table.contains(id), table[id].handle === handle else { return }
    closeHandle(of: id)
    table[id].losses += 1
    if table[id].losses > WalkLimits.losses { end(id, as: .failed(.staleNFSFileHandle)) } else { list(id) }
  }

  /// Keeps a directory that is about to be closed open as long as the one above it is closed and may be needed.
  mutating func leaveWayBack(from id: NodeID) {
    guard let parent = table[id].parent, table[parent].handle == nil, table[parent].wayBack == nil else { return }
    if let handle = table[id].handle {
      table[parent].wayBack = WayBack(handle, levels: 1)
    } else if let below = table[id].wayBack {
      table[parent].wayBack = WayBack(below.directory, levels: below.levels + 1)
    } else {
      return
    }
    openDirectories += 1
    ledger.reserve(MemoryPrice.openDirectory)
  }

  mutating func dropWayBack(of id: NodeID) {
    guard table[id].wayBack != nil else { return }
    table[id].wayBack = nil
    openDirectories -= 1
    ledger.release(MemoryPrice.openDirectory)
  }
}
