import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// What others do to a tree while it is purged.
@Suite struct MeanwhileTests {
  /// Does `act` once, before the removal of this file in order.
  private static func atRemoval(
    _ number: Int, isSlow: Bool = false, _ act: @escaping @Sendable () -> Void
  ) -> ScriptedFileSystem {
    let removals = Monitor(0)
    var fileSystem = isSlow ? ScriptedFileSystem.slow : ScriptedFileSystem()
    fileSystem.onRemoveFile = { _ in
      let count = removals.withLock { count in
        count += 1
        return count
      }
      if count == number { act() }
      return isSlow ? ScriptedFileSystem.wait() : nil
    }
    return fileSystem
  }

  // MARK: Folders that move

  @Test(arguments: ["d", "a/b/d"], [false, true])
  func `a folder that is moved out of the target is not emptied any further`(folder: String, isSlow: Bool) {
    let tree = ScratchTree()
    for index in 0..<500 { tree.file("t/\(folder)/f\(index)") }
    let top = folder.split(separator: "/")[0]
    var fileSystem = Self.atRemoval(20, isSlow: isSlow) { [path = tree.path] in
      rename("\(path)/t/\(top)", "\(path)/safe")
    }
    // So that names do not tell.
    fileSystem.onLook = { $0 == ".purge-hold" ? nil : .permissionDenied }
    let outcome = purge([makeTarget(tree.path + "/t")], fileSystem: fileSystem)
    let saved = walkTree(tree.path + "/safe").count(where: \.isFile)
    // Two removers at most, each with a piece in hand.
    #expect(saved >= 500 - 20 - 2 * 64)
    #expect(outcome.totals.filesPurged == UInt64(500 - saved))
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(outcome.exitStatus == .success)
  }

  @Test(arguments: [false, true])
  func `small folders in one that is moved out of the target are not emptied any further`(isSlow: Bool) {
    let tree = ScratchTree()
    for index in 0..<800 { tree.file("t/a/d\(index / 8)/f\(index)") }
    var fileSystem = Self.atRemoval(20, isSlow: isSlow) { [path = tree.path] in rename("\(path)/t/a", "\(path)/safe") }
    fileSystem.onLook = { $0 == ".purge-hold" ? nil : .permissionDenied }
    let outcome = purge([makeTarget(tree.path + "/t")], workers: 4, fileSystem: fileSystem)
    // What goes is what was in work, a few folders; not one that is begun later.
    #expect(walkTree(tree.path + "/safe").count(where: \.isFile) >= 400)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `an empty folder goes, however long it takes to ask for all above it`() {
    let tree = ScratchTree()
    tree.directory("d")
    tree.ageDirectories()
    let asked = Monitor(0)
    var fileSystem = ScriptedFileSystem()
    fileSystem.onOpenPath = { _ in
      let count = asked.withLock { count in
        count += 1
        return count
      }
      // The first is the target's own opening; and a run that asks for ever shall end.
      if (2..<6).contains(count) { PlainThread.nap(RemovalLane.freshness) }
    }
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let tally = walk(target, fileSystem: fileSystem, workers: 1)
    #expect(tally.emptyDirsDeleted == 1)
    #expect(asked.withLock { $0 } == 2)
  }

