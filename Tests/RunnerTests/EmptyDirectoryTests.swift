import Plan
import Runner
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

  @Test(arguments: [1, 8]) func `three thousand empty directories go`(workers: Int) {
    let tree = ScratchTree()
    for index in 0..<3000 { tree.directory("e\(index)") }
    let tally = purge([target(tree)], workers: workers).totals
    #expect(tally.emptyDirsDeleted == 3000)
    #expect(tree.contents.isEmpty)
  }
}
