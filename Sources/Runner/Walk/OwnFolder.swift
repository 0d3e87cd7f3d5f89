import Kernel
import Plan
import SystemPackage

/// What becomes of the target's own folder when all below it is done (`remove_folder`).
enum OwnFolder: Hashable, Sendable {
  case stays
  /// To be removed by the next worker that comes.
  case waits
  case beingRemoved

  /// What a worker needs to know to remove it.
  struct Removal: Hashable, Sendable {
    let identity: FileIdentity
    /// Nil: this run has changed it itself.
    let modifiedAt: FileTime?

    init(_ root: DirectoryNode) {
      identity = root.identity
      modifiedAt = root.isChangedByUs ? nil : root.modifiedAt
    }
  }
}

extension WalkState {
  /// Returns the root when it is there still.
  mutating func removedOwnFolder(_ removal: Completion.DirectoryRemoval) -> NodeID? {
    ownFolder = .stays
    book(removal)
    guard let root else { return nil }
    endRoot(root)
    return nil
  }
}

extension PurgeWorker {
  /// Removes the target's own folder through the one that it stands in, by its identity, if nobody protects or has changed it.
  func removeOwnFolder(_ removal: OwnFolder.Removal) -> Completion.DirectoryRemoval {
    let slash = UInt8(ascii: "/")
    let path = walk.target.path
    guard let end = path.lastIndex(of: slash), mayDo(path.count(where: { $0 == slash }) + 3) else { return .left }
    do throws(Errno) {
      let above = Array(path[..<end])
      let parent = try opening(above) { () throws(Errno) in try fileSystem.openRoot(above) }
      return try patiently(asking: { () throws(Errno) in try fileSystem.mayChange(parent) }) { () throws(Errno) in
        try removeOwnFolder(removal, Array(path[(end + 1)...]), in: parent)
      }
    } catch {
      return isStoppedInVain ? .left : ownFolderFailed(error, isPassing: lastError.isPassing)
    }
  }

  private func removeOwnFolder(
    _ removal: OwnFolder.Removal, _ name: [UInt8], in parent: DirectoryHandle
  ) throws(Errno) -> Completion.DirectoryRemoval {
    // After this, a look at its name is a look at what the server has under it.
    _ = try fileSystem.freshStatus(of: parent)
    if try PurgeHold.height(above: parent, fileSystem) != nil {
      walk.tellHeld([])
      return .changed
    }
    if walk.rules.mode == .dryRun, let refusal = refusal(in: parent) {
      walk.state.withLock { $0.tally.dirsNotPermitted += 1 }
      walk.tellForbidden(PrintableText.path(Array(walk.target.path.dropLast(name.count + 1))), refusal)
    }
    return try remove(removal, name, in: parent)
  }

  private func remove(
    _ removal: OwnFolder.Removal, _ name: [UInt8], in parent: DirectoryHandle
  ) throws(Errno) -> Completion.DirectoryRemoval {
    let clock = walk.means.clockGuard?.ask(in: parent, fileSystem, unless: { isStoppedWhileWaiting() })
    switch clock {
    case nil, .known, .agrees, .onTrial: break
    case .stopped: return .left
    case .objects(let message):
      walk.trip(message)
      return .left
    }
    var isRemoved = false
    defer {
      if clock == .onTrial,
        let message = walk.means.clockGuard?.settleTrial(in: parent, fileSystem, hasRemoved: isRemoved)
      {
        walk.trip(message)
      }
    }
    isRemoved = try fileSystem.removeDirectory(name, in: parent) { goes(removal, $0) }
    if isRemoved { recordOwnFolder() }
    return isRemoved ? .removed : .changed
  }

  /// Whether a fresh look shows the same folder, unchanged by others, and one that may go.
  private func goes(_ removal: OwnFolder.Removal, _ status: EntryStatus) -> Bool {
    let isSame =
      status.identity == removal.identity && (removal.modifiedAt == nil || status.mtime == removal.modifiedAt)
    return isSame && !status.isMountRoot && !cutoff.isOfOthers(status.owner) && !isStopped
  }

  private func ownFolderFailed(_ error: Errno, isPassing: Bool) -> Completion.DirectoryRemoval {
    if error.meansNotEmpty { return .notEmpty }
    if error.meansNoDirectory { return .vanished(error) }
    // Something is mounted on it.
    if error == .resourceBusy { return .changed }
    walk.failures.add(.removeDirectory, error, isPassing: isPassing) { PrintableText.path(walk.target.path) }
    return .failed
  }
}
