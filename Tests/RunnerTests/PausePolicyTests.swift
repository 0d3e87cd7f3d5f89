import Kernel
import Plan
import Testing

@testable import Runner

@Suite struct PausePolicyTests {
  private typealias Candidate = PausePolicy.Candidate

  /// A policy, and time that goes on by a second with each look.
  private struct Watch {
    var policy: PausePolicy
    var now = MonotonicTime(nanoseconds: 0)

    init(patience: Int = 3, settling: Int = 0) {
      policy = PausePolicy(
        pauseAt: 80, resumeAt: 70, abortAt: 95, patience: .seconds(patience), settling: .seconds(settling))
    }

    mutating func next(_ usage: UInt64, _ targets: [Candidate]) -> PausePolicy.Step {
      defer { now = now.advanced(by: .seconds(1)) }
      return policy.next(usage: usage, targets: targets, at: now)
    }
  }

  private func candidate(_ id: Int, priority: Int = 0, _ state: Candidate.State = .running) -> Candidate {
    Candidate(id: id, priority: priority, state: state)
  }

  @Test func `below pause_at nothing happens`() {
    var watch = Watch()
    #expect(watch.next(79, [candidate(1), candidate(2)]) == .none)
  }

  @Test func `lowest priority pauses first, then the youngest`() {
    var watch = Watch()
    let targets = [candidate(1), candidate(2, priority: -1), candidate(3, priority: -1), candidate(4)]
    #expect(watch.next(80, targets) == .pause(3))
    let next = targets.map { $0.id == 3 ? candidate(3, priority: -1, .paused) : $0 }
    #expect(watch.next(80, next) == .pause(2))
  }

  @Test func `the last one is narrowed, not paused, below abort_at`() {
    var watch = Watch()
    #expect(watch.next(90, [candidate(1), candidate(2, .paused)]) == .narrow(1))
    #expect(watch.next(90, [candidate(1, .narrowed), candidate(2, .paused)]) == .none)
    #expect(watch.next(96, [candidate(1, .narrowed), candidate(2, .paused)]) == .pause(1))
  }

  @Test func `inside the band nothing changes`() {
    var watch = Watch()
    for usage in 71...79 as ClosedRange<UInt64> {
      #expect(watch.next(usage, [candidate(1), candidate(2, .paused)]) == .none)
    }
  }

  @Test func `when memory is back, the narrowed one is widened and the highest priority resumes first`() {
    var watch = Watch()
    let targets = [candidate(1, .narrowed), candidate(2, .paused), candidate(3, priority: 5, .paused)]
    #expect(watch.next(70, targets) == .widen(1))
    #expect(watch.next(70, Array(targets.dropFirst())) == .resume(3))
  }

