import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// How very many folders, and very deep ones, are found and kept.
@Suite struct FolderTests {
  private func target(_ tree: ScratchTree, _ components: [PathPattern.Component], name: String = "w") -> Target {
    let prefix = tree.path.split(separator: "/").map { PathPattern.Component.literal(String($0)) }
    var target = makeTarget("/", name: name)
    target.path = PathPattern(text: tree.path + "/pattern", components: prefix + components)
    return target
  }

  private func expansion(_ fileSystem: any FileSystem = LinuxFileSystem()) -> TargetExpansion {
    TargetExpansion(fileSystem: fileSystem, now: Fixture.now, isStopped: { false }, onEvent: { _ in })
  }

  private func gathering(_ targets: [Target]) -> TargetGathering {
    TargetGathering(BatchPlan(targets: targets), selection: [], expansion: expansion())
  }

  @Test(arguments: [80, 1500], [false, true])
  func `a pattern finds folders as deep as it goes, on the small stack of its thread`(depth: Int, wild: Bool) throws {
    let tree = ScratchTree()
    tree.chain(depth)
    let rest = wild ? PathPattern.Component.wildcard(try Glob("*")) : .literal("dddd")
    let components = [.wildcard(try Glob("*"))] + Array(repeating: rest, count: depth - 1)
    let outcome = purge([target(tree, components)])
    #expect(outcome.totals.filesPurged == 1)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `on the way down no folder stays open that has nothing more to offer`() throws {
    struct Weak { weak var handle: DirectoryHandle? }
    let tree = ScratchTree()
    tree.chain(300)
    let (listed, most) = (Monitor<[Weak]>([]), Monitor(0))
    let fileSystem = ScriptedFileSystem(onRead: { handle in
      let open = listed.withLock { listed in
        listed.append(Weak(handle: handle))
        return Set(listed.compactMap { $0.handle.map(ObjectIdentifier.init) }).count
      }
      most.withLock { $0 = max($0, open) }
      return nil
    })
    let wild = target(tree, Array(repeating: .wildcard(try Glob("*")), count: 300))
    var list = FolderList(of: [wild])
    #expect(try expansion(fileSystem).find(0, wild, into: &list).found.count == 1)
    #expect(most.withLock { $0 } <= 2)
  }

  @Test func `twenty thousand folders are taken, in about fifty bytes each, and one more is refused`() throws {
    let tree = ScratchTree()
    for index in 0..<TargetExpansion.maxFolders { tree.directory("d\(index)") }
    let wild = target(tree, [.wildcard(try Glob("*"))])
    let found = gathering([wild])
    #expect(found.order.count == TargetExpansion.maxFolders)
    #expect(found.footprint < 60 * TargetExpansion.maxFolders)
    #expect(found.folders[found.order[1]].name == "w/d1")
    #expect(found.folders[found.order[1]].path == Array("\(tree.path)/d1".utf8))
    tree.directory("one-more")
    let refused = gathering([wild, makeTarget(tree.path + "/d5", name: "other")])
    #expect(refused.order.map { refused.folders.name(of: $0) } == ["other"])
    #expect(refused.outcomes.map(\.reason) == ["more than 20000 folders match \(tree.path)/pattern"])
    #expect(refused.folders.count == 1)
  }

  @Test func `how many folders match is no matter, as long as few are taken`() throws {
    let tree = ScratchTree()
    for index in 0...TargetExpansion.maxFolders {
      tree.directory("\(2100 + index / 60)-\(10 + index / 20 % 3)-\(10 + index % 20)")
    }
    for day in 10...30 { tree.directory("2024-01-\(day)") }
    var dated = target(tree, [.template(DateTemplate(pieces: [.year, .text("-"), .month, .text("-"), .day]))])
    dated.partitions = PartitionRule(from: Period(year: 2024, month: 1, day: 20), order: .newestFirst)
    #expect(gathering([dated]).order.count == 11)
  }

