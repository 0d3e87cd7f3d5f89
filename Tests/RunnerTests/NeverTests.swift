import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// `max_age: never`: no file goes, and none is looked at.
@Suite struct NeverTests {
  private func tree() -> ScratchTree {
    let tree = ScratchTree()
    for name in ["old", ".nfs0000000000a1b2c300000001", "sub/older", "sub/deep/oldest"] { tree.file(name) }
    tree.directory("empty/within")
    makeSymlink("/nowhere", tree.path + "/sub/link")
    mkfifo(tree.path + "/sub/fifo", 0o644)
    tree.ageDirectories()
    return tree
  }

  private func target(_ tree: ScratchTree, empties: Bool = true) -> Target {
    var target = makeTarget(tree.path)
    target.retention.maxAge = nil
    if empties { target.emptyDirectories = EmptyDirectoryRule(minAge: .zero) }
    return target
  }

  @Test(arguments: [1, 8], [RunMode.purge, .dryRun])
  func `every file stays for that reason, and none is looked at`(workers: Int, mode: RunMode) {
    let tree = tree()
    let before = tree.contents
    let looks = Monitor<[String]>([])
    let note: @Sendable (String) -> Errno? = { name in
      looks.withLock { $0.append(name) }
      return nil
    }
    let fileSystem = ScriptedFileSystem(onStatus: note, onCheck: note, onRemoveFile: note)
    let outcome = purge([target(tree)], mode: mode, workers: workers, fileSystem: fileSystem)
    #expect(looks.withLock { $0 } == [])
    #expect(outcome.totals.filesScanned == 4)
    #expect(outcome.totals.filesKept[.never] == 4)
    #expect(outcome.totals.symlinksSkipped == 1)
    #expect(outcome.totals.specialFilesSkipped == 1)
    #expect(outcome.totals.emptyDirsToDelete == 2)
    #expect(outcome.totals.imbalance(in: mode) == nil)
    #expect(outcome.exitStatus == .success)
    #expect(tree.contents == (mode == .dryRun ? before : before.filter { !$0.hasPrefix("empty") }))
  }

  @Test func `without the rule for empty directories everything stays`() {
    let tree = tree()
    let before = tree.contents
    #expect(purge([target(tree, empties: false)]).totals.filesToPurge == 0)
    #expect(tree.contents == before)
  }

  @Test(arguments: [1, 8]) func `where a listing tells no kinds each is looked at, and files stay all the same`(
    workers: Int
  ) {
    let tree = tree()
    let looks = Monitor(0)
    let fileSystem = ScriptedFileSystem(
      onStatus: { _ in
        looks.withLock { $0 += 1 }
        return nil
      }, tellsOfKinds: false)
    let tally = purge([target(tree)], workers: workers, fileSystem: fileSystem).totals
    // Six files, links and pipes, and four directories.
    #expect(looks.withLock { $0 } == 10)
    #expect(tally.filesKept[.never] == 4)
    #expect(tally.symlinksSkipped == 1)
    #expect(tally.specialFilesSkipped == 1)
    #expect(tally.emptyDirsDeleted == 2)
    #expect(tally.imbalance(in: .purge) == nil)
  }

  @Test func `what cannot be looked at is an error, and what is gone by then is not`() {
    let tree = tree()
    let fileSystem = ScriptedFileSystem(
      onStatus: { ["older": .permissionDenied, "oldest": .noSuchFileOrDirectory][$0] }, tellsOfKinds: false)
    let events = Events()
    let tally = purge([target(tree)], events: events, fileSystem: fileSystem).totals
    #expect(events.failures.map(\.errno).contains(.permissionDenied))
    #expect(tally.filesKept[.never] == 2)
    #expect(tree.exists("sub/deep/oldest"))
  }
}
