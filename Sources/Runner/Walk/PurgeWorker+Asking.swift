import Kernel
import Plan
import SystemPackage

/// Asking the server a second time: whether directories are where they were, and whether what vanished is gone.
extension PurgeWorker {
  /// Whether a directory is still below the target's root, as names say that the server is asked for, and nothing above it is
  /// protected by now; nil: it is. What is not so is told to the walk, for all that is below.
  func haltOnTheWay(to place: Place) -> Halt? {
    guard let way = place.way, way.calls > 0 else { return nil }
    for limit in walk.means.rateLimits { limit.charge(way.calls) }
    let start = MonotonicTime.now()
    var halt = way.root.flatMap { isAtPath($0, way.steps.last?.directory ?? place.directory) ? nil : Halt.moved }
    var child = place.directory
    for step in way.steps where halt == nil {
      halt = self.halt(at: step, to: child)
      child = step.directory
    }
    meter.lapAside(.status, count: way.calls)
    let now = MonotonicTime.now()
    walk.state.withLock { $0.checkedWay(way, in: now.since(start) + leave(for: way.calls), at: now) }
    return halt
  }

  /// Whether the target's path leads to its root still; trips the guard when it leads to another folder by now, or to none.
  private func isAtPath(_ identity: FileIdentity, _ root: DirectoryHandle) -> Bool {
    do throws(Errno) {
      if try fileSystem.openRoot(walk.target.path).identity == identity { return true }
    } catch {
      // What cannot be told now is told by those who work there.
      guard [.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(error) else { return true }
    }
    // One that was removed, or lost by its server, is another matter.
    guard walk.isAlive(root) else { return true }
    walk.tripOverRoot()
    return false
  }

  private func halt(at step: Way.Step, to child: DirectoryHandle) -> Halt? {
    do throws(Errno) {
      if step.isToBeAsked {
        // After this, a look at the child's name is a look at what the server has under it.
        _ = try fileSystem.freshStatus(of: step.directory)
        if try PurgeHold.stands(in: step.directory, fileSystem) { return halt(step.node, step.directory, for: .held) }
      }
      let look = try fileSystem.look(at: step.name, in: step.directory, isFresh: false)
      if look.identity == step.identity { return nil }
    } catch {
      // What else cannot be told now, those tell who work there.
      guard error == .noSuchFileOrDirectory else { return nil }
    }
    return halt(step.child, child, for: isLost(child) ? .lost : .moved)
  }

  /// Nothing more is done in this directory and below.
  private func halt(_ node: NodeID, _ directory: DirectoryHandle?, for halt: Halt) -> Halt {
    if halt == .held { walk.tellHeld(walk.state.withLock { $0.table.relativePath(of: node) }) }
    if halt == .moved { walk.tellMoved(node) }
    walk.state.withLock { $0.halt(node, directory, for: halt) }
    return halt
  }
}

// MARK: - What vanished

extension PurgeWorker {
  private enum Standing {
    /// It is gone, and something else has its name.
    case replaced
    /// The listing names it, and a look does not find it: it may just be going.
    case missing
    /// It is there; what the server said, or says now.
    case still(Errno)
    case lost
  }

  /// What is being looked for in a listing.
  private struct Search {
    var wanted: [Int: VanishedEntry]
    var missing: [Int: VanishedEntry] = [:]
    let isLast: Bool
    /// When the directory was changed, at the first listing.
    var changedAt: FileTime?
    var isChanging = false
    var result: Rechecking
  }

  /// Lists the directory again. What it still names, and what is the same as before, did not vanish: each is an error.
  func recheck(_ recheck: Recheck) -> Rechecking {
    if isElsewhere(recheck.place) { return Rechecking(end: .halted(.moved)) }
    let wanted = Dictionary(recheck.vanished.map { ($0.hash, $0) }, uniquingKeysWith: { first, _ in first })
    var search = Search(wanted: wanted, isLast: false, result: Rechecking())
    for listing in 1...WalkLimits.vanishedListings where !search.wanted.isEmpty && search.result.end == .done {
      search = Search(
        wanted: search.wanted, isLast: listing == WalkLimits.vanishedListings, changedAt: search.changedAt,
        result: search.result)
      listAgain(recheck, &search)
      search.wanted = search.missing
    }
    return search.result
  }

