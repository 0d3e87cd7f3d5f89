import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// Dated folders that stay, or go themselves.
@Suite struct DatedFolderTests {
  /// 2026-11-23T01:00:00Z.
  private let now = Timestamp(seconds: 1_795_395_600)
  private let month: [DateTemplate.Piece] = [.year, .text("-"), .month]

  private func target(_ tree: ScratchTree, _ components: [PathPattern.Component]) -> Target {
    let prefix = tree.path.split(separator: "/").map { PathPattern.Component.literal(String($0)) }
    var target = makeTarget("/", name: "t", maxAge: .zero)
    target.path = PathPattern(text: tree.path + "/pattern", components: prefix + components)
    target.partitions = PartitionRule()
    return target
  }

  private func taken(_ target: Target, now: Timestamp? = nil) throws -> [String] {
    let expansion = TargetExpansion(
      fileSystem: LinuxFileSystem(), now: now ?? self.now, isStopped: { false }, onEvent: { _ in })
    var list = FolderList(of: [target])
    return try expansion.find(0, target, into: &list).found.map { String(list.name(of: $0).dropFirst(2)) }
  }

  // MARK: keep_last

  @Test func `the newest periods stay, whatever their age, and one that is to come takes no place`() throws {
    let tree = ScratchTree()
    for name in ["2020-01", "2020-02", "2021-07", "2024-03", "2026-11", "2027-01", "9999-12", "2020-13"] {
      tree.directory(name)
    }
    tree.file("2025-01")
    var target = target(tree, [.template(DateTemplate(pieces: month))])
    let old = ["2020-01", "2020-02", "2021-07", "2024-03"]
    for (count, expected) in [(0, old), (1, old), (2, Array(old.prefix(3))), (4, ["2020-01"]), (5, []), (100, [])] {
      target.partitions?.keepLast = count
      #expect(try taken(target) == expected, "\(count)")
    }
    // What is kept does not depend on the bounds.
    target.partitions?.keepLast = 2
    target.partitions?.to = Period(year: 2020, month: 2)
    #expect(try taken(target) == ["2020-01", "2020-02"])
  }

  @Test func `each match of a wildcard has its own newest periods, and all folders of such a period stay`() throws {
    let tree = ScratchTree()
    for name in [
      "a/2020-01-x", "a/2020-01-y", "a/2021-01-x", "a/2021-01-y", "b/2019-01-x", "b/2019-02-x", "b/2019-02-z",
    ] {
      tree.directory(name)
    }
    var target = target(
      tree, [.wildcard(try Glob("*")), .template(DateTemplate(pieces: month + [.text("-"), .star]))])
    target.partitions?.keepLast = 1
    #expect(try taken(target) == ["b/2019-01-x", "a/2020-01-x", "a/2020-01-y"])
  }

  @Test func `what stands within the date tells series apart, too`() throws {
    let tree = ScratchTree()
    for name in ["2024-x-01", "2024-y-02", "2023-x-05", "2023-y-06"] { tree.directory(name) }
    var target = target(tree, [.template(DateTemplate(pieces: [.year, .text("-"), .star, .text("-"), .month]))])
    target.partitions?.keepLast = 1
    #expect(try taken(target) == ["2023-x-05", "2023-y-06"])
  }

  @Test func `lost+found is none of a wildcard's folders, and is one where it is written out`() throws {
    let tree = ScratchTree()
    for name in ["lost+found/tmp", "a/tmp"] { tree.directory(name) }
    func taken(_ components: [PathPattern.Component]) throws -> [String] {
      var target = target(tree, components)
      target.partitions = nil
      return try self.taken(target)
    }
    #expect(try taken([.wildcard(try Glob("*"))]) == ["a"])
    #expect(try taken([.wildcard(try Glob("*")), .literal("tmp")]) == ["a/tmp"])
    #expect(try taken([.literal("lost+found"), .wildcard(try Glob("*"))]) == ["tmp"])
  }

