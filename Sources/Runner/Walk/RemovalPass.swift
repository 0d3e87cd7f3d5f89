import Kernel
import Plan
import SystemPackage

/// Removing files of one directory: leave by the rate limits first, then a fresh look and the removal, then the books. The
/// look comes right before the removal, or where it is a round trip, from another worker a moment ahead; a look that has
/// become too old while leave was waited for is taken again.
extension PurgeWorker {
  /// What was decided at the fresh look at a file.
  fileprivate enum Decision {
    /// With what was reserved under the caps beyond the first look's size.
    case remove(extra: UInt64)
    case keep(KeepReason)
    /// Another file stands under the name.
    case replaced
    /// It grew beyond what was reserved under a cap, and there is no room for that.
    case overCap
  }

  /// Takes the fresh look at files ahead of their removal.
  func check(_ victims: VictimList, of node: NodeID, in directory: DirectoryHandle) -> Checking {
    var checking = Checking(rest: victims)
    var path = EntryPath(in: pathPrefix(of: node))
    while !checking.rest.isEmpty, mayDo(1) {
      let one = checking.rest.takeFirst(1)
      fileSystem.freshStatus(of: one.indices, of: one.names, in: directory) { index, result in
        let startedAt = meter.lapStart
        meter.lap(.freshStatus)
        note(index, result, of: one, node, seen: startedAt, &path, &checking)
      }
    }
    return checking
  }

  private func note(
    _ index: Int, _ result: Result<EntryStatus, Errno>, of victims: VictimList, _ node: NodeID, seen: MonotonicTime,
    _ path: inout EntryPath, _ checking: inout Checking
  ) {
    let bytes = victims.looks[index].bytes
    switch result {
    case .success(let status):
      if let objection = objection(to: index, of: victims, status, &path) {
        book(.spared, objection, toFree: bytes, freed: 0, &checking.count) { "" }
      } else {
        checking.stillGoes(index, of: victims, seen: seen, bytes: status.bytesFreedByRemoval)
      }
    case .failure(let error):
      book(error.meansVanished ? .vanished : .failed(error), nil, toFree: bytes, freed: 0, &checking.count) {
        walk.shownPath(of: node, entry: victims.names[index])
      }
    }
  }

  /// Removes the files of one piece, after which the books are updated: progress shows, and little is lost with a thread
  /// that hangs.
  func removeFiles(_ victims: VictimList, of node: NodeID, in directory: DirectoryHandle) -> Completion {
    var rest = victims
    var count = RemovalCount()
    var path = EntryPath(in: pathPrefix(of: node))
    // A removal each, and a look unless there was one.
    let operations = victims.isChecked ? 1 : 2
    while !rest.isEmpty, mayDo(operations * min(group, rest.count)), walk.clockAgrees(in: directory, node) {
      let next = rest.indices.prefix(group)
      let reserved = next.prefix(reserve(next, of: victims))
      meter.start()
      remove(reserved, of: victims, node, directory, &path, &count)
      rest.drop(reserved.count)
      if reserved.count < next.count { break }
    }
    return .removedFiles(node, serial: victims.serial, rest: rest, count)
  }

