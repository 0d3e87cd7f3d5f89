import Foundation
import Kernel
import Plan
import Testing

@testable import Runner

/// A made-up machine with a cgroup of 100 MiB, whose use of memory the test sets.
private final class Machine: Sendable {
  let root = NSTemporaryDirectory() + "machine-" + UUID().uuidString

  init() throws {
    try set("proc/meminfo", "MemTotal: 1048576 kB\n")
    try set("proc/self/status", "RssAnon: 1024 kB\n")
    try set("proc/self/cgroup", "0::/box\n")
    try set("sys/fs/cgroup/box/memory.max", "104857600\n")
    try set("sys/fs/cgroup/box/memory.current", "10485760\n")
    try use(10)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// All that is used in the group is its neighbours'.
  static func usedByNeighbours() throws -> Machine {
    let machine = try Machine()
    try machine.set("proc/self/status", "RssAnon: 0 kB\n")
    return machine
  }

  /// In MiB of 100.
  func use(_ mebibytes: Int) throws { try set("sys/fs/cgroup/box/memory.stat", "anon \(mebibytes << 20)\n") }

  func set(_ path: String, _ text: String) throws {
    let url = URL(fileURLWithPath: root + "/" + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let bytes = Data(text.utf8)
    // In one write, as the kernel tells its figures.
    if let file = FileHandle(forWritingAtPath: url.path) {
      file.write(bytes)
      file.truncateFile(atOffset: UInt64(bytes.count))
    } else {
      try bytes.write(to: url)
    }
  }
}

@Suite struct GovernorTests {
  @Test func `over pause_at the only target goes on with one worker, and finishes`() throws {
    let machine = try Machine.usedByNeighbours()
    let tree = ScratchTree()
    for index in 0..<3000 { tree.file("d\(index % 30)/f\(index)") }
    let events = Events()
    // The first removal waits until the use of memory has been noticed.
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      events.await(1) { if case .memoryStep(let step) = $0 { step.kind == .narrowed } else { false } }
      return nil
    })
    let outcome = purge([makeTarget(tree.path)], events: events, fileSystem: fileSystem, systemRoot: machine.root) {
      $0.memory.pauseAt = .size(ByteCount(bytes: 2))
      $0.memory.resumeAt = .size(ByteCount(bytes: 1))
      $0.memory.sampleInterval = .milliseconds(1)
    }
    #expect(outcome.exitStatus == .success)
    #expect(outcome.totals.filesPurged == 3000)
    #expect(outcome.memory.summary.peak.bytes > 0)
    #expect(outcome.targets[0].peakMemory <= outcome.memory.summary.peak)
    #expect(outcome.memory.steps.first?.kind == .narrowed)
    #expect(outcome.memory.steps.first?.workers == 1)
    #expect(outcome.memory.steps.first?.threshold == "pause_at")
  }

  @Test func `memory that stays above abort_at ends the run with status 3`() throws {
    let machine = try Machine.usedByNeighbours()
    let tree = ScratchTree()
    for index in 0..<300 { tree.file("d\(index % 30)/f\(index)") }
    let outcome = purge([makeTarget(tree.path)], systemRoot: machine.root) {
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
    #expect(outcome.targets[0].reason?.contains("abort_at is 3 B") == true)
  }

  /// Runs three targets of priorities 0, 5 and 10 at once while `script` changes the machine's memory; the script is given
  /// a way to wait for a step.
  private func run(
    _ script: @escaping @Sendable (Machine, (MemoryStep.Kind, String) -> Void) throws -> Void
  ) throws -> (BatchOutcome, [MemoryStep]) {
    let machine = try Machine()
    let trees = (0..<3).map { _ in ScratchTree() }
    for tree in trees { for index in 0..<100 { tree.file("d\(index % 10)/f\(index)") } }
    let events = Events()
    let isDone = Monitor(false)
    let opened = Monitor(0)
    // Whose folder is opened, the governor knows. Nothing is removed before the script is over.
    let fileSystem = ScriptedFileSystem(
      onOpenPath: { _ in
        opened.withLock { $0 += 1 }
        opened.broadcast()
      },
      onRemoveFile: { _ in
        _ = isDone.wait(timeout: .seconds(120)) { $0 ? true : nil }
        return nil
      })
    let targets = zip(trees, [0, 5, 10]).map { tree, priority in
      var target = makeTarget(tree.path, name: "p\(priority)")
      target.priority = priority
      return target
    }
    let thread = Thread {
      _ = opened.wait(timeout: .seconds(60)) { $0 >= 3 ? true : nil }
      let seen = Monitor(0)
      try? script(machine) { kind, target in
        let before = seen.withLock { $0 }
        events.await(before + 1) { if case .memoryStep = $0 { true } else { false } }
        seen.withLock { $0 += 1 }
        let steps = events.memorySteps
        #expect(
          steps.count > before && steps[before].kind == kind && steps[before].target == target, "\(kind) \(target)")
      }
      isDone.withLock { $0 = true }
      isDone.broadcast()
    }
    thread.start()
    var plan = BatchPlan(targets: targets)
    plan.run.parallelTargets = 3
    plan.memory.sampleInterval = .milliseconds(2)
    var settings = BatchRunner.Settings(mode: .purge, runID: "test", now: Fixture.now)
    settings.systemRoot = machine.root
    let outcome = BatchRunner(
      plan: plan, settings: settings, fileSystem: fileSystem, stop: StopRequest(), onEvent: events.add
    ).run()
    #expect(trees.allSatisfy { walkTree($0.path).allSatisfy { !$0.isFile } })
    return (outcome, events.memorySteps)
  }

