import Kernel
import Plan
import Runner
import Testing

/// Runs that end early: in good order, with the books closed, and so that the next run does the rest.
@Suite struct StopTests {
  @Test(arguments: [1, 8]) func `a stop in mid-run ends with status 4, and the next run finishes`(workers: Int) {
    let tree = ScratchTree()
    for index in 0..<2000 { tree.file("d\(index % 20)/f\(index)") }
    let stop = StopRequest()
    let removals = Monitor(0)
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      if removals.withLock({
        $0 += 1; return $0
      }) == 500 {
        stop.request(.stoppedSignal, message: "SIGTERM was received")
      }
      return nil
    })
    let first = purge([makeTarget(tree.path)], workers: workers, fileSystem: fileSystem, stop: stop)
    #expect(first.exitStatus == .interrupted)
    #expect(first.ending == .stoppedSignal)
    #expect(first.targets[0].reason == "SIGTERM was received")
    let done = first.totals
    #expect(done.imbalance(in: .purge) == nil)
    #expect(done.filesPurged >= 400 && done.filesPurged < 2000)
    let second = purge([makeTarget(tree.path)], workers: workers)
    #expect(second.exitStatus == .success)
    #expect(done.filesPurged + second.totals.filesPurged == 2000)
  }

  @Test func `threads that hang in the kernel are not waited for, and what they had is left`() throws {
    let tree = ScratchTree()
    for index in 0..<100 { tree.file("d\(index % 4)/f\(index)") }
    let turnstile = Turnstile()
    defer { turnstile.open() }
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      turnstile.pass()
      return nil
    })
    let stop = StopRequest()
    try PlainThread.start(name: "stopper") {
      turnstile.awaitCrowd(of: 4)
      stop.request(.stoppedSignal, message: "the signal")
      stop.hurry()
    }
    let outcome = purge([makeTarget(tree.path)], workers: 4, fileSystem: fileSystem, stop: stop)
    #expect(outcome.exitStatus == .interrupted)
    #expect(outcome.targets[0].reason?.hasPrefix("the signal; 4 operations in flight did not return in time: ") == true)
    #expect(outcome.totals.filesLeft == outcome.totals.filesToPurge)
    #expect(outcome.totals.filesLeft > 0)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test(arguments: [2, 30, 200])
  func `what a worker that hangs has removed of its piece is in the books`(number: Int) throws {
    let tree = ScratchTree()
    for index in 0..<400 { tree.file("f\(index)", size: 5000) }
    let (turnstile, removals) = (Turnstile(), Monitor(0))
    defer { turnstile.open() }
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      let count = removals.withLock { count in
        count += 1
        return count
      }
      if count == number { turnstile.pass() }
      return nil
    })
    let stop = StopRequest()
    try PlainThread.start(name: "stopper") {
      turnstile.awaitCrowd(of: 1)
      stop.request(.stoppedSignal, message: "the signal")
      stop.hurry()
    }
    let outcome = purge([makeTarget(tree.path)], workers: 1, fileSystem: fileSystem, stop: stop)
    #expect(outcome.totals.filesPurged == UInt64(number - 1))
    #expect(outcome.totals.filesLeft == outcome.totals.filesToPurge - outcome.totals.filesPurged)
    #expect(outcome.totals.bytesFreed >= UInt64(number - 1) * 5000)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `the time limit ends the run with status 4`() {
    let tree = ScratchTree()
    for index in 0..<100 { tree.file("f\(index)") }
    let outcome = purge([makeTarget(tree.path)]) {
      // One operation a second, so that the limit is reached whatever the machine's speed.
      $0.run.operationsPerSecond = 1
      $0.run.timeLimit = .milliseconds(200)
    }
    #expect(outcome.ending == .stoppedTime)
    #expect(outcome.exitStatus == .interrupted)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(tree.contents.count > 90)
  }

  @Test func `targets that had not started are reported as such`() {
    let trees = (0..<3).map { _ in ScratchTree() }
    for tree in trees { tree.file("old") }
    let stop = StopRequest()
    let events = Events()
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      stop.request(.stoppedSignal, message: "stop")
      events.await(1) { if case .stopping = $0 { true } else { false } }
      return nil
    })
    let targets = trees.enumerated().map { makeTarget($1.path, name: "t\($0)") }
    let outcome = purge(targets, workers: 1, events: events, fileSystem: fileSystem, stop: stop)
    #expect(outcome.targets.map(\.ending) == [.stoppedSignal])
    #expect(outcome.books.endings == [.stoppedSignal: 1, .notStarted: 2])
    // One line for all, as one sentence is.
    #expect(outcome.books.notStarted.map(\.reason) == ["stop"])
    #expect(outcome.books.notStarted.map(\.names.first) == [["t1", "t2"]])
    let told = events.all.compactMap { if case .targetsNotStarted(let targets) = $0 { targets } else { nil } }
    #expect(told == outcome.books.notStarted)
  }

  @Test func `progress is told while every worker hangs`() throws {
    let tree = ScratchTree()
    for index in 0..<10 { tree.file("d\(index)/f") }
    let turnstile = Turnstile()
    let fileSystem = ScriptedFileSystem(onStatus: { _ in
      turnstile.pass()
      return nil
    })
    let events = Events()
    try PlainThread.start(name: "opener") {
      turnstile.awaitCrowd(of: 2)
      events.await(2) { if case .progress(let now) = $0 { now.busyWorkers == 2 } else { false } }
      turnstile.open()
    }
    let outcome = purge([makeTarget(tree.path)], workers: 2, events: events, fileSystem: fileSystem) {
      $0.run.progressInterval = .milliseconds(20)
      $0.run.timeLimit = .seconds(20)
    }
    let busy = events.all.filter { if case .progress(let now) = $0 { now.busyWorkers == 2 } else { false } }
    #expect(busy.count >= 2)
    #expect(outcome.exitStatus == .success)
  }
}
