import Kernel
import Plan

/// What is to be told of single entries, until no removal waits for it: whoever reads may take his time.
final class PendingRecords {
  /// Of a group of looks or removals at most.
  fileprivate var entries: [RecordedEntry] = []
}

/// Telling of single entries; nothing of it is done where nobody wants to know.
extension PurgeWorker {
  /// A file that has gone, or in a dry run would go.
  func record(removed index: Int, of victims: VictimList, at place: Place) {
    let isDryRun = walk.rules.mode == .dryRun
    let path = walk.path(of: place.node, entry: victims.names[index])
    var entry = RecordedEntry(isDryRun ? .wouldPurge : .purged, target: walk.target.name, path: path)
    let criteria = victims.criteria(index)
    entry.rule = criteria < cutoff.retention.rules.count ? Int(criteria) : nil
    if isDryRun {
      if let look = look(again: victims.names[index], in: place.directory) {
        entry.size = ByteCount(bytes: look.size)
        entry.age = cutoff.age(of: FileFacts(look), by: criteria).map { walk.rules.now.since($0.time) }
      }
      if walk.wantsSample { walk.keepSample(entry) }
    }
    note(entry)
  }

  /// For the sake of the record alone, since too much would have to be kept of the first look at each file.
  private func look(again name: [UInt8], in directory: DirectoryHandle) -> EntryStatus? {
    for limit in walk.means.rateLimits { limit.charge(1) }
    defer { meter.lapAside(.status) }
    return try? fileSystem.look(at: name, in: directory, isFresh: false)
  }

  /// An empty directory that has gone, or in a dry run would go.
  func record(removed empty: EmptyDirectory, at place: Place) {
    recordDirectory { walk.path(of: place.node, entry: empty.name) }
  }

  /// The same of the target's own folder.
  func recordOwnFolder() { recordDirectory { walk.target.path } }

  private func recordDirectory(_ path: () -> [UInt8]) {
    guard walk.means.recorder != nil else { return }
    let fate: RecordedEntry.Fate = walk.rules.mode == .dryRun ? .wouldRemoveDirectory : .removedDirectory
    note(RecordedEntry(fate, target: walk.target.name, path: path()))
  }

  /// An entry that stays.
  @inline(never)
  func record(_ fate: RecordedEntry.Fate, _ name: some Sequence<UInt8>, in node: NodeID) {
    note(RecordedEntry(fate, target: walk.target.name, path: walk.path(of: node, entry: name)))
  }

  private func note(_ entry: RecordedEntry) {
    if walk.means.recorder != nil { records.entries.append(entry) }
  }

  /// Tells what was noted. To be called where nothing rests on what the time was before.
  func tellRecords() {
    guard recordsRemovals, !records.entries.isEmpty, let recorder = walk.means.recorder else { return }
    // Whoever is slow, it is not the file system.
    progress.call.callBegins(at: .distantFuture)
    for entry in records.entries { recorder.record(entry) }
    records.entries.removeAll(keepingCapacity: true)
    meter.start()
  }
}