  @Test func `a folder that gets an excluded name is not emptied any further`() throws {
    let tree = ScratchTree()
    for index in 0..<500 { tree.file("work/f\(index)") }
    var target = makeTarget(tree.path)
    target.retention.exclude = [try Pattern("keep/**")]
    let fileSystem = Self.atRemoval(20) { [path = tree.path] in rename("\(path)/work", "\(path)/keep") }
    let outcome = purge([target], workers: 1, fileSystem: fileSystem)
    #expect(walkTree(tree.path + "/keep").count >= 500 - 20 - 64)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `an empty folder is not removed from where its parent was moved to`() {
    let tree = ScratchTree()
    for index in 0..<40 { tree.directory("t/d/e\(index)") }
    tree.ageDirectories()
    let moved = Monitor(false)
    let fileSystem = ScriptedFileSystem(onRemoveDirectory: { [path = tree.path] _ in
      moved.withLock { isMoved in
        if !isMoved { rename("\(path)/t/d", "\(path)/safe") }
        isMoved = true
      }
      return nil
    })
    var target = makeTarget(tree.path + "/t")
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let outcome = purge([target], workers: 1, fileSystem: fileSystem)
    #expect(walkTree(tree.path + "/safe").count >= 39)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `a target whose own folder is moved trips the guard`() {
    let tree = ScratchTree()
    for index in 0..<500 { tree.file("t/d\(index % 5)/f\(index)") }
    let fileSystem = Self.atRemoval(20) { [path = tree.path] in rename("\(path)/t", "\(path)/safe") }
    let outcome = purge([makeTarget(tree.path + "/t")], workers: 1, fileSystem: fileSystem)
    #expect(outcome.exitStatus == .guardTripped)
    #expect(outcome.targets[0].reason == "the target's folder was moved or replaced during the run")
    #expect(walkTree(tree.path + "/safe").count(where: \.isFile) >= 500 - 20 - 64)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  /// Of what another client does the kernel here knows nothing until the names are asked for.
  @Test func `a folder that another client moves is not emptied any further once names were asked for`() {
    let tree = ScratchTree()
    for index in 0..<1000 { tree.file("t/d/f\(index)") }
    let fileSystem = waitingForInspection(of: "d") { [path = tree.path] in rename("\(path)/t/d", "\(path)/safe") }
    let outcome = purge([makeTarget(tree.path + "/t")], fileSystem: fileSystem)
    #expect(walkTree(tree.path + "/safe").count(where: \.isFile) > 500)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `a folder that another client replaces is not emptied any further once names were asked for`() {
    let tree = ScratchTree()
    for index in 0..<1000 { tree.file("t/d/f\(index)") }
    let fileSystem = waitingForInspection(of: "d") { [path = tree.path] in
      rename("\(path)/t/d", "\(path)/safe")
      mkdir("\(path)/t/d", 0o755)
    }
    let outcome = purge([makeTarget(tree.path + "/t")], fileSystem: fileSystem)
    #expect(walkTree(tree.path + "/safe").count(where: \.isFile) > 500)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `a target whose own folder another client moves trips the guard once its path was asked for`() {
    let tree = ScratchTree()
    for index in 0..<1000 { tree.file("t/f\(index)") }
    let path = tree.path
    let fileSystem = waitingForInspection(of: path + "/t") { rename("\(path)/t", "\(path)/safe") }
    let outcome = purge([makeTarget(path + "/t")], fileSystem: fileSystem)
    #expect(outcome.exitStatus == .guardTripped)
    #expect(outcome.targets[0].reason == "the target's folder was moved or replaced during the run")
    #expect(walkTree(path + "/safe").count(where: \.isFile) > 500)
  }

  /// Does `act` before the twentieth removal; this one and all that follow take their time until `name` was looked at, or opened
  /// by its path, after that. A worker comes back after 64 of them and inspects, if a second is over.
  private func waitingForInspection(
    of name: String, _ act: @escaping @Sendable () -> Void
  ) -> ScriptedFileSystem {
    let (removals, looks) = (Monitor(0), Monitor(Int.min / 2))
    var fileSystem = ScriptedFileSystem()
    fileSystem.onRemoveFile = { _ in
      let count = removals.withLock { count in
        count += 1
        if count == 20 {
          act()
          looks.withLock { $0 = 0 }
        }
        return count
      }
      // From then on slow, since inspections go by the clock.
      if count >= 20 { PlainThread.nap(.milliseconds(looks.withLock { $0 } < 1 ? 10 : 1)) }
      return nil
    }
    fileSystem.onIsAt = { _ in true }
    let note = { @Sendable (looked: String) in if looked == name { looks.withLock { $0 += 1 } } }
    fileSystem.onOpenPath = note
    fileSystem.onLook = { looked in
      note(looked)
      return nil
    }
    return fileSystem
  }

  // MARK: Protection that comes late

  @Test func `the protecting file is never deleted, and protects from the moment it is listed, whatever a lookup says`()
  {
    let tree = ScratchTree()
    for index in 0..<50 { tree.file("d/f\(index)") }
    tree.file("d/.purge-hold")
    tree.file("other/old")
    var fileSystem = ScriptedFileSystem()
    fileSystem.onLook = { $0 == ".purge-hold" ? .noSuchFileOrDirectory : nil }
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(walkTree(tree.path + "/d").count == 51)
    #expect(!tree.exists("other/old"))
    #expect(outcome.totals.dirsHeld == 1)
    #expect(outcome.exitStatus == .success)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test(arguments: [false, true])
  func `a hold that is put into a folder in mid-run stops its purge, subfolders too`(isSlow: Bool) {
    let tree = ScratchTree()
    for index in 0..<500 { tree.file("d/e/f\(index)") }
    let fileSystem = Self.atRemoval(20, isSlow: isSlow) {
      tree.file("d/e/.purge-hold", days: 400)
    }
    let events = Events()
    let outcome = purge([makeTarget(tree.path)], events: events, fileSystem: fileSystem)
    #expect(tree.exists("d/e/.purge-hold"))
    #expect(walkTree(tree.path + "/d/e").count >= 500 - 20 - 2 * 64)
    #expect(outcome.totals.dirsHeld == 1)
    #expect(outcome.totals.filesKept[.held] > 0)
    #expect(events.notices.contains { $0.contains(".purge-hold") })
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `a hold is heeded, too, by who asks again because looks have become too old`() {
    let tree = ScratchTree()
    for index in 0..<6 { tree.file("d/f\(index)") }
    let fileSystem = Self.atRemoval(1, isSlow: true) {
      tree.file("d/.purge-hold", days: 400)
      PlainThread.nap(RemovalLane.freshness)
    }
    let outcome = purge([makeTarget(tree.path)], workers: 1, fileSystem: fileSystem)
    #expect(walkTree(tree.path + "/d").count(where: \.isFile) == 7)
    #expect(outcome.totals.filesPurged == 0)
    #expect(outcome.totals.filesKept[.held] == 6)
  }

  @Test func `a hold above a folder in work stops its purge when directories are inspected`() {
    let tree = ScratchTree()
    for index in 0..<1000 { tree.file("d/e/f\(index)") }
    // It is looked at after d was.
    let fileSystem = waitingForInspection(of: "e") { tree.file("d/.purge-hold", days: 400) }
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(walkTree(tree.path + "/d/e").count > 500)
    #expect(outcome.totals.dirsHeld == 2)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `a file called like the protecting one is never judged old, not even alone in its folder`() {
    let tree = ScratchTree()
    tree.file("t/old")
    let fileSystem = Self.atRemoval(1) { tree.file("t/.purge-hold", days: 400) }
    purge([makeTarget(tree.path + "/t")], fileSystem: fileSystem)
    #expect(tree.exists("t/.purge-hold"))
  }

  // MARK: Names

  /// A client answers for a name from what it knows, until it learns from the directory that something has changed.
  @Test(arguments: [false, true])
  func `the directory is asked for before names in it are looked at, once for so many`(isSlow: Bool) {
    let tree = ScratchTree()
    for index in 0..<400 { tree.file("f\(index)") }
    let names = Monitor((since: 0, most: 0, asked: 0))
    var fileSystem = isSlow ? ScriptedFileSystem.slow : ScriptedFileSystem()
    let wait = { @Sendable in isSlow ? ScriptedFileSystem.wait() : nil }
    fileSystem.onFreshDirectory = { _ in
      names.withLock { $0 = (0, $0.most, $0.asked + 1) }
      return nil
    }
    let note = { @Sendable in names.withLock { $0 = ($0.since + 1, max($0.most, $0.since + 1), $0.asked) } }
    fileSystem.onCheck = { _ in
      note()
      return wait()
    }
    fileSystem.onLookBeforeRemoval = note
    let tally = walk(makeTarget(tree.path), fileSystem: fileSystem, workers: isSlow ? 4 : 1)
    #expect(tally.filesPurged == 400)
    let (_, most, asked) = names.withLock { $0 }
    // Where others look ahead, a few looks go by the last answer while the next is on its way.
    #expect(most <= 128 + (isSlow ? 16 : 0))
    #expect(asked >= 400 / 128 && asked <= 400 / 16 + 8)
  }

  @Test func `the directory is asked for before empty folders in it are removed, too`() {
    let tree = ScratchTree()
    for index in 0..<200 { tree.directory("e\(index)") }
    tree.ageDirectories()
    let asked = Monitor(0)
    var fileSystem = ScriptedFileSystem()
    fileSystem.onFreshDirectory = { _ in
      asked.withLock { $0 += 1 }
      return nil
    }
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let tally = walk(target, fileSystem: fileSystem, workers: 1)
    #expect(tally.emptyDirsDeleted == 200)
    #expect(asked.withLock { $0 } >= 200 / Int(RemovalLane.namesPerCheck) + 1)
  }
}
