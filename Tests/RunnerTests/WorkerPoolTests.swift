import Kernel
import Testing

@testable import Runner

/// A server and a walk, as far as the pool sees them, in simulated time.
private struct SimulatedWalk {
  /// What a call takes when the server has nothing else to do.
  var answer: Duration
  /// Calls the server carries out at once; more of them wait in its queue.
  var capacity: Int
  /// Calls that there is work for at once.
  var demand = 100_000
  /// Of each call's time, what is spent on a processor.
  var processorShare = 0.0
  /// Of each worker's time, what it waits for a rate limit.
  var heldBackShare = 0.0
  /// Workers in calls that do not return.
  var hung = 0

  private(set) var pool: WorkerPool
  private(set) var now = MonotonicTime(nanoseconds: 1_000_000_000)
  private var totals = OperationCounters.Totals()
  private(set) var calls = 0.0
  private var untold = 0.0
  private(set) var most = 0

  init(answer: Duration, capacity: Int, fewest: Int = 2, most: Int = 1000) {
    (self.answer, self.capacity) = (answer, capacity)
    pool = WorkerPool(fewest: fewest, most: most, now: now)
  }

  /// What a call takes with so many in flight.
  func answer(with inFlight: Int) -> Duration { answer * max(1, Double(inFlight) / Double(capacity)) }

  func throughput(with workers: Int) -> Double {
    let busy = min(workers, demand)
    return Double(busy) / answer(with: busy).inSeconds
  }

  mutating func run(for time: Duration) {
    let end = now.advanced(by: time)
    while now < end {
      let step = pool.interval
      // Who hangs cannot go home.
      let workers = max(pool.allowed, hung)
      let busy = min(workers - hung, demand)
      work(busy, for: step)
      now = now.advanced(by: step)
      most = max(most, workers)
      pool.adjust(
        to: WorkerPool.Situation(
          now: now, workers: workers, idle: workers - hung - busy, workWaits: demand > workers - hung, totals: totals))
    }
  }

  mutating func refuseMore(than workers: Int) { pool.limit(to: workers, at: now) }

  mutating func narrow(to workers: Int) { pool.narrow(to: workers) }

  /// Goes on for so long; how many calls there were each second.
  mutating func callsPerSecond(over time: Duration) -> Double {
    let before = calls
    run(for: time)
    return (calls - before) / time.inSeconds
  }