  func removeDirectory(
    _ empty: EmptyDirectory, of parent: NodeID, in directory: DirectoryHandle
  ) -> Completion.DirectoryRemoval {
    guard mayDo(2), walk.clockAgrees(in: directory, parent) else { return .left }
    meter.start()
    // The call that is made now; nil: none.
    var call: OperationKind? = .freshStatus
    defer { lap(call) }
    do throws(Errno) {
      let isRemoved = try fileSystem.removeDirectory(empty.name, in: directory) { status in
        meter.lap(.freshStatus)
        let isWanted =
          status.identity == empty.identity && (empty.modifiedAt == nil || status.mtime == empty.modifiedAt)
        call = isWanted ? .removeDirectory : nil
        return isWanted
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
    _ group: Range<Int>, of victims: VictimList, _ node: NodeID, _ directory: DirectoryHandle,
    _ path: inout EntryPath, _ count: inout RemovalCount
  ) {
    // Made before each removal, used up by the result that follows it; nil when none was made.
    var decision: Decision?
    // The call that is made now; nil: none.
    var call: OperationKind?
    fileSystem.removeFiles(group, of: victims.names, in: directory) { index in
      if isStopped { return .refused }
      call = .freshStatus
      guard let bytes = victims.freshBytes(index) else { return .afterLook }
      guard isRecent(victims) else {
        // A second look, for which leave was not asked.
        for limit in walk.means.rateLimits { limit.charge(1) }
        return .afterLook
      }
      decision = admit(bytes, first: victims.looks[index].bytes)
      call = decision?.isRemoval == true ? .removeFile : nil
      return call == nil ? .refused : .granted
    } decide: { index, status in
      meter.lap(.freshStatus)
      decision =
        objection(to: index, of: victims, status, &path)
        ?? admit(status.bytesFreedByRemoval, first: victims.looks[index].bytes)
      call = decision?.isRemoval == true ? .removeFile : nil
      return call != nil
    } receive: { index, result, look in
      lap(call)
      call = nil
      let first = victims.looks[index].bytes
      let freed = look?.bytesFreedByRemoval ?? victims.freshBytes(index) ?? first
      settleCaps(first, decision, deleted: result == .removed ? freed : nil)
      book(result, decision, toFree: first, freed: freed, &count) {
        walk.shownPath(of: node, entry: victims.names[index])
      }
      decision = nil
    }
  }

  /// A call was made, unless it was only pretended.
  private func lap(_ call: OperationKind?) {
    if let call, walk.rules.mode == .purge { meter.lap(call) }
  }

  private func isRecent(_ victims: VictimList) -> Bool {
    guard let looks = victims.fresh else { return false }
    return meter.lapStart.since(looks.at) < RemovalLane.freshness
  }

  /// What speaks against removing a file at a fresh look; nil: nothing.
  private func objection(
    to index: Int, of victims: VictimList, _ status: EntryStatus, _ path: inout EntryPath
  ) -> Decision? {
    guard status.kind == .file, status.identity.inode == victims.looks[index].inode else { return .replaced }
    let verdict = victims.names.withName(at: index) { self.verdict(on: status, $0, &path) }
    if case .kept(let reason) = verdict { return .keep(reason) }
    return nil
  }

  private func admit(_ bytes: UInt64, first: UInt64) -> Decision {
    let extra = bytes - min(bytes, first)
    return extra == 0 || extend(by: extra) ? .remove(extra: extra) : .overCap
  }

  private func settleCaps(_ first: UInt64, _ decision: Decision?, deleted: UInt64?) {
    if walk.means.caps.isEmpty { return }
    var reserved = first
    if case .remove(let extra) = decision { reserved.add(extra) }
    for cap in walk.means.caps { cap.settle(reserved: reserved, deleted: deleted) }
  }

  private func book(
    _ result: RemovalResult, _ decision: Decision?, toFree: UInt64, freed: UInt64, _ count: inout RemovalCount,
    path: () -> String
  ) {
    count.tally.filesScanned += 1
    if case .keep(let reason) = decision {
      count.tally.filesKept[reason] += 1
      count.staying += 1
      return
    }
    count.tally.filesToPurge += 1
    count.tally.bytesToFree.add(toFree)
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
      if case .replaced = decision { count.tally.filesVanished += 1 } else { count.tally.filesLeft += 1 }
    }
  }
}

// MARK: - Caps

extension PurgeWorker {
  /// Room under the caps for as many of `group` as there is; trips the guard when there is none for the first one.
  private func reserve(_ group: Range<Int>, of victims: VictimList) -> Int {
    if walk.means.caps.isEmpty { return group.count }
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

extension PurgeWorker.Decision {
  fileprivate var isRemoval: Bool {
    if case .remove = self { return true }
    return false
  }
}