  private func listAgain(_ recheck: Recheck, _ search: inout Search) {
    let directory = recheck.place.directory
    var repetition = RepetitionGuard()
    do throws(Errno) {
      let changedAt = try fileSystem.freshStatus(of: directory).ctime
      search.isChanging = search.changedAt.map { $0 != changedAt } ?? false
      if search.changedAt == nil { search.changedAt = changedAt }
      try directory.seek(to: 0)
      while search.result.end == .done {
        guard mayDo(1) else {
          search.result.end = .left
          return
        }
        meter.start()
        let listed = try patiently(asking: { () throws(Errno) in try fileSystem.mayRead(Array(".".utf8), in: directory)
        }) {
          () throws(Errno) in
          try fileSystem.list(directory, limit: recheck.limit, order: .asListed)
        }
        guard let batch = listed else { return }
        meter.lapListing(entries: batch.entries.count)
        guard repetition.accepts(batch) else { throw .tooManySymbolicLinkLevels }
        find(in: batch, recheck.place, &search)
      }
    } catch {
      if error.meansStale, isLost(directory) {
        search.result.end = .halted(.lost)
      } else if error != .noSuchFileOrDirectory {
        // Gone as a whole, nothing in it is left. Else it is not known.
        walk.failures.add(.readDirectory, error, isPassing: lastError.isPassing) {
          walk.shownPath(of: recheck.place.node, entry: [])
        }
      }
    }
  }

  private func find(in batch: EntryBatch, _ place: Place, _ search: inout Search) {
    for index in batch.entries.indices {
      let name = batch.name(at: index)
      let hash = VanishedEntry.hash(of: name)
      guard let entry = search.wanted.removeValue(forKey: hash) else { continue }
      let standing = standing(of: entry, Array(name), in: place.directory)
      meter.lapAside(.status)
      switch standing {
      case .replaced: search.result.others += 1
      case .missing where !search.isLast: search.missing[hash] = entry
      // In a directory that others are changing, names come and go.
      case .missing where search.isChanging: continue
      case .missing: count(entry, entry.error, Array(name), place, &search.result)
      case .still(let error): count(entry, error, Array(name), place, &search.result)
      case .lost:
        search.result.end = .halted(.lost)
        return
      }
    }
  }

  private func standing(
    of entry: VanishedEntry, _ name: [UInt8], in directory: DirectoryHandle
  ) -> Standing {
    do throws(Errno) {
      let look = try fileSystem.look(at: name, in: directory, isFresh: true)
      switch entry.kind {
      case .file, .unreadFile:
        // Made, or moved here, since; or a file before and now.
        return look.kind == .directory || isNew(look) ? .replaced : .still(entry.error)
      case .directory, .emptyDirectory:
        guard look.kind == .directory else { return isNew(look) ? .replaced : .still(.notDirectory) }
        let opened = try fileSystem.openDirectory(name, in: directory, for: .list)
        guard opened.identity == look.identity else { return .still(.staleNFSFileHandle) }
        return isNew(look) && look.identity.inode != entry.inode ? .replaced : .still(entry.error)
      }
    } catch {
      if error == .noSuchFileOrDirectory { return .missing }
      if error.meansStale, isLost(directory) { return .lost }
      return .still(error)
    }
  }

  /// Changed since the walk began: it was made, or moved here, meanwhile.
  private func isNew(_ status: EntryStatus) -> Bool { Timestamp(status.ctime) >= walk.rules.startedAt }

  private func count(
    _ entry: VanishedEntry, _ error: Errno, _ name: [UInt8], _ place: Place, _ result: inout Rechecking
  ) {
    let operation: PurgeFailure.Operation
    switch entry.kind {
    case .file: (operation, result.files) = (.removeFile, result.files + 1)
    case .unreadFile: (operation, result.unreadFiles) = (.readStatus, result.unreadFiles + 1)
    case .directory: (operation, result.directories) = (.openDirectory, result.directories + 1)
    case .emptyDirectory: (operation, result.emptyDirectories) = (.removeDirectory, result.emptyDirectories + 1)
    }
    walk.failures.add(operation, error) { walk.shownPath(of: place.node, entry: name) }
  }
}
