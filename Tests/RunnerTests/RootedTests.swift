import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// A rehearsal on a copy: one folder stands before every path.
@Suite struct RootedTests {
  @Test func `paths mean what is below the folder, patterns and names too, and nothing is deleted`() throws {
    let tree = ScratchTree()
    for name in ["data/api/old", "data/api/keep/old", "data/m/2020-01/old"] { tree.file("copy/" + name) }
    tree.file("copy/data/api/young", days: 1)
    symlink("copy", tree.path + "/link")
    let fileSystem = try RootedFileSystem(at: tree.path + "/link")
    var api = makeTarget("/data/api", name: "api")
    api.retention.exclude = [try Pattern("/data/api/keep")]
    var monthly = makeTarget("/data/m", name: "monthly")
    monthly.path = PathPattern(
      text: "/data/m/{YYYY}-{MM}",
      components: [.literal("data"), .literal("m"), .template(DateTemplate(pieces: [.year, .text("-"), .month]))])
    monthly.partitions = PartitionRule()
    let contents = tree.contents
    let outcome = purge([api, monthly], mode: .dryRun, fileSystem: fileSystem)
    #expect(outcome.targets.map(\.name).sorted() == ["api", "monthly/2020-01"])
    #expect(outcome.targets.allSatisfy { $0.ending == .completed })
    #expect(outcome.targets.map(\.path).sorted() == ["/data/api", "/data/m/2020-01"])
    #expect(outcome.totals.filesToPurge == 2)
    #expect(outcome.totals.dirsExcluded == 1)
    #expect(tree.contents == contents)
  }

  @Test func `a hold below the folder protects, and one above it is none of the copy's`() throws {
    let tree = ScratchTree()
    tree.file("copy/data/api/old")
    tree.file(".purge-hold")
    let plan = { purge([makeTarget("/data/api")], mode: .dryRun, fileSystem: $0).totals.filesToPurge }
    #expect(try plan(RootedFileSystem(at: tree.path + "/copy")) == 1)
    tree.file("copy/.purge-hold")
    #expect(try plan(RootedFileSystem(at: tree.path + "/copy")) == 0)
  }

  @Test func `what vanishes meanwhile is no reason to think that the target was moved`() throws {
    let tree = ScratchTree()
    for index in 0..<40 { tree.file("copy/data/api/d/f\(index)") }
    let fileSystem = ScriptedFileSystem(
      base: try RootedFileSystem(at: tree.path + "/copy"), onStatus: { $0 == "f7" ? .noSuchFileOrDirectory : nil })
    for mode in [RunMode.dryRun, .purge] {
      let outcome = purge([makeTarget("/data/api")], mode: mode, workers: 1, fileSystem: fileSystem)
      #expect(outcome.totals.filesVanishedUnread + outcome.totals.errors == 1)
      #expect(outcome.totals.filesToPurge == 39)
      #expect(outcome.ending != .stoppedGuard)
    }
    #expect(tree.exists("copy/data/api/d/f7"))
    let directory = try fileSystem.openRoot(Array("/data/api".utf8))
    #expect(fileSystem.path(of: directory) == Array("/data/api".utf8))
    #expect(fileSystem.isAt(Array("/data/api".utf8), directory) == true)
  }

  @Test func `what is no folder is refused`() {
    let tree = ScratchTree()
    let file = tree.file("file")
    #expect(throws: Errno.notDirectory) { _ = try RootedFileSystem(at: file) }
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try RootedFileSystem(at: tree.path + "/none") }
  }

  @Test func `the root itself stands for itself`() throws {
    let tree = ScratchTree()
    tree.file("old")
    let fileSystem = try RootedFileSystem(at: "/")
    #expect(fileSystem.path == Array("/".utf8))
    #expect(purge([makeTarget(tree.path)], mode: .dryRun, fileSystem: fileSystem).totals.filesToPurge == 1)
  }
}
