import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// Rules of which one holds where another one has failed, each tried alone.
@Suite struct SafetyRuleTests {
  private func target(_ path: String, emptyDirectories: Bool = false) -> Target {
    var target = makeTarget(path)
    if emptyDirectories { target.emptyDirectories = EmptyDirectoryRule(minAge: .zero) }
    return target
  }

  /// Does `act` the first time.
  private func once(_ act: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    let isDone = Monitor(false)
    return {
      let isFirst = isDone.withLock { isDone in
        defer { isDone = true }
        return !isDone
      }
      if isFirst { act() }
    }
  }

  // MARK: What stands under a name

  @Test func `a link stays, though what it leads to is an old file`() {
    let (tree, other) = (ScratchTree(), ScratchTree())
    makeSymlink(other.file("old"), tree.path + "/link")
    let tally = purge([makeTarget(tree.path)]).totals
    #expect(tree.contents == ["link"])
    #expect(tally.symlinksSkipped == 1)
  }

  @Test func `what is no file any more at the second look stays`() {
    let tree = ScratchTree()
    tree.file("f")
    var fileSystem = ScriptedFileSystem()
    fileSystem.asLook = { look in
      var look = look
      look.kind = .special
      return look
    }
    let tally = walk(makeTarget(tree.path), fileSystem: fileSystem, workers: 1)
    #expect(tree.contents == ["f"])
    #expect(tally.filesPurged == 0)
  }

  @Test func `a link that takes a folder's place between listing and opening is not followed`() {
    let (tree, other) = (ScratchTree(), ScratchTree())
    tree.directory("d")
    other.file("old")
    let swap = once { [path = tree.path] in
      rename(path + "/d", path + "/d.1")
      makeSymlink(other.path, path + "/d")
    }
    var fileSystem = ScriptedFileSystem()
    fileSystem.onOpen = { name in
      if name == "d" { swap() }
      return nil
    }
    // So that nobody notices later.
    fileSystem.onIsAt = { _ in true }
    fileSystem.onLook = { $0 == "d" ? .permissionDenied : nil }
    purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(other.contents == ["old"])
  }

  @Test func `files of the run itself stay, under whatever name`() throws {
    let tree = ScratchTree()
    let own = tree.file("config.yaml")
    link(own, tree.path + "/another-name")
    tree.file("old")
    var settings = BatchRunner.Settings(mode: .purge, runID: "test", now: Fixture.now)
    let identity = try #require(FileIdentity.ofFile(at: own))
    settings.ownFiles = { [identity] }
    let outcome = BatchRunner(
      plan: BatchPlan(targets: [makeTarget(tree.path)]), settings: settings, stop: StopRequest(), onEvent: { _ in }
    ).run()
    #expect(tree.contents == ["another-name", "config.yaml"])
    #expect(outcome.totals.filesKept[.ownFile] == 2)
  }

  @Test func `a file on which something is mounted stays, and is no failure`() throws {
    try requireMounts()
    let (tree, other) = (ScratchTree(), ScratchTree())
    let file = tree.file("mounted")
    try #require(system("mount --bind \(other.file("f")) \(file)") == 0)
    defer { system("umount \(file)") }
    // In a dry run no removal tells that it is busy.
    for mode in [RunMode.dryRun, .purge] {
      let outcome = purge([makeTarget(tree.path)], mode: mode)
      #expect(outcome.totals.filesKept[.mountPoint] == 1)
      #expect(outcome.totals.filesToPurge == 0)
      #expect(outcome.exitStatus == .success)
    }
  }

  // MARK: Folders