  @Test(arguments: [1024, 4096, 1 << 20])
  func `however many names one listing gives, none is missed, and all are in the order of their paths`(
    bytes: Int
  ) throws {
    let tree = ScratchTree()
    for outer in 0..<120 { for inner in 0..<(outer % 5) { tree.directory("o\(outer)/i\(inner)") } }
    for name in ["o1-b/i", "o1.a/i"] { tree.directory(name) }
    let wild = target(tree, [.wildcard(try Glob("*")), .wildcard(try Glob("*"))])
    let fileSystem = ScriptedFileSystem(listingLimit: bytes)
    var list = FolderList(of: [wild])
    let paths = try expansion(fileSystem).find(0, wild, into: &list).found.map {
      String(decoding: list.path(of: $0), as: UTF8.self)
    }
    let expected = walkTree(tree.path).filter { $0.path.contains("/") }.map { $0.path.split(separator: "/") }
      .sorted { $0.lexicographicallyPrecedes($1) }.map { tree.path + "/" + $0.joined(separator: "/") }
    #expect(paths == expected)
    #expect(paths.count == 242)
  }

  @Test func `what is kept for folders is taken out of the room for budgets`() throws {
    let tree = ScratchTree()
    for index in 0..<500 { tree.directory("d\(index)") }
    let plan = BatchPlan(targets: [target(tree, [.wildcard(try Glob("*"))])])
    let runner = BatchRunner(
      plan: plan, settings: .init(mode: .dryRun, runID: "test"), stop: StopRequest(), onEvent: { _ in })
    var coordinator = Coordinator(runner)
    let before = coordinator.admission.room
    coordinator.lineUp(gathering(plan.targets))
    #expect(before - coordinator.admission.room > ByteCount(bytes: 500 * 40))
  }

  @Test func `of folders that overlap the first in the config stays, whatever the order and nesting`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    for round in 0..<300 {
      let paths = (0..<Int.random(in: 1...25, using: &random)).map { _ in
        let depth = Int.random(in: 1...5, using: &random)
        return "/"
          + (0..<depth).map { _ in ["a", "b", "a-b", "a.", "é"].randomElement(using: &random) ?? "a" }
          .joined(separator: "/")
      }
      let excludes = paths.map { _ in
        (0..<Int.random(in: 0...1, using: &random)).map { _ in
          ["a", "b/", "é", "/a/b", "/a/a", "/b", "/a-b/a/b"].randomElement(using: &random) ?? "a"
        }
      }
      let targets = try paths.indices.map { index in
        var target = makeTarget(paths[index], name: "\(index)")
        target.retention.exclude = try excludes[index].map { try Pattern($0) }
        return target
      }
      var list = FolderList(of: targets)
      let order = targets.indices.map { list.append(literalOf: $0) }.shuffled(using: &random)
      var refused: [[UInt32]] = []
      var overlaps = FolderOverlaps(list, order: order)
      let allowed = overlaps.sorted { refused.append([$0, $1]) }
      let expected = naive(paths, excludes, order)
      #expect(allowed == expected.allowed, "seed \(seed), round \(round)")
      #expect(refused == expected.refused, "seed \(seed), round \(round)")
    }
  }

  /// Each is compared with all that were allowed before it, but for those that one of the two excludes: refused for the nearest
  /// one it lies in, else for the last one that lies in it.
  private func naive(
    _ paths: [String], _ excludes: [[String]], _ order: [UInt32]
  ) -> (allowed: [UInt32], refused: [[UInt32]]) {
    let isIn = { (path: String, folder: String) in (path + "/").hasPrefix(folder + "/") }
    let spares = { (outer: UInt32, inner: UInt32) -> Bool in
      let (path, folder) = (paths[Int(inner)], paths[Int(outer)])
      return isIn(path, folder)
        && excludes[Int(outer)].contains { exclude in
          if exclude.hasPrefix("/") { return isIn(path, exclude) }
          return path.dropFirst(folder.count).split(separator: "/").contains {
            $0 == exclude.split(separator: "/")[0]
          }
        }
    }
    let below = { (a: UInt32, b: UInt32) in isIn(paths[Int(a)], paths[Int(b)]) && !spares(a, b) && !spares(b, a) }
    var (allowed, refused): ([UInt32], [[UInt32]]) = ([], [])
    for folder in order {
      if let other = allowed.filter({ below(folder, $0) }).max(by: {
        paths[Int($0)].utf8.count < paths[Int($1)].utf8.count
      }) ?? allowed.last(where: { below($0, folder) }) {
        refused.append([folder, other])
      } else {
        allowed.append(folder)
      }
    }
    return (allowed, refused)
  }
}

