import Plan
import Testing

@testable import Runner

@Suite struct GovernorTests {
  @Test func `over pause_at the only target goes on with one worker, and finishes`() {
    let tree = ScratchTree()
    for index in 0..<3000 { tree.file("d\(index % 30)/f\(index)") }
    let events = Events()
    // Any process has more than a byte. The first removal waits until that has been noticed.
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      events.await(1) { if case .memoryStep(let step) = $0 { step.kind == .narrowed } else { false } }
      return nil
    })
    let outcome = purge([makeTarget(tree.path)], events: events, fileSystem: fileSystem) {
      $0.memory.pauseAt = .size(ByteCount(bytes: 2))
      $0.memory.resumeAt = .size(ByteCount(bytes: 1))
      $0.memory.sampleInterval = .milliseconds(1)
    }
    #expect(outcome.exitStatus == .success)
    #expect(outcome.totals.filesPurged == 3000)
    #expect(outcome.memory.summary.peak.bytes > 0)
    #expect(outcome.targets[0].peakMemory <= outcome.memory.summary.peak)
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
