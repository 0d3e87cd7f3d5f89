import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// What must not grow with the tree.
@Suite struct BoundsTests {
  /// The largest number of directories in work and of files waiting, looked at whenever anything is opened.
  private func peaks(
    of target: Target, workers: Int, limits: (inout WalkLimits) -> Void = { _ in }, slow: Bool = false
  ) -> (nodes: Int, open: Int, queued: Int, tally: Tally) {
    let walk = Monitor<TargetWalk?>(nil)
    let peak = Monitor((nodes: 0, open: 0, queued: 0))
    let look: @Sendable (String) -> Errno? = { _ in
      guard let walk = walk.withLock({ $0 }) else { return nil }
      let now = walk.state.withLock { state in
        let queued = state.table.ids.reduce(0) { $0 + state.table[$1].lane.waitingFiles }
        return (state.table.count, state.openDirectories, queued)
      }
      peak.withLock { $0 = (max($0.nodes, now.0), max($0.open, now.1), max($0.queued, now.2)) }
      return nil
    }
    let fileSystem = ScriptedFileSystem(
      onOpen: look,
      onRemoveFile: { name in
        if slow { PlainThread.nap(.microseconds(200)) }
        return look(name)
      },
      onRemoveDirectory: { name in
        if slow { PlainThread.nap(.microseconds(200)) }
        return look(name)
      })
    let tally = RunnerTests.walk(target, fileSystem: fileSystem, limits: limits, workers: workers) { begun in
      walk.withLock { $0 = begun }
    }
    return (peak.withLock { $0.nodes }, peak.withLock { $0.open }, peak.withLock { $0.queued }, tally)
  }

  @Test(arguments: [1, 8]) func `directories in work follow depth and workers, not the number of directories`(
    workers: Int
  ) {
    let tree = ScratchTree()
    for outer in 0..<20 { for inner in 0..<30 { tree.directory("a\(outer)/b\(inner)/leaf") } }
    let peak = peaks(of: makeTarget(tree.path), workers: workers)
    #expect(peak.tally.dirsScanned == 1221)
    // Root, a, b and leaf for each worker, and as many again that wait for their end to be seen.
    #expect(peak.nodes <= 8 * workers, "\(peak.nodes) directories in work")
    #expect(peak.open <= 8 * workers)
  }

  @Test func `empty directories do not pile up behind a slow server`() {
    let tree = ScratchTree()
    for index in 0..<1500 { tree.directory("e\(index)") }
    tree.ageDirectories()
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let peak = peaks(of: target, workers: 8, slow: true)
    #expect(peak.tally.emptyDirsDeleted == 1500)
    #expect(peak.nodes <= WalkLimits.laneLength + 2 * 8 + 2, "\(peak.nodes) directories in work")
    #expect(peak.open <= 2 * 8 + 2)
  }

  @Test func `files of a flat directory do not pile up behind a slow server`() {
    let tree = ScratchTree()
    for index in 0..<4000 { tree.file("f\(index)") }
    let peak = peaks(of: makeTarget(tree.path), workers: 8, slow: true)
    #expect(peak.tally.filesPurged == 4000)
    #expect(peak.queued <= WalkLimits.laneCapacity + 8 * WalkLimits.chunk)
  }

  @Test(arguments: [1, 4]) func `few descriptors cost nothing like a search through everything`(workers: Int) {
    let tree = ScratchTree()
    for outer in 0..<30 { for inner in 0..<20 { tree.file("a\(outer)/b\(inner)/leaf/old") } }
    let peak = peaks(of: makeTarget(tree.path), workers: workers, limits: { $0.openDirectories = 3 })
    #expect(peak.tally.filesPurged == 600)
    // For each worker one that is in its hands, and on each of three levels one that is open again, or leads back to it.
    #expect(peak.open <= 3 + 4 * workers, "\(peak.open) open directories")
  }

  @Test func `descriptors that run out are waited for, not taken for a failed directory`() {
    let tree = ScratchTree()
    for index in 0..<50 { tree.file("d\(index)/old") }
    let refusals = Monitor(0)
    let fileSystem = ScriptedFileSystem(onOpen: { name in
      name != "/"
        && refusals.withLock({
          $0 += 1; return $0
        }) % 5 == 0 ? .tooManyOpenFiles : nil
    })
    let events = Events()
    let outcome = purge([makeTarget(tree.path)], events: events, fileSystem: fileSystem)
    #expect(outcome.exitStatus == .success)
    #expect(outcome.totals.filesPurged == 50)
    #expect(events.notices.filter { $0.contains("EMFILE") }.count == 1)
  }

  @Test func `a server that claims impossible sizes does not end the run`() {
    var tally = Tally()
    tally.bytesToFree = .max - 5
    var other = Tally()
    other.bytesToFree = 100
    tally += other
    #expect(tally.bytesToFree == .max)
    var allowance = DeletionAllowance(maxFiles: 10, maxBytes: nil)
    let grants = (0..<2).map { _ in allowance.reserve(.max - 1) }
    #expect(grants == [true, true])
    allowance.settle(reserved: .max - 1, deleted: .max - 1)
    #expect(allowance.files == 1)
  }
}
