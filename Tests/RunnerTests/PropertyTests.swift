import Glibc
import Kernel
import Plan
import Testing

@testable import Runner

/// Random trees; the seed is in each test's name, so that a failure can be repeated.
@Suite(.serialized) struct PropertyTests {
  /// Over all trees of a property that was not made for certain seeds; `PROPERTY_ENTRIES` asks for more.
  static let entries = getenv("PROPERTY_ENTRIES").flatMap { Int(String(cString: $0)) } ?? 15_000
  private static let rounds = entries / 600 / 3

  @Test(arguments: [1, 2, 8, 64, 500], [11, 12, 13] as [UInt64])
  func `what is left is what a naive walk leaves, for any number of workers`(workers: Int, seed: UInt64) {
    let tree = ScratchTree(random: seed, entries: 1500)
    let expected = naiveRemainder(of: tree.path, maxAge: 30, emptyDirectoryAge: 1)
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400))
    let before = walkTree(tree.path)
    let outcome = purge([target], workers: workers)
    #expect(tree.contents == expected)
    #expect(outcome.ending == .completed)
    let tally = outcome.totals
    #expect(tally.imbalance(in: .purge) == nil)
    #expect(tally.filesScanned == UInt64(before.filter(\.isFile).count))
    #expect(tally.dirsScanned == UInt64(before.filter(\.isDirectory).count + 1))
    #expect(tally.filesPurged + tally.emptyDirsDeleted == UInt64(before.count - expected.count))
  }

  @Test(arguments: [1, 8, 64], 0..<PropertyTests.rounds)
  func `patterns and rules choose what a naive walk chooses`(workers: Int, round: Int) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let tree = ScratchTree(random: seed, entries: 600)
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400))
    target.retention = try .random(using: &random)
    let expected = naiveRemainder(of: tree.path, target)
    let tally = purge([target], workers: workers).totals
    #expect(tree.contents == expected, "seed \(seed)")
    #expect(tally.imbalance(in: .purge) == nil, "seed \(seed)")
  }

  @Test(arguments: [1, 2, 8, 64, 500], [false, true])
  func `what is left is the same when so many workers are there from the beginning, and calls are quick or slow`(
    workers: Int, slow: Bool
  ) {
    let tree = ScratchTree(random: 14, entries: 600)
    let expected = naiveRemainder(of: tree.path, maxAge: 30, emptyDirectoryAge: 1)
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400))
    let files = walkTree(tree.path).count(where: \.isFile)
    let tally = walk(target, fileSystem: slow ? ScriptedFileSystem.slow : LinuxFileSystem(), workers: workers)
    #expect(tree.contents == expected)
    #expect(tally.imbalance(in: .purge) == nil)
    #expect(tally.filesScanned == UInt64(files))
  }

  @Test(arguments: [1, 2, 16], [31, 32, 33] as [UInt64])
  func `with descriptors for few directories the result is the same`(workers: Int, seed: UInt64) {
    let tree = ScratchTree(random: seed, entries: 1500)
    let expected = naiveRemainder(of: tree.path, maxAge: 30, emptyDirectoryAge: 1)
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400))
    let tally = walk(target, limits: { $0.openDirectories = 2 }, workers: workers)
    #expect(tree.contents == expected)
    #expect(tally.imbalance(in: .purge) == nil)
  }

  @Test(arguments: [1, 2, 16], [41, 42] as [UInt64])
  func `with hardly any memory the result is the same`(workers: Int, seed: UInt64) {
    let tree = ScratchTree(random: seed, entries: 1500)
    let expected = naiveRemainder(of: tree.path, maxAge: 30, emptyDirectoryAge: 1)
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400))
    let tally = walk(target, limits: { $0.memory = ByteCount(bytes: 1) }, workers: workers)
    #expect(tree.contents == expected)
    #expect(tally.imbalance(in: .purge) == nil)
  }
}
