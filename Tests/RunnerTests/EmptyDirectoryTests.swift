import Glibc
import Kernel
import Plan
import Runner
import SystemPackage
import Testing

@Suite struct EmptyDirectoryTests {
  /// With every directory that was not aged on purpose as old as can be.
  private func target(
    _ tree: ScratchTree, minAge: Duration = .zero, maxCount: UInt64? = nil, aging: Bool = true
  ) -> Target {
    if aging { tree.ageDirectories() }
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: minAge, maxCount: maxCount)
    return target
  }

  @Test(arguments: [1, 8]) func `nested directories that become empty go in one run, the root never`(workers: Int) {
    let tree = ScratchTree()
    tree.file("a/b/c/old")
    tree.directory("a/b/d/e/f")
    tree.file("x/young", days: 1)
    let tally = purge([target(tree)], workers: workers).totals
    #expect(tree.contents == ["x", "x/young"])
    #expect(tally.emptyDirsDeleted == 6)
    #expect(tally.emptyDirsToDelete == 6)
  }

  @Test func `without the rule empty directories stay`() {
    let tree = ScratchTree()
    tree.file("a/b/old")
    #expect(purge([makeTarget(tree.path)]).totals.emptyDirsToDelete == 0)
    #expect(tree.contents == ["a", "a/b"])
  }

  @Test func `a directory somebody made just now stays, and so do those above it`() {
    let tree = ScratchTree()
    tree.directory("old/made-just-now", days: 0)
    tree.directory("stale", days: 2)
    tree.age(tree.path + "/old", days: 2)
    let tally = purge([target(tree, minAge: .seconds(3600), aging: false)]).totals
    #expect(tree.contents == ["old", "old/made-just-now"])
    #expect(tally.emptyDirsDeleted == 1)
  }

  @Test func `a directory's age is that before its files were removed`() {
    let tree = ScratchTree()
    tree.file("d/old")
    tree.ageDirectories(days: 2)
    let tally = purge([target(tree, minAge: .seconds(86_400), aging: false)]).totals
    #expect(tally.emptyDirsDeleted == 1)
    #expect(tree.contents == [])
  }

  @Test(arguments: [1, 8, 64], [0, 1, 17] as [UInt64])
  func `the cap on empty directories is met exactly and is no failure`(workers: Int, cap: UInt64) {
    let tree = ScratchTree()
    for index in 0..<50 { tree.directory("d\(index % 5)/e\(index)") }
    let outcome = purge([target(tree, maxCount: cap)], workers: workers)
    #expect(outcome.totals.emptyDirsDeleted == cap)
    #expect(outcome.exitStatus == .success)
    #expect(tree.contents.count == 55 - Int(cap))
  }

  @Test func `a directory that was emptied and is beyond the cap is counted as left once`() {
    let tree = ScratchTree()
    tree.file("d/old")
    let tally = purge([target(tree, maxCount: 0)]).totals
    #expect(tally.emptyDirsLeft == 1)
    #expect(tally.filesPurged == 1)
  }

  @Test func `a link, a fifo or an unreadable entry keeps its directory`() {
    let tree = ScratchTree()
    tree.directory("d")
    tree.file("e/old")
    makeSymlink("/nowhere", tree.path + "/d/link")
    #expect(purge([target(tree)]).totals.emptyDirsDeleted == 1)
    #expect(tree.contents == ["d", "d/link"])
  }

  @Test func `a directory that an exclude pattern names stays`() throws {
    let tree = ScratchTree()
    tree.directory("keep/inner")
    tree.directory("other")
    var target = target(tree)
    target.retention.exclude = [try Pattern("keep"), try Pattern("keep/**")]
    #expect(purge([target]).totals.emptyDirsDeleted == 1)
    #expect(tree.contents == ["keep", "keep/inner"])
  }

  @Test func `an empty folder stays that include does not cover as a whole`() throws {
    let tree = ScratchTree()
    for path in ["cache/a", "inbox", "spool/new", "x.tmp", "keep/x.tmp"] { tree.directory(path) }
    tree.file("cache/b/f")
    tree.ageDirectories()
    var target = target(tree)
    target.retention.include = [try Pattern("cache/**"), try Pattern("*.tmp")]
    target.retention.exclude = [try Pattern("keep")]
    #expect(purge([target]).totals.emptyDirsDeleted == 3)
    #expect(tree.contents == ["cache", "inbox", "keep", "keep/x.tmp", "spool", "spool/new"])
  }

  @Test(arguments: [1, 8]) func `three thousand empty directories go`(workers: Int) {
    let tree = ScratchTree()
    for index in 0..<3000 { tree.directory("e\(index)") }
    let tally = purge([target(tree)], workers: workers).totals
    #expect(tally.emptyDirsDeleted == 3000)
    #expect(tree.contents.isEmpty)
  }

  // MARK: What stays for a reason of its own

  @Test(arguments: [1, 8]) func `lost+found is neither entered nor removed, wherever it stands`(workers: Int) {
    let tree = ScratchTree()
    for name in ["lost+found", "sub/lost+found", "sub/lost+found.d"] { tree.directory(name) }
    tree.file("lost+found/#12")
    let opened = Monitor<[String]>([])
    let fileSystem = ScriptedFileSystem(onOpen: { name in
      opened.withLock { $0.append(name) }
      return nil
    })
    let outcome = purge([target(tree)], workers: workers, fileSystem: fileSystem)
    #expect(tree.contents == ["lost+found", "lost+found/#12", "sub", "sub/lost+found"])
    #expect(!opened.withLock { $0.contains("lost+found") })
    #expect(outcome.totals.dirsLostAndFound == 2)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(outcome.exitStatus == .success)
  }

  @Test(arguments: [RunMode.purge, .dryRun])
  func `a folder of another owner stays, and in a plan, too`(mode: RunMode) throws {
    try requireRoot()
    let tree = ScratchTree()
    tree.file("mine/old")
    tree.file("theirs/old")
    tree.directory("theirs/empty")
    chown(tree.path + "/theirs", 2000, 2000)
    var target = target(tree)
    target.retention.owners = [0]
    let tally = purge([target], mode: mode).totals
    #expect(tally.emptyDirsToDelete == 2)
    #expect(tally.emptyDirsOtherOwner == 1)
    if mode == .purge { #expect(tree.contents == ["theirs"]) }
    #expect(tally.imbalance(in: mode) == nil)
  }

  @Test func `a folder that is given to somebody else before its removal stays`() throws {
    try requireRoot()
    let tree = ScratchTree()
    tree.directory("d")
    var target = target(tree)
    target.retention.owners = [0]
    let fileSystem = ScriptedFileSystem(onRemoveDirectory: { [path = tree.path] _ in
      chown(path + "/d", 2000, 2000)
      return nil
    })
    let outcome = purge([target], fileSystem: fileSystem)
    #expect(tree.contents == ["d"])
    #expect(outcome.totals.emptyDirsOtherOwner == 1)
    #expect(outcome.exitStatus == .success)
  }

  @Test(arguments: [true, false], [1, 8])
  func `an empty file system that is mounted in the target stays, and is no failure`(
    oneFileSystem: Bool, workers: Int
  ) throws {
    try requireMounts()
    let tree = ScratchTree()
    tree.directory("d/volume")
    tree.directory("e")
    try #require(system("mount -t tmpfs none \(tree.path)/d/volume") == 0)
    defer { system("umount \(tree.path)/d/volume") }
    var target = target(tree)
    target.oneFileSystem = oneFileSystem
    #expect(purge([target], mode: .dryRun).totals.emptyDirsToDelete == 1)
    let outcome = purge([target], workers: workers)
    #expect(tree.contents == ["d", "d/volume"])
    #expect(outcome.totals.dirsOnOtherFileSystem == (oneFileSystem ? 1 : 0))
    #expect(outcome.totals.emptyDirsMountPoint == (oneFileSystem ? 0 : 1))
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `what is mounted on right before its removal stays, and is no failure`() throws {
    try requireMounts()
    let (tree, other) = (ScratchTree(), ScratchTree())
    tree.directory("d")
    tree.file("f")
    let (file, directory) = (other.file("f"), other.directory("d"))
    defer { system("umount \(tree.path)/d \(tree.path)/f") }
    let fileSystem = ScriptedFileSystem(
      onRemoveFile: { [path = tree.path] _ in
        system("mount --bind \(file) \(path)/f")
        return .resourceBusy
      },
      onRemoveDirectory: { [path = tree.path] _ in
        system("mount --bind \(directory) \(path)/d")
        return .resourceBusy
      })
    let outcome = purge([target(tree)], fileSystem: fileSystem)
    #expect(outcome.totals.filesKept[.mountPoint] == 1)
    #expect(outcome.totals.emptyDirsMountPoint == 1)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `what is busy and no mount point is a failure`() {
    let tree = ScratchTree()
    tree.directory("d")
    tree.file("f")
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in .resourceBusy }, onRemoveDirectory: { _ in .resourceBusy })
    let tally = purge([target(tree)], fileSystem: fileSystem).totals
    #expect(tally.filesFailed == 1)
    #expect(tally.emptyDirsFailed == 1)
  }
}

/// Skips, with the reason, who may not give files away.
func requireRoot() throws {
  guard getuid() != 0 else { return }
  print("skipped: another owner needs root")
  try Test.cancel("another owner needs root")
}