  @Test func `short memory pauses the lowest priority first, and each goes on when it is back`() throws {
    let (outcome, steps) = try run { machine, see in
      try machine.use(85)
      see(.paused, "p0")
      see(.paused, "p5")
      see(.narrowed, "p10")
      try machine.use(60)
      see(.widened, "p10")
      see(.resumed, "p5")
      see(.resumed, "p0")
    }
    #expect(outcome.exitStatus == .success)
    #expect(outcome.memory.summary.pauses == 2)
    #expect(outcome.memory.steps == steps)
    #expect(steps.allSatisfy { $0.limit == .mebibytes(100) })
    #expect(steps.map(\.used) == [85, 85, 85, 60, 60, 60].map { ByteCount.mebibytes($0) })
    #expect(steps.map(\.threshold) == ["pause_at", "pause_at", "pause_at", "resume_at", "resume_at", "resume_at"])
    let pauses = outcome.targets.sorted { $0.name < $1.name }.map(\.pauses)
    #expect(pauses == [1, 0, 1])
    #expect(outcome.memory.summary.paused == outcome.targets.reduce(.zero) { $0 + $1.paused })
    #expect(outcome.memory.summary.source == "cgroup v2 memory.max of /box")
  }

  @Test func `above abort_at the last one pauses too, and goes on narrowed as soon as it may`() throws {
    let (outcome, _) = try run { machine, see in
      try machine.use(97)
      see(.paused, "p0")
      see(.paused, "p5")
      see(.paused, "p10")
      try machine.use(90)
      see(.resumed, "p10")
      try machine.use(50)
      see(.widened, "p10")
      see(.resumed, "p5")
      see(.resumed, "p0")
    }
    #expect(outcome.exitStatus == .success)
    #expect(outcome.memory.summary.pauses == 3)
    #expect(outcome.memory.steps[3].workers == 1)
    #expect(outcome.memory.steps[3].threshold == "abort_at")
  }

  @Test func `when memory cannot be read any more, those that are paused go on one after the other`() throws {
    let (outcome, _) = try run { machine, see in
      try machine.use(97)
      see(.paused, "p0")
      see(.paused, "p5")
      see(.paused, "p10")
      try machine.set("sys/fs/cgroup/box/memory.stat", "")
      see(.resumed, "p10")
    }
    #expect(outcome.exitStatus == .success)
    #expect(outcome.memory.steps.filter { $0.kind == .resumed }.count == 3)
  }

  @Test func `a working set near the limit is told once, though nothing needs to pause`() throws {
    let machine = try Machine()
    try machine.set("sys/fs/cgroup/box/memory.current", "99614720\n")
    let tree = ScratchTree()
    for index in 0..<30 { tree.file("f\(index)") }
    let events = Events()
    var plan = BatchPlan(targets: [makeTarget(tree.path)])
    plan.memory.sampleInterval = .milliseconds(1)
    plan.run.operationsPerSecond = 300
    var settings = BatchRunner.Settings(mode: .purge, runID: "test", now: Fixture.now)
    settings.systemRoot = machine.root
    let outcome = BatchRunner(plan: plan, settings: settings, stop: StopRequest(), onEvent: events.add).run()
    #expect(outcome.exitStatus == .success)
    #expect(outcome.memory.summary.pauses == 0)
    let words = events.all.compactMap { if case .workingSetNear(let memory) = $0 { memory.workingSet } else { nil } }
    #expect(words == [.mebibytes(95)])
  }

