import Kernel
import Synchronization

import func Glibc.exp2
import func Glibc.log2

/// How many calls, or round trips, of each kind there were and how long they took.
struct OperationTimes: Sendable {
  struct Sum: Sendable {
    var count: UInt64 = 0
    var nanoseconds: UInt64 = 0
    /// Of each one's nanoseconds, to base 2.
    var logarithms = 0.0

    static func - (a: Sum, b: Sum) -> Sum {
      Sum(
        count: a.count - b.count, nanoseconds: a.nanoseconds - b.nanoseconds, logarithms: a.logarithms - b.logarithms)
    }

    /// The logarithm of a typical call, on which a few very slow answers have little weight.
    var typical: Double { logarithms / Double(count) }
  }

  private var sums = InlineArray<6, Sum>(repeating: Sum())

  subscript(kind: OperationKind) -> Sum {
    get { sums[kind.index] }
    set { sums[kind.index] = newValue }
  }

  mutating func add(_ kind: OperationKind, nanoseconds: UInt64) {
    sums[kind.index].count += 1
    sums[kind.index].nanoseconds += nanoseconds
    sums[kind.index].logarithms += log2(Double(max(nanoseconds, 1)))
  }

  static func - (a: OperationTimes, b: OperationTimes) -> OperationTimes {
    var difference = OperationTimes()
    for kind in OperationKind.allCases { difference[kind] = a[kind] - b[kind] }
    return difference
  }

  /// Of each kind the quicker typical call, where there were enough to speak of one: the quickest of a few is luck.
  mutating func keepQuickest(of other: OperationTimes) {
    for kind in OperationKind.allCases where other[kind].count >= 8 {
      if self[kind].count == 0 || other[kind].typical < self[kind].typical { self[kind] = other[kind] }
    }
  }

  var count: UInt64 { OperationKind.allCases.reduce(0) { $0 + self[$1].count } }
  var nanoseconds: UInt64 { OperationKind.allCases.reduce(0) { $0 + self[$1].nanoseconds } }

  /// What most of the time was spent waiting for: a typical one, each kind weighted by its time.
  var typical: Duration? {
    let all = Double(nanoseconds)
    guard all > 0 else { return nil }
    let logarithm = OperationKind.allCases.reduce(0.0) { sum, kind in
      self[kind].count == 0 ? sum : sum + self[kind].typical * Double(self[kind].nanoseconds) / all
    }
    // Sums read while others add to them may not belong together.
    return .nanoseconds(Int64(exp2(min(max(logarithm, 0), 62))))
  }

  /// By what factor calls take longer than they did in `earlier`, like compared with like: each kind by its typical call,
  /// weighted by the time spent on it. Nil when nothing can be compared.
  func stretch(over earlier: OperationTimes) -> Double? {
    var (weights, sum) = (0.0, 0.0)
    for kind in OperationKind.allCases where self[kind].count > 0 && earlier[kind].count > 0 {
      let weight = Double(self[kind].nanoseconds)
      weights += weight
      sum += weight * (self[kind].typical - earlier[kind].typical)
    }
    // What is compared must be most of what was done.
    guard weights > 0, weights >= Double(nanoseconds) / 2 else { return nil }
    return exp2(sum / weights)
  }
}

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

  private let calls = InlineArray<6, Counter> { _ in Counter() }
  private let roundTrips = InlineArray<6, Counter> { _ in Counter() }
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

/// One worker's stop watch. Round trips are told to the walk's counters at once, since the pool is waiting to learn of
/// them; quick calls when their piece is done.
final class OperationMeter {
  private static let roundTrip = RemovalLane.roundTrip.components.attoseconds / 1_000_000_000

  private let counters: OperationCounters
  /// Quick calls of this piece.
  private var quickCalls = OperationTimes()
  /// When the present lap began.
  private(set) var lapStart = MonotonicTime.now()
  private var processorTime = ProcessorTime.ofThisThread()
  /// Of this piece, without listings, whose time depends on what they bring.
  private var calls = 0
  private var time: Int64 = 0
  /// Whether the last lap was a round trip.
  private(set) var isSlow = false

  init(_ counters: OperationCounters) { self.counters = counters }

  func startPiece() {
    lapStart = .now()
    (calls, time) = (0, 0)
  }

  /// Begins a lap: what went before it was no call.
  func start() { lapStart = .now() }

  /// A lap is over, in which `count` calls were made.
  func lap(_ kind: OperationKind, count: Int = 1) {
    let lap = endLap()
    calls += count
    time += lap
    isSlow = lap >= OperationMeter.roundTrip
    note(kind, count, lap, isRoundTrip: isSlow)
  }

  /// A lap is over, in which one listing call brought so many entries.
  func lapListing(entries: Int) {
    let lap = endLap()
    // An entry takes a third of a microsecond where nothing is waited for.
    note(.list, 1, lap, isRoundTrip: lap >= OperationMeter.roundTrip + Int64(entries) * 1000)
  }

  /// The piece is done; what a call in it took in the mean, nil when there was none.
  func finishPiece() -> Duration? {
    if quickCalls.count > 0 {
      counters.add(calls: quickCalls)
      quickCalls = OperationTimes()
    }
    let processor = ProcessorTime.ofThisThread()
    counters.addPiece(processor: processor - processorTime)
    processorTime = processor
    return calls == 0 ? nil : .nanoseconds(time / Int64(calls))
  }

  private func endLap() -> Int64 {
    let now = MonotonicTime.now()
    let lap = now.nanoseconds - lapStart.nanoseconds
    lapStart = now
    return lap
  }

  private func note(_ kind: OperationKind, _ count: Int, _ lap: Int64, isRoundTrip: Bool) {
    if isRoundTrip { return counters.addRoundTrip(kind, calls: count, nanoseconds: UInt64(lap)) }
    quickCalls[kind].count += UInt64(count)
    quickCalls[kind].nanoseconds += UInt64(lap)
  }
}
