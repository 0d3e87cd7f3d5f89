import Kernel
import Plan

/// A subdirectory found empty, with what must still be true of it when it is removed.
struct EmptyDirectory: Sendable {
  let node: NodeID
  let name: [UInt8]
  let identity: FileIdentity
  /// Nil when we changed it ourselves.
  let modifiedAt: FileTime?

  /// Why one stays that is old enough.
  enum ReasonToStay: Hashable, Sendable { case mountPoint, otherOwner }

  /// Whether a fresh look shows the same directory, unchanged by others.
  func isStill(_ status: EntryStatus) -> Bool {
    status.identity == identity && (modifiedAt == nil || status.mtime == modifiedAt)
  }
}

extension Cutoff {
  /// Why a directory with this status stays, though it be empty; nil: nothing of it keeps it. `device`: that of the one above it.
  func reasonToStay(_ status: EntryStatus, in device: UInt64?) -> EmptyDirectory.ReasonToStay? {
    if status.isMountPoint(in: device) { return .mountPoint }
    return isOfOthers(status.owner) ? .otherOwner : nil
  }
}

extension EntryStatus {
  /// Whether something is mounted here, in a directory on `device`. Kernels before 5.8 tell of no mount, but of another device.
  func isMountPoint(in device: UInt64?) -> Bool { isMountRoot || device.map { $0 != identity.device } ?? false }
}
