import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

@Suite struct CapTests {
  @Test(arguments: [1, 8, 64], [1, 37, 299] as [UInt64])
  func `a cap on deletions is met exactly, and ends with status 5`(workers: Int, cap: UInt64) {
    let tree = ScratchTree()
    for index in 0..<300 { tree.file("d\(index % 9)/f\(index)") }
    var target = makeTarget(tree.path)
    target.maxDeletions = cap
    let events = Events()
    let outcome = purge([target], workers: workers, events: events)
    #expect(outcome.totals.filesPurged == cap)
    #expect(walkTree(tree.path).filter(\.isFile).count == 300 - Int(cap))
    #expect(outcome.exitStatus == .guardTripped)
    #expect(outcome.targets[0].ending == .stoppedGuard)
    #expect(outcome.totals.imbalance(in: .purge) == nil)
    let trips = events.all.filter { if case .guardTripped = $0 { true } else { false } }
    #expect(trips.count == 1)
  }

  @Test func `a cap as large as the work is not reached`() {
    let tree = ScratchTree()
    for index in 0..<50 { tree.file("f\(index)") }
    var target = makeTarget(tree.path)
    target.maxDeletions = 50
    #expect(purge([target]).exitStatus == .success)
  }

  @Test(arguments: [1, 16]) func `a cap on bytes is never exceeded`(workers: Int) {
    let tree = ScratchTree()
    for index in 0..<60 { tree.file("d\(index % 5)/f\(index)", size: 4096) }
    var target = makeTarget(tree.path)
    target.maxDeletedBytes = ByteCount(bytes: 10 * 4096 + 100)
    let outcome = purge([target], workers: workers)
    #expect(outcome.totals.filesPurged == 10)
    #expect(outcome.totals.bytesFreed == 10 * 4096)
    #expect(outcome.exitStatus == .guardTripped)
  }

  @Test func `room that a vanished file gives back is used by others`() {
    let tree = ScratchTree()
    for index in 0..<20 { tree.file("f\(index)") }
    let fileSystem = ScriptedFileSystem(onRemoveFile: { ["f0", "f1", "f2", "f3", "f4"].contains($0) ? .ioError : nil })
    var target = makeTarget(tree.path)
    target.maxDeletions = 15
    let outcome = purge([target], workers: 8, fileSystem: fileSystem)
    #expect(outcome.totals.filesPurged == 15)
    #expect(tree.contents == ["f0", "f1", "f2", "f3", "f4"])
  }

  @Test func `the run's cap holds over targets in parallel and stops them all`() {
    let trees = (0..<3).map { _ in ScratchTree() }
    for tree in trees { for index in 0..<40 { tree.file("f\(index)") } }
    let outcome = purge(trees.enumerated().map { makeTarget($1.path, name: "t\($0)") }) {
      $0.run.parallelTargets = 3
      $0.safety.maxDeletions = 70
    }
    #expect(outcome.totals.filesPurged == 70)
    #expect(outcome.exitStatus == .guardTripped)
  }

  @Test func `the run's cap keeps further targets from being started`() {
    let trees = (0..<3).map { _ in ScratchTree() }
    for tree in trees { for index in 0..<2 { tree.file("f\(index)") } }
    let outcome = purge(trees.enumerated().map { makeTarget($1.path, name: "t\($0)") }) { $0.safety.maxDeletions = 1 }
    #expect(outcome.books.endings == [.stoppedGuard: 1, .notStarted: 2])
  }

  @Test func `a file that has grown since the first look goes only if the cap has room for all of it`() {
    let tree = ScratchTree()
    tree.file("f", size: 4096)
    let fileSystem = ScriptedFileSystem.beforeDecision { tree.file($0, size: 40_960) }
    var target = makeTarget(tree.path)
    target.maxDeletedBytes = ByteCount(bytes: 20_000)
    let outcome = purge([target], fileSystem: fileSystem)
    #expect(tree.contents == ["f"])
    #expect(outcome.totals.filesLeft == 1)
    #expect(outcome.exitStatus == .guardTripped)
  }

  @Test func `a target's own cap stops only that target`() {
    let trees = (0..<2).map { _ in ScratchTree() }
    for tree in trees { for index in 0..<40 { tree.file("f\(index)") } }
    var targets = trees.enumerated().map { makeTarget($1.path, name: "t\($0)") }
    targets[0].maxDeletions = 1
    let outcome = purge(targets)
    #expect(outcome.targets.map(\.ending) == [.stoppedGuard, .completed])
    #expect(outcome.exitStatus == .guardTripped)
  }

  /// A template's 12 folders with 7 old files each, or a wildcard's 50 with 3.
  private func target(of tree: ScratchTree, isDated: Bool) throws -> Target {
    for folder in 1...(isDated ? 12 : 50) {
      let name = isDated ? "2020-\(folder < 10 ? "0" : "")\(folder)" : "tenant\(folder)"
      for file in 0..<(isDated ? 7 : 3) { tree.file("\(name)/d\(file % 2)/f\(file)", size: 4096) }
    }
    var target = makeTarget(tree.path)
    let pattern: PathPattern.Component =
      isDated
      ? .template(DateTemplate(pieces: [.year, .text("-"), .month])) : .wildcard(try Glob("*"))
    target.path = PathPattern(text: tree.path + "/*", components: target.path.components + [pattern])
    if isDated { target.partitions = PartitionRule() }
    return target
  }

