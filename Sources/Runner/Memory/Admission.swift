import Plan

/// Which of the waiting targets may start, and with how much memory: a rule without side effects.
struct Admission: Sendable {
  static let leastBudget = MemoryPlan.leastBudget

  /// What targets may reserve together.
  private(set) var room: ByteCount
  let parallelTargets: Int
  private(set) var reserved: [Int: ByteCount] = [:]

  init(room: ByteCount, parallelTargets: Int) { (self.room, self.parallelTargets) = (room, parallelTargets) }

  /// Takes out of the room what the run itself keeps until its end; a little is left in any case, since whoever would run
  /// alone is never kept waiting.
  mutating func keep(_ bytes: ByteCount) { room = max(room - bytes, min(room, Admission.leastBudget)) }

  /// What is reserved at present.
  var taken: ByteCount { reserved.values.reduce(ByteCount(bytes: 0), +) }

  /// Higher priorities first, equal ones in the order of the config.
  static func inOrder(
    _ folders: [FolderList.Index], priority: (FolderList.Index) -> Int
  ) -> [FolderList.Index] {
    let places = Array(0..<UInt32(folders.count))
    return places.sorted { a, b in
      (priority(folders[Int(b)]), a) < (priority(folders[Int(a)]), b)
    }.map { folders[Int($0)] }
  }

  /// Reserves a budget for target `id`, and gives it; nil: it has to wait for others to end.
  ///
  /// One that has no budget of its own takes its share, or what is left when others have more than theirs. Whoever would
  /// run alone is never kept waiting.
  mutating func admit(_ id: Int, wanting budget: ByteCount?) -> ByteCount? {
    guard reserved.count < parallelTargets else { return nil }
    let left = room - taken
    let granted: ByteCount
    if let budget {
      guard budget <= left || reserved.isEmpty else { return nil }
      granted = min(budget, left)
    } else {
      granted = min(max(share, Admission.leastBudget), left)
      guard granted >= Admission.leastBudget || reserved.isEmpty else { return nil }
    }
    reserved[id] = granted
    return granted
  }

  mutating func release(_ id: Int) { reserved[id] = nil }

  private var share: ByteCount { ByteCount(bytes: room.bytes / UInt64(parallelTargets)) }
}
