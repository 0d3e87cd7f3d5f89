import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// A file server that does not know any more what it gave out, or says one thing here and another there.
@Suite struct LostSightTests {
  /// Handles of directories that were opened before the last failover are stale.
  private final class Server: Sendable {
    private let state = Monitor((generation: 0, opened: [ObjectIdentifier: Int]()))

    func failOver() { state.withLock { $0.generation += 1 } }

    var fileSystem: ScriptedFileSystem {
      ScriptedFileSystem(
        onCall: { [state] directory in
          state.withLock {
            $0.opened[ObjectIdentifier(directory), default: 0] < $0.generation ? .staleNFSFileHandle : nil
          }
        },
        onOpened: { [state] directory in
          state.withLock { $0.opened[ObjectIdentifier(directory)] = $0.generation }
        })
    }
  }

  private func tree(_ files: Int = 600) -> ScratchTree {
    let tree = ScratchTree()
    for index in 0..<files { tree.file("t/d\(index % 6)/e/f\(index)") }
    tree.file("t/d1/e/young", days: 1)
    tree.ageDirectories()
    tree.letTimePass()
    return tree
  }

  @Test(arguments: [1, 4], [1, 50, 300])
  func `when every handle goes stale the walk is taken up again`(workers: Int, failures: Int) {
    let tree = tree()
    let server = Server()
    let removals = Monitor(0)
    var fileSystem = server.fileSystem
    fileSystem.onRemoveFile = { _ in
      let count = removals.withLock { count in
        count += 1
        return count
      }
      if count == failures { server.failOver() }
      return nil
    }
    var target = makeTarget(tree.path + "/t")
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let outcome = walkToEnd(target, fileSystem: fileSystem, workers: workers)
    #expect(outcome.ending == .completed)
    #expect(outcome.tally.filesPurged == 600)
    #expect(outcome.tally.filesScanned == 601)
    #expect(tree.contents == ["t", "t/d1", "t/d1/e", "t/d1/e/young"])
    #expect(outcome.tally.imbalance(in: .purge) == nil)
  }

  enum Moment: CaseIterable { case listing, look, lookAhead, opening, askingDirectory, removingFolder }

  @Test(arguments: Moment.allCases) func `handles that go stale at any moment are opened again`(moment: Moment) {
    let tree = tree(120)
    let (server, calls) = (Server(), Monitor(0))
    var fileSystem = moment == .lookAhead ? ScriptedFileSystem.slow : ScriptedFileSystem()
    (fileSystem.onCall, fileSystem.onOpened) = (server.fileSystem.onCall, server.fileSystem.onOpened)
    // In the midst of a walk.
    let fail = { @Sendable () -> Errno? in
      let count = calls.withLock { count in
        count += 1
        return count
      }
      if count == 3 { server.failOver() }
      return count == 3 ? .staleNFSFileHandle : nil
    }
    switch moment {
    case .listing: fileSystem.onRead = { _ in fail() }
    case .look: fileSystem.onStatus = { _ in fail() }
    case .lookAhead: fileSystem.onCheck = { _ in fail() ?? ScriptedFileSystem.wait() }
    case .opening: fileSystem.onOpen = { $0.hasPrefix("d") ? fail() : nil }
    case .askingDirectory: fileSystem.onFreshDirectory = { _ in fail() }
    case .removingFolder: fileSystem.onRemoveDirectory = { _ in fail() }
    }
    var target = makeTarget(tree.path + "/t")
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let outcome = walkToEnd(target, fileSystem: fileSystem, workers: moment == .lookAhead ? 3 : 1)
    #expect(calls.withLock { $0 } > 3)
    #expect(outcome.ending == .completed)
    #expect(outcome.tally.filesPurged == 120)
    #expect(tree.contents == ["t", "t/d1", "t/d1/e", "t/d1/e/young"])
    #expect(outcome.tally.imbalance(in: .purge) == nil)
  }

  @Test func `a root that another one has replaced fails the target, and says what is left`() {
    let tree = tree()
    let server = Server()
    var fileSystem = server.fileSystem
    let removals = Monitor(0)
    fileSystem.onRemoveFile = { [path = tree.path] _ in
      let count = removals.withLock { count in
        count += 1
        return count
      }
      if count == 100 {
        rename(path + "/t", path + "/old")
        mkdir(path + "/t", 0o755)
        server.failOver()
      }
      return nil
    }
    fileSystem.onIsAt = { _ in true }
    let outcome = walkToEnd(makeTarget(tree.path + "/t"), fileSystem: fileSystem, workers: 2)
    #expect(outcome.ending == .failed)
    #expect(outcome.reason?.contains("another one is in its place") == true)
    #expect(outcome.tally.dirsLeft > 0)
    #expect(outcome.tally.filesPurged < 200)
    #expect(outcome.tally.imbalance(in: .purge) == nil)
  }

