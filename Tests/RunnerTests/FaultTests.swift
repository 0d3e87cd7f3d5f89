import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

@Suite struct FaultTests {
  @Test func `a missing root is a failed target with status 1`() {
    let outcome = purge([makeTarget("/tmp/efs-purge-batch-test-does-not-exist")])
    #expect(outcome.targets.map(\.ending) == [.failed])
    #expect(outcome.targets[0].reason == "the target's folder does not exist (ENOENT)")
    #expect(outcome.targets[0].errorsByKind == ["ENOENT": 1])
    #expect(outcome.exitStatus == .failures)
  }

  @Test func `a root that is a link, or has one above it, is never followed`() {
    let tree = ScratchTree()
    tree.file("real/sub/old")
    symlink(tree.path + "/real", tree.path + "/link")
    for path in ["link", "link/sub"] {
      let outcome = purge([makeTarget(tree.path + "/" + path)])
      #expect(outcome.targets.map(\.ending) == [.failed])
      #expect(outcome.targets[0].reason?.contains("symbolic link") == true)
    }
    #expect(tree.exists("real/sub/old"))
  }

  @Test func `a root that is a file is a failed target`() {
    let tree = ScratchTree()
    let file = tree.file("plain")
    #expect(purge([makeTarget(file)]).targets[0].reason?.contains("no directory") == true)
    #expect(tree.exists("plain"))
  }

  @Test func `an unreadable subdirectory is counted, named and does not stop the rest`() {
    let tree = ScratchTree()
    for index in 0..<20 { tree.file("d\(index)/old") }
    let fileSystem = ScriptedFileSystem(onOpen: { $0 == "d7" ? .permissionDenied : nil })
    let events = Events()
    let outcome = purge([makeTarget(tree.path)], events: events, fileSystem: fileSystem)
    let tally = outcome.totals
    #expect(outcome.exitStatus == .failures)
    #expect(outcome.targets[0].ending == .completedWithErrors)
    #expect(tally.filesPurged == 19)
    #expect(tally.dirsFailed == 1)
    #expect(tally.errors == 1)
    #expect(tally.imbalance(in: .purge) == nil)
    #expect(events.failures.map(\.path) == [tree.path + "/d7"])
    #expect(events.failures.map(\.errno) == [.permissionDenied])
  }

  @Test func `a listing that breaks off fails its directory, which then stays`() {
    let tree = ScratchTree()
    tree.file("d/old")
    tree.ageDirectories()
    // "/", its end, then "d": its listing fails.
    let calls = Monitor(0)
    let fileSystem = ScriptedFileSystem(onRead: { _ in
      calls.withLock { calls -> Errno? in
        calls += 1
        return calls == 2 ? .ioError : nil
      }
    })
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let outcome = purge([target], workers: 1, fileSystem: fileSystem)
    #expect(outcome.totals.dirsFailed == 1)
    #expect(outcome.targets[0].errorsByKind == ["EIO": 1])
    #expect(tree.exists("d/old"))
  }

  @Test func `a file whose status cannot be read is an error and not scanned`() {
    let tree = ScratchTree()
    for index in 0..<10 { tree.file("f\(index)") }
    let fileSystem = ScriptedFileSystem(onStatus: { $0 == "f3" ? .ioError : nil })
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(outcome.totals.filesScanned == 9)
    #expect(outcome.totals.filesPurged == 9)
    #expect(outcome.totals.errors == 1)
    #expect(outcome.targets[0].reason == "1 error")
    #expect(outcome.exitStatus == .failures)
  }

