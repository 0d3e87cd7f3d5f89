import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// `symlinks: delete`: a link goes as a file does.
@Suite struct SymlinkTests {
  private func target(_ tree: ScratchTree) -> Target {
    var target = makeTarget(tree.path)
    target.retention.symlinks = .delete
    return target
  }

  private func link(_ tree: ScratchTree, _ name: String, to target: String, days: Double = 100) {
    makeSymlink(target, tree.path + "/" + name)
    tree.age(tree.path + "/" + name, days: days)
  }

  @Test(arguments: [1, 8], [true, false])
  func `a link goes by its own age, and what it points to stays`(workers: Int, tellsOfKinds: Bool) {
    let (tree, other) = (ScratchTree(), ScratchTree())
    tree.directory("d")
    link(tree, "d/dangling", to: "/nowhere")
    link(tree, "d/to-young-file", to: other.file("young", days: 1))
    link(tree, "d/to-folder", to: other.directory("folder"))
    link(tree, "young-to-old-file", to: other.file("old"), days: 1)
    tree.file("file")
    tree.ageDirectories()
    var target = target(tree)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let outcome = purge([target], workers: workers, fileSystem: ScriptedFileSystem(tellsOfKinds: tellsOfKinds))
    #expect(tree.contents == ["young-to-old-file"])
    #expect(other.contents == ["folder", "old", "young"])
    #expect(outcome.totals.filesScanned == 5)
    #expect(outcome.totals.filesKept[.tooNew] == 1)
    #expect(outcome.totals.filesPurged == 4)
    #expect(outcome.totals.symlinksToPurge == 3)
    #expect(outcome.totals.symlinksPurged == 3)
    #expect(outcome.totals.symlinksSkipped == 0)
    #expect(outcome.totals.emptyDirsDeleted == 1)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `a plan says how many, and deletes none`() {
    let tree = ScratchTree()
    link(tree, "link", to: "/nowhere")
    let tally = purge([target(tree)], mode: .dryRun).totals
    #expect(tally.symlinksToPurge == 1)
    #expect(tally.symlinksPurged == 0)
    #expect(tree.contents == ["link"])
  }

  @Test func `every rule of its target holds for the link itself`() throws {
    try requireRoot()
    let tree = ScratchTree()
    for name in ["excluded", "theirs", "goes"] { link(tree, name, to: "/nowhere") }
    link(tree, "large", to: "/" + String(repeating: "n", count: 99))
    lchown(tree.path + "/theirs", 2000, 2000)
    var target = target(tree)
    target.retention.exclude = [try Pattern("excluded")]
    target.retention.owners = [0]
    target.retention.maxSize = ByteCount(bytes: 50)
    let kept = purge([target]).totals.filesKept
    #expect(tree.contents == ["excluded", "large", "theirs"])
    #expect(kept[.excluded] == 1)
    #expect(kept[.otherOwner] == 1)
    #expect(kept[.tooLarge] == 1)
  }

  @Test(arguments: [FileKind.file, .special, .directory])
  func `a link that is something else at the second look stays`(kind: FileKind) {
    let tree = ScratchTree()
    link(tree, "link", to: "/nowhere")
    var fileSystem = ScriptedFileSystem()
    fileSystem.asLook = { look in
      var look = look
      look.kind = kind
      return look
    }
    let tally = purge([target(tree)], fileSystem: fileSystem).totals
    #expect(tree.contents == ["link"])
    #expect(tally.filesPurged == 0)
  }

  @Test func `a file that is a link at the second look stays`() {
    let tree = ScratchTree()
    tree.file("file")
    var fileSystem = ScriptedFileSystem()
    fileSystem.asLook = { look in
      var look = look
      look.kind = .symlink
      return look
    }
    purge([target(tree)], fileSystem: fileSystem)
    #expect(tree.contents == ["file"])
  }

  @Test func `a link that an old file replaces before its removal is not taken for it`() {
    let tree = ScratchTree()
    link(tree, "link", to: "/nowhere")
    let fileSystem = ScriptedFileSystem.beforeDecision { [path = tree.path] name in
      tree.file("other")
      rename(path + "/other", path + "/" + name)
    }
    let tally = purge([target(tree)], fileSystem: fileSystem).totals
    #expect(tree.contents == ["link"])
    #expect(tally.symlinksPurged == 0)
  }

  @Test func `caps count links as files`() {
    let tree = ScratchTree()
    for index in 0..<9 { link(tree, "link\(index)", to: "/nowhere") }
    var target = target(tree)
    target.maxDeletions = 4
    let outcome = purge([target])
    #expect(outcome.totals.filesPurged == 4)
    #expect(outcome.totals.symlinksPurged == 4)
    #expect(outcome.exitStatus == .guardTripped)
  }

  @Test func `the first look keeps bytes and kind apart`() throws {
    var victims = VictimList()
    var status = try EntryStatusSample.file
    status.allocatedBytes = 1 << 50
    for kind in [FileKind.file, .symlink] {
      status.kind = kind
      Array("x".utf8).withUnsafeBufferPointer { victims.append($0, status, limit: (2, 1)) }
    }
    #expect(victims.looks.map(\.kind) == [.file, .symlink])
    #expect(victims.looks.map(\.bytes) == [1 << 50, 1 << 50])
  }
}

private enum EntryStatusSample {
  static var file: EntryStatus {
    get throws {
      let tree = ScratchTree()
      tree.file("f")
      let root = try LinuxFileSystem().openRoot(Array(tree.path.utf8))
      return try LinuxFileSystem().look(at: Array("f".utf8), in: root, isFresh: true)
    }
  }
}