  @Test func `a budget that can never fit keeps everything from being touched`() throws {
    let machine = try Machine()
    let trees = [ScratchTree(), ScratchTree()]
    for tree in trees { tree.file("old") }
    var targets = trees.map { makeTarget($0.path, name: $0.path) }
    targets[1].memoryBudget = .mebibytes(80)
    let events = Events()
    var settings = BatchRunner.Settings(mode: .purge, runID: "test", now: Fixture.now)
    settings.systemRoot = machine.root
    let outcome = BatchRunner(
      plan: BatchPlan(targets: targets), settings: settings, stop: StopRequest(), onEvent: events.add
    ).run()
    #expect(
      outcome.unfitting == [
        "target '\(trees[1].path)': its memory_budget of 80.0 MiB can never fit: pause_at leaves 78.0 MiB of 100.0 MiB "
          + "(cgroup v2 memory.max of /box); lower the budget or raise the limit"
      ])
    #expect(trees.allSatisfy { $0.exists("old") })
    targets[1].memoryBudget = .mebibytes(78)
    let second = BatchRunner(
      plan: BatchPlan(targets: targets), settings: settings, stop: StopRequest(), onEvent: events.add
    ).run()
    #expect(second.unfitting.isEmpty)
    #expect(second.totals.filesPurged == 2)
  }

  @Test func `targets start by priority, and wait until their budgets fit`() throws {
    let trees = (0..<4).map { _ in ScratchTree() }
    for tree in trees { tree.file("old") }
    let targets = zip(trees, [0, 3, 3, -1]).enumerated().map { index, pair in
      var target = makeTarget(pair.0.path, name: "t\(index)")
      target.priority = pair.1
      target.memoryBudget = .mebibytes(40)
      return target
    }
    let machine = try Machine()
    let events = Events()
    var settings = BatchRunner.Settings(mode: .purge, runID: "test", now: Fixture.now)
    settings.systemRoot = machine.root
    var plan = BatchPlan(targets: targets)
    plan.run.parallelTargets = 4
    let outcome = BatchRunner(plan: plan, settings: settings, stop: StopRequest(), onEvent: events.add).run()
    #expect(outcome.totals.filesPurged == 4)
    var running = 0
    var started: [String] = []
    for event in events.all {
      if case .targetStarted(let start) = event {
        running += 1
        started.append(start.target)
      }
      if case .targetFinished = event { running -= 1 }
      // 80 less what was used before leaves room for one of 40.
      #expect(running <= 1)
    }
    #expect(started == ["t1", "t2", "t0", "t3"])
    #expect(events.notices.filter { $0.hasPrefix("waits for memory") }.count == 3)
  }

  @Test func `thresholds above the limit, under which the guard could never act, are refused`() throws {
    let tree = ScratchTree()
    tree.file("old")
    let machine = try Machine()
    var settings = BatchRunner.Settings(mode: .purge, runID: "test", now: Fixture.now)
    settings.systemRoot = machine.root
    var plan = BatchPlan(targets: [makeTarget(tree.path)])
    plan.memory.pauseAt = .size(.mebibytes(400))
    plan.memory.abortAt = .size(.mebibytes(450))
    let outcome = BatchRunner(plan: plan, settings: settings, stop: StopRequest(), onEvent: { _ in }).run()
    #expect(
      outcome.unfitting == [
        "memory.pause_at (400.0 MiB) is above the limit of 100.0 MiB: the kernel would act before the guard "
          + "(cgroup v2 memory.max of /box)"
      ])
    #expect(tree.exists("old"))
  }

  @Test func `a limit below what this process itself takes is refused, one that neighbours fill is not`() throws {
    let tree = ScratchTree()
    tree.file("old")
    let machine = try Machine()
    func outcome(_ limit: ByteCount) -> BatchOutcome {
      purge([makeTarget(tree.path)], mode: .dryRun, systemRoot: machine.root) { $0.memory.limit = .size(limit) }
    }
    let refused = outcome(.mebibytes(1))
    #expect(
      refused.unfitting == [
        "memory.pause_at (819.2 KiB) leaves no room above the 1.0 MiB that the program itself takes, "
          + "under a limit of 1.0 MiB (configured)"
      ])
    #expect(refused.totals.filesScanned == 0)
    // The group uses 10 MiB, of which 1 MiB is this process's.
    #expect(outcome(.mebibytes(2)).unfitting.isEmpty)
  }
}