  @Test func `files that vanish at any moment are no errors`() {
    let tree = ScratchTree()
    for index in 0..<10 { tree.file("d/f\(index)") }
    let fileSystem = ScriptedFileSystem(
      onStatus: { [path = tree.path] name in
        if name == "f1" { unlink(path + "/d/f1") }
        return nil
      },
      onRemoveFile: { [path = tree.path] name in
        if name == "f2" { unlink(path + "/d/f2") }
        return nil
      })
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(outcome.exitStatus == .success)
    #expect(outcome.totals.filesVanishedUnread == 1)
    #expect(outcome.totals.filesVanished == 1)
    #expect(outcome.totals.filesPurged == 8)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `what the server calls stale and names all the same is an error`() {
    let tree = ScratchTree()
    for index in 0..<4 { tree.file("d\(index)/f\(index)") }
    let fileSystem = ScriptedFileSystem(
      onOpen: { $0 == "d1" ? .staleNFSFileHandle : nil }, onStatus: { $0 == "f2" ? .staleNFSFileHandle : nil })
    tree.letTimePass()
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(outcome.exitStatus == .failures)
    #expect(outcome.totals.dirsVanished == 0)
    #expect(outcome.totals.dirsFailed == 1)
    #expect(outcome.totals.filesVanishedUnread == 0)
    #expect(outcome.totals.errors == 2)
    #expect(outcome.totals.filesPurged == 2)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `a file that is rewritten between the two looks is kept`() {
    let tree = ScratchTree()
    for index in 0..<6 { tree.file("f\(index)") }
    let fileSystem = ScriptedFileSystem.beforeDecision { name in
      if name == "f4" { tree.file("f4", days: 0, size: 10) }
    }
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(tree.contents == ["f4"])
    #expect(outcome.totals.filesPurged == 5)
    #expect(outcome.totals.filesToPurge == 5)
    #expect(outcome.totals.filesKept[.tooNew] == 1)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `another old file under the same name is not the one that was judged`() {
    let tree = ScratchTree()
    tree.file("f0")
    tree.file("other", days: 0)
    let fileSystem = ScriptedFileSystem.beforeDecision { [path = tree.path] name in
      tree.file("new", days: 200)
      rename(path + "/new", path + "/" + name)
    }
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(tree.contents == ["f0", "other"])
    #expect(outcome.totals.filesVanished == 1)
    #expect(outcome.totals.filesPurged == 0)
  }

  @Test func `a removal that is refused is a failure of that file only`() {
    let tree = ScratchTree()
    for index in 0..<100 { tree.file("f\(index)") }
    let events = Events()
    let fileSystem = ScriptedFileSystem(onRemoveFile: { $0.hasPrefix("f1") ? .notPermitted : nil })
    let outcome = purge([makeTarget(tree.path)], events: events, fileSystem: fileSystem)
    // f1 and f10 to f19.
    #expect(outcome.totals.filesFailed == 11)
    #expect(outcome.totals.filesPurged == 89)
    #expect(outcome.targets[0].errorsByKind == ["EPERM": 11])
    #expect(outcome.targets[0].reason == "11 errors")
    #expect(Set(events.failures.map(\.operation)) == [.removeFile])
    #expect(outcome.targets[0].permanentErrors == 11)
    #expect(outcome.exitStatus == .permanentFailures)
  }

  @Test func `of many failures of one kind the first twenty are told and the rest summed up`() {
    let tree = ScratchTree()
    for index in 0..<100 { tree.file("f\(index)") }
    let events = Events()
    purge([makeTarget(tree.path)], events: events, fileSystem: ScriptedFileSystem(onRemoveFile: { _ in .ioError }))
    #expect(events.failures.count == 20)
    let suppressed = events.all.compactMap { event -> UInt64? in
      if case .failuresSuppressed(_, "remove file: EIO", let count) = event { count } else { nil }
    }
    #expect(suppressed == [80])
  }

  @Test func `failures that are booked in bulk are told as a sum`() {
    let events = Events()
    let log = FailureLog(target: "t", onEvent: events.add)
    log.add(.openDirectory, .ioError, count: 15)
    for index in 0..<25 { log.add(.removeFile, .notPermitted) { "/f\(index)" } }
    log.sumUp()
    #expect(log.total == 40)
    #expect(log.byKind == ["EIO": 15, "EPERM": 25])
    #expect(events.failures.count == 20)
    let sums = events.all.compactMap { event -> String? in
      if case .failuresSuppressed(_, let kind, let count) = event { "\(kind) \(count)" } else { nil }
    }
    #expect(sums.sorted() == ["open directory: EIO 15", "remove file: EPERM 5"])
  }

