import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

func makeSymlink(_ target: String, _ path: String) {
  precondition(symlink(target, path) == 0, "cannot link \(path): \(errno)")
}

/// Which files a target's keys choose.
@Suite struct SelectionTests {
  private func remaining(_ tree: ScratchTree, _ adjust: (inout Target) throws -> Void) rethrows -> [String] {
    var target = makeTarget(tree.path)
    try adjust(&target)
    purge([target])
    return walkTree(tree.path).filter { !$0.isDirectory }.map(\.path).sorted()
  }

  @Test func `the age limit is strict: a file of exactly that age stays`() {
    let tree = ScratchTree()
    tree.file("exact", days: 30)
    tree.file("older", days: 30.001)
    #expect(remaining(tree) { _ in } == ["exact"])
  }

  @Test func `include and exclude look at the path below the target`() throws {
    let tree = ScratchTree()
    for name in ["a.tmp", "b.log", "keep/c.tmp", "d/e.tmp", "d/keep/f.tmp"] { tree.file(name) }
    let left = try remaining(tree) {
      $0.retention.include = [try Pattern("*.tmp")]
      $0.retention.exclude = [try Pattern("keep/**")]
    }
    #expect(left == ["b.log", "keep/c.tmp"])
  }

  @Test func `what patterns rule out is counted, not opened and not looked at`() throws {
    let tree = ScratchTree()
    for index in 0..<200 { tree.file("keep/f\(index)") }
    for name in ["logs/a.log", "logs/a.keep", "b.txt", "other/deep/c.log", "x/logs/d.log"] { tree.file(name) }
    var target = makeTarget(tree.path)
    target.retention.exclude = [try Pattern("keep/"), try Pattern("*.keep")]
    target.retention.include = [try Pattern("*/*.log"), try Pattern("*/logs/**"), try Pattern("nothing/*")]
    let asked = Monitor<Set<String>>([])
    let fileSystem = ScriptedFileSystem(
      onStatus: { name in
        asked.withLock { _ = $0.insert(name) }
        return nil
      })
    let outcome = purge([target], workers: 1, fileSystem: fileSystem)
    let tally = outcome.totals
    #expect(
      tree.contents == ["b.txt", "keep"] + tree.contents.filter { $0.hasPrefix("keep/") }
        + ["logs", "logs/a.keep", "other", "other/deep", "other/deep/c.log", "x", "x/logs"])
    #expect(tally.dirsExcluded == 1)
    #expect(tally.dirsNotIncluded == 1)
    #expect(tally.filesKept[.excluded] == 1)
    #expect(tally.filesKept[.notIncluded] == 1)
    #expect(tally.imbalance(in: .purge) == nil)
    #expect(asked.withLock { $0.isDisjoint(with: ["f0", "a.keep", "b.txt", "c.log"]) && $0.contains("a.log") })
    #expect(outcome.unmatchedPatterns.map(\.pattern) == ["nothing/*"])
  }

  @Test func `of patterns that may match what was not seen nothing is said`() throws {
    let tree = ScratchTree()
    tree.file("a/f")
    var target = makeTarget(tree.path)
    target.retention.exclude = [try Pattern("x")]
    #expect(purge([target]).unmatchedPatterns.map(\.pattern) == ["x"])
    let hold = tree.file("a/.purge-hold")
    #expect(purge([target]).unmatchedPatterns == [])
    rename(hold, tree.path + "/.purge-hold")
    #expect(purge([target]).unmatchedPatterns == [])
    unlink(tree.path + "/.purge-hold")
    let fileSystem = ScriptedFileSystem(onOpen: { $0 == "a" ? .permissionDenied : nil })
    #expect(purge([target], fileSystem: fileSystem).unmatchedPatterns == [])
  }

  @Test func `a folder named lost+found is met by patterns before it is left alone`() throws {
    let tree = ScratchTree()
    tree.file("lost+found/f")
    var target = makeTarget(tree.path)
    target.retention.exclude = [try Pattern("lost+found/")]
    let outcome = purge([target])
    #expect(outcome.unmatchedPatterns == [])
    #expect(outcome.totals.dirsExcluded == 1)
    #expect(tree.exists("lost+found/f"))
  }

  @Test func `the first rule that speaks of a file decides, and at the fresh look the same`() throws {
    let tree = ScratchTree()
    for (name, days) in [
      ("a.log", 8.0), ("b.log", 6), ("keep/c.log", 400), ("audit/d.log", 400), ("e.txt", 50), ("f.txt", 91),
    ] {
      tree.file(name, days: days)
    }
    // Young ones become so between the two looks.
    for index in 0..<40 { tree.file("late/\(index).log", days: 20) }
    var target = makeTarget(tree.path)
    target.retention.maxAge = .seconds(90 * 86_400)
    target.retention.exclude = [try Pattern("keep/")]
    func criteria(_ days: Double?) -> Retention.Criteria {
      Retention.Criteria(
        maxAge: days.map { .seconds($0 * 86_400) }, ageFrom: .mtime, minSize: ByteCount(bytes: 0), maxSize: nil,
        owners: nil)
    }
    target.retention.rules = [
      Retention.Rule(include: [try Pattern("audit/")], exclude: [], criteria: criteria(nil)),
      Retention.Rule(include: [try Pattern("*.log")], exclude: [try Pattern("late/1?.log")], criteria: criteria(7)),
    ]
    let fileSystem = ScriptedFileSystem(onLookBeforeRemoval: { [path = tree.path] in
      var times = [
        timespec(tv_sec: Int(Fixture.now.seconds) - 30 * 86_400, tv_nsec: 0),
        timespec(tv_sec: Int(Fixture.now.seconds) - 5 * 86_400, tv_nsec: 0),
      ]
      utimensat(AT_FDCWD, path + "/late/7.log", &times, 0)
    })
    let tally = purge([target], workers: 1, fileSystem: fileSystem).totals
    let left = tree.contents.filter { $0.contains(".") }
    #expect(
      left == ["audit/d.log", "b.log", "e.txt", "keep/c.log"] + (10..<20).map { "late/\($0).log" } + ["late/7.log"])
    #expect(tally.filesKept[.never] == 1)
    #expect(tally.filesKept[.tooNew] == 13)
    #expect(tally.imbalance(in: .purge) == nil)
  }

  @Test func `a target that is excluded as a whole is skipped`() throws {
    let tree = ScratchTree()
    tree.file("a/f")
    tree.file("b/f")
    let path = PathPattern(
      text: tree.path + "/*",
      components: tree.path.split(separator: "/").map { .literal(String($0)) } + [.wildcard(try Glob("*"))])
    var target = Target(name: "t", path: path, retention: Retention(maxAge: .seconds(1)))
    target.retention.exclude = [try Pattern(tree.path + "/a")]
    let outcome = purge([target])
    #expect(tree.contents == ["a", "a/f", "b"])
    #expect(outcome.targets.map(\.ending) == [.skipped, .completed])
    #expect(outcome.totals.dirsExcluded == 1)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `each kept file has one reason`() throws {
    let tree = ScratchTree()
    tree.file("excluded", days: 1)
    tree.file("other.log")
    tree.file("young.tmp", days: 1)
    tree.file("small.tmp")
    tree.file("large.tmp", size: 5000)
    tree.file("gone.tmp", size: 100)
    var target = makeTarget(tree.path)
    target.retention.exclude = [try Pattern("excluded")]
    target.retention.include = [try Pattern("*.tmp")]
    target.retention.minSize = ByteCount(bytes: 1)
    target.retention.maxSize = ByteCount(bytes: 1000)
    let kept = purge([target]).totals.filesKept
    #expect(kept[.excluded] == 1)
    #expect(kept[.notIncluded] == 1)
    #expect(kept[.tooNew] == 1)
    #expect(kept[.tooSmall] == 1)
    #expect(kept[.tooLarge] == 1)
    #expect(kept.total == 5)
    #expect(!tree.exists("gone.tmp"))
  }

  @Test func `files of other owners stay`() {
    let tree = ScratchTree()
    tree.file("mine")
    #expect(remaining(tree) { $0.retention.owners = [getuid() + 1] } == ["mine"])
    #expect(remaining(tree) { $0.retention.owners = [getuid()] } == [])
  }

  @Test func `max_depth leaves deeper directories alone and counts them`() {
    let tree = ScratchTree()
    for name in ["f", "a/f", "a/b/f", "a/b/c/f"] { tree.file(name) }
    var target = makeTarget(tree.path)
    target.retention.maxDepth = 2
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let tally = purge([target]).totals
    #expect(walkTree(tree.path).filter { !$0.isDirectory }.map(\.path).sorted() == ["a/b/c/f", "a/b/f"])
    #expect(tally.dirsTooDeep == 1)
    #expect(tally.imbalance(in: .purge) == nil)
  }

  @Test func `age_from ctime keeps a file whose old mtime was set today`() {
    let tree = ScratchTree()
    tree.file("copied", days: 100)
    #expect(remaining(tree) { $0.retention.ageFrom = .ctime } == ["copied"])
    #expect(remaining(tree) { $0.retention.ageFrom = .newest } == ["copied"])
    #expect(remaining(tree) { $0.retention.ageFrom = .mtime } == [])
  }

  @Test func `names of every kind of byte go`() {
    let tree = ScratchTree()
    let names = ["a\nb", "-rf", " ", "ü", String(repeating: "n", count: 255), "*", "\\", "\"", "\u{1b}[31m"]
    for name in names { tree.file(name) }
    // Not UTF-8.
    let bytes: [CChar] = Array((tree.path + "/").utf8CString.dropLast()) + [-1, -2, 0]
    close(open(bytes, O_CREAT | O_WRONLY, 0o644))
    var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
    utimensat(AT_FDCWD, bytes, &times, 0)
    let tally = purge([makeTarget(tree.path)]).totals
    #expect(tally.filesPurged == UInt64(names.count + 1))
    #expect(tree.contents == [])
  }

  @Test(arguments: [1, 8]) func `a purge-hold protects all below it`(workers: Int) {
    let tree = ScratchTree()
    for name in ["a/f", "a/case/.purge-hold", "a/case/f", "a/case/deep/f", "b/f"] { tree.file(name) }
    tree.ageDirectories()
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let outcome = purge([target], workers: workers)
    #expect(tree.contents == ["a", "a/case", "a/case/.purge-hold", "a/case/deep", "a/case/deep/f", "a/case/f"])
    #expect(outcome.totals.dirsHeld == 1)
    #expect(outcome.totals.filesPurged == 2)
    #expect(outcome.exitStatus == .success)
  }

  @Test(arguments: ["", "/above"]) func `a purge-hold in or above a target's root skips the target`(place: String) {
    let tree = ScratchTree()
    tree.file("above/target/f")
    tree.file(place == "" ? "above/target/.purge-hold" : "above/.purge-hold")
    let outcome = purge([makeTarget(tree.path + "/above/target")])
    #expect(outcome.targets.map(\.ending) == [.skipped])
    #expect(outcome.targets[0].reason == "a .purge-hold protects it")
    #expect(outcome.exitStatus == .success)
    #expect(tree.exists("above/target/f"))
  }

  @Test func `an NFS placeholder stays`() {
    let tree = ScratchTree()
    tree.file(".nfs0000000000a1b2c300000001")
    tree.file(".nfs-not-one")
    let tally = purge([makeTarget(tree.path)]).totals
    #expect(tally.filesKept[.nfsPlaceholder] == 1)
    #expect(tree.contents == [".nfs0000000000a1b2c300000001"])
  }

  @Test func `bytes are counted for last links only`() {
    let tree = ScratchTree()
    let inside = tree.file("inside", size: 8192)
    let outside = ScratchTree()
    link(inside, outside.path + "/other")
    tree.file("single", size: 4096)
    let tally = purge([makeTarget(tree.path)]).totals
    #expect(tally.filesPurged == 2)
    #expect(tally.bytesFreed == 4096)
    #expect(tally.bytesToFree == 4096)
  }

  @Test(arguments: [1, 8]) func `a chain two thousand deep, far beyond PATH_MAX, goes whole`(workers: Int) {
    let tree = ScratchTree()
    let depth = 2000
    tree.chain(depth)
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let tally = walk(target, limits: { $0.openDirectories = 100 }, workers: workers)
    #expect(tally.emptyDirsDeleted == UInt64(depth))
    #expect(tally.filesPurged == 1)
    #expect(tree.contents == [])
  }

  @Test func `a mount inside the target is not entered, unless that is asked for`() throws {
    try requireMounts()
    let tree = ScratchTree()
    tree.file("old")
    tree.directory("mnt")
    try #require(system("mount -t tmpfs none \(tree.path)/mnt") == 0)
    defer { system("umount \(tree.path)/mnt") }
    tree.file("mnt/inside")
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let tally = purge([target]).totals
    #expect(tree.exists("mnt/inside"))
    #expect(tally.dirsOnOtherFileSystem == 1)
    #expect(tally.imbalance(in: .purge) == nil)
    target.oneFileSystem = false
    #expect(purge([target]).totals.filesPurged == 1)
    #expect(!tree.exists("mnt/inside"))
  }

  @Test func `a bind mount of the same file system is a mount too`() throws {
    try requireMounts()
    let tree = ScratchTree()
    let elsewhere = ScratchTree()
    elsewhere.file("precious")
    tree.directory("mnt")
    try #require(system("mount --bind \(elsewhere.path) \(tree.path)/mnt") == 0)
    defer { system("umount \(tree.path)/mnt") }
    let tally = purge([makeTarget(tree.path)]).totals
    #expect(elsewhere.exists("precious"))
    #expect(tally.dirsOnOtherFileSystem == 1)
  }
}

/// Skips, with the reason, where mounting is not allowed.
func requireMounts() throws {
  guard system("d=$(mktemp -d) && mount -t tmpfs none $d 2>/dev/null && umount $d && rmdir $d") != 0 else { return }
  print("skipped: mounting needs root")
  try Test.cancel("mounting needs root")
}
