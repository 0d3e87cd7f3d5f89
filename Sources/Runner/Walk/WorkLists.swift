/// Which directories have what kind of work to give out, latest last.
///
/// An entry may be stale: whoever takes one must look whether there really is such work. No directory stands in a list
/// twice, so the lists are no longer than the directories in work.
struct WorkLists {
  enum Kind: Int, CaseIterable {
    /// Removals that nobody carries out at present.
    case removal
    /// Subdirectories to enter.
    case subdirectory
    /// A listing to go on with.
    case listing
    /// Entries of a batch to judge.
    case judging

    var mark: DirectoryNode.Marks { DirectoryNode.Marks(rawValue: 1 << UInt8(rawValue)) }
  }

  private var lists = [[NodeID]](repeating: [], count: Kind.allCases.count)

  /// Notes `node`, unless its marks say that it stands there already.
  mutating func note(_ id: NodeID, _ kind: Kind, _ node: inout DirectoryNode) {
    if node.marks.insert(kind.mark).inserted { lists[kind.rawValue].append(id) }
  }

  func last(_ kind: Kind) -> NodeID? { lists[kind.rawValue].last }

  /// Takes the last entry off; its node's mark is for the caller to clear.
  mutating func removeLast(_ kind: Kind) { lists[kind.rawValue].removeLast() }

  /// Takes `node` off when it stands last, where it would make others look in vain.
  mutating func forget(_ id: NodeID, _ kind: Kind, _ node: inout DirectoryNode) {
    guard lists[kind.rawValue].last == id else { return }
    lists[kind.rawValue].removeLast()
    node.marks.remove(kind.mark)
  }

  func isEmpty(_ kind: Kind) -> Bool { lists[kind.rawValue].isEmpty }
}
