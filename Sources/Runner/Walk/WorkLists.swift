/// Which directories have what kind of work to give out, latest last.
///
/// An entry may be stale: whoever takes one must look whether there really is such work.
struct WorkLists {
  enum Kind: Int, CaseIterable {
    /// Removals that nobody carries out at present.
    case removal
    /// Fresh looks to take ahead of a lane.
    case check
    /// Directories whose end is near, in which something vanished.
    case recheck
    /// A listing to go on with, in a directory where nobody works.
    case listing
    /// Subdirectories to enter.
    case subdirectory
    /// Entries of a batch to judge.
    case judging
    /// A listing to go on with, in a directory where others work.
    case sharedListing
    /// Removals in a directory where one worker removes already.
    case sharedRemoval

    var mark: DirectoryNode.Marks { DirectoryNode.Marks(rawValue: 1 << UInt8(rawValue)) }
  }

  private var lists = [[NodeID]](repeating: [], count: Kind.allCases.count)

  /// Notes a directory, unless its marks say that it stands there already.
  mutating func note(_ id: NodeID, _ kind: Kind, in table: inout DirectoryTable) {
    guard table[id].marks.insert(kind.mark).inserted else { return }
    lists[kind.rawValue].append(id)
    // Entries below the top go stale unseen. There are never more live ones than directories in work.
    if lists[kind.rawValue].count > 2 * table.count + 64 { compact(kind, table) }
  }

  func last(_ kind: Kind) -> NodeID? { lists[kind.rawValue].last }

  /// Takes a directory off that stands last, where it would make others look in vain.
  mutating func forget(_ id: NodeID, _ kind: Kind, in table: inout DirectoryTable) {
    guard lists[kind.rawValue].last == id else { return }
    lists[kind.rawValue].removeLast()
    if table.contains(id) { table[id].marks.remove(kind.mark) }
  }

  func isEmpty(_ kind: Kind) -> Bool { lists[kind.rawValue].isEmpty }

  private mutating func compact(_ kind: Kind, _ table: DirectoryTable) {
    var seen: Set<NodeID> = []
    let live = lists[kind.rawValue].reversed().filter { id in
      table.contains(id) && table[id].marks.contains(kind.mark) && seen.insert(id).inserted
    }
    lists[kind.rawValue] = live.reversed()
  }
}
