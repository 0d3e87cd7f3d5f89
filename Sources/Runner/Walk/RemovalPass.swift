import Kernel
import Plan
import SystemPackage

/// Removing files of one directory: leave first, then a fresh look and the removal without anything in between, then the
/// books.
extension PurgeWorker {
  /// What was decided at the fresh look at a file.
  private enum Decision {
    /// With what was reserved under the caps beyond the first look's size.
    case remove(extra: UInt64)
    case keep(KeepReason)
    /// Another file stands under the name.
    case replaced
    /// It grew beyond what was reserved under a cap, and there is no room for that.
    case overCap
  }

  /// Removes the next few files, after which the books are updated: progress shows, and little is lost with a thread that
  /// hangs.
  func removeFiles(_ victims: VictimList, of node: NodeID, in directory: DirectoryHandle) -> Completion {
    var victims = victims
    var count = RemovalCount()
    let group = victims.next..<min(victims.next + group, victims.names.count)
    // A look and a removal each.
    if mayDo(2 * group.count), walk.clockAgrees(in: directory, node) {
      var path = cutoff.needsPath ? walk.state.withLock { $0.table.pathPrefix(of: node) } : []
      let reserved = group.prefix(reserve(group, of: victims))
      remove(reserved, of: victims, node, directory, &path, &count)
      victims.next = reserved.endIndex
    }
    return .removedFiles(node, rest: victims, count)
  }

  func removeDirectory(
    _ empty: EmptyDirectory, of parent: NodeID, in directory: DirectoryHandle
  ) -> Completion.DirectoryRemoval {
    guard mayDo(2), walk.clockAgrees(in: directory, parent) else { return .left }
    do throws(Errno) {
      let isRemoved = try fileSystem.removeDirectory(empty.name, in: directory) { status in
        status.identity == empty.identity && (empty.modifiedAt == nil || status.mtime == empty.modifiedAt)
      }
      return isRemoved ? .removed : .changed
    } catch {
      if error.meansNotEmpty { return .notEmpty }
      if error.meansNoDirectory { return .vanished }
      walk.failures.add(.removeDirectory, error) { walk.shownPath(of: parent, entry: empty.name) }
      return .failed
    }
  }

  private func remove(
    _ group: Range<Int>, of victims: VictimList, _ node: NodeID, _ directory: DirectoryHandle, _ path: inout [UInt8],
    _ count: inout RemovalCount
  ) {
    let prefix = path.count
    // Made at the fresh look, used up by the result that follows it; nil when there was no look.
    var decision: Decision?
    fileSystem.removeFiles(group, of: victims.names, in: directory) {
      isStopped
    } decide: { index, status in
      let decided = decide(index, of: victims, status, prefix, &path)
      decision = decided
      if case .remove = decided { return true }
      return false
    } receive: { index, result, look in
      settleCaps(result, first: victims.looks[index].bytes, look, decision)
      book(result, decision, bytes: victims.looks[index].bytes, look, &count) {
        walk.shownPath(of: node, entry: victims.names[index])
      }
      decision = nil
    }
  }

  private func decide(
    _ index: Int, of victims: VictimList, _ status: EntryStatus, _ prefix: Int, _ path: inout [UInt8]
  ) -> Decision {
    guard status.kind == .file, status.identity.inode == victims.looks[index].inode else { return .replaced }
    let verdict = victims.names.withName(at: index) { self.verdict(on: status, $0, prefix: prefix, &path) }
    if case .kept(let reason) = verdict { return .keep(reason) }
    let extra = status.bytesFreedByRemoval - min(status.bytesFreedByRemoval, victims.looks[index].bytes)
    return extra == 0 || extend(by: extra) ? .remove(extra: extra) : .overCap
  }

  private func settleCaps(_ result: RemovalResult, first: UInt64, _ look: EntryStatus?, _ decision: Decision?) {
    var reserved = first
    if case .remove(let extra) = decision { reserved.add(extra) }
    let deleted = result == .removed ? look?.bytesFreedByRemoval ?? first : nil
    for cap in walk.means.caps { cap.settle(reserved: reserved, deleted: deleted) }
  }

  private func book(
    _ result: RemovalResult, _ decision: Decision?, bytes: UInt64, _ look: EntryStatus?, _ count: inout RemovalCount,
    path: () -> String
  ) {
    count.tally.filesScanned += 1
    if case .keep(let reason) = decision {
      count.tally.filesKept[reason] += 1
      count.staying += 1
      return
    }
    count.tally.filesToPurge += 1
    count.tally.bytesToFree.add(bytes)
    switch result {
    case .removed:
      if walk.rules.mode == .purge {
        count.tally.filesPurged += 1
        count.tally.bytesFreed.add(look?.bytesFreedByRemoval ?? bytes)
      }
      count.removed += 1
    case .vanished:
      count.tally.filesVanished += 1
    case .failed(let error):
      count.tally.filesFailed += 1
      count.staying += 1
      walk.failures.add(.removeFile, error, path: path)
    case .spared:
      count.staying += 1
      if case .replaced = decision { count.tally.filesVanished += 1 } else { count.tally.filesLeft += 1 }
    }
  }
}

// MARK: - Caps

extension PurgeWorker {
  /// Room under the caps for as many of `group` as there is; trips the guard when there is none for the first one.
  private func reserve(_ group: Range<Int>, of victims: VictimList) -> Int {
    for index in group where !reserve(victims.looks[index].bytes, waiting: index == group.lowerBound) {
      return index - group.lowerBound
    }
    return group.count
  }

  /// Room for one file under every cap, or under none. Only the first of a group waits for others, since whoever waits
  /// must not hold what others wait for.
  private func reserve(_ size: UInt64, waiting: Bool) -> Bool {
    var held: [DeletionCap] = []
    for cap in walk.means.caps {
      if waiting ? cap.reserve(size, unless: { isStopped }) : cap.tryReserve(size) {
        held.append(cap)
        continue
      }
      for other in held { other.settle(reserved: size, deleted: nil) }
      if waiting, !isStopped { reached(cap) }
      return false
    }
    return true
  }

  private func extend(by size: UInt64) -> Bool {
    var held: [DeletionCap] = []
    for cap in walk.means.caps {
      if cap.extend(by: size) {
        held.append(cap)
        continue
      }
      for other in held { other.shrink(by: size) }
      reached(cap)
      return false
    }
    return true
  }

  private func reached(_ cap: DeletionCap) {
    let message = "\(cap.name) is reached: nothing more is deleted"
    walk.trip(message)
    cap.onReached?(message)
  }
}