  @Test func `a root that is not given out any more fails the target after a while`() {
    let tree = tree()
    let server = Server()
    var fileSystem = server.fileSystem
    let isWithdrawn = Monitor(false)
    fileSystem.onOpen = { $0 == "/" && isWithdrawn.withLock { $0 } ? .staleNFSFileHandle : nil }
    fileSystem.onRemoveFile = { _ in
      isWithdrawn.withLock { isWithdrawn in
        if !isWithdrawn { server.failOver() }
        isWithdrawn = true
      }
      return nil
    }
    let outcome = walkToEnd(
      makeTarget(tree.path + "/t"), fileSystem: fileSystem, limits: { $0.rootPatience = .milliseconds(300) }, workers: 2
    )
    #expect(outcome.ending == .failed)
    #expect(outcome.tally.errors > 0)
    #expect(outcome.tally.dirsLeft > 0)
    #expect(outcome.tally.imbalance(in: .purge) == nil)
  }

  @Test func `a copy of a folder under its name, after handles went stale, is an error`() {
    let tree = tree()
    let server = Server()
    var fileSystem = server.fileSystem
    let removals = Monitor(0)
    fileSystem.onRemoveFile = { [path = tree.path] _ in
      let count = removals.withLock { count in
        count += 1
        return count
      }
      if count == 10 {
        for index in 0..<6 {
          rename("\(path)/t/d\(index)", "\(path)/d\(index)")
          mkdir("\(path)/t/d\(index)", 0o755)
        }
        server.failOver()
      }
      return nil
    }
    fileSystem.onIsAt = { _ in true }
    let outcome = walkToEnd(makeTarget(tree.path + "/t"), fileSystem: fileSystem, workers: 1)
    #expect(outcome.ending == .completedWithErrors)
    #expect(outcome.tally.dirsFailed > 0)
    #expect(outcome.tally.imbalance(in: .purge) == nil)
  }

  @Test func `a copy that a server puts in the place of folders that it lost is purged like them`() {
    let tree = tree()
    let (lost, removals) = (Monitor<Set<FileIdentity>>([]), Monitor(0))
    var fileSystem = ScriptedFileSystem()
    fileSystem.onCall = { directory in lost.withLock { $0.contains(directory.identity) } ? .staleNFSFileHandle : nil }
    fileSystem.onIsAt = { _ in true }
    fileSystem.onRemoveFile = { [path = tree.path] _ in
      let count = removals.withLock { count in
        count += 1
        return count
      }
      if count == 30 {
        // All but the root itself, with other inodes.
        for index in 0..<6 {
          for folder in ["d\(index)", "d\(index)/e"] {
            let identity = (try? LinuxFileSystem().openRoot(Array("\(path)/t/\(folder)".utf8)))?.identity
            lost.withLock { if let identity { $0.insert(identity) } }
          }
          system(
            "cp -a \(path)/t/d\(index) \(path)/copy && mv \(path)/t/d\(index) \(path)/d\(index) && mv \(path)/copy \(path)/t/d\(index)"
          )
        }
      }
      return nil
    }
    let outcome = walkToEnd(makeTarget(tree.path + "/t"), fileSystem: fileSystem, workers: 1)
    #expect(outcome.ending == .completed)
    #expect(walkTree(tree.path + "/t").filter(\.isFile).map(\.path) == ["d1/e/young"])
    #expect(outcome.tally.imbalance(in: .purge) == nil)
  }

  // MARK: What vanished, and is named all the same

  @Test(arguments: [Errno.noSuchFileOrDirectory, .staleNFSFileHandle, .isDirectory])
  func `a file that cannot be removed because it is said to be gone, and is not, is an error`(error: Errno) {
    let tree = ScratchTree()
    for index in 0..<40 { tree.file("d/f\(index)") }
    var fileSystem = ScriptedFileSystem()
    fileSystem.onRemoveFile = { $0 == "f7" ? error : nil }
    tree.letTimePass()
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(outcome.totals.filesScanned == 40)
    #expect(outcome.totals.filesPurged == 39)
    #expect(outcome.totals.filesVanished == 0)
    #expect(outcome.totals.filesFailed == 1)
    #expect(outcome.exitStatus == .failures)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `a file that no look finds, and every listing names, is an error`() {
    let tree = ScratchTree()
    for index in 0..<40 { tree.file("d/f\(index)") }
    var fileSystem = ScriptedFileSystem()
    fileSystem.onStatus = { $0 == "f7" ? .noSuchFileOrDirectory : nil }
    fileSystem.onLook = { $0 == "f7" ? .noSuchFileOrDirectory : nil }
    tree.letTimePass()
    let outcome = purge([makeTarget(tree.path)], mode: .dryRun, fileSystem: fileSystem)
    #expect(outcome.totals.filesVanishedUnread == 0)
    #expect(outcome.targets[0].errorsByKind == ["ENOENT": 1])
    #expect(outcome.exitStatus == .failures)
  }

