import Plan
import Synchronization

/// The caps of a target as configured: all folders of a template or wildcard share them, at once or one after another.
struct TargetCaps: Sendable {
  /// Nil: no cap.
  let deletions: DeletionCap?
  let emptyDirectories: EmptyDirectoryCap

  /// `onReached` is told by the worker that was refused a deletion.
  init(_ target: Target, onReached: (@Sendable (String) -> Void)? = nil) {
    deletions = DeletionCap(
      of: PrintableText.escaped(target.name), maxFiles: target.maxDeletions, maxBytes: target.maxDeletedBytes,
      onReached: onReached)
    emptyDirectories = EmptyDirectoryCap((target.emptyDirectories ?? target.ownFolder)?.maxCount)
  }
}

/// A cap on the removal of empty directories. Nobody waits for room: what finds none is left for the next run.
final class EmptyDirectoryCap: Sendable {
  private let most: UInt64
  private let reserved = Atomic<UInt64>(0)

  /// Nil: no cap.
  init(_ most: UInt64?) { self.most = most ?? .max }

  /// Room for one directory more, reserved before the act.
  func reserve() -> Bool {
    var known = reserved.load(ordering: .relaxed)
    while known < most {
      let (exchanged, original) = reserved.weakCompareExchange(
        expected: known, desired: known + 1, ordering: .relaxed)
      if exchanged { return true }
      known = original
    }
    return false
  }

  /// What was reserved did not go, which makes room for another.
  func giveBack() { reserved.subtract(1, ordering: .relaxed) }
}
