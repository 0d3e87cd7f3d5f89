import Plan
import Runner

/// A tally under the report's field names. `files_kept` is an object with every reason, so that a query need not ask
/// whether a key is there.
struct Counters: Hashable, Sendable, Encodable {
  private let tally: Tally

  init(_ tally: Tally) { self.tally = tally }

  var fields: [String: LogValue] {
    var fields: [String: LogValue] = ["files_kept": .object(tally.filesKept.byReason.mapValues(LogValue.count))]
    for (name, value) in Counters.named { fields[name] = .count(tally[keyPath: value]) }
    return fields
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    for (name, value) in Counters.named { try fields.encode(tally[keyPath: value], forKey: FieldName(name)) }
    try fields.encode(tally.filesKept.byReason, forKey: FieldName("files_kept"))
  }

  // Key paths cannot be declared Sendable in a stored property; computed, the list is built once for each object.
  private static var named: KeyValuePairs<String, KeyPath<Tally, UInt64>> {
    [
      "files_scanned": \.filesScanned,
      "files_to_purge": \.filesToPurge,
      "files_purged": \.filesPurged,
      "files_vanished": \.filesVanished,
      "files_failed": \.filesFailed,
      "files_left": \.filesLeft,
      "files_vanished_unread": \.filesVanishedUnread,
      "bytes_to_free": \.bytesToFree,
      "bytes_freed": \.bytesFreed,
      "dirs_found": \.dirsFound,
      "dirs_scanned": \.dirsScanned,
      "dirs_vanished": \.dirsVanished,
      "dirs_failed": \.dirsFailed,
      "dirs_left": \.dirsLeft,
      "dirs_on_other_file_system": \.dirsOnOtherFileSystem,
      "dirs_too_deep": \.dirsTooDeep,
      "dirs_held": \.dirsHeld,
      "dirs_excluded": \.dirsExcluded,
      "dirs_not_included": \.dirsNotIncluded,
      "dirs_lost_and_found": \.dirsLostAndFound,
      "empty_dirs_to_delete": \.emptyDirsToDelete,
      "empty_dirs_deleted": \.emptyDirsDeleted,
      "empty_dirs_vanished": \.emptyDirsVanished,
      "empty_dirs_failed": \.emptyDirsFailed,
      "empty_dirs_left": \.emptyDirsLeft,
      "empty_dirs_mount_point": \.emptyDirsMountPoint,
      "empty_dirs_other_owner": \.emptyDirsOtherOwner,
      "dirs_not_permitted": \.dirsNotPermitted,
      "files_not_permitted": \.filesNotPermitted,
      "symlinks_skipped": \.symlinksSkipped,
      "symlinks_to_purge": \.symlinksToPurge,
      "symlinks_purged": \.symlinksPurged,
      "special_files_skipped": \.specialFilesSkipped,
      "errors": \.errors,
    ]
  }
}

extension KeptCounts {
  /// Every reason, those that kept nothing too.
  var byReason: [String: UInt64] {
    Dictionary(uniqueKeysWithValues: KeepReason.allCases.map { ($0.rawValue, self[$0]) })
  }
}

/// A key of a JSON object that is known only at run time.
private struct FieldName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
