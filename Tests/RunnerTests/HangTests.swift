import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// Calls that do not answer are named, soon and not too often.
@Suite struct HangTests {
  private struct Told: Hashable {
    var quiet: Duration?
    var calls: [HangingCall]
  }

  private func told(_ events: Events) -> [Told] {
    events.all.compactMap { event in
      if case .targetStalled(_, let quiet, _, let calls) = event { Told(quiet: quiet, calls: calls) } else { nil }
    }
  }

  private func isStall(_ event: RunEvent) -> Bool { if case .targetStalled = event { true } else { false } }

  /// A run that tells of calls after a twentieth of a second.
  @discardableResult
  private func run(
    _ target: Target, workers: Int = 1, _ events: Events, _ fileSystem: ScriptedFileSystem,
    stop: StopRequest = StopRequest(), hangsAfter: Duration = .milliseconds(50),
    adjust: (inout BatchPlan) -> Void = { _ in }
  ) -> BatchOutcome {
    var target = target
    target.concurrency = .atMost(workers)
    var settings = BatchRunner.Settings(mode: .purge, runID: "test", now: Fixture.now)
    settings.stalls = StallWatch.Times(
      interval: .milliseconds(5), hangsAfter: hangsAfter, repeatedAfter: .milliseconds(400))
    var plan = BatchPlan(targets: [target])
    adjust(&plan)
    return BatchRunner(plan: plan, settings: settings, fileSystem: fileSystem, stop: stop, onEvent: events.add).run()
  }

  /// The same while a call hangs until it was told of.
  private func hang(
    _ target: Target, _ fileSystem: (_ hang: @escaping @Sendable () -> Errno?) -> ScriptedFileSystem
  ) throws -> [Told] {
    let (turnstile, events) = (Turnstile(), Events())
    try PlainThread.start(name: "opener") {
      events.await(1) { if case .targetStalled = $0 { true } else { false } }
      turnstile.open()
    }
    let outcome = run(
      target, events,
      fileSystem {
        turnstile.pass()
        return nil
      })
    #expect(outcome.exitStatus == .success)
    return told(events)
  }

  private func check(_ told: [Told], _ operation: PurgeFailure.Operation, _ path: String) throws {
    let first = try #require(told.first)
    #expect(first.calls.map(\.operation) == [operation])
    #expect(first.calls.map(\.path) == [path])
    #expect(first.calls.allSatisfy { $0.age >= .milliseconds(50) })
    #expect(first.quiet != nil)
  }

  @Test func `each kind of call that hangs is named with its folder`() throws {
    let tree = ScratchTree()
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    func again() {
      tree.file("d/e/f")
      tree.ageDirectories()
    }
    again()
    try check(
      hang(target) { hang in ScriptedFileSystem(onRemoveFile: { $0 == "f" ? hang() : nil }) }, .removeFile,
      tree.path + "/d/e")
    again()
    try check(
      hang(target) { hang in ScriptedFileSystem(onOpen: { $0 == "e" ? hang() : nil }) }, .openDirectory,
      tree.path + "/d/e")
    again()
    try check(
      hang(target) { hang in ScriptedFileSystem(onStatus: { $0 == "f" ? hang() : nil }) }, .readStatus,
      tree.path + "/d/e")
    again()
    try check(
      hang(target) { hang in ScriptedFileSystem(onRemoveDirectory: { $0 == "e" ? hang() : nil }) }, .removeDirectory,
      tree.path + "/d/e")
    again()
    try check(
      hang(target) { hang in ScriptedFileSystem(onOpenPath: { if $0 == tree.path { _ = hang() } }) }, .openDirectory,
      tree.path)
    again()
    try check(
      hang(target) { hang in
        ScriptedFileSystem(onRead: { LinuxFileSystem().path(of: $0) == Array((tree.path + "/d").utf8) ? hang() : nil })
      }, .readDirectory, tree.path + "/d")
  }

  @Test func `a hang of the search for folders is named with the folder it is at`() throws {
    let tree = ScratchTree()
    tree.file("a/x/f")
    var target = makeTarget(tree.path)
    target.path = PathPattern(
      text: tree.path + "/*/x",
      components: target.path.components + [.wildcard(try Glob("*")), .literal("x")])
    let told = try hang(target) { hang in ScriptedFileSystem(onOpen: { $0 == "a" ? hang() : nil }) }
    try check(told, .expandTarget, tree.path + "/a")
  }

