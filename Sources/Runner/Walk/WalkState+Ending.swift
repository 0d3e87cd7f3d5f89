import Kernel
import Plan
import SystemPackage

/// Ending the work in a directory before it is done, and in all below it.
extension WalkState {
  /// Nothing more is done in this directory, nor below it.
  mutating func halt(_ id: NodeID, _ directory: DirectoryHandle?, for halt: Halt) {
    // After a guard has tripped, what is not done is left.
    guard stop == nil, table.contains(id), table[id].end == nil else { return }
    switch halt {
    case .lost: if let directory { lost(id, directory) }
    // After a server has lost sight, what has another's name may be its copy, with all that is old in it.
    case .moved: end(id, as: hasLostSight ? .failed(.staleNFSFileHandle) : .vanished(.noSuchFileOrDirectory))
    case .held: end(id, as: .held)
    }
  }

  /// Ends it for all that is in work at or below `id`, and gives up what waits there.
  mutating func end(_ id: NodeID, as end: DirectoryNode.End) {
    let ended = table.ids.filter { table[$0].end == nil && table.isInside($0, id) }
    for node in ended { table[node].end = end }
    // An empty one waits in the lane of the one above it, and is given up there.
    let unsettled = ended.filter { table[$0].pending > 0 }
    if case .failed = end { unreachableEntries += UInt64(unsettled.count) }
    // The lowest first: giving up settles a directory, and with it perhaps those above it.
    for node in unsettled.sorted(by: { table[$0].depth > table[$1].depth }) where table.contains(node) { giveUp(node) }
  }

  /// Gives up what waits in a directory whose work is ended; to be called again when more has come.
  mutating func giveUp(_ id: NodeID) {
    guard let end = table[id].end else { return }
    giveUp(id, for: end)
  }

  /// All that waits in a directory shares its fate.
  mutating func giveUp(_ id: NodeID, for end: DirectoryNode.End) {
    table[id].end = end
    suffer(end.fate, id)
    if case .failed(let errno) = end { unreachableFor = errno }
    var partsGone = giveUpSubdirectories(of: id, for: end)
    if table[id].cursor == .ready {
      table[id].cursor = .exhausted
      partsGone += 1
    }
    if table[id].isToBeRechecked {
      table[id].isToBeRechecked = false
      partsGone += 1
    }
    partsGone += table[id].unclaimed.count
    for claims in table[id].unclaimed { ledger.release(table[id].holdings.drop(of: claims.serial)) }
    table[id].unclaimed = []
    partsGone += giveUpLane(of: id, for: end)
    for _ in 0..<partsGone { partDone(of: id) }
  }

  /// How many parts that were.
  private mutating func giveUpSubdirectories(of id: NodeID, for end: DirectoryNode.End) -> Int {
    let count = table[id].subdirectories.count
    withSubdirectories(of: id) { $0 = NameList() }
    switch end {
    case .vanished: tally.dirsVanished += UInt64(count)
    case .held: tally.dirsHeld += UInt64(count)
    case .failed:
      tally.dirsFailed += UInt64(count)
      unreachableEntries += UInt64(count)
    }
    return count
  }

  private mutating func giveUpLane(of id: NodeID, for end: DirectoryNode.End) -> Int {
    let given = table[id].lane.giveUp()
    let files = given.lists.reduce(0) { $0 + $1.count }
    for list in given.lists { ledger.release(table[id].holdings.drop(list.count, of: list.serial)) }
    giveUp(files: UInt64(files), for: end)
    for empty in given.directories { giveUp(empty, of: id, for: end) }
    return given.directories.count + (files > 0 && table[id].lane.hasNoFiles ? 1 : 0)
  }

  private mutating func giveUp(files count: UInt64, for end: DirectoryNode.End) {
    unsettledFiles -= Int(count)
    tally.filesScanned += count
    if end == .held {
      tally.filesKept[.held] += count
      return
    }
    tally.filesToPurge += count
    if case .failed = end {
      tally.filesFailed += count
      unreachableEntries += count
    } else {
      tally.filesVanished += count
    }
  }

  private mutating func giveUp(_ empty: EmptyDirectory, of id: NodeID, for end: DirectoryNode.End) {
    giveBackRemoval()
    switch end {
    case .held: table[id].remaining += 1
    case .vanished:
      tally.emptyDirsToDelete += 1
      tally.emptyDirsVanished += 1
    case .failed:
      tally.emptyDirsToDelete += 1
      tally.emptyDirsFailed += 1
      unreachableEntries += 1
    }
    close(empty.node)
  }

  // MARK: What vanished

  /// Keeps in mind that these are gone, to see at the directory's end whether they are.
  mutating func note(_ vanished: [VanishedEntry], in id: NodeID) {
    let taken = vanished.prefix(WalkLimits.vanished - table[id].vanished.count)
    if taken.isEmpty { return }
    table[id].vanished.append(contentsOf: taken)
    ledger.reserve(taken.count * MemoryPrice.vanishedEntry)
  }

  mutating func forgetVanished(of id: NodeID) {
    ledger.release(table[id].vanished.count * MemoryPrice.vanishedEntry)
    table[id].vanished = []
  }

  /// What is named still did not vanish: the server says one thing here and another there, and that is an error.
  mutating func rechecked(_ place: Place, _ rechecking: Rechecking) {
    let id = place.node
    table[id].users -= 1
    if case .halted(let halt) = rechecking.end {
      table[id].isToBeRechecked = true
      return self.halt(id, place.directory, for: halt)
    }
    tally.filesVanished -= rechecking.files
    tally.filesFailed += rechecking.files
    tally.filesVanishedUnread -= rechecking.unreadFiles
    // Each was counted as vanished when it was noted.
    tally.dirsVanished -= rechecking.directories
    tally.dirsFailed += rechecking.directories
    tally.emptyDirsVanished -= rechecking.emptyDirectories
    tally.emptyDirsFailed += rechecking.emptyDirectories
    table[id].remaining += rechecking.others
    table[id].remaining += Int(
      rechecking.files + rechecking.unreadFiles + rechecking.directories + rechecking.emptyDirectories)
    if rechecking.end == .left { suffer(.left, id) }
    forgetVanished(of: id)
    partDone(of: id)
  }
}

extension DirectoryNode.End {
  var fate: DirectoryNode.Fate {
    switch self {
    case .vanished: .vanished
    case .held: .held
    case .failed: .failed
    }
  }
}