/// What is kept of very many outcomes.
@Suite struct TargetBooksTests {
  private func outcome(_ index: Int, _ random: inout SeededGenerator) -> TargetOutcome {
    let ending = Ending.allCases.randomElement(using: &random) ?? .completed
    let name = "t\(index)"
    var outcome = TargetOutcome(
      name: name, path: "/\(name)", ending: Int.random(in: 0..<3, using: &random) > 0 ? .completed : ending)
    outcome.tally.filesScanned = UInt64.random(in: 900...1100, using: &random)
    outcome.tally.filesToPurge = UInt64.random(in: 0...900, using: &random)
    outcome.tally.filesKept[.tooNew] = outcome.tally.filesScanned - outcome.tally.filesToPurge
    outcome.duration = .milliseconds(Int.random(in: 1...100, using: &random))
    outcome.concurrencyMean = Double.random(in: 0...100, using: &random)
    if outcome.ending != .completed {
      outcome.errorsByKind = [["EIO", "EACCES"].randomElement(using: &random) ?? "": 1]
    }
    return outcome
  }

  @Test(arguments: [0, 1, 3, 199, 200, 201, 300, 1500, 4000])
  func `sums and the remarkable ones are those of all outcomes, and few are kept`(count: Int) {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    let all = (0..<count).map { outcome($0, &random) }
    let books = TargetBooks(all)
    let walked = all.filter(\.ending.isWalked)
    #expect(books.count == count)
    #expect(books.totals == all.reduce(into: Tally()) { $0 += $1.tally }, "seed \(seed)")
    #expect(books.endings == Dictionary(grouping: all, by: \.ending).mapValues(\.count), "seed \(seed)")
    #expect(
      books.errorsByKind == all.reduce(into: [:]) { $0.merge($1.errorsByKind, uniquingKeysWith: +) }, "seed \(seed)")
    #expect(
      books.unwalked == Array(all.filter { !$0.ending.isWalked && $0.ending != .skipped }.prefix(3)), "seed \(seed)")
    #expect(books.guarded == all.first { $0.ending == .stoppedGuard }, "seed \(seed)")
    #expect(
      books.slowest == walked.filter { $0.tally.filesScanned >= 1000 }.min { $0.filesPerSecond < $1.filesPerSecond },
      "seed \(seed)")
    #expect(
      books.smallest
        == walked.filter { $0.tally.filesToPurge > 0 }.min { $0.tally.filesToPurge < $1.tally.filesToPurge },
      "seed \(seed)")
    let busiest = walked.sorted { ($1.concurrencyMean, $0.name) < ($0.concurrencyMean, $1.name) }.prefix(500)
    #expect(books.busiest.map(\.target) == busiest.map(\.name), "seed \(seed)")
    #expect(books.shown.count <= 300)
  }

  @Test(arguments: [150, 250, 5000]) func `what is not shown is summed up, and nothing is counted twice`(count: Int) {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    let all = (0..<count).map { outcome($0, &random) }
    let books = TargetBooks(all)
    // Those that never started are told together.
    let started = all.filter { $0.ending != .notStarted }
    let troubled = started.dropFirst(200).filter { $0.ending != .completed }.prefix(100)
    #expect(books.shown == Array(started.prefix(200)) + Array(troubled), "seed \(seed)")
    var sum = books.shown.reduce(into: Tally()) { $0 += $1.tally }
    sum += books.rest.tally
    #expect(sum == started.reduce(into: Tally()) { $0 += $1.tally }, "seed \(seed)")
    #expect(books.shown.count + books.rest.count == started.count, "seed \(seed)")
    #expect(books.notStarted.reduce(0) { $0 + $1.names.count } == UInt64(count - started.count), "seed \(seed)")
    #expect(books.rest.endings.values.reduce(0, +) == books.rest.count, "seed \(seed)")
  }
}
