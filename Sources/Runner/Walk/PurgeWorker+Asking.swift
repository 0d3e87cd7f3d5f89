import Kernel
import Plan
import SystemPackage

/// Asking the server a second time: whether directories are where they were, and whether what vanished is gone.
extension PurgeWorker {
  /// Which of the directories are not where they were, protected by now, or not known any more.
  func inspect(_ inspection: Inspection) -> [Halted] {
    if let root = inspection.root { walk.tripIfElsewhere(root) }
    var halted: [Halted] = []
    for directory in inspection.directories {
      guard mayDo(2 + directory.children.count) else { return halted }
      meter.start()
      inspect(directory, &halted)
      meter.lap(.status, count: 2 + directory.children.count)
    }
    return halted
  }

  private func inspect(_ directory: Inspection.Directory, _ halted: inout [Halted]) {
    let place = directory.place
    do throws(Errno) {
      // After this, a look at a child's name is a look at what the server has under it.
      _ = try fileSystem.freshStatus(of: place.directory)
      if try PurgeHold.stands(in: place.directory, fileSystem) {
        walk.tellHeld(walk.state.withLock { $0.table.relativePath(of: place.node) })
        halted.append(Halted(node: place.node, identity: place.directory.identity, halt: .held))
      }
    } catch {
      if error.meansStale {
        halted.append(Halted(node: place.node, identity: place.directory.identity, halt: .lost))
      }
      return
    }
    for child in directory.children where isElsewhere(child, in: place.directory) {
      walk.tellMoved(Place(node: child.node, directory: place.directory, location: []))
      halted.append(Halted(node: child.node, identity: child.identity, halt: .moved))
    }
  }

  /// What cannot be told is left to those who work there.
  private func isElsewhere(_ child: Inspection.Child, in parent: DirectoryHandle) -> Bool {
    do throws(Errno) {
      return try fileSystem.look(at: child.name, in: parent, isFresh: false).identity != child.identity
    } catch {
      return error == .noSuchFileOrDirectory
    }
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
    var result: Rechecking
  }

  /// Lists the directory again. What it still names, and what is the same as before, did not vanish: each is an error.
  func recheck(_ recheck: Recheck) -> Rechecking {
    if isElsewhere(recheck.place) { return Rechecking(end: .halted(.moved)) }
    let wanted = Dictionary(recheck.vanished.map { ($0.hash, $0) }, uniquingKeysWith: { first, _ in first })
    var search = Search(wanted: wanted, isLast: false, result: Rechecking())
    for listing in 1...WalkLimits.vanishedListings where !search.wanted.isEmpty && search.result.end == .done {
      search = Search(
        wanted: search.wanted, isLast: listing == WalkLimits.vanishedListings, result: search.result)
      listAgain(recheck, &search)
      search.wanted = search.missing
    }
    return search.result
  }

  private func listAgain(_ recheck: Recheck, _ search: inout Search) {
    let directory = recheck.place.directory
    var repetition = RepetitionGuard()
    do throws(Errno) {
      _ = try fileSystem.freshStatus(of: directory)
      try directory.seek(to: 0)
      while search.result.end == .done {
        guard mayDo(1) else {
          search.result.end = .left
          return
        }
        meter.start()
        guard let batch = try fileSystem.list(directory, limit: recheck.limit, order: .asListed) else { return }
        meter.lapListing(entries: batch.entries.count)
        guard repetition.accepts(batch) else { throw .tooManySymbolicLinkLevels }
        find(in: batch, recheck.place, &search)
      }
    } catch {
      if error.meansStale, isLost(directory) {
        search.result.end = .halted(.lost)
      } else if error != .noSuchFileOrDirectory {
        // Gone as a whole, nothing in it is left. Else it is not known.
        walk.failures.add(.readDirectory, error) { walk.shownPath(of: recheck.place.node, entry: []) }
      }
    }
  }

  private func find(in batch: EntryBatch, _ place: Place, _ search: inout Search) {
    for index in batch.entries.indices {
      let name = batch.name(at: index)
      let hash = VanishedEntry.hash(of: name)
      guard let entry = search.wanted.removeValue(forKey: hash) else { continue }
      switch standing(of: entry, Array(name), listedAs: batch.entries[index].kind, in: place.directory) {
      case .replaced: search.result.others += 1
      case .missing where !search.isLast: search.missing[hash] = entry
      case .missing: count(entry, entry.error, Array(name), place, &search.result)
      case .still(let error): count(entry, error, Array(name), place, &search.result)
      case .lost:
        search.result.end = .halted(.lost)
        return
      }
    }
  }

  private func standing(
    of entry: VanishedEntry, _ name: [UInt8], listedAs kind: FileKind?, in directory: DirectoryHandle
  ) -> Standing {
    do throws(Errno) {
      let look = try fileSystem.look(at: name, in: directory, isFresh: true)
      switch entry.kind {
      case .file, .unreadFile:
        if look.kind == .directory { return kind == .directory ? .replaced : .still(.isDirectory) }
        if look.identity.inode == entry.inode { return .still(entry.error) }
        // Another file by now, if it stays the same for two looks.
        let again = try fileSystem.look(at: name, in: directory, isFresh: true)
        return again.identity == look.identity ? .replaced : .still(.staleNFSFileHandle)
      case .directory, .emptyDirectory:
        guard look.kind == .directory else { return kind == .directory ? .still(.notDirectory) : .replaced }
        let opened = try fileSystem.openDirectory(name, in: directory, for: .list)
        let isAnother = entry.inode != 0 ? opened.identity.inode != entry.inode : isNew(look)
        return isAnother ? .replaced : .still(entry.error)
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
