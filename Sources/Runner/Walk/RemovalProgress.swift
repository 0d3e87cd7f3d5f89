import Synchronization

/// What a worker has done of its present piece of removal, and what call it is in: for the books, and for who looks into it,
/// should it never come back.
///
/// Written by that worker alone, after each file; read by whoever closes the books.
final class RemovalProgress: Sendable {
  private let purged = Atomic<UInt64>(0)
  private let vanished = Atomic<UInt64>(0)
  private let failed = Atomic<UInt64>(0)
  private let bytesToFree = Atomic<UInt64>(0)
  private let bytesFreed = Atomic<UInt64>(0)
  let call = CallInHand()

  /// So far, these.
  func note(_ tally: borrowing Tally) {
    vanished.store(tally.filesVanished, ordering: .relaxed)
    failed.store(tally.filesFailed, ordering: .relaxed)
    bytesToFree.store(tally.bytesToFree, ordering: .relaxed)
    bytesFreed.store(tally.bytesFreed, ordering: .relaxed)
    purged.store(tally.filesPurged, ordering: .releasing)
  }

  /// The piece is in the books.
  func clear() { note(Tally()) }

  /// What it has done, of files that count as left.
  func settle(in tally: inout Tally) {
    let done = purged.load(ordering: .acquiring)
    let (vanished, failed) = (vanished.load(ordering: .relaxed), failed.load(ordering: .relaxed))
    tally.filesLeft -= done + vanished + failed
    tally.filesPurged += done
    tally.filesVanished += vanished
    tally.filesFailed += failed
    tally.bytesToFree.add(bytesToFree.load(ordering: .relaxed))
    tally.bytesFreed.add(bytesFreed.load(ordering: .relaxed))
  }
}