  @Test func `a folder of another file system is not entered, though nothing tells of a mount`() throws {
    let tree = ScratchTree()
    tree.directory("d")
    let device = try LinuxFileSystem().openRoot(Array(tree.path.utf8)).identity.device
    let others = ["/tmp", "/var/tmp", "/dev/shm"].map { ScratchTree(in: $0) }
    let other = others.first {
      let handle = try? LinuxFileSystem().openRoot(Array($0.path.utf8))
      return handle.map { $0.identity.device != device } ?? false
    }
    guard let other else {
      print("skipped: there is one file system only")
      try Test.cancel("there is one file system only")
    }
    other.file("old")
    var fileSystem = ScriptedFileSystem()
    fileSystem.instead = { $0 == "d" ? try? LinuxFileSystem().openRoot(Array(other.path.utf8)) : nil }
    fileSystem.onIsAt = { _ in true }
    let tally = walk(makeTarget(tree.path), fileSystem: fileSystem, workers: 1)
    #expect(other.contents == ["old"])
    #expect(tally.dirsOnOtherFileSystem == 1)
  }

  @Test func `an empty folder whose name another one of the same age has by now stays`() {
    let tree = ScratchTree()
    tree.directory("d", days: 10)
    let fileSystem = ScriptedFileSystem(onRemoveDirectory: { [path = tree.path] _ in
      rename(path + "/d", path + "/d.1")
      tree.directory("d", days: 10)
      return nil
    })
    purge([target(tree.path, emptyDirectories: true)], fileSystem: fileSystem)
    #expect(tree.contents == ["d", "d.1"])
  }

  @Test func `an empty folder in which somebody has just been stays`() {
    let tree = ScratchTree()
    tree.directory("d", days: 10)
    let fileSystem = ScriptedFileSystem(onRemoveDirectory: { [path = tree.path] _ in
      tree.age(path + "/d", days: 9)
      return nil
    })
    purge([target(tree.path, emptyDirectories: true)], fileSystem: fileSystem)
    #expect(tree.contents == ["d"])
  }

  @Test func `a target's own folder stays, however empty it is`() {
    let tree = ScratchTree()
    tree.file("t/d/old")
    tree.ageDirectories()
    let outcome = purge([target(tree.path + "/t", emptyDirectories: true)])
    #expect(tree.contents == ["t"])
    #expect(outcome.totals.emptyDirsDeleted == 1)
  }

  /// Two folders in one that is closed while the first of them is walked, and is opened again for the second.
  private func walkClosing(_ tree: ScratchTree, _ fileSystem: ScriptedFileSystem) -> Tally {
    walk(makeTarget(tree.path + "/t"), fileSystem: fileSystem, limits: { $0.openDirectories = 1 }, workers: 1)
  }

  @Test func `another folder under the name of one that was closed is not taken for it`() {
    let tree = ScratchTree()
    for name in ["b", "c"] {
      tree.file("t/a/\(name)/f")
      tree.file("new/\(name)/old")
    }
    let isSwapped = Monitor(false)
    let swap = once { [path = tree.path] in
      rename(path + "/t/a", path + "/moved")
      rename(path + "/new", path + "/t/a")
      isSwapped.withLock { $0 = true }
    }
    var fileSystem = ScriptedFileSystem()
    fileSystem.onIsAt = { _ in true }
    fileSystem.onStatus = { _ in
      swap()
      return nil
    }
    // So that it is opened by its name, from above.
    fileSystem.onOpen = { $0 == ".." && isSwapped.withLock { $0 } ? .permissionDenied : nil }
    // So that nobody else notices.
    fileSystem.onLook = { $0 == "a" ? .permissionDenied : nil }
    let tally = walkClosing(tree, fileSystem)
    #expect(tree.exists("t/a/b/old") && tree.exists("t/a/c/old"))
    #expect(tally.imbalance(in: .purge) == nil)
  }

  @Test func `the folder above one that was moved is not taken for the one it was in`() {
    let tree = ScratchTree()
    for name in ["b", "c"] {
      tree.file("t/a/\(name)/\(name)")
      tree.file("elsewhere/\(name).other/old")
    }
    let moved = Monitor<String?>(nil)
    var fileSystem = ScriptedFileSystem()
    fileSystem.onIsAt = { _ in true }
    fileSystem.onStatus = { [path = tree.path] name in
      moved.withLock { moved in
        guard moved == nil else { return }
        moved = name
        rename("\(path)/t/a/\(name)", "\(path)/elsewhere/\(name)")
        let other = name == "b" ? "c" : "b"
        rename("\(path)/elsewhere/\(other).other", "\(path)/elsewhere/\(other)")
      }
      return nil
    }
    let tally = walkClosing(tree, fileSystem)
    let other = moved.withLock { $0 } == "b" ? "c" : "b"
    #expect(tree.exists("elsewhere/\(other)/old"))
    #expect(tally.imbalance(in: .purge) == nil)
  }

