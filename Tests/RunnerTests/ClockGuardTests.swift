import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// A server whose clock is not ours, or cannot be asked.
@Suite struct ClockGuardTests {
  private func guardian() -> ClockGuard {
    ClockGuard(maxSkew: .seconds(300), now: Fixture.now, nowName: "this host's", readAt: .now())
  }

  private func tree() -> ScratchTree {
    let tree = ScratchTree()
    for index in 0..<200 { tree.file("d\(index % 10)/f\(index)") }
    return tree
  }

  @Test(arguments: [Errno.notPermitted, .permissionDenied, .readOnlyFileSystem])
  func `where times cannot be set, one removal tells the time, and with a wrong clock it is the only one`(error: Errno)
  {
    let tree = tree()
    var fileSystem = ScriptedFileSystem()
    fileSystem.onTouch = { .failure(error) }
    fileSystem.asDirectory = { status in
      var status = status
      status.mtime = FileTime(seconds: status.mtime.seconds + 11 * 86_400)
      return status
    }
    let outcome = walkToEnd(makeTarget(tree.path), fileSystem: fileSystem, workers: 8, clockGuard: guardian())
    #expect(outcome.ending == .stoppedGuard)
    #expect(outcome.tally.filesPurged == 1)
    #expect(walkTree(tree.path).count(where: \.isFile) == 199)
    #expect(outcome.tally.imbalance(in: .purge) == nil)
  }

  @Test func `where times cannot be set and the clock is right, all is removed`() {
    let tree = tree()
    var fileSystem = ScriptedFileSystem()
    fileSystem.onTouch = { .failure(.notPermitted) }
    let outcome = walkToEnd(makeTarget(tree.path), fileSystem: fileSystem, workers: 8, clockGuard: guardian())
    #expect(outcome.ending == .completed)
    #expect(outcome.tally.filesPurged == 200)
  }

  @Test func `where nothing may be changed, every file fails, and the clock is no obstacle`() {
    let tree = tree()
    var fileSystem = ScriptedFileSystem()
    fileSystem.onTouch = { .failure(.readOnlyFileSystem) }
    fileSystem.onRemoveFile = { _ in .readOnlyFileSystem }
    let outcome = walkToEnd(makeTarget(tree.path), fileSystem: fileSystem, workers: 8, clockGuard: guardian())
    #expect(outcome.ending == .completedWithErrors)
    #expect(outcome.tally.filesFailed == 200)
  }

  @Test(arguments: [Int64.min, -1, 0, .max])
  func `an answer from the end of time is a wrong clock, and no crash`(seconds: Int64) {
    let tree = tree()
    var fileSystem = ScriptedFileSystem()
    fileSystem.onTouch = { .success(FileTime(seconds: seconds, nanoseconds: 999_999_999)) }
    let outcome = walkToEnd(makeTarget(tree.path), fileSystem: fileSystem, workers: 2, clockGuard: guardian())
    #expect(outcome.ending == .stoppedGuard)
    #expect(outcome.tally.filesPurged == 0)
  }

  @Test func `where the folder cannot be asked after the removal on trial, it is the only one`() {
    let tree = tree()
    let removals = Monitor(0)
    var fileSystem = ScriptedFileSystem()
    fileSystem.onTouch = { .failure(.notPermitted) }
    fileSystem.onRemoveFile = { _ in
      removals.withLock { $0 += 1 }
      return nil
    }
    // Only that once.
    let isAsked = Monitor(false)
    fileSystem.onFreshDirectory = { _ in
      guard removals.withLock({ $0 }) > 0 else { return nil }
      return isAsked.withLock { isAsked in
        defer { isAsked = true }
        return isAsked ? nil : .ioError
      }
    }
    let outcome = walkToEnd(makeTarget(tree.path), fileSystem: fileSystem, workers: 1, clockGuard: guardian())
    #expect(outcome.ending == .stoppedGuard)
    #expect(outcome.tally.filesPurged == 1)
  }

  @Test func `while one removal is on trial, others wait`() throws {
    let tree = ScratchTree()
    var fileSystem = ScriptedFileSystem()
    fileSystem.onTouch = { .failure(.notPermitted) }
    let (directory, guardian) = (try fileSystem.openRoot(Array(tree.path.utf8)), guardian())
    #expect(guardian.ask(in: directory, fileSystem, unless: { false }) == .onTrial)
    var questions = 0
    let other = guardian.ask(in: directory, fileSystem) {
      questions += 1
      return questions > 2
    }
    #expect(other == .stopped)
    #expect(guardian.settleTrial(in: directory, fileSystem, hasRemoved: true) == nil)
    #expect(guardian.ask(in: directory, fileSystem, unless: { false }) == .known)
  }

  @Test func `a clock that cannot be asked at all stops everything`() {
    let tree = tree()
    var fileSystem = ScriptedFileSystem()
    fileSystem.onTouch = { .failure(.ioError) }
    let outcome = walkToEnd(makeTarget(tree.path), fileSystem: fileSystem, workers: 2, clockGuard: guardian())
    #expect(outcome.ending == .stoppedGuard)
    #expect(outcome.tally.filesPurged == 0)
  }
}
