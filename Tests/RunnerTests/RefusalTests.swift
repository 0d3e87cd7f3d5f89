import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// EFS answers EACCES when it is overloaded, too: what is permitted all the same is tried again before it counts.
@Suite struct RefusalTests {
  enum Call: CaseIterable { case unlink, rmdir, open, list }

  /// Refuses one call the first few times.
  private final class Server: Sendable {
    private let calls = Monitor(0)
    private let refusals: Int

    init(refusing refusals: Int) { self.refusals = refusals }

    func answer() -> Errno? {
      let number = calls.withLock { calls in
        calls += 1
        return calls
      }
      return number <= refusals ? .permissionDenied : nil
    }

    var count: Int { calls.withLock { $0 } }
  }

  private func fileSystem(_ call: Call, _ server: Server, in tree: ScratchTree) -> ScriptedFileSystem {
    var fileSystem = ScriptedFileSystem()
    switch call {
    case .unlink: fileSystem.onRemoveFile = { $0 == "f" ? server.answer() : nil }
    case .rmdir: fileSystem.onRemoveDirectory = { $0 == "d" ? server.answer() : nil }
    case .open: fileSystem.onOpen = { $0 == "d" ? server.answer() : nil }
    case .list:
      let path = Array((tree.path + "/d").utf8)
      fileSystem.onRead = { LinuxFileSystem().path(of: $0) == path ? server.answer() : nil }
    }
    return fileSystem
  }

  private func makeTree() -> (ScratchTree, Target) {
    let tree = ScratchTree()
    tree.file("d/f")
    tree.file("d/g")
    tree.ageDirectories()
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    return (tree, target)
  }

  @Test(arguments: Call.allCases) func `what is refused twice and then done is no error`(call: Call) {
    let (tree, target) = makeTree()
    let server = Server(refusing: 2)
    let outcome = purge([target], workers: 1, fileSystem: fileSystem(call, server, in: tree))
    #expect(outcome.exitStatus == .success)
    #expect(outcome.totals.errors == 0)
    #expect(outcome.totals.filesPurged == 2)
    #expect(tree.contents == [])
    #expect(server.count >= 3)
  }

  @Test func `it is waited for longer and longer`() {
    let (tree, target) = makeTree()
    let outcome = purge(
      [target], workers: 1, fileSystem: fileSystem(.unlink, Server(refusing: 2), in: tree), retryHaste: 1)
    #expect(outcome.totals.errors == 0)
    #expect(Refusals.pauses == [.milliseconds(100), .milliseconds(500), .seconds(2)])
    #expect(outcome.duration >= .milliseconds(600))
  }

  @Test(arguments: Call.allCases) func `what is refused four times is one error that may pass`(call: Call) {
    let (tree, target) = makeTree()
    let server = Server(refusing: 4)
    let outcome = purge([target], workers: 1, fileSystem: fileSystem(call, server, in: tree))
    #expect(outcome.exitStatus == .failures)
    #expect(outcome.targets[0].errorsByKind == ["EACCES": 1])
    #expect(outcome.targets[0].permanentErrors == 0)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(server.count == 4)
  }

  @Test(arguments: Call.allCases) func `what is not permitted counts at once, and is permanent`(call: Call) {
    let (tree, target) = makeTree()
    let server = Server(refusing: 4)
    var fileSystem = fileSystem(call, server, in: tree)
    fileSystem.onAccess = { _ in .permissionDenied }
    let outcome = purge([target], workers: 1, fileSystem: fileSystem)
    #expect(outcome.exitStatus == .permanentFailures)
    #expect(outcome.targets[0].errorsByKind == ["EACCES": 1])
    #expect(server.count == 1)
  }

  @Test func `so it is with the target's own folder, and the one it stands in`() {
    for (refusals, errors) in [(2, 0), (4, 1)] {
      let tree = ScratchTree()
      tree.file("t/f")
      tree.ageDirectories()
      let servers = (Server(refusing: 2), Server(refusing: refusals))
      var fileSystem = ScriptedFileSystem(onRemoveDirectory: { _ in servers.1.answer() })
      fileSystem.onOpen = { $0 == "/" ? servers.0.answer() : nil }
      var target = makeTarget(tree.path + "/t")
      target.ownFolder = EmptyDirectoryRule(minAge: .zero)
      let outcome = purge([target], workers: 1, fileSystem: fileSystem)
      #expect(outcome.totals.errors == UInt64(errors))
      #expect(outcome.targets[0].permanentErrors == 0)
      #expect(tree.exists("t") == (errors == 1))
    }
  }