  @Test func `a folder with one in it that cannot be opened is not even tried to be removed`() {
    let tree = ScratchTree()
    tree.directory("d/closed")
    tree.ageDirectories()
    let tried = Monitor<[String]>([])
    let fileSystem = ScriptedFileSystem(
      onOpen: { $0 == "closed" ? .permissionDenied : nil },
      onRemoveDirectory: { name in
        tried.withLock { $0.append(name) }
        return nil
      })
    let outcome = purge([target(tree.path, emptyDirectories: true)], fileSystem: fileSystem)
    #expect(tried.withLock { $0 }.isEmpty)
    #expect(outcome.totals.dirsFailed == 1)
  }

  // MARK: Holds

  @Test func `a folder that a hold protects is not even listed`() {
    let tree = ScratchTree()
    tree.file("d/.purge-hold")
    let listed = Monitor<Set<FileIdentity>>([])
    let fileSystem = ScriptedFileSystem(onRead: { directory in
      listed.withLock { _ = $0.insert(directory.identity) }
      return nil
    })
    let tally = purge([makeTarget(tree.path)], fileSystem: fileSystem).totals
    #expect(listed.withLock(\.count) == 1)
    #expect(tally.dirsHeld == 1)
  }

  @Test func `the protecting file stays where neither a lookup nor a listing has told of it`() {
    let tree = ScratchTree()
    tree.file("d/.purge-hold")
    var fileSystem = ScriptedFileSystem()
    fileSystem.tellsOfMark = false
    fileSystem.onLook = { $0 == ".purge-hold" ? .noSuchFileOrDirectory : nil }
    let tally = purge([makeTarget(tree.path)], fileSystem: fileSystem).totals
    #expect(tree.contents == ["d", "d/.purge-hold"])
    #expect(tally.filesKept[.held] == 1)
  }

  // MARK: Stops, and what is asked again

  @Test func `a stop is heeded before the next removal`() {
    let tree = ScratchTree()
    for index in 0..<10 { tree.file("f\(index)") }
    let (stop, removals) = (StopRequest(), Monitor(0))
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      let count = removals.withLock { count in
        count += 1
        return count
      }
      if count == 3 { stop.request(.stoppedSignal, message: "stop") }
      return nil
    })
    let outcome = purge([makeTarget(tree.path)], workers: 1, fileSystem: fileSystem, stop: stop)
    #expect(outcome.totals.filesPurged == 2)
    #expect(tree.contents.count == 8)
  }

  @Test func `a directory is asked for again when removals take their time`() {
    let tree = ScratchTree()
    for index in 0..<64 { tree.file("f\(index)") }
    let asked = Monitor(0)
    var fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      PlainThread.nap(.milliseconds(1))
      return nil
    })
    fileSystem.onFreshDirectory = { _ in
      asked.withLock { $0 += 1 }
      return nil
    }
    walk(makeTarget(tree.path), fileSystem: fileSystem, workers: 1)
    // Sixteen take longer than the answer serves.
    #expect(asked.withLock { $0 } >= 3)
  }

  // MARK: Books

  @Test(arguments: [true, false]) func `books that do not balance fail the target`(isForgotten: Bool) {
    let tree = ScratchTree()
    tree.file("old")
    let outcome = walkToEnd(makeTarget(tree.path), workers: 1) { walk in
      walk.state.withLock { if isForgotten { $0.unsettledFiles += 1 } else { $0.tally.filesScanned += 1 } }
    }
    #expect(outcome.ending == .failed)
    #expect(outcome.reason?.hasPrefix("the books do not balance") == true)
  }
}