  @Test func `while others go on, a call that hangs is told without saying that nothing does`() throws {
    let tree = ScratchTree()
    tree.file("a/hangs")
    for index in 0..<40 { tree.file("b/f\(index)") }
    let (turnstile, events) = (Turnstile(), Events())
    let fileSystem = ScriptedFileSystem(onRemoveFile: { name in
      if name == "hangs" { turnstile.pass() } else { PlainThread.nap(.milliseconds(10)) }
      return nil
    })
    try PlainThread.start(name: "opener") {
      events.await(1) { if case .targetStalled = $0 { true } else { false } }
      turnstile.open()
    }
    run(makeTarget(tree.path), workers: 8, events, fileSystem)
    let first = try #require(told(events).first)
    #expect(first.quiet == nil)
    #expect(first.calls.map(\.path) == [tree.path + "/a"])
  }

  @Test func `who waits for a rate limit is in no call`() {
    let tree = ScratchTree()
    for index in 0..<6 { tree.file("f\(index)") }
    let events = Events()
    // Whoever waits shows up every tenth of a second.
    run(makeTarget(tree.path), events, ScriptedFileSystem(), hangsAfter: .milliseconds(400)) {
      $0.run.operationsPerSecond = 10
    }
    #expect(told(events) == [])
  }

  @Test func `calls that did not return at a stop are named in the reason`() throws {
    let tree = ScratchTree()
    for index in 0..<4 { tree.file("d\(index)/f") }
    let (turnstile, stop) = (Turnstile(), StopRequest())
    defer { turnstile.open() }
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      turnstile.pass()
      return nil
    })
    try PlainThread.start(name: "stopper") {
      turnstile.awaitCrowd(of: 4)
      stop.request(.stoppedSignal, message: "the signal")
      stop.hurry()
    }
    let outcome = purge([makeTarget(tree.path)], workers: 4, fileSystem: fileSystem, stop: stop)
    let reason = try #require(outcome.targets[0].reason)
    #expect(
      reason.hasPrefix("the signal; 4 operations in flight did not return in time: remove file in \(tree.path)/d"))
    #expect(reason.hasSuffix(" s), …"))
    #expect(reason.split(separator: ", ").count == 4)
  }

  @Test func `a call is told once, and all that still hang from time to time`() {
    let start = MonotonicTime.now()
    let caller = ObjectIdentifier(Events())
    func at(_ seconds: Int) -> MonotonicTime { start.advanced(by: .seconds(seconds)) }
    func call(_ since: Int) -> CallInHand.ID { CallInHand.ID(caller: caller, since: at(since)) }
    var watch = StallWatch(StallWatch.Times(), at: start)
    #expect(watch.look([], finished: 1, isHeldBack: false, at: at(5)) == nil)
    let first = watch.look([call(4)], finished: 2, isHeldBack: false, at: at(35))
    #expect(first == StallWatch.Stall(quiet: nil, calls: [call(4)]))
    #expect(watch.look([call(4)], finished: 2, isHeldBack: false, at: at(40)) == nil)
    let second = watch.look([call(4), call(14)], finished: 2, isHeldBack: false, at: at(45))
    #expect(second == StallWatch.Stall(quiet: nil, calls: [call(14)]))
    #expect(watch.look([call(4), call(14)], finished: 2, isHeldBack: false, at: at(100)) == nil)
    let third = watch.look([call(4), call(14)], finished: 2, isHeldBack: false, at: at(105))
    #expect(third == StallWatch.Stall(quiet: .seconds(70), calls: [call(4), call(14)]))
    // What waits for leave is no hang, and without a call there is nothing to name for a while.
    #expect(watch.look([], finished: 2, isHeldBack: true, at: at(170)) == nil)
    #expect(watch.look([], finished: 2, isHeldBack: false, at: at(229)) == nil)
    #expect(watch.look([], finished: 2, isHeldBack: false, at: at(230))?.quiet == .seconds(60))
  }
}
