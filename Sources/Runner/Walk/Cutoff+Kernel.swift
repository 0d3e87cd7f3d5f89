import Kernel
import Plan

extension Timestamp {
  init(_ time: FileTime) { self.init(seconds: time.seconds, nanoseconds: time.nanoseconds) }
}

extension FileFacts {
  init(_ status: EntryStatus) {
    self.init(
      mtime: Timestamp(status.mtime), atime: status.atime.map { Timestamp($0) }, ctime: Timestamp(status.ctime),
      birth: status.birth.map { Timestamp($0) }, size: status.size, owner: status.owner)
  }
}

extension Cutoff {
  /// The decision on one look at a file that patterns have chosen.
  ///
  /// - Parameter ownFiles: of the run itself; they stay.
  @inline(__always)
  func verdict(
    on status: EntryStatus, _ name: UnsafeBufferPointer<UInt8>, by criteria: UInt8, ownFiles: [FileIdentity]
  ) -> Verdict {
    if NFSPlaceholder.isOne(name) { return .kept(.nfsPlaceholder) }
    if PurgeHold.isOne(name) { return .kept(.held) }
    if status.isMountRoot { return .kept(.mountPoint) }
    let verdict = verdict(for: FileFacts(status), by: criteria)
    return verdict == .expired && ownFiles.contains(status.identity) ? .kept(.ownFile) : verdict
  }
}
