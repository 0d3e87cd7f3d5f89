import Foundation
import Glibc
import Kernel
import Plan
import Testing

@testable import Runner

/// What `explain` says of a path, and what a run then does with it.
@Suite struct ExplainTests {
  // MARK: Random trees

  /// So many trees; `EXPLAIN_TREES` asks for more.
  private static let trees = ProcessInfo.processInfo.environment["EXPLAIN_TREES"].flatMap { Int($0) } ?? 40

  @Test func `a run does with every entry of random trees what was said of it`() throws {
    var reasons: [PathExplanation.Reason: Int] = [:]
    for _ in 0..<ExplainTests.trees {
      let seed = UInt64.random(in: 0...UInt64.max)
      let tree = ScratchTree(random: seed, entries: 120)
      var random = SeededGenerator(seed: seed)
      tree.addOddities(&random)
      let targets = try randomTargets(in: tree, &random)
      try compare(tree, targets, seed, &reasons)
    }
    // Else the trees try less than they should.
    let usual: [PathExplanation.Reason] = [
      .expired, .emptyFolder, .notInAnyTarget, .noDate, .periodTooYoung, .keepLast, .held, .excluded, .notIncluded,
      .tooDeep, .lostAndFound, .behindSymlink, .symlink, .special, .never, .tooNew, .tooSmall, .targetFolder,
      .emptyFoldersStay, .notCovered, .changedLately, .overlap,
    ]
    if ExplainTests.trees >= 1000 { #expect(usual.filter { reasons[$0] == nil } == []) }
    #expect(reasons.count > 8)
  }

  private func compare(
    _ tree: ScratchTree, _ targets: [Target], _ seed: UInt64, _ reasons: inout [PathExplanation.Reason: Int]
  ) throws {
    let entries = walkTree(tree.path)
    var explainer = PathExplainer(BatchPlan(targets: targets), now: Fixture.now)
    let said = entries.map { explainer.explain(Array("\(tree.path)/\($0.path)".utf8)) }
    for explanation in said { reasons[explanation.reason, default: 0] += 1 }
    #expect(said.allSatisfy { $0.exists && $0.verdict != .depends }, "seed \(seed)")
    var stays: Set<String> = []
    for (entry, explanation) in zip(entries, said).sorted(by: { $0.0.path.utf8.count > $1.0.path.utf8.count })
    where explanation.verdict == .keep || stays.contains(where: { $0.hasPrefix(entry.path + "/") }) {
      stays.insert(entry.path)
    }
    purge(targets, workers: [1, 4, 16].randomElement() ?? 1)
    let left = Set(tree.contents)
    let wrong = entries.map(\.path).filter { stays.contains($0) != left.contains($0) }
    for path in wrong.prefix(5) {
      let explanation = zip(entries, said).first { $0.0.path == path }?.1
      Issue.record("seed \(seed): \(path): \(String(describing: explanation?.claims))")
    }
  }

  private func randomTargets(in tree: ScratchTree, _ random: inout SeededGenerator) throws -> [Target] {
    let prefix = tree.path.split(separator: "/").map { PathPattern.Component.literal(String($0)) }
    var targets: [Target] = []
    for number in 0..<Int.random(in: 1...3, using: &random) {
      var target = makeTarget(
        tree.path, name: "t\(number)", maxAge: .seconds(86_400 * Int.random(in: 0...50, using: &random)))
      let components: [[PathPattern.Component]] = [
        [], [.literal("e1")], [.wildcard(try Glob("e[0-4]*"))], [.wildcard(try Glob("*"))],
        [.template(DateTemplate(pieces: [.year, .text("-"), .month]))],
        [.literal("dated"), .template(DateTemplate(pieces: [.year, .text("-"), .month]))],
      ]
      let below = components.randomElement(using: &random) ?? []
      target.path = PathPattern(text: "/p\(number)", components: prefix + below)
      if target.path.hasTemplate {
        var rule = PartitionRule(
          olderThan: [nil, .months(3), .duration(.seconds(86_400 * 40))].randomElement(using: &random) ?? nil)
        rule.keepLast = Int.random(in: 0...2, using: &random)
        target.partitions = rule
        if Bool.random(using: &random) { target.ownFolder = EmptyDirectoryRule(minAge: .seconds(86_400)) }
      }
      try fill(&target, &random)
      targets.append(target)
    }
    return targets
  }

  private func fill(_ target: inout Target, _ random: inout SeededGenerator) throws {
    let chance = { (one: Int, random: inout SeededGenerator) in Int.random(in: 0..<one, using: &random) == 0 }
    if !chance(3, &random) {
      let patterns = NaivePatterns.random(using: &random)
      target.retention.include = try patterns.include.map { try Pattern($0) }
      target.retention.exclude = try patterns.exclude.map { try Pattern($0) }
    }
    for _ in 0..<(chance(2, &random) ? 2 : 0) {
      let patterns = NaivePatterns.random(using: &random)
      let age: Duration? = chance(4, &random) ? nil : .seconds(86_400 * Int.random(in: 0...50, using: &random))
      target.retention.rules.append(
        Retention.Rule(
          include: try patterns.include.map { try Pattern($0) }, exclude: try patterns.exclude.map { try Pattern($0) },
          criteria: .init(
            maxAge: age, ageFrom: .mtime, minSize: ByteCount(bytes: chance(3, &random) ? 6000 : 0), maxSize: nil,
            owners: chance(6, &random) ? [4711] : nil)))
    }
    if chance(8, &random) { target.retention.maxAge = nil }
    if chance(4, &random) { target.retention.minSize = ByteCount(bytes: 6000) }
    if chance(6, &random) { target.retention.maxSize = ByteCount(bytes: 6000) }
    if chance(4, &random) { target.retention.maxDepth = Int.random(in: 1...3, using: &random) }
    if chance(3, &random) { target.retention.symlinks = .delete }
    if !chance(3, &random) { target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400)) }
    if chance(8, &random) { target.isEnabled = false }
  }
}

extension ScratchTree {
  /// What protects, what is dated, and what leads elsewhere.
  fileprivate func addOddities(_ random: inout SeededGenerator) {
    let folders = walkTree(path).filter(\.isDirectory).map(\.path) + [""]
    for name in [".purge-hold", "lost+found/x", ".nfs0123456789abcdef01234567"] where Bool.random(using: &random) {
      let folder = folders.randomElement(using: &random) ?? ""
      // One that protects all would leave nothing to try.
      if folder.isEmpty, name == ".purge-hold" { continue }
      file(folder.isEmpty ? name : folder + "/" + name)
    }
    for name in ["2026-11", "2026-09", "2026-07", "2025-02", "2026-13", "2020-1"] {
      for base in ["", "dated/"] where Bool.random(using: &random) {
        file("\(base)\(name)/e1/f")
        file("\(base)\(name)/e7", days: Double.random(in: 0..<60, using: &random))
        directory("\(base)\(name)/empty")
      }
    }
    if Bool.random(using: &random) { symlink("dated", path + "/2019-01") }
    if Bool.random(using: &random) { symlink("e1", path + "/e2link") }
    for entry in walkTree(path).reversed() where entry.isDirectory {
      age(path + "/" + entry.path, days: Double.random(in: 0..<4, using: &random))
    }
  }
}
