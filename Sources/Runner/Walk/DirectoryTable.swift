import Kernel

/// Names a slot of a `DirectoryTable`. A slot is used again after its directory is settled.
struct NodeID: Hashable, Sendable {
  fileprivate let index: Int32
}

/// All directories in work, in slots that are used again: its size follows the workers and the depth, never the tree.
struct DirectoryTable {
  private var slots: [DirectoryNode] = []
  private var isLive: [Bool] = []
  private var free: [NodeID] = []

  /// Directories in work.
  var count: Int { slots.count - free.count }
  /// Places, taken or free.
  var places: Int { slots.count }
  /// Whether one more takes up a place that was there before.
  var hasFreeSlot: Bool { !free.isEmpty }

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

  /// Asks a node a question where it lies; asked through the subscript, it would be copied first.
  mutating func ask<Answer>(_ id: NodeID, _ question: (inout DirectoryNode) -> Answer) -> Answer {
    question(&slots[Int(id.index)])
  }

  var ids: [NodeID] { slots.indices.filter { isLive[$0] }.map { NodeID(index: Int32($0)) } }

  /// Whether a directory of this identity in `id` would lie in itself.
  func isCycle(_ identity: FileIdentity, in id: NodeID) -> Bool {
    var next: NodeID? = id
    while let current = next {
      if self[current].identity == identity { return true }
      next = self[current].parent
    }
    return false
  }

  /// Whether `id` is `ancestor`, or lies below it.
  func isInside(_ id: NodeID, _ ancestor: NodeID) -> Bool {
    var next: NodeID? = id
    while let current = next {
      if current == ancestor { return true }
      next = self[current].parent
    }
    return false
  }

  /// The absolute path of `id` in a target whose root is at `root`; empty where it is as long as the kernel tells no more.
  func location(of id: NodeID, root: [UInt8]) -> [UInt8] {
    var length = root.count
    var next = id
    while let parent = self[next].parent, length < DirectoryTable.longestLocation {
      length += self[next].name.count + 1
      next = parent
    }
    guard length < DirectoryTable.longestLocation, !root.isEmpty else { return [] }
    return [UInt8](unsafeUninitializedCapacity: length) { bytes, count in
      var end = length
      var next = id
      while let parent = self[next].parent {
        for byte in self[next].name.reversed() {
          end -= 1
          bytes[end] = byte
        }
        end -= 1
        bytes[end] = UInt8(ascii: "/")
        next = parent
      }
      for index in root.indices { bytes[index] = root[index] }
      count = length
    }
  }
  private static let longestLocation = 4096

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
}