  @Test(arguments: [true, false]) func `so it is with folders that are looked for`(isPermitted: Bool) throws {
    for (refusals, name) in [(2, "a"), (4, "a"), (4, "/")] {
      let tree = ScratchTree()
      tree.file("a/x/f")
      tree.file("b/x/f")
      let server = Server(refusing: refusals)
      var fileSystem = ScriptedFileSystem(onOpen: { $0 == name ? server.answer() : nil })
      if !isPermitted { fileSystem.onAccess = { _ in .permissionDenied } }
      var target = makeTarget(tree.path)
      target.path = PathPattern(
        text: tree.path + "/*/x", components: target.path.components + [.wildcard(try Glob("*")), .literal("x")])
      let outcome = purge([target], workers: 1, fileSystem: fileSystem)
      let isError = refusals == 4 || !isPermitted
      #expect(outcome.totals.errors == (isError ? 1 : 0))
      #expect(outcome.books.permanentErrors == (isPermitted ? 0 : 1))
      #expect(server.count >= (isPermitted ? refusals : 1))
      #expect(outcome.exitStatus == (isError ? isPermitted ? .failures : .permanentFailures : .success))
    }
  }

  @Test func `without permission nothing is tried again, and it is asked for once a piece`() {
    let tree = ScratchTree()
    for index in 0..<1000 { tree.file("f\(index)") }
    let (removals, questions) = (Monitor(0), Monitor(0))
    var fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      removals.withLock { $0 += 1 }
      return .permissionDenied
    })
    fileSystem.onAccess = { _ in
      questions.withLock { $0 += 1 }
      return .permissionDenied
    }
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(outcome.targets[0].permanentErrors == 1000)
    #expect(removals.withLock { $0 } == 1000)
    #expect(questions.withLock { $0 } <= 100)
  }

  @Test func `those behind one that is refused are done when it is, by looks taken after the wait`() {
    let tree = ScratchTree()
    for index in 0..<20 { tree.file("f\(index)") }
    let (server, refusedAt) = (Server(refusing: 2), Monitor(MonotonicTime.distantPast))
    let (askedAfter, first) = (Monitor(0), Monitor<String?>(nil))
    var fileSystem = ScriptedFileSystem(onRemoveFile: { name in
      let isFirst = first.withLock { first in
        if first == nil { first = name }
        return first == name
      }
      guard isFirst, let error = server.answer() else { return nil }
      refusedAt.withLock { $0 = .now() }
      return error
    })
    fileSystem.onFreshDirectory = { _ in
      if refusedAt.withLock({ $0 }) != .distantPast { askedAfter.withLock { $0 += 1 } }
      return nil
    }
    let outcome = purge([makeTarget(tree.path)], workers: 1, fileSystem: fileSystem)
    #expect(outcome.totals.filesPurged == 20)
    #expect(outcome.totals.errors == 0)
    // The directory is asked again after each wait.
    #expect(askedAfter.withLock { $0 } >= 2)
  }

  @Test(arguments: [ScriptedFileSystem(), .slow])
  func `a file that is written while it is waited for stays`(fileSystem: ScriptedFileSystem) {
    let tree = ScratchTree()
    tree.file("f")
    let server = Server(refusing: 1)
    var fileSystem = fileSystem
    // Where calls are slow, the look at it was taken ahead, and is no second old after the wait.
    fileSystem.onRemoveFile = { name in
      guard let error = server.answer() else { return nil }
      tree.file("f", days: 0, size: 10)
      return error
    }
    let outcome = purge([makeTarget(tree.path)], workers: 1, fileSystem: fileSystem)
    #expect(tree.contents == ["f"])
    #expect(outcome.totals.filesKept[.tooNew] == 1)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `retries of all workers wait in one line`() {
    let tree = ScratchTree()
    for index in 0..<8 { tree.file("d\(index)/f") }
    let (refused, retries) = (Monitor<Set<UInt64>>([]), Monitor<[MonotonicTime]>([]))
    let fileSystem = ScriptedFileSystem(onOpen: { name in
      guard name.hasPrefix("d"), let number = UInt64(name.dropFirst()) else { return nil }
      if refused.withLock({ $0.insert(number).inserted }) { return .permissionDenied }
      retries.withLock { $0.append(.now()) }
      return nil
    })
    let outcome = purge([makeTarget(tree.path)], workers: 8, fileSystem: fileSystem)
    #expect(outcome.totals.filesPurged == 8)
    let times = retries.withLock { $0 }.sorted()
    #expect(times.count == 8)
    // Ten a second, and one that was saved up.
    if let first = times.first, let last = times.last { #expect(last.since(first) >= .milliseconds(500)) }
  }

  @Test func `after many have waited in vain others do not wait, for a while`() {
    let line = RetryLine()
    let start = MonotonicTime.now()
    func at(_ seconds: Int) -> MonotonicTime { start.advanced(by: .seconds(seconds)) }
    for second in 0..<RetryLine.mostInVain {
      #expect(line.isWorthwhile(at: at(second)))
      line.noteWaitInVain(at: at(second))
    }
    let last = RetryLine.mostInVain - 1
    #expect(!line.isWorthwhile(at: at(last + 9)))
    // Then one tries, in vain, and the rest need not.
    #expect(line.isWorthwhile(at: at(last + 10)))
    line.noteWaitInVain(at: at(last + 12))
    #expect(!line.isWorthwhile(at: at(last + 13)))
    // What is long ago is forgotten.
    line.noteWaitInVain(at: at(last + 60))
    #expect(line.isWorthwhile(at: at(last + 61)))
  }

  @Test func `who does not wait has met a passing failure all the same`() {
    let line = RetryLine()
    for _ in 0..<RetryLine.mostInVain { line.noteWaitInVain(at: .now()) }
    var refusals = Refusals()
    #expect(!refusals.isToBeTriedAgain(.permissionDenied, in: line) { () throws(Errno) in })
    #expect(refusals.isPassing && !refusals.isWaiting)
    refusals.settle()
    #expect(!refusals.isToBeTriedAgain(.permissionDenied, in: line) { () throws(Errno) in throw .permissionDenied })
    #expect(!refusals.isPassing)
  }

  @Test func `a stop does not wait for a refusal to pass`() {
    let tree = ScratchTree()
    for index in 0..<50 { tree.file("f\(index)") }
    let stop = StopRequest()
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      stop.request(.stoppedSignal, message: "stop")
      return .permissionDenied
    })
    let outcome = purge([makeTarget(tree.path)], workers: 1, fileSystem: fileSystem, stop: stop, retryHaste: 1)
    #expect(outcome.exitStatus == .interrupted)
    #expect(outcome.duration < .seconds(2))
    #expect(outcome.totals.filesLeft == 50)
    #expect(outcome.totals.errors == 0)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `a folder that is not opened for a stop is left, and is no failure`() {
    let (tree, target) = makeTree()
    let stop = StopRequest()
    let fileSystem = ScriptedFileSystem(onOpen: { name in
      guard name == "d" else { return nil }
      stop.request(.stoppedSignal, message: "stop")
      return .permissionDenied
    })
    let outcome = purge([target], workers: 1, fileSystem: fileSystem, stop: stop, retryHaste: 1)
    #expect(outcome.exitStatus == .interrupted)
    #expect(outcome.totals.errors == 0)
    #expect(outcome.totals.dirsLeft == 2)
    #expect(tree.exists("d/f"))
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `caps hold while something is tried again`() throws {
    let tree = ScratchTree()
    for index in 0..<10 { tree.file("f\(index)") }
    let server = Server(refusing: 2)
    let cap = try #require(DeletionCap(of: nil, maxFiles: 5, maxBytes: nil))
    let tally = walk(
      makeTarget(tree.path), fileSystem: ScriptedFileSystem(onRemoveFile: { _ in server.answer() }), workers: 2,
      caps: [cap])
    #expect(tally.filesPurged == 5)
    #expect(tree.contents.count == 5)
    #expect(tally.imbalance(in: .purge) == nil)
  }
}