  @Test(arguments: [1, 2, 8, 64, 500], 1...4)
  func `a cap on deletions holds over all folders of a template or wildcard, and is told once`(
    workers: Int, parallel: Int
  ) throws {
    for isDated in [true, false] {
      let (tree, events) = (ScratchTree(), Events())
      var target = try target(of: tree, isDated: isDated)
      target.maxDeletions = 41
      let outcome = purge([target], workers: workers, events: events) { $0.run.parallelTargets = parallel }
      #expect(outcome.totals.filesPurged == 41)
      #expect(walkTree(tree.path).count(where: \.isFile) == (isDated ? 84 : 150) - 41)
      #expect(outcome.exitStatus == .guardTripped)
      #expect(outcome.totals.imbalance(in: .purge) == nil)
      #expect(events.all.count { if case .guardTripped = $0 { true } else { false } } == 1)
      #expect(outcome.books.count == (isDated ? 12 : 50))
      #expect(Set(outcome.books.endings.keys).isSubset(of: [.completed, .stoppedGuard, .notStarted]))
      #expect(outcome.books.endings[.notStarted, default: 0] > 0)
    }
  }

  @Test(arguments: [1, 2, 8, 64, 500], 1...4)
  func `a cap on bytes holds over all folders of a template or wildcard`(workers: Int, parallel: Int) throws {
    for isDated in [true, false] {
      let tree = ScratchTree()
      var target = try target(of: tree, isDated: isDated)
      target.maxDeletedBytes = ByteCount(bytes: 41 * 4096 + 100)
      let outcome = purge([target], workers: workers) { $0.run.parallelTargets = parallel }
      #expect(outcome.totals.bytesFreed == 41 * 4096)
      #expect(outcome.exitStatus == .guardTripped)
    }
  }

  @Test(arguments: [1, 8, 500], [1, 4])
  func `a cap on empty directories holds over all folders of a template or wildcard, and is met exactly`(
    workers: Int, parallel: Int
  ) throws {
    for isDated in [true, false] {
      let tree = ScratchTree()
      var target = try target(of: tree, isDated: isDated)
      target.emptyDirectories = EmptyDirectoryRule(minAge: .zero, maxCount: 13)
      tree.ageDirectories()
      let outcome = purge([target], workers: workers) { $0.run.parallelTargets = parallel }
      #expect(outcome.totals.emptyDirsDeleted == 13)
      #expect(outcome.totals.emptyDirsLeft == (isDated ? 24 : 100) - 13)
      #expect(outcome.exitStatus == .success)
    }
  }

  @Test func `where a folder meets the cap, those of other targets are purged on`() throws {
    let (tree, other) = (ScratchTree(), ScratchTree())
    var target = try target(of: tree, isDated: true)
    target.maxDeletions = 10
    var second = try self.target(of: other, isDated: false)
    second.name = "second"
    let outcome = purge([target, second])
    #expect(outcome.books.endings == [.completed: 51, .stoppedGuard: 1, .notStarted: 10])
    #expect(outcome.totals.filesPurged == 160)
    let reasons = Set(outcome.targets.filter { $0.ending != .completed }.map(\.reason))
    #expect(reasons == ["max_deletions: 10 of target t reached"])
  }

  @Test func `a dry run shows that a cap would be reached`() {
    let tree = ScratchTree()
    for index in 0..<40 { tree.file("f\(index)") }
    var target = makeTarget(tree.path)
    target.maxDeletions = 7
    let outcome = purge([target], mode: .dryRun)
    #expect(outcome.exitStatus == .guardTripped)
    #expect(tree.contents.count == 40)
  }

  @Test func `an allowance never grants more than it has, in any order of calls`() {
    for seed in 1...50 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      var allowance = DeletionAllowance(maxFiles: 20, maxBytes: ByteCount(bytes: 1000))
      var held: [UInt64] = []
      for _ in 0..<400 {
        if Bool.random(using: &random), let size = held.popLast() {
          allowance.settle(reserved: size, deleted: Bool.random(using: &random) ? size : nil)
        } else {
          let size = UInt64.random(in: 0...120, using: &random)
          if allowance.reserve(size) { held.append(size) }
        }
        #expect(allowance.files + allowance.reservedFiles <= 20, "seed \(seed)")
        #expect(allowance.bytes + allowance.reservedBytes <= 1000, "seed \(seed)")
      }
    }
  }
}

@Suite struct RateLimitTests {
  private let start = MonotonicTime(nanoseconds: 1_000_000_000)

  @Test func `over any time no more passes than the rate and a tenth of a second's worth, besides the last request`() {
    for seed in 1...30 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      var bucket = TokenBucket(perSecond: 100, now: start)
      var now = start
      var granted = 0
      for _ in 0..<500 {
        let count = Int.random(in: 1...16, using: &random)
        // Whoever is let through at `now` or by waiting counts from the end of the wait.
        now = now.advanced(by: bucket.take(count, now: now))
        granted += count
        let elapsed = now.since(start).inSeconds
        #expect(Double(granted) <= 100 * elapsed + 10 + 16, "seed \(seed)")
        now = now.advanced(by: .milliseconds(Int.random(in: 0...50, using: &random)))
      }
    }
  }

  @Test func `all who wait have their place in line`() {
    var bucket = TokenBucket(perSecond: 10, now: start)
    let waits = (0..<5).map { _ in bucket.take(7, now: start) }
    // Each waits for what those before have taken, 0.7 s apiece.
    for (place, wait) in waits.enumerated() { #expect(abs(wait.inSeconds - 0.7 * Double(place)) < 1e-6) }
  }

  @Test func `a stop ends the wait`() {
    let limit = RateLimit(perSecond: 1)
    #expect(limit.acquire(1000, unless: { false }))
    #expect(!limit.acquire(1, unless: { true }))
  }
}
