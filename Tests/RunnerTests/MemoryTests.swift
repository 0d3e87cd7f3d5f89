import Plan
import Testing

@testable import Runner

@Suite struct PausePolicyTests {
  private typealias Candidate = PausePolicy.Candidate

  private func policy(patience: Int = 3, settling: Int = 0) -> PausePolicy {
    PausePolicy(pauseAt: 80, resumeAt: 70, abortAt: 95, patience: patience, settling: settling)
  }

  private func candidate(_ id: Int, priority: Int = 0, _ state: Candidate.State = .running) -> Candidate {
    Candidate(id: id, priority: priority, order: id, state: state)
  }

  @Test func `below pause_at nothing happens`() {
    var policy = policy()
    #expect(policy.next(usage: 79, targets: [candidate(1), candidate(2)]) == .none)
  }

  @Test func `lowest priority pauses first, then the youngest`() {
    var policy = policy()
    let targets = [candidate(1), candidate(2, priority: -1), candidate(3, priority: -1), candidate(4)]
    #expect(policy.next(usage: 80, targets: targets) == .pause(3))
    let next = targets.map { $0.id == 3 ? candidate(3, priority: -1, .paused) : $0 }
    #expect(policy.next(usage: 80, targets: next) == .pause(2))
  }

  @Test func `the last one is narrowed, not paused, below abort_at`() {
    var policy = policy()
    #expect(policy.next(usage: 90, targets: [candidate(1), candidate(2, .paused)]) == .narrow(1))
    #expect(policy.next(usage: 90, targets: [candidate(1, .narrowed), candidate(2, .paused)]) == .none)
    #expect(policy.next(usage: 96, targets: [candidate(1, .narrowed), candidate(2, .paused)]) == .pause(1))
  }

  @Test func `inside the band nothing changes`() {
    var policy = policy()
    for usage in 71...79 as ClosedRange<UInt64> {
      #expect(policy.next(usage: usage, targets: [candidate(1), candidate(2, .paused)]) == .none)
    }
  }

  @Test func `when memory is back, the narrowed one is widened and the highest priority resumes first`() {
    var policy = policy()
    let targets = [candidate(1, .narrowed), candidate(2, .paused), candidate(3, priority: 5, .paused)]
    #expect(policy.next(usage: 70, targets: targets) == .widen(1))
    #expect(policy.next(usage: 70, targets: Array(targets.dropFirst())) == .resume(3))
  }

  @Test func `pressure above abort_at that stays ends the run; a dip starts the count anew`() {
    var policy = policy(patience: 3)
    let paused = [candidate(1, .paused)]
    for _ in 0..<3 { #expect(policy.next(usage: 95, targets: paused) == .none) }
    #expect(policy.next(usage: 94, targets: paused) == .resumeNarrowed(1))
    for _ in 0..<3 { #expect(policy.next(usage: 95, targets: paused) == .none) }
    #expect(policy.next(usage: 95, targets: paused) == .stop)
  }

  @Test func `steps are apart by the settling time, except above abort_at`() {
    var policy = policy(settling: 2)
    let targets = [candidate(1), candidate(2), candidate(3)]
    #expect(policy.next(usage: 85, targets: targets) == .pause(3))
    let rest = [candidate(1), candidate(2), candidate(3, .paused)]
    #expect(policy.next(usage: 85, targets: rest) == .none)
    #expect(policy.next(usage: 97, targets: rest) == .pause(2))
  }

  @Test func `whatever memory does, somebody runs below abort_at and priority is respected`() {
    for seed in 1...100 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      var policy = policy(patience: 1000, settling: Int.random(in: 0...3, using: &random))
      var targets = (0..<5).map { candidate($0, priority: Int.random(in: -2...2, using: &random)) }
      for _ in 0..<300 {
        let usage = UInt64.random(in: 50...100, using: &random)
        let step = policy.next(usage: usage, targets: targets)
        switch step {
        case .none, .stop: break
        case .pause(let id):
          let active = targets.filter { $0.state != .paused }
          #expect(active.map(\.priority).min() == targets[id].priority, "seed \(seed)")
          #expect(active.count > 1 || usage >= 95, "seed \(seed): the last one was paused at \(usage)")
          targets[id].state = .paused
        case .narrow(let id): targets[id].state = .narrowed
        case .widen(let id): targets[id].state = .running
        case .resumeNarrowed(let id):
          #expect(targets.allSatisfy { $0.state == .paused }, "seed \(seed)")
          targets[id].state = .narrowed
        case .resume(let id):
          #expect(usage <= 70, "seed \(seed)")
          let paused = targets.filter { $0.state == .paused }
          #expect(paused.map(\.priority).max() == targets[id].priority, "seed \(seed)")
          targets[id].state = .running
        }
        #expect(usage >= 95 || targets.contains { $0.state != .paused }, "seed \(seed): all paused at \(usage)")
      }
    }
  }

  @Test func `when all are paused and memory stays in the band, one goes on narrowed`() {
    var policy = policy(settling: 3)
    let paused = [candidate(1, .paused), candidate(2, priority: 1, .paused)]
    #expect(policy.next(usage: 75, targets: paused) == .resumeNarrowed(2))
    #expect(policy.next(usage: 94, targets: paused) == .resumeNarrowed(2))
    #expect(policy.next(usage: 95, targets: paused) == .none)
  }
}

@Suite struct GovernorTests {
  @Test func `over pause_at the only target goes on with one worker, and finishes`() {
    let tree = ScratchTree()
    for index in 0..<3000 { tree.file("d\(index % 30)/f\(index)") }
    let events = Events()
    // Any process has more than a byte. The first removal waits until that has been noticed.
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      events.await(1) { if case .notice(_, let message) = $0 { message.contains("one worker") } else { false } }
      return nil
    })
    let outcome = purge([makeTarget(tree.path)], events: events, fileSystem: fileSystem) {
      $0.memory.pauseAt = .size(ByteCount(bytes: 2))
      $0.memory.resumeAt = .size(ByteCount(bytes: 1))
      $0.memory.sampleInterval = .milliseconds(1)
    }
    #expect(outcome.exitStatus == .success)
    #expect(outcome.totals.filesPurged == 3000)
    #expect(outcome.memory.peak.bytes > 0)
    #expect(outcome.targets[0].peakMemory <= outcome.memory.peak)
  }

  @Test func `memory that stays above abort_at ends the run with status 3`() {
    let tree = ScratchTree()
    for index in 0..<300 { tree.file("d\(index % 30)/f\(index)") }
    let outcome = purge([makeTarget(tree.path)]) {
      $0.run.operationsPerSecond = 10
      $0.memory.pauseAt = .size(ByteCount(bytes: 2))
      $0.memory.resumeAt = .size(ByteCount(bytes: 1))
      $0.memory.abortAt = .size(ByteCount(bytes: 3))
      $0.memory.sampleInterval = .milliseconds(5)
    }
    #expect(outcome.ending == .stoppedMemory)
    #expect(outcome.exitStatus == .memory)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(outcome.targets[0].pauses == 1)
  }
}
