import Kernel
import Plan
import Testing

@testable import Runner

/// What a walk counts as its memory.
@Suite(.serialized) struct MemoryLedgerTests {
  private struct Figures {
    var tally: Tally
    var ledger: MemoryLedger
    var places: Int
    var workersPeak: Int
  }

  private func walked(
    _ target: Target, budget: ByteCount, workers: Int, slow: Bool = false, openDirectories: Int = 1000
  ) -> Figures {
    let begun = Monitor<TargetWalk?>(nil)
    let tally = walk(
      target, fileSystem: slow ? ScriptedFileSystem.slow : LinuxFileSystem(),
      limits: {
        $0.memory = budget
        $0.openDirectories = openDirectories
      }, workers: workers
    ) { walk in begun.withLock { $0 = walk } }
    let state = begun.withLock { $0 }?.state.withLock { $0 }
    return Figures(
      tally: tally, ledger: state?.ledger ?? MemoryLedger(budget: 0), places: state?.table.places ?? 0,
      workersPeak: state?.peakWorkers ?? 0)
  }

  /// Nothing is held any more but the walk itself and the places of its table.
  private func expectAllReleased(_ figures: Figures, _ comment: Comment? = nil) {
    #expect(figures.ledger.reserved == MemoryPrice.walk + figures.places * MemoryPrice.slot, comment)
  }

  @Test(arguments: [1, 2, 8, 64, 500], [1, 2, 8] as [UInt64])
  func `with a tiny budget the result is exact, and the ledger never above it`(workers: Int, mebibytes: UInt64) {
    for (seed, slow) in [(41, false), (42, false), (43, true)] as [(UInt64, Bool)] {
      let tree = ScratchTree(random: seed, entries: slow ? 500 : 1500)
      let expected = naiveRemainder(of: tree.path, maxAge: 30, emptyDirectoryAge: 1)
      var target = makeTarget(tree.path)
      target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400))
      let figures = walked(target, budget: .mebibytes(mebibytes), workers: workers, slow: slow)
      #expect(tree.contents == expected, "seed \(seed)")
      #expect(figures.tally.imbalance(in: .purge) == nil, "seed \(seed)")
      #expect(figures.ledger.peak <= figures.ledger.budget, "seed \(seed)")
      #expect(figures.ledger.overdrafts == 0, "seed \(seed)")
      expectAllReleased(figures, "seed \(seed)")
    }
  }

  @Test(arguments: [1, 100_000], [1, 16])
  func `a budget that not even the smallest piece fits into is gone beyond, and the result is exact`(
    bytes: UInt64, workers: Int
  ) {
    let tree = ScratchTree(random: 44, entries: 800)
    let expected = naiveRemainder(of: tree.path, maxAge: 30, emptyDirectoryAge: 1)
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400))
    let figures = walked(target, budget: ByteCount(bytes: bytes), workers: workers)
    #expect(tree.contents == expected)
    #expect(figures.ledger.overdrafts > 0)
    #expect(figures.workersPeak == 1)
    expectAllReleased(figures)
  }

  @Test(arguments: [1, 64]) func `a flat directory and a wide one keep to a small budget`(workers: Int) {
    let tree = ScratchTree()
    for index in 0..<8000 { tree.file("flat/with-a-rather-long-name-\(index)") }
    for index in 0..<3000 { tree.file("wide/directory-\(index)/f") }
    let figures = walked(makeTarget(tree.path), budget: .mebibytes(1), workers: workers)
    #expect(figures.tally.filesPurged == 11_000)
    #expect(figures.tally.dirsScanned == 3003)
    #expect(figures.ledger.peak <= figures.ledger.budget)
    #expect(figures.ledger.overdrafts == 0)
    expectAllReleased(figures)
  }

  @Test(arguments: [3, 1000]) func `a deep chain closes directories before it goes beyond its budget`(open: Int) {
    let (tree, depth) = (ScratchTree(), 400)
    tree.chain(depth)
    // So many fit when they are closed, beside all workers, and not when they are open.
    let closed = MemoryPrice.walk + 8 * MemoryPrice.worker + depth * (MemoryPrice.slot + MemoryPrice.node(name: 4))
    #expect(closed + MemoryPrice.leastIntake + MemoryPrice.leastDrain < 1 << 20)
    #expect(closed + depth * MemoryPrice.openDirectory > 1 << 20)
    let figures = walked(makeTarget(tree.path), budget: .mebibytes(1), workers: 8, openDirectories: open)
    #expect(figures.tally.filesPurged == 1)
    #expect(figures.tally.dirsScanned == UInt64(depth + 1))
    #expect(figures.ledger.overdrafts == 0)
    expectAllReleased(figures)
  }

  @Test func `what is shared goes with its last part`() {
    var holdings = SharedHoldings()
    holdings.add(1, parts: 1, bytes: 100)
    holdings.add(2, parts: 3, bytes: 70)
    holdings.addPart(of: 1)
    #expect(holdings.drop(of: 1) == 0)
    #expect(holdings.drop(of: 1) == 100)
    #expect(holdings.drop(of: 1) == 0)
    #expect(holdings.drop(2, of: 2) == 0)
    #expect(holdings.dropAll() == 70)
    #expect(holdings.dropAll() == 0)
  }

  @Test func `what is allocated is never more than was reserved for the worst case`() throws {
    let tree = ScratchTree()
    for index in 0..<300 { tree.file(String(repeating: "x", count: 1 + index % 250) + "\(index)") }
    for index in 0..<300 { tree.directory(String(repeating: "d", count: 1 + index % 250) + "\(index)") }
    let fileSystem = LinuxFileSystem()
    for limit in [1024, 2048, 8192, 65_536] {
      let directory = try fileSystem.openRoot(Array(tree.path.utf8))
      while let batch = try fileSystem.list(directory, limit: limit, order: .byInode) {
        var names = NameList()
        var (count, bytes) = (0, 0)
        for index in batch.entries.indices {
          #expect(batch.name(at: index).count <= batch.longestName)
          count += 1
          bytes += batch.name(at: index).count + 1
        }
        names.reserveCapacity(names: count, bytes: bytes)
        for index in batch.entries.indices { names.append(batch.name(at: index)) }
        #expect(batch.footprint + names.footprint <= MemoryPrice.listing(limit))
      }
    }
  }
}
