import Kernel

/// Notices a listing that goes round in circles, as a server with a broken directory index gives it, in bounded memory.
///
/// An entry is kept in mind, a later one each time that twice as many listings were made (Brent's way to find a cycle). One
/// that comes again a few times is no file that somebody renames meanwhile.
struct RepetitionGuard: Hashable, Sendable {
  /// Of a name and its inode, cut short: there is one for each directory in work.
  private struct Entry: Hashable, Sendable {
    let inode: UInt32
    let hash: UInt32

    init(_ batch: EntryBatch, _ index: Int) {
      inode = UInt32(truncatingIfNeeded: batch.entries[index].inode)
      hash = UInt32(truncatingIfNeeded: VanishedEntry.hash(of: batch.name(at: index)))
    }

    func matches(_ batch: EntryBatch, _ index: Int) -> Bool {
      UInt32(truncatingIfNeeded: batch.entries[index].inode) == inode && self == Entry(batch, index)
    }
  }

  /// Times that the same entry may come in one listing.
  static let mostRepeats: UInt8 = 8
  /// Directories are small until they have shown to be large.
  private static let firstMark: UInt32 = 4

  private var mark: Entry?
  private var repeats: UInt8 = 0
  private var listings: UInt32 = 0

  init() {}

  /// Takes notice of what came next; false when it repeats itself.
  mutating func accepts(_ batch: EntryBatch) -> Bool {
    // One with nothing but the directory and its parent comes once.
    if batch.entries.isEmpty || mark.map({ mark in batch.entries.indices.contains { mark.matches(batch, $0) } }) == true
    {
      repeats += 1
    }
    listings &+= 1
    if listings >= RepetitionGuard.firstMark, listings.nonzeroBitCount == 1, let last = batch.entries.indices.last {
      mark = Entry(batch, last)
    }
    return repeats < RepetitionGuard.mostRepeats
  }
}
