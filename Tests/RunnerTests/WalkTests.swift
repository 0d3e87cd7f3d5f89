import Glibc
import Plan
import Runner
import Testing

@Suite struct WalkTests {
  @Test func `old files go, young ones stay, and every entry is counted once`() {
    let tree = ScratchTree()
    for index in 0..<40 { tree.file("a/b\(index % 4)/old\(index)", days: 31) }
    for index in 0..<30 { tree.file("a/b\(index % 3)/young\(index)", days: 29) }
    symlink("/etc", tree.path + "/a/link")
    mkfifo(tree.path + "/a/fifo", 0o644)
    let outcome = purge([makeTarget(tree.path)])
    let tally = outcome.totals
    #expect(outcome.exitStatus == .success)
    #expect(tally.filesScanned == 70)
    #expect(tally.filesPurged == 40)
    #expect(tally.filesKept[.tooNew] == 30)
    #expect(tally.symlinksSkipped == 1)
    #expect(tally.specialFilesSkipped == 1)
    #expect(tally.dirsFound == 6)
    #expect(tally.dirsScanned == 6)
    #expect(tally.errors == 0)
    #expect(walkTree(tree.path).filter(\.isFile).count == 30)
  }

  @Test func `a second run finds nothing`() {
    let tree = ScratchTree()
    for index in 0..<500 { tree.file("d\(index % 7)/e\(index % 11)/f\(index)") }
    #expect(purge([makeTarget(tree.path)]).totals.filesPurged == 500)
    let second = purge([makeTarget(tree.path)])
    #expect(second.totals.filesToPurge == 0)
    #expect(second.totals.filesScanned == 0)
  }
}