  @Test func `another file system among the matches is told of, and taken only where that is asked for`() throws {
    try requireMounts()
    let tree = ScratchTree()
    for name in ["a", "m", "n/x"] { tree.directory(name) }
    for name in ["m", "n"] { try #require(system("mount -t tmpfs none \(tree.path)/\(name)") == 0) }
    defer { for name in ["m", "n"] { system("umount \(tree.path)/\(name)") } }
    tree.file("n/x/old")
    var target = target(tree, [.wildcard(try Glob("*"))])
    target.partitions = nil
    let outcome = purge([target], now: Fixture.now)
    #expect(outcome.targets.map(\.name) == ["t/a"])
    #expect(outcome.passedOver.first?.passedOver.mounts.count == 2)
    #expect(outcome.passedOver.first?.passedOver.mounts.first == Array("\(tree.path)/m".utf8))
    let below = { (explainer: inout PathExplainer) in
      explainer.explain(Array("\(tree.path)/n/x/old".utf8)).claims.first
    }
    var explainer = PathExplainer(BatchPlan(targets: [target]), now: Fixture.now)
    #expect(below(&explainer)?.reason == .otherFileSystem)
    #expect(below(&explainer)?.place == Array("\(tree.path)/n".utf8))
    // Where there is nothing else, a run that does nothing must not look like a success.
    var others = target
    others.path = PathPattern(
      text: tree.path + "/[mn]",
      components: target.path.components.dropLast() + [.wildcard(try Glob("[mn]"))])
    let events = Events()
    let failed = purge([others], events: events, now: Fixture.now)
    let told = events.all.compactMap { event -> UInt64? in
      if case .passedOver(let passedOver, _) = event { passedOver.mounts.count } else { nil }
    }
    #expect(told == [2])
    #expect(failed.exitStatus == .failures)
    #expect(failed.targets.first?.reason?.contains("are mount points, and it stays on one file system") == true)
    target.oneFileSystem = false
    #expect(try taken(target) == ["a", "m", "n"])
    explainer = PathExplainer(BatchPlan(targets: [target]), now: Fixture.now)
    #expect(below(&explainer)?.verdict == .delete)
  }

  @Test func `what stands in front of the date, or below it, tells series apart`() throws {
    let tree = ScratchTree()
    for name in ["db-2020-01", "db-2020-02", "web-2019-01", "web-2019-03"] { tree.directory(name) }
    var front = target(tree, [.template(DateTemplate(pieces: [.star, .text("-")] + month))])
    front.partitions?.keepLast = 1
    #expect(try taken(front) == ["web-2019-01", "db-2020-01"])
    let other = ScratchTree()
    for name in ["2020/a/01", "2020/a/02", "2019/b/05", "2019/b/07", "2021/c/01"] { other.directory(name) }
    var between = target(
      other,
      [
        .template(DateTemplate(pieces: [.year])), .wildcard(try Glob("*")), .template(DateTemplate(pieces: [.month])),
      ])
    between.partitions?.keepLast = 1
    #expect(try taken(between) == ["2019/b/05", "2020/a/01"])
  }

  @Test func `what is kept is that of all folders, whichever a selection means`() throws {
    let tree = ScratchTree()
    for name in ["2020-01", "2020-02", "2020-03"] { tree.file("\(name)/old") }
    var target = target(tree, [.template(DateTemplate(pieces: month))])
    target.partitions?.keepLast = 2
    #expect(purge([target], selection: [try Glob("t/2020-0[12]")]).totals.filesPurged == 1)
    #expect(tree.contents == ["2020-01", "2020-02", "2020-02/old", "2020-03", "2020-03/old"])
  }

  @Test func `kept periods agree with a plain sort of all there are`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      let tree = ScratchTree()
      let names = Set(
        (0..<60).map { _ in
          let month = Int.random(in: 10...12, using: &random)
          return "s\(Int.random(in: 0...3, using: &random))/\(Int.random(in: 2000...2025, using: &random))-\(month)"
        })
      for name in names { tree.directory(name) }
      let count = Int.random(in: 1...8, using: &random)
      var target = target(tree, [.wildcard(try Glob("s*")), .template(DateTemplate(pieces: month))])
      target.partitions?.keepLast = count
      let expected = Dictionary(grouping: names) { $0.prefix(2) }.values.flatMap { $0.sorted().dropLast(count) }
      #expect(try Set(taken(target)) == Set(expected), "seed \(seed)")
    }
  }

  // MARK: remove_folder

  private func emptying(_ tree: ScratchTree) -> Target {
    var target = target(tree, [.template(DateTemplate(pieces: month))])
    target.ownFolder = EmptyDirectoryRule()
    target.partitions?.removesFolder = true
    return target
  }

  @Test(arguments: [1, 8]) func `a dated folder in which nothing is left goes itself, and no other`(workers: Int) throws
  {
    let (tree, events) = (ScratchTree(), Events())
    for name in ["2020-01/a", "2020-02/sub/b", "2020-03/c", "2027-01/d"] { tree.file(name) }
    tree.directory("2020-04")
    makeSymlink("nowhere", tree.path + "/2020-03/link")
    tree.ageDirectories()
    var target = emptying(tree)
    let plan = purge([target], mode: .dryRun, workers: workers, now: now)
    #expect(plan.totals.emptyDirsToDelete == 2)
    #expect(tree.exists("2020-01/a"))
    let outcome = purge([target], workers: workers, events: events)
    #expect(tree.contents == ["2020-02", "2020-02/sub", "2020-03", "2020-03/link", "2027-01", "2027-01/d"])
    #expect(outcome.totals.emptyDirsDeleted == 2)
    #expect(outcome.exitStatus == .success)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    // With empty directories going, the one above goes, too.
    tree.ageDirectories()
    target.emptyDirectories = EmptyDirectoryRule()
    #expect(purge([target], workers: workers).totals.emptyDirsDeleted == 2)
    #expect(tree.contents == ["2020-03", "2020-03/link", "2027-01", "2027-01/d"])
  }

  @Test func `a folder that is no dated one stays, and so does one that was made just now`() {
    let tree = ScratchTree()
    tree.file("2020-01/a")
    tree.ageDirectories()
    var target = emptying(tree)
    tree.directory("2020-02")
    target.ownFolder = nil
    #expect(purge([target]).totals.emptyDirsDeleted == 0)
    target.ownFolder = EmptyDirectoryRule()
    purge([target])
    #expect(tree.contents == ["2020-01", "2020-02"])
  }

  @Test(arguments: [1, 4]) func `the cap on empty directories holds for them, over all folders`(parallel: Int) {
    let tree = ScratchTree()
    for month in 10...12 { for year in 2000...2009 { tree.file("\(year)-\(month)/sub/f") } }
    tree.ageDirectories()
    var target = emptying(tree)
    target.emptyDirectories = EmptyDirectoryRule(maxCount: 37)
    target.ownFolder = target.emptyDirectories
    let outcome = purge([target]) { $0.run.parallelTargets = parallel }
    #expect(outcome.totals.emptyDirsDeleted == 37)
    #expect(walkTree(tree.path).count(where: \.isDirectory) == 23)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `a hold that appears above it keeps the folder`() {
    let tree = ScratchTree()
    tree.file("2020-01/a")
    tree.ageDirectories()
    let fileSystem = ScriptedFileSystem.beforeDecision { _ in tree.file(".purge-hold") }
    let outcome = purge([emptying(tree)], workers: 1, fileSystem: fileSystem)
    #expect(tree.exists("2020-01"))
    #expect(outcome.totals.emptyDirsDeleted == 0)
    tree.file("2020-02/.purge-hold")
    tree.ageDirectories()
    #expect(purge([emptying(tree)]).totals.emptyDirsDeleted == 0)
    #expect(tree.exists("2020-02"))
  }

  /// Does `act` when the folder that the dated ones stand in is opened a second time, which is for the removal.
  private func beforeRemoval(_ tree: ScratchTree, _ act: @escaping @Sendable () -> Void) -> ScriptedFileSystem {
    let opened = Monitor(0)
    return ScriptedFileSystem(onOpenPath: { path in
      guard path == tree.path else { return }
      let count = opened.withLock { count in
        count += 1
        return count
      }
      if count == 2 { act() }
    })
  }

  @Test func `another folder that has taken its name stays`() {
    let tree = ScratchTree()
    tree.file("2020-01/a")
    tree.ageDirectories()
    let fileSystem = beforeRemoval(tree) {
      rename(tree.path + "/2020-01", tree.path + "/away")
      tree.directory("2020-01", days: 100)
    }
    let outcome = purge([emptying(tree)], workers: 1, fileSystem: fileSystem)
    #expect(tree.contents == ["2020-01", "away"])
    #expect(outcome.totals.emptyDirsDeleted == 0)
  }

  @Test func `a folder that somebody has changed meanwhile, or in which something stands again, stays`() {
    for file in [true, false] {
      let tree = ScratchTree()
      tree.directory("2020-01", days: 100)
      let fileSystem = beforeRemoval(tree) {
        tree.file("2020-01/new")
        if !file { unlink(tree.path + "/2020-01/new") }
      }
      let outcome = purge([emptying(tree)], workers: 1, fileSystem: fileSystem)
      #expect(tree.exists("2020-01"))
      #expect(outcome.exitStatus == .success)
      #expect(outcome.totals.emptyDirsDeleted == 0)
    }
  }

  @Test func `a folder of another user stays where only some users' files go`() {
    let tree = ScratchTree()
    tree.directory("2020-01", days: 100)
    var target = emptying(tree)
    target.retention.owners = [getuid() + 1]
    #expect(purge([target]).totals.emptyDirsDeleted == 0)
    target.retention.owners = [getuid()]
    #expect(purge([target]).totals.emptyDirsDeleted == 1)
  }

  @Test func `a folder that another user has got meanwhile stays where a rule's files go by their owner`() throws {
    guard getuid() == 0 else {
      print("skipped: only root can give folders away")
      return
    }
    let tree = ScratchTree()
    tree.directory("2020-01", days: 100)
    var target = emptying(tree)
    var criteria = target.retention.criteria
    criteria.owners = [getuid()]
    target.retention.rules = [Retention.Rule(include: [try Pattern("*.log")], exclude: [], criteria: criteria)]
    let fileSystem = beforeRemoval(tree) { chown(tree.path + "/2020-01", Fixture.otherUser, .max) }
    #expect(purge([target], workers: 1, fileSystem: fileSystem).totals.emptyDirsDeleted == 0)
    #expect(tree.exists("2020-01"))
  }

  @Test func `a folder that cannot be removed is a failure with its path`() {
    let (tree, events) = (ScratchTree(), Events())
    tree.directory("2020-01", days: 100)
    let fileSystem = ScriptedFileSystem(onRemoveDirectory: { _ in .permissionDenied })
    let outcome = purge([emptying(tree)], events: events, fileSystem: fileSystem)
    #expect(outcome.totals.emptyDirsFailed == 1)
    #expect(outcome.exitStatus == .failures)
    #expect(events.failures.map(\.path) == [tree.path + "/2020-01"])
    #expect(outcome.totals.imbalance(in: .purge) == nil)
  }

  @Test func `where clocks disagree no folder goes`() {
    let tree = ScratchTree()
    tree.directory("2020-01", days: 100)
    let ahead = FileTime(seconds: Fixture.now.seconds + 100_000)
    let outcome = purge([emptying(tree)], fileSystem: ScriptedFileSystem(onTouch: { .success(ahead) }))
    #expect(tree.exists("2020-01"))
    #expect(outcome.exitStatus == .guardTripped)
  }

  @Test func `a mount point stays`() throws {
    guard getuid() == 0 else {
      print("skipped: only root can mount")
      return
    }
    let tree = ScratchTree()
    tree.directory("2020-01", days: 100)
    try #require(mount("none", tree.path + "/2020-01", "tmpfs", 0, nil) == 0)
    defer { umount(tree.path + "/2020-01") }
    tree.age(tree.path + "/2020-01", days: 100)
    var target = emptying(tree)
    target.oneFileSystem = false
    let outcome = purge([target])
    #expect(outcome.totals.dirsScanned == 1)
    #expect(outcome.totals.emptyDirsDeleted == 0)
    #expect(outcome.exitStatus == .success)
  }
}