  @Test func `a folder that no opening finds, and every listing names, is an error`() {
    let tree = ScratchTree()
    tree.file("d/f")
    var fileSystem = ScriptedFileSystem()
    fileSystem.onOpen = { $0 == "d" ? .noSuchFileOrDirectory : nil }
    tree.letTimePass()
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(outcome.totals.dirsVanished == 0)
    #expect(outcome.totals.dirsFailed == 1)
    #expect(outcome.exitStatus == .failures)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `an empty folder that is said to be gone, and is not, is an error`() {
    let tree = ScratchTree()
    tree.directory("d/e")
    tree.ageDirectories()
    let fileSystem = ScriptedFileSystem(onRemoveDirectory: { $0 == "e" ? .noSuchFileOrDirectory : nil })
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let outcome = purge([target], fileSystem: fileSystem)
    #expect(outcome.totals.emptyDirsVanished == 0)
    #expect(outcome.totals.emptyDirsFailed == 1)
    #expect(outcome.exitStatus == .failures)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `a folder that lies in itself is an error, and is entered once`() {
    let tree = ScratchTree()
    tree.directory("d/loop")
    let opened = Monitor(0)
    var fileSystem = ScriptedFileSystem()
    fileSystem.instead = { [path = tree.path] name in
      guard name == "loop" else { return nil }
      let count = opened.withLock { count in
        count += 1
        return count
      }
      // It has an end where nobody notices.
      return count <= 20 ? try? LinuxFileSystem().openRoot(Array("\(path)/d".utf8)) : nil
    }
    let outcome = walkToEnd(makeTarget(tree.path), fileSystem: fileSystem, workers: 1)
    #expect(outcome.tally.dirsScanned == 2)
    #expect(outcome.tally.dirsFailed == 1)
    #expect(outcome.errorsByKind == ["ELOOP": 1])
    #expect(outcome.ending == .completedWithErrors)
  }

  @Test func `a file that is replaced by another one is no error`() {
    let tree = ScratchTree()
    for index in 0..<40 { tree.file("d/f\(index)") }
    let fileSystem = ScriptedFileSystem.beforeDecision { name in
      guard name == "f7" else { return }
      tree.file("d/new", days: 0)
      rename(tree.path + "/d/new", tree.path + "/d/f7")
    }
    tree.letTimePass()
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(outcome.totals.filesVanished == 1)
    #expect(outcome.exitStatus == .success)
    #expect(tree.exists("d/f7"))
  }

  @Test func `a listing that goes round in circles ends with an error`() {
    let tree = ScratchTree()
    for index in 0..<40 { tree.file("d/f\(index)", days: 1) }
    tree.file("other/old")
    let root = Monitor<FileIdentity?>(nil)
    var fileSystem = ScriptedFileSystem()
    fileSystem.onOpened = { directory in root.withLock { if $0 == nil { $0 = directory.identity } } }
    let listings = Monitor(0)
    fileSystem.onRead = { directory in
      let count = listings.withLock { count in
        count += 1
        return count
      }
      // It has an end where nobody notices.
      if directory.identity != root.withLock({ $0 }), count < 100 { try? directory.seek(to: 0) }
      return nil
    }
    tree.letTimePass()
    let outcome = walkToEnd(makeTarget(tree.path), fileSystem: fileSystem, workers: 2)
    #expect(outcome.ending == .completedWithErrors)
    #expect(outcome.errorsByKind["ELOOP"] == 2)
    #expect(!tree.exists("other/old"))
  }

  // MARK: Deep trees with few descriptors

  @Test func `going up a deep path opens each folder on it about once`() {
    let tree = ScratchTree()
    tree.chain(400)
    let opens = Monitor(0)
    var fileSystem = ScriptedFileSystem()
    fileSystem.onOpened = { _ in opens.withLock { $0 += 1 } }
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let tally = walk(
      target, fileSystem: fileSystem,
      limits: {
        $0.openDirectories = 8
        $0.reopenedAtOnce = 1
      }, workers: 1)
    #expect(tally.emptyDirsDeleted == 400)
    #expect(tree.contents.isEmpty)
    #expect(opens.withLock { $0 } < 400 * 4)
  }
}
