import Synchronization

/// How far a target's intake is open. The memory thread sets it without waiting for anybody; the walk looks at it whenever a
/// worker fetches work.
final class IntakeGate: Sendable {
  struct Opening: Hashable, Sendable {
    /// Nothing new is taken in; what was taken in is finished.
    var isShut = false
    /// Workers there may be; nil: as many as help.
    var workers: Int?
  }

  private let isShut = Atomic<Bool>(false)
  /// Of those who narrow: memory that is short, and memory that grows with the files. `.max`: not narrowed.
  private let whileShort = Atomic<Int>(.max)
  private let whileGrowing = Atomic<Int>(.max)

  var opening: Opening {
    let workers = min(whileShort.load(ordering: .relaxed), whileGrowing.load(ordering: .relaxed))
    return Opening(isShut: isShut.load(ordering: .relaxed), workers: workers == .max ? nil : workers)
  }

  /// Neither shut nor narrowed because memory is short.
  var isOpenWide: Bool { !opening.isShut && whileShort.load(ordering: .relaxed) == .max }

  func shut() { isShut.store(true, ordering: .relaxed) }
  func open() { isShut.store(false, ordering: .relaxed) }

  /// Nil: no longer narrowed for this reason.
  func narrow(whileShort workers: Int?) { whileShort.store(workers ?? .max, ordering: .relaxed) }
  func narrow(whileGrowing workers: Int?) { whileGrowing.store(workers ?? .max, ordering: .relaxed) }
}
