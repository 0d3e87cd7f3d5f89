import Kernel

/// Names a slot of a `DirectoryTable`. A slot is used again after its directory is settled.
struct NodeID: Hashable, Sendable {
  fileprivate let index: Int32
}

/// A directory between the moment it is entered and the moment it is settled.
struct DirectoryNode {
  /// Nil for the target's root.
  let parent: NodeID?
  /// Empty for the target's root.
  let name: [UInt8]
  /// The root is 0.
  let depth: Int
  let identity: FileIdentity
  /// As it was when we came, before our own removals changed it.
  let modifiedAt: FileTime

  /// Nil while closed for want of descriptors; then it is opened again relative to its parent.
  var handle: DirectoryHandle?
  /// Pieces of work in flight that use the handle.
  var users = 0
  var isReopening = false

  enum Cursor { case ready, reading, exhausted }
  var cursor = Cursor.ready
  /// Where the listing goes on.
  var position: Int64 = 0
  /// Listing calls that were handed out after the first.
  var listings = 0
  /// The handle's own position is not `position`.
  var needsSeek = false

  /// Subdirectories listed but not entered: at most one batch's, because a directory is read on only when they are gone.
  var subdirectories = NameList()
  /// The batch read last, while some of its entries are not claimed.
  var unclaimed: Claims?

  var lane = RemovalLane()
  /// What a call in this directory took lately, in the mean.
  var pace: Duration = .zero

  /// Parts that are not finished: the listing, subdirectories, chunks, and all files of the lane as one.
  var pending = 1
  /// Entries that stay, as far as we know. A directory goes only when none do.
  var remaining = 0
  /// We removed something here at all, so that its times say nothing about others any more.
  var isChangedByUs = false
  /// We removed something since the present listing began.
  var removedSomething = false
  /// Listings after the first.
  var rereads = 0
  var fate = Fate.scanned

  /// How it will be counted, in order of gravity: the gravest counts.
  enum Fate: Int {
    case scanned, vanished, left, failed
  }
  var marks: Marks = []

  /// The kinds of work for which the walk's lists name this directory.
  struct Marks: OptionSet { let rawValue: UInt8 }

  /// What is left of a batch to be handed out.
  struct Claims {
    let batch: EntryBatch
    var next: Int
    var count: Int { batch.entries.count - next }
  }

  /// Bytes it holds on to, for the ledger.
  var footprint: Int {
    MemoryLayout<DirectoryNode>.size + name.count + subdirectories.footprint
  }
}

/// All directories in work, in slots that are used again: its size follows the workers and the depth, never the tree.
struct DirectoryTable {
  private var slots: [DirectoryNode] = []
  private var isLive: [Bool] = []
  private var free: [NodeID] = []

  /// Directories in work.
  var count: Int { slots.count - free.count }

  mutating func insert(_ node: DirectoryNode) -> NodeID {
    if let id = free.popLast() {
      slots[Int(id.index)] = node
      isLive[Int(id.index)] = true
      return id
    }
    slots.append(node)
    isLive.append(true)
    return NodeID(index: Int32(slots.count - 1))
  }

  mutating func remove(_ id: NodeID) {
    slots[Int(id.index)] = .vacant
    isLive[Int(id.index)] = false
    free.append(id)
  }

  func contains(_ id: NodeID) -> Bool { isLive[Int(id.index)] }

  subscript(id: NodeID) -> DirectoryNode {
    _read { yield slots[Int(id.index)] }
    _modify { yield &slots[Int(id.index)] }
  }

  var ids: [NodeID] { slots.indices.filter { isLive[$0] }.map { NodeID(index: Int32($0)) } }

  /// The names from the root down to `id`, joined by slashes: the path relative to the target.
  func relativePath(of id: NodeID) -> [UInt8] {
    var names: [[UInt8]] = []
    var next: NodeID? = id
    while let current = next {
      let parent = self[current].parent
      if parent != nil { names.append(self[current].name) }
      next = parent
    }
    return Array(names.reversed().joined(separator: [UInt8(ascii: "/")]))
  }

  /// What stands before the names of its entries in their paths relative to the target.
  func pathPrefix(of id: NodeID) -> [UInt8] {
    let path = relativePath(of: id)
    return path.isEmpty ? path : path + [UInt8(ascii: "/")]
  }
}

extension DirectoryNode {
  /// What stands in a slot that is free.
  fileprivate static let vacant = DirectoryNode(
    parent: nil, name: [], depth: 0, identity: FileIdentity(device: 0, inode: 0), modifiedAt: FileTime(seconds: 0))
}
