import Synchronization

import func Glibc.log2

/// Calls of all workers of a walk, added up without a lock.
final class OperationCounters: Sendable {
  private struct Counter: ~Copyable {
    let count = Atomic<UInt64>(0)
    let nanoseconds = Atomic<UInt64>(0)
    /// In 1/1024.
    let logarithms = Atomic<UInt64>(0)

    func add(_ sum: OperationTimes.Sum) {
      count.add(sum.count, ordering: .relaxed)
      nanoseconds.add(sum.nanoseconds, ordering: .relaxed)
      logarithms.add(UInt64(sum.logarithms * 1024), ordering: .relaxed)
    }

    /// Read again when somebody added to it meanwhile, a few times: what is read should belong together.
    var sum: OperationTimes.Sum {
      var sum = read()
      for _ in 0..<4 where sum.count != count.load(ordering: .acquiring) { sum = read() }
      return sum
    }

    private func read() -> OperationTimes.Sum {
      OperationTimes.Sum(
        count: count.load(ordering: .acquiring), nanoseconds: nanoseconds.load(ordering: .acquiring),
        logarithms: Double(logarithms.load(ordering: .acquiring)) / 1024)
    }
  }

  private let calls = OperationKind.Each<Counter> { _ in Counter() }
  private let roundTrips = OperationKind.Each<Counter> { _ in Counter() }
  private let processor = Atomic<UInt64>(0)
  private let heldBack = Atomic<UInt64>(0)
  private let pieces = Atomic<UInt64>(0)
  /// Workers that wait for a rate limit now.
  let waitingForLeave = Atomic<Int>(0)

  /// What was added up so far.
  struct Totals: Sendable {
    var calls = OperationTimes()
    /// Calls, or calls in a row, that took so long that they can only have waited: see `RemovalLane.roundTrip`.
    var roundTrips = OperationTimes()
    /// Nanoseconds that workers spent on processors.
    var processor: UInt64 = 0
    /// Nanoseconds that workers waited for a rate limit.
    var heldBack: UInt64 = 0
    /// Pieces of work that were finished.
    var pieces: UInt64 = 0
    /// Workers that wait for a rate limit now.
    var waitingForLeave = 0

    static func - (a: Totals, b: Totals) -> Totals {
      Totals(
        calls: a.calls - b.calls, roundTrips: a.roundTrips - b.roundTrips, processor: a.processor - b.processor,
        heldBack: a.heldBack - b.heldBack, pieces: a.pieces - b.pieces)
    }
  }

  /// Adds calls that were answered at once.
  func add(calls times: OperationTimes) {
    for kind in OperationKind.allCases where times[kind].count > 0 { calls[kind.index].add(times[kind]) }
  }

  /// Adds calls in a row, one of which at least was a round trip.
  func addRoundTrip(_ kind: OperationKind, calls count: Int, nanoseconds: UInt64) {
    calls[kind.index].add(OperationTimes.Sum(count: UInt64(count), nanoseconds: nanoseconds))
    roundTrips[kind.index].add(
      OperationTimes.Sum(count: 1, nanoseconds: nanoseconds, logarithms: log2(Double(max(nanoseconds, 1)))))
  }

  func addPiece(processor used: UInt64) {
    processor.add(used, ordering: .relaxed)
    pieces.add(1, ordering: .relaxed)
  }

  func addHeldBack(_ time: Duration) {
    heldBack.add(UInt64(max(0, time / .nanoseconds(1))), ordering: .relaxed)
  }

  var totals: Totals {
    var totals = Totals()
    for kind in OperationKind.allCases {
      totals.calls[kind] = calls[kind.index].sum
      totals.roundTrips[kind] = roundTrips[kind.index].sum
    }
    totals.processor = processor.load(ordering: .relaxed)
    totals.heldBack = heldBack.load(ordering: .relaxed)
    totals.pieces = pieces.load(ordering: .relaxed)
    totals.waitingForLeave = waitingForLeave.load(ordering: .relaxed)
    return totals
  }
}
