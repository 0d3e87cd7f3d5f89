import Kernel
import Plan
import SystemPackage

/// Removing files of one directory: leave first, then a fresh look and the removal without anything in between, then the
/// books.
extension PurgeWorker {
  /// Why a fresh look stayed the hand.
  private enum Spared {
    case stopped
    case kept(KeepReason)
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
    let group = victims.next..<min(victims.next + PurgeWorker.group, victims.names.count)
    // A look and a removal each.
    if mayDo(2 * group.count), walk.clockAgrees(in: directory) {
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
    guard mayDo(2), walk.clockAgrees(in: directory) else { return .left }
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
    var spared = Spared.stopped
    // What was reserved for the present file beyond the first look's size.
    var extra: UInt64 = 0
    fileSystem.removeFiles(group, of: victims.names, in: directory) {
      isStopped
    } decide: { index, status in
      extra = status.bytesFreedByRemoval - min(status.bytesFreedByRemoval, victims.bytes[index])
      guard let reason = reasonToSpare(index, of: victims, status, prefix, &path, extra) else { return true }
      extra = 0
      spared = reason
      return false
    } receive: { index, result, fresh in
      let freed = fresh?.bytesFreedByRemoval ?? victims.bytes[index]
      let deleted = result == .removed ? freed : nil
      for cap in walk.means.caps { cap.settle(reserved: victims.bytes[index] + extra, deleted: deleted) }
      extra = 0
      if fresh == nil { spared = .stopped }
      book(result, spared, bytes: victims.bytes[index], freed: freed, &count) {
        walk.shownPath(of: node, entry: victims.names[index])
      }
    }
  }

  private func reasonToSpare(
    _ index: Int, of victims: VictimList, _ status: EntryStatus, _ prefix: Int, _ path: inout [UInt8], _ extra: UInt64
  ) -> Spared? {
    guard status.kind == .file, status.identity.inode == victims.inodes[index] else { return .replaced }
    let verdict = victims.names.withName(at: index) { self.verdict(on: status, $0, prefix: prefix, &path) }
    if case .kept(let reason) = verdict { return .kept(reason) }
    return extra == 0 || extend(by: extra) ? nil : .overCap
  }

  private func book(
    _ result: RemovalResult, _ spared: Spared, bytes: UInt64, freed: UInt64, _ count: inout RemovalCount,
    path: () -> String
  ) {
    count.tally.filesScanned += 1
    if case .spared = result, case .kept(let reason) = spared {
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
        count.tally.bytesFreed.add(freed)
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
      if case .replaced = spared { count.tally.filesVanished += 1 } else { count.tally.filesLeft += 1 }
    }
  }
}

// MARK: - Caps

extension PurgeWorker {
  /// Room under the caps for as many of `group` as there is; trips the guard when there is none for the first one.
  private func reserve(_ group: Range<Int>, of victims: VictimList) -> Int {
    for index in group where !reserve(victims.bytes[index], waiting: index == group.lowerBound) {
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