  @Test func `pressure above abort_at that stays ends the run; a dip starts the count anew`() {
    var watch = Watch(patience: 3)
    let paused = [candidate(1, .paused)]
    for _ in 0..<4 { #expect(watch.next(95, paused) == .none) }
    #expect(watch.next(94, paused) == .resumeNarrowed(1))
    for _ in 0..<4 { #expect(watch.next(95, paused) == .none) }
    #expect(watch.next(95, paused) == .stop)
  }

  @Test func `patience begins when everything is paused, however seldom memory is looked at`() {
    var watch = Watch(patience: 3)
    var targets = (1...6).map { candidate($0) }
    for id in (1...6).reversed() {
      #expect(watch.next(96, targets) == .pause(id))
      targets[id - 1].state = .paused
    }
    for _ in 0..<4 { #expect(watch.next(96, targets) == .none) }
    #expect(watch.next(96, targets) == .stop)
  }

  @Test func `memory that is short only while somebody runs makes no swarm of pauses`() {
    var policy = PausePolicy(
      pauseAt: 80, resumeAt: 70, abortAt: 95, patience: .seconds(5), settling: .milliseconds(300))
    var target = candidate(1)
    var steps = 0
    for tick in 0..<1000 {
      let usage: UInt64 = target.state == .paused ? 94 : 95
      let step = policy.next(usage: usage, targets: [target], at: MonotonicTime(nanoseconds: Int64(tick) * 10_000_000))
      if step != .none { steps += 1 }
      if case .pause = step { target.state = .paused }
      if case .resumeNarrowed = step { target.state = .narrowed }
    }
    // In ten seconds, two for each 300 ms.
    #expect(steps <= 68)
  }

  @Test func `patience is time, however often memory is looked at`() {
    var policy = PausePolicy(pauseAt: 80, resumeAt: 70, abortAt: 95, patience: .seconds(5), settling: .zero)
    for millisecond in 0...5000 {
      let now = MonotonicTime(nanoseconds: Int64(millisecond) * 1_000_000)
      #expect(policy.next(usage: 99, targets: [candidate(1, .paused)], at: now) == .none)
    }
    let late = MonotonicTime(nanoseconds: 5_001_000_000)
    #expect(policy.next(usage: 99, targets: [candidate(1, .paused)], at: late) == .stop)
  }

  @Test func `steps are apart by the settling time, except above abort_at`() {
    var watch = Watch(settling: 2)
    let targets = [candidate(1), candidate(2), candidate(3)]
    #expect(watch.next(85, targets) == .pause(3))
    let rest = [candidate(1), candidate(2), candidate(3, .paused)]
    #expect(watch.next(85, rest) == .none)
    #expect(watch.next(97, rest) == .pause(2))
  }

  @Test func `when all are paused and memory stays in the band, one goes on narrowed`() {
    var watch = Watch(settling: 3)
    let paused = [candidate(1, .paused), candidate(2, priority: 1, .paused)]
    #expect(watch.next(75, paused) == .resumeNarrowed(2))
    #expect(watch.next(94, paused) == .resumeNarrowed(2))
    #expect(watch.next(95, paused) == .none)
  }

  /// Carries a step out as the governor does.
  private func carryOut(_ step: PausePolicy.Step, _ targets: inout [Candidate]) {
    switch step {
    case .none, .stop: break
    case .pause(let id): targets[id].state = .paused
    case .narrow(let id), .resumeNarrowed(let id): targets[id].state = .narrowed
    case .widen(let id), .resume(let id): targets[id].state = .running
    }
  }

  /// What the rule may do to which target at which usage; nil: all is well.
  private func objection(to step: PausePolicy.Step, _ targets: [Candidate], _ usage: UInt64) -> String? {
    let active = targets.filter { $0.state != .paused }
    let paused = targets.filter { $0.state == .paused }
    switch step {
    case .none, .stop: return nil
    case .pause(let id):
      if usage < 80 { return "paused below pause_at" }
      let lowest = active.map(\.priority).min()
      if targets[id].priority != lowest { return "a higher priority was paused first" }
      if active.contains(where: { $0.priority == lowest && $0.id > id }) { return "not the youngest" }
      return active.count > 1 || usage >= 95 ? nil : "the last one was paused"
    case .narrow(let id):
      return usage >= 80 && active.map(\.id) == [id] ? nil : "narrowed without need"
    case .widen(let id):
      return usage <= 70 && targets[id].state == .narrowed ? nil : "widened too early"
    case .resumeNarrowed(let id), .resume(let id):
      let highest = paused.map(\.priority).max()
      if targets[id].priority != highest { return "a lower priority was resumed first" }
      if paused.contains(where: { $0.priority == highest && $0.id < id }) { return "not the oldest" }
      if case .resume = step { return usage <= 70 ? nil : "resumed above resume_at" }
      return active.isEmpty && usage < 95 ? nil : "resumed narrowed without need"
    }
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `whatever memory does, somebody runs below abort_at and priority is respected`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var watch = Watch(patience: 1000, settling: Int.random(in: 0...3, using: &random))
    var targets = (0..<Int.random(in: 1...6, using: &random)).map {
      candidate($0, priority: Int.random(in: -2...2, using: &random))
    }
    for _ in 0..<300 {
      let usage = UInt64.random(in: 50...100, using: &random)
      let step = watch.next(usage, targets)
      let objection = objection(to: step, targets, usage)
      #expect(objection == nil, "seed \(seed), usage \(usage): \(objection ?? "")")
      carryOut(step, &targets)
      #expect(
        usage >= 95 || targets.contains { $0.state != .paused }, "seed \(seed): all are paused at \(usage)")
    }
  }

  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func `inside the band nobody changes to and fro, whatever was before`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var watch = Watch(patience: 1000)
    var targets = (0..<5).map { candidate($0, priority: Int.random(in: -2...2, using: &random)) }
    for _ in 0..<50 { carryOut(watch.next(UInt64.random(in: 50...100, using: &random), targets), &targets) }
    // One that has to go on may do so once.
    carryOut(watch.next(75, targets), &targets)
    for _ in 0..<200 {
      #expect(watch.next(UInt64.random(in: 71...79, using: &random), targets) == .none, "seed \(seed)")
    }
  }
}