  private mutating func work(_ busy: Int, for time: Duration) {
    let call = answer(with: busy)
    let nanoseconds = UInt64(call / .nanoseconds(1))
    let done = Double(busy) * (time / call) * (1 - heldBackShare) + untold
    untold = done - done.rounded(.down)
    calls += done.rounded(.down)
    for _ in 0..<Int(done) {
      if call >= RemovalLane.roundTrip { totals.roundTrips.add(.removeFile, nanoseconds: nanoseconds) }
      totals.calls.add(.removeFile, nanoseconds: nanoseconds)
      totals.processor += UInt64(Double(nanoseconds) * processorShare)
    }
    totals.heldBack += UInt64(Double(busy) * heldBackShare * (time / .nanoseconds(1)))
    totals.pieces += UInt64(done)
  }
}

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 3, 10, 30], [8, 50, 400])
  func `it comes within a tenth of the best throughput, and does not crowd the server`(
    milliseconds: Int, capacity: Int
  ) {
    var walk = SimulatedWalk(answer: .milliseconds(milliseconds), capacity: capacity)
    walk.run(for: .seconds(6))
    let best = walk.throughput(with: capacity)
    #expect(walk.callsPerSecond(over: .seconds(2)) >= 0.9 * best, "\(walk.pool.allowed) workers for \(capacity)")
    #expect(walk.pool.allowed <= 2 * capacity)
  }

  @Test func `a run of half a second is not half over before it has enough workers`() {
    var walk = SimulatedWalk(answer: .milliseconds(3), capacity: 1000)
    walk.run(for: .milliseconds(30))
    #expect(walk.pool.allowed >= 256)
  }

  @Test func `where calls keep processors busy there are as many workers as processors`() {
    var walk = SimulatedWalk(answer: .microseconds(12), capacity: 2)
    walk.processorShare = 0.9
    walk.run(for: .seconds(2))
    #expect(walk.most == 2)
  }

  @Test func `it follows a server that becomes slower, and quick again`() {
    var walk = SimulatedWalk(answer: .milliseconds(1), capacity: 50)
    walk.run(for: .seconds(2))
    #expect(walk.pool.allowed <= 100)
    walk.answer = .milliseconds(20)
    walk.capacity = 1000
    walk.run(for: .seconds(3))
    #expect(walk.callsPerSecond(over: .seconds(1)) >= 0.9 * walk.throughput(with: 1000))
    walk.answer = .milliseconds(1)
    walk.capacity = 50
    walk.run(for: .seconds(4))
    #expect(walk.callsPerSecond(over: .seconds(1)) >= 0.9 * walk.throughput(with: 50))
    #expect(walk.pool.allowed <= 100, "a quick server is not crowded any longer")
  }

  @Test func `a full server that becomes no slower keeps about the same number`() {
    var walk = SimulatedWalk(answer: .milliseconds(5), capacity: 100)
    walk.run(for: .seconds(3))
    var seen: [Int] = []
    for _ in 0..<50 {
      walk.run(for: .milliseconds(100))
      seen.append(walk.pool.allowed)
    }
    #expect(seen.allSatisfy { (60...200).contains($0) }, "\(seen)")
  }

  @Test(arguments: [60, 110, 150, 200, 300])
  func `a full server is not crowded though there is work for some workers only`(demand: Int) {
    var walk = SimulatedWalk(answer: .milliseconds(30), capacity: 39)
    walk.demand = demand
    walk.run(for: .seconds(6))
    #expect(walk.pool.allowed <= 80)
    #expect(walk.callsPerSecond(over: .seconds(2)) >= 0.9 * walk.throughput(with: 39))
  }

  @Test(arguments: [60, 160, 190, 300])
  func `a server that fills up after a while is noticed though there is work for some workers only`(demand: Int) {
    var walk = SimulatedWalk(answer: .milliseconds(30), capacity: 1000)
    walk.demand = demand
    walk.run(for: .seconds(120))
    walk.capacity = 39
    walk.run(for: .seconds(10))
    #expect(walk.pool.allowed <= 80)
    #expect(walk.callsPerSecond(over: .seconds(2)) >= 0.9 * walk.throughput(with: 39))
  }

  @Test func `after a pause it is as quick as before within a second`() {
    var walk = SimulatedWalk(answer: .milliseconds(30), capacity: 1000)
    walk.run(for: .seconds(3))
    let before = walk.pool.allowed
    walk.demand = 0
    walk.run(for: .seconds(20))
    #expect(walk.pool.allowed < 10)
    walk.demand = 100_000
    walk.run(for: .seconds(1))
    #expect(walk.pool.allowed >= before / 2)
  }

  @Test(arguments: [1, 30, 200])
  func `calls that do not return do not stop the others`(hung: Int) {
    var walk = SimulatedWalk(answer: .milliseconds(10), capacity: 20)
    walk.run(for: .seconds(5))
    walk.hung = hung
    #expect(walk.callsPerSecond(over: .seconds(10)) >= 0.25 * walk.throughput(with: 20))
  }

  @Test func `narrowed to one worker that hangs, it allows another`() {
    var walk = SimulatedWalk(answer: .milliseconds(10), capacity: 20)
    walk.run(for: .seconds(1))
    walk.narrow(to: 1)
    walk.hung = 1
    let before = walk.calls
    for _ in 0..<500 {
      walk.run(for: .milliseconds(10))
      #expect(walk.pool.allowed <= 2)
    }
    #expect(walk.calls > before)
  }

  @Test func `a server that hangs for a moment does not end the narrowing`() {
    var walk = SimulatedWalk(answer: .milliseconds(10), capacity: 1000)
    walk.run(for: .seconds(1))
    // Those that were on their way home wait in their last call.
    walk.narrow(to: 2)
    walk.hung = 300
    walk.run(for: .seconds(2))
    walk.hung = 0
    walk.run(for: .milliseconds(100))
    #expect(walk.pool.allowed <= 2)
  }

  @Test func `a refusal is no reason for fewer than the system gave`() {
    var walk = SimulatedWalk(answer: .milliseconds(3), capacity: 1000)
    walk.run(for: .milliseconds(100))
    walk.refuseMore(than: 40)
    for _ in 0..<40 {
      walk.run(for: .milliseconds(100))
      #expect((32...40).contains(walk.pool.allowed))
    }
  }

  @Test func `work for some workers only is done as quickly as it can be`() {
    var walk = SimulatedWalk(answer: .milliseconds(10), capacity: 1000)
    walk.demand = 150
    walk.run(for: .seconds(6))
    #expect(walk.callsPerSecond(over: .seconds(10)) >= 0.95 * walk.throughput(with: 150))
  }

  @Test func `workers that wait for a rate limit want no help`() {
    var walk = SimulatedWalk(answer: .milliseconds(3), capacity: 1000)
    walk.heldBackShare = 0.9
    walk.run(for: .seconds(2))
    #expect(walk.pool.allowed <= 4)
  }

  @Test func `work for a few keeps a few`() {
    var walk = SimulatedWalk(answer: .milliseconds(3), capacity: 1000)
    walk.run(for: .milliseconds(100))
    #expect(walk.pool.allowed > 100)
    walk.demand = 5
    walk.run(for: .seconds(20))
    #expect(walk.pool.allowed <= 10)
  }

  @Test func `when every worker sits in a call that does not return, there are more, but not for ever more`() {
    var pool = WorkerPool(fewest: 2, most: 1000, now: MonotonicTime(nanoseconds: 0))
    var now = MonotonicTime(nanoseconds: 0)
    for _ in 0..<1000 {
      now = now.advanced(by: pool.interval)
      pool.adjust(
        to: WorkerPool.Situation(
          now: now, workers: pool.allowed, idle: 0, workWaits: true, totals: OperationCounters.Totals()))
    }
    #expect(pool.allowed == 32)
  }

  @Test func `workers that wait for leave are not taken for blocked ones, though nothing is finished`() {
    var pool = WorkerPool(fewest: 2, most: 1000, now: MonotonicTime(nanoseconds: 0))
    var now = MonotonicTime(nanoseconds: 0)
    var totals = OperationCounters.Totals()
    totals.waitingForLeave = 2
    for _ in 0..<1000 {
      now = now.advanced(by: pool.interval)
      pool.adjust(to: WorkerPool.Situation(now: now, workers: 2, idle: 0, workWaits: true, totals: totals))
    }
    #expect(pool.allowed == 2)
  }

  @Test func `what the system refused is asked for again after a while`() {
    var walk = SimulatedWalk(answer: .milliseconds(3), capacity: 1000)
    walk.run(for: .milliseconds(10))
    walk.refuseMore(than: 5)
    walk.run(for: .seconds(4))
    #expect(walk.pool.allowed == 5)
    walk.run(for: .seconds(4))
    #expect(walk.pool.allowed > 100)
  }

  @Test func `idle workers are let go although nothing happens`() {
    var walk = SimulatedWalk(answer: .milliseconds(3), capacity: 1000)
    walk.run(for: .milliseconds(100))
    walk.demand = 0
    walk.run(for: .seconds(20))
    #expect(walk.pool.allowed <= 3)
  }

  @Test func `a server that hangs for a moment gets twice the calls at most`() {
    var walk = SimulatedWalk(answer: .milliseconds(3), capacity: 40)
    walk.run(for: .seconds(5))
    let before = walk.pool.allowed
    walk.answer = .seconds(1000)
    walk.run(for: .milliseconds(500))
    #expect(walk.pool.allowed <= 2 * before)
  }

  @Test func `sums that do not belong together do no harm`() {
    var times = OperationTimes()
    times[.removeFile] = OperationTimes.Sum(count: 1, nanoseconds: 3_000_000, logarithms: 3 * 21.5)
    #expect(times.typical != nil)
  }

  @Test func `it obeys the bounds it is given`() {
    var walk = SimulatedWalk(answer: .milliseconds(3), capacity: 1000, fewest: 8, most: 5)
    #expect(walk.pool.allowed == 5)
    walk.run(for: .seconds(1))
    #expect(walk.pool.allowed == 5)
    var pool = WorkerPool(fewest: 2, most: 100, now: walk.now)
    pool.narrow(to: 1)
    #expect(pool.allowed == 1)
    pool.narrow(to: nil)
    pool.limit(to: 1, at: walk.now)
    #expect(pool.allowed == 1)
  }
}

@Suite struct OperationTimesTests {
  @Test func `like is compared with like`() {
    var (before, after) = (OperationTimes(), OperationTimes())
    for _ in 0..<10 { before.add(.list, nanoseconds: 30_000_000) }
    for _ in 0..<10 { before.add(.removeFile, nanoseconds: 3_000_000) }
    // Only removals, each twice as slow: what listings took has no part in it.
    for _ in 0..<50 { after.add(.removeFile, nanoseconds: 6_000_000) }
    #expect(abs((after.stretch(over: before) ?? 0) - 2) < 1e-9)
    var other = OperationTimes()
    other.add(.open, nanoseconds: 5)
    #expect(after.stretch(over: other) == nil)
  }

  @Test func `a few very slow answers do not make the many slow`() {
    var times = OperationTimes()
    for _ in 0..<98 { times.add(.status, nanoseconds: 4_000_000) }
    for _ in 0..<2 { times.add(.status, nanoseconds: 400_000_000) }
    #expect(times.typical.map { $0 < .milliseconds(5) } == true)
  }
}
