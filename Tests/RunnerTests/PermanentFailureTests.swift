import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// A run that will fail again in the same way until somebody mends the cause says so by its status.
@Suite struct PermanentFailureTests {
  private func status(_ errors: [Errno]) -> Plan.ExitStatus {
    let tree = ScratchTree()
    for index in errors.indices { tree.file("f\(index)") }
    let fileSystem = ScriptedFileSystem(onRemoveFile: { name in errors[Int(name.dropFirst()) ?? 0] })
    return purge([makeTarget(tree.path)], fileSystem: fileSystem).exitStatus
  }

  @Test(arguments: [Errno.notPermitted, .readOnlyFileSystem])
  func `failures that somebody must mend have a status of their own`(error: Errno) {
    #expect(status([error, error, .notPermitted]) == .permanentFailures)
  }

  @Test(arguments: [Errno.ioError, .tooManyLinks, .noSpace, .resourceBusy])
  func `one passing failure among them is worth a retry`(error: Errno) {
    #expect(status([.notPermitted, error, .readOnlyFileSystem]) == .failures)
    #expect(status([error]) == .failures)
  }

  @Test(arguments: [(Errno.notPermitted, Plan.ExitStatus.permanentFailures), (.noSuchFileOrDirectory, .failures)])
  func `so it is with a target that cannot even be opened`(error: Errno, status: Plan.ExitStatus) {
    let tree = ScratchTree()
    let outcome = purge([makeTarget(tree.path)], fileSystem: ScriptedFileSystem(onOpen: { _ in error }))
    #expect(outcome.totals.errors == 1)
    #expect(outcome.exitStatus == status)
  }

  @Test func `and with one whose folders cannot be looked for`() throws {
    let tree = ScratchTree()
    var target = makeTarget(tree.path)
    target.path = PathPattern(
      text: tree.path + "/*", components: target.path.components + [.wildcard(try Glob("*"))])
    let outcome = purge([target], fileSystem: ScriptedFileSystem(onOpen: { _ in .notPermitted }))
    #expect(outcome.targets.map(\.permanentErrors) == [1])
    #expect(outcome.exitStatus == .permanentFailures)
  }

  @Test func `a target that fails otherwise, though no entry does, is another matter`() {
    var permanent = TargetOutcome(name: "a", path: "/a", ending: .completedWithErrors)
    permanent.tally.errors = 3
    permanent.permanentErrors = 3
    let overlapping = TargetOutcome(name: "b", path: "/b", ending: .failed, reason: "overlaps")
    let fine = TargetOutcome(name: "c", path: "/c", ending: .completed)
    func status(_ outcomes: TargetOutcome...) -> Plan.ExitStatus {
      Verdicts.ofBatch(TargetBooks(outcomes), stopped: nil).1
    }
    #expect(status(permanent, fine) == .permanentFailures)
    #expect(status(permanent, overlapping) == .failures)
    #expect(status(fine) == .success)
    // What ended it all counts first.
    #expect(status(permanent, TargetOutcome(name: "d", path: "/d", ending: .stoppedGuard)) == .guardTripped)
  }
}