  @Test func `a directory that fills again while it is emptied stays, and that is no error`() {
    let tree = ScratchTree()
    tree.file("d/old")
    tree.ageDirectories()
    let fileSystem = ScriptedFileSystem(onRemoveDirectory: { _ in
      if !tree.exists("d/new") { tree.file("d/new", days: 0) }
      return nil
    })
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let outcome = purge([target], fileSystem: fileSystem)
    #expect(tree.contents == ["d", "d/new"])
    #expect(outcome.exitStatus == .success)
    #expect(outcome.totals.emptyDirsToDelete == 0)
    #expect(outcome.totals.filesKept[.tooNew] == 1)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test(arguments: [true, false])
  func `entries a server skipped after removals are found by reading again`(removesDirectories: Bool) {
    let tree = ScratchTree()
    tree.file("d/first")
    tree.ageDirectories()
    // The file that the first listing "skipped" appears when the first one goes.
    let fileSystem = ScriptedFileSystem(onRemoveFile: { name in
      if name == "first" { tree.file("d/skipped") }
      return nil
    })
    var target = makeTarget(tree.path)
    if removesDirectories { target.emptyDirectories = EmptyDirectoryRule(minAge: .zero) }
    let outcome = purge([target], fileSystem: fileSystem)
    #expect(!tree.exists("d/skipped"))
    #expect(tree.exists("d") == !removesDirectories)
    #expect(outcome.totals.filesPurged == 2)
    #expect(outcome.totals.dirsScanned == 2)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `a directory that never stops giving up entries is read a bounded number of times`() {
    let tree = ScratchTree()
    tree.file("f0")
    let made = Monitor(0)
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      tree.file("f\(made.withLock { $0 += 1; return $0 })")
      return nil
    })
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(outcome.totals.filesPurged == UInt64(WalkLimits.rereads + 1))
    #expect(outcome.targets[0].ending == .completedWithErrors)
    #expect(outcome.targets[0].reason?.contains("gave up new entries") == true)
  }

  @Test
  func
    `a directory that was closed for want of descriptors and replaced meanwhile counts as vanished and is not followed`()
  {
    let tree = ScratchTree()
    // One chain, so that the upper part is closed while the lower is walked.
    tree.file("a/b/c/d/e/f")
    tree.file("a/old")
    let swapped = Monitor(false)
    let fileSystem = ScriptedFileSystem(onStatus: { [path = tree.path] name in
      if name == "f",
        !swapped.withLock({ swap in
          defer { swap = true }; return swap
        })
      {
        rename(path + "/a/b", path + "/moved")
        tree.file("a/b/decoy/old")
      }
      return nil
    })
    let tally = walk(
      makeTarget(tree.path), fileSystem: fileSystem, limits: { $0.openDirectories = 1 }, workers: 1)
    #expect(tree.exists("a/b/decoy/old"))
    #expect(tally.dirsVanished > 0)
    #expect(tally.imbalance(in: .purge) == nil)
  }

  @Test func `a directory that moved away while it was closed counts as vanished, and is no error`() {
    let tree = ScratchTree()
    tree.file("a/b/c/d/e/f")
    let moved = Monitor(false)
    let fileSystem = ScriptedFileSystem(onStatus: { [path = tree.path] name in
      if name == "f", !moved.withLock({ $0 }) {
        moved.withLock { $0 = true }
        rename(path + "/a", path + "/moved")
      }
      return nil
    })
    let events = Events()
    let tally = walk(
      makeTarget(tree.path), fileSystem: fileSystem, limits: { $0.openDirectories = 1 }, workers: 1, events: events)
    #expect(tally.errors == 0)
    #expect(tally.dirsVanished > 0)
    #expect(tally.imbalance(in: .purge) == nil)
    #expect(events.failures.isEmpty)
  }

  @Test(arguments: [true, false])
  func `a listing that stays stale is an error, however often the directory is opened again`(isRoot: Bool) {
    let tree = ScratchTree()
    tree.file("d/old")
    let root = Monitor<FileIdentity?>(nil)
    let stale = ScriptedFileSystem(onRead: { directory in
      let first = root.withLock { root in
        if root == nil { root = directory.identity }
        return root
      }
      return (directory.identity == first) == isRoot ? .staleNFSFileHandle : nil
    })
    let outcome = purge([makeTarget(tree.path)], fileSystem: stale)
    #expect(outcome.totals.dirsFailed == 1)
    #expect(outcome.totals.errors == 1)
    #expect(outcome.exitStatus == .failures)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(tree.exists("d/old"))
  }

  @Test func `a directory that is replaced by a new one while it waits to be removed stays`() {
    let tree = ScratchTree()
    tree.directory("d", days: 10)
    let fileSystem = ScriptedFileSystem(onRemoveDirectory: { [path = tree.path] name in
      rename(path + "/d", path + "/d.1")
      mkdir(path + "/d", 0o755)
      return nil
    })
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let outcome = purge([target], fileSystem: fileSystem)
    #expect(tree.contents == ["d", "d.1"])
    #expect(outcome.totals.emptyDirsToDelete == 0)
    #expect(outcome.exitStatus == .success)
  }
}
