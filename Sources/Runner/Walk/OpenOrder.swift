/// Open directories, the one that was opened first in front: on the way down a tree that is the topmost, which is needed last.
///
/// An entry may be stale: whoever takes one must look whether that directory is open.
struct OpenOrder {
  private var ids: [NodeID] = []
  private var head = 0

  var count: Int { ids.count - head }

  mutating func append(_ id: NodeID, in table: DirectoryTable) {
    ids.append(id)
    // Entries go stale unseen while there are descriptors enough.
    if ids.count > 2 * table.count + 64 { compact(table) }
  }

  mutating func popFirst() -> NodeID? {
    guard head < ids.count else { return nil }
    defer { head += 1 }
    return ids[head]
  }

  private mutating func compact(_ table: DirectoryTable) {
    var seen: Set<NodeID> = []
    ids = ids[head...].filter { table.contains($0) && table[$0].handle != nil && seen.insert($0).inserted }
    head = 0
  }
}
