import Plan

/// Which of the waiting targets may start, and with how much memory: a rule without side effects.
struct Admission: Sendable {
  static let leastBudget = MemoryPlan.leastBudget

  /// What targets may reserve together.
  let room: ByteCount
  let parallelTargets: Int
  private(set) var reserved: [Int: ByteCount] = [:]

  init(room: ByteCount, parallelTargets: Int) { (self.room, self.parallelTargets) = (room, parallelTargets) }

  /// What is reserved at present.
  var taken: ByteCount { reserved.values.reduce(ByteCount(bytes: 0), +) }

  /// Higher priorities first, equal ones in the order of the config.
  static func inOrder(_ targets: [ResolvedTarget]) -> [ResolvedTarget] {
    targets.enumerated().sorted { a, b in
      (b.element.spec.priority, a.offset) < (a.element.spec.priority, b.offset)
    }.map(\.element)
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
