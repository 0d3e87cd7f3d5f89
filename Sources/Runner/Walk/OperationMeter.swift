import Kernel

/// One worker's stop watch. Round trips are told to the walk's counters at once, since the pool is waiting to learn of
/// them; quick calls when their piece is done.
final class OperationMeter {
  private static let roundTrip = RemovalLane.roundTrip.components.attoseconds / 1_000_000_000

  private let counters: OperationCounters
  private let call: CallInHand
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

  init(_ counters: OperationCounters, _ call: CallInHand) { (self.counters, self.call) = (counters, call) }

  func startPiece() {
    start()
    (calls, time) = (0, 0)
  }

  /// Begins a lap: what went before it was no call.
  func start() {
    lapStart = .now()
    call.callBegins(at: lapStart)
  }

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

  /// A lap is over, in which `count` calls were made that tell nothing of what a call takes: names that are cached, say.
  func lapAside(_ kind: OperationKind, count: Int = 1) {
    let lap = endLap()
    note(kind, count, lap, isRoundTrip: lap >= OperationMeter.roundTrip)
  }

  /// The piece is done; what a call in it took in the mean, nil when there was none.
  func finishPiece() -> Duration? {
    call.end()
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
    call.callBegins(at: now)
    return lap
  }

  private func note(_ kind: OperationKind, _ count: Int, _ lap: Int64, isRoundTrip: Bool) {
    if isRoundTrip { return counters.addRoundTrip(kind, calls: count, nanoseconds: UInt64(lap)) }
    quickCalls[kind].count += UInt64(count)
    quickCalls[kind].nanoseconds += UInt64(lap)
  }
}
