import Kernel
import Plan

/// Telling of single entries; nothing of it is done where nobody wants to know.
extension PurgeWorker {
  /// A file that has gone, or in a dry run would go.
  func record(removed index: Int, of victims: VictimList, at place: Place) {
    let isDryRun = walk.rules.mode == .dryRun
    let path = walk.path(of: place.node, entry: victims.names[index])
    var entry = RecordedEntry(isDryRun ? .wouldPurge : .purged, target: walk.target.name, path: path)
    let criteria = victims.criteria(index)
    entry.rule = criteria < cutoff.retention.rules.count ? Int(criteria) : nil
    if isDryRun, let look = try? fileSystem.look(at: victims.names[index], in: place.directory, isFresh: false) {
      entry.size = ByteCount(bytes: look.size)
      entry.age = cutoff.age(of: FileFacts(look), by: criteria).map { walk.rules.now.since($0.time) }
    }
    if isDryRun { walk.keepSample(entry) }
    walk.means.recorder?.record(entry)
  }

  /// An empty directory that has gone, or in a dry run would go.
  func record(removed empty: EmptyDirectory, at place: Place) {
    recordDirectory { walk.path(of: place.node, entry: empty.name) }
  }

  /// The same of the target's own folder.
  func recordOwnFolder() { recordDirectory { walk.target.path } }

  private func recordDirectory(_ path: () -> [UInt8]) {
    guard let recorder = walk.means.recorder else { return }
    let fate: RecordedEntry.Fate = walk.rules.mode == .dryRun ? .wouldRemoveDirectory : .removedDirectory
    recorder.record(RecordedEntry(fate, target: walk.target.name, path: path()))
  }

  /// An entry that stays.
  @inline(never)
  func record(_ fate: RecordedEntry.Fate, _ name: some Sequence<UInt8>, in node: NodeID) {
    let path = walk.path(of: node, entry: name)
    walk.means.recorder?.record(RecordedEntry(fate, target: walk.target.name, path: path))
  }
}
