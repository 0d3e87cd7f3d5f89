import Kernel
import Plan
import SystemPackage

/// Of a dry run: whether removing something in a directory would be permitted, asked once.
struct ForeseenRefusals {
  var isAsked = false
  private var isForbidden = false
  /// Files that would go, for the case that the answer comes after them.
  private var files: UInt64 = 0

  /// It would not be; how many files are counted by that.
  mutating func forbid() -> UInt64 {
    isForbidden = true
    return files
  }

  /// So many files would go; how many of them are counted as not permitted.
  mutating func add(_ count: UInt64) -> UInt64 {
    if isForbidden { return count }
    files += count
    return 0
  }
}

/// Who removes what from sticky directories.
struct StickyRule: Sendable {
  var user = ProcessLimits.effectiveUser
  var mayDisregardOwners = ProcessLimits.mayDisregardOwners

  /// Whether a file with this status may not be removed from `directory` for a reason of its own.
  func forbids(_ status: EntryStatus, in directory: EntryStatus) -> Bool {
    if status.isFixed { return true }
    return directory.isSticky && !mayDisregardOwners && status.owner != user && directory.owner != user
  }
}

extension WalkState {
  /// Removing something here would not be permitted.
  mutating func forbid(_ id: NodeID) {
    guard !isSettled, table.contains(id) else { return }
    tally.dirsNotPermitted += 1
    tally.filesNotPermitted += table[id].rehearsal.forbid()
  }

  /// Files of a dry run would go.
  mutating func rehearsed(_ count: Tally, in id: NodeID) {
    // Those that stay for a reason of their own are counted already.
    tally.filesNotPermitted += table[id].rehearsal.add(count.filesToPurge - count.filesNotPermitted)
  }
}

extension PurgeWorker {
  /// Asks whether removing something in the directory would be permitted, where nobody has.
  func rehearse(_ place: Place) {
    guard place.isToBeRehearsed, mayDo(1) else { return }
    meter.start()
    let refusal = refusal(in: place.directory)
    meter.lapAside(.status)
    guard let refusal else { return }
    walk.state.withLock { $0.forbid(place.node) }
    walk.tellForbidden(walk.shownPath(of: place.node, entry: []), refusal)
  }

  /// What would stand against removing something there; nil: nothing, as far as can be told.
  func refusal(in directory: DirectoryHandle) -> Errno? {
    do throws(Errno) {
      try fileSystem.mayChange(directory)
      return nil
    } catch {
      return error.meansForbidden ? error : nil
    }
  }
}
