import Foundation
import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// What `explain` says of a path, and what a run then does with it.
@Suite struct ExplainTests {
  /// Nothing of it is looked at.
  private func supposed(
    _ path: String, _ targets: [Target], days: Double? = 100, size: UInt64? = nil, owner: UInt32? = nil,
    kind: PathExplanation.Kind? = nil
  ) -> PathExplanation {
    var explainer = PathExplainer(BatchPlan(targets: targets), now: Fixture.now, fileSystem: nil)
    let mtime = days.map { Timestamp(seconds: Fixture.now.seconds - Int64($0 * 86_400)) }
    return explainer.explain(
      Array(path.utf8), supposing: .init(kind: kind, mtime: mtime, size: size, owner: owner))
  }

  private func verdict(_ path: String, _ target: Target, days: Double? = 100) -> PathExplanation.Reason {
    supposed(path, [target], days: days).reason
  }

  // MARK: What is only supposed

  @Test func `a file goes when it is strictly older than max_age`() {
    let target = makeTarget("/data/api")
    #expect(supposed("/data/api/x", [target], days: 30).reason == .tooNew)
    let explanation = supposed("/data/api/a/b", [target], days: 31)
    #expect(explanation.verdict == .delete)
    #expect(explanation.reason == .expired)
    #expect(explanation.claims.first?.key == TargetKey(target: 0, "max_age"))
    #expect(explanation.exists == nil)
    #expect(supposed("/data/apix/a", [target]).reason == .notInAnyTarget)
    #expect(supposed("/data", [target]).reason == .notInAnyTarget)
  }

  @Test func `what is not given decides only where the rest lets it go`() throws {
    var target = makeTarget("/data/api")
    #expect(supposed("/data/api/x", [target], days: nil).verdict == .depends)
    #expect(supposed("/data/api/x", [target], days: nil).claims.first?.unknown == [.age])
    target.retention.exclude = [try Pattern("x")]
    #expect(supposed("/data/api/x", [target], days: nil).verdict == .keep)
    (target.retention.exclude, target.retention.owners, target.retention.minSize) = ([], [7], ByteCount(bytes: 9))
    #expect(supposed("/data/api/x", [target]).claims.first?.unknown == [.size, .owner])
    #expect(supposed("/data/api/x", [target], owner: 8).reason == .otherOwner)
    #expect(supposed("/data/api/x", [target], size: 8, owner: 7).reason == .tooSmall)
    #expect(supposed("/data/api/x", [target], size: 9, owner: 7).verdict == .delete)
    #expect(supposed("/data/api/x", [target], days: 1).verdict == .keep)
  }

  @Test func `the pattern that decides is named, and the folder it matches`() throws {
    var target = makeTarget("/data/api")
    target.retention.exclude = [try Pattern("*.keep"), try Pattern("spare/")]
    target.retention.include = [try Pattern("*.tmp"), try Pattern("logs/**")]
    let spared = supposed("/data/api/a/spare/b/c.tmp", [target]).claims.first
    #expect(spared?.reason == .excluded)
    #expect(spared?.pattern?.pattern.text == "spare/")
    #expect(spared?.place.map { String(decoding: $0, as: UTF8.self) } == "/data/api/a/spare")
    let chosen = supposed("/data/api/logs/c", [target]).claims.first
    #expect(chosen?.reason == .expired)
    #expect(chosen?.pattern?.pattern.text == "logs/**")
    #expect(verdict("/data/api/logs/c.keep", target) == .excluded)
    #expect(verdict("/data/api/c", target) == .notIncluded)
  }

  @Test func `the rule that decides is named, and the criteria are its own`() throws {
    var target = makeTarget("/data/api", maxAge: .seconds(86_400 * 365))
    let criteria = Retention.Criteria(
      maxAge: .seconds(86_400 * 7), ageFrom: .mtime, minSize: ByteCount(bytes: 0), maxSize: nil, owners: nil)
    var never = criteria
    never.maxAge = nil
    target.retention.rules = [
      .init(include: [try Pattern("audit/")], exclude: [], criteria: never),
      .init(include: [try Pattern("*.log")], exclude: [], criteria: criteria),
    ]
    let log = supposed("/data/api/x.log", [target], days: 8).claims.first
    #expect(log?.rule == 1)
    #expect(log?.verdict == .delete)
    #expect(log?.key == TargetKey(target: 0, rule: 1, "max_age"))
    #expect(supposed("/data/api/audit/x.log", [target], days: 8).reason == .never)
    #expect(supposed("/data/api/x", [target], days: 8).reason == .tooNew)
  }

  @Test func `names that protect, and what lies too deep, stay`() {
    var target = makeTarget("/data/api")
    #expect(verdict("/data/api/.purge-hold", target) == .held)
    #expect(verdict("/data/api/.nfs0123456789abcdef01234567", target) == .nfsPlaceholder)
    #expect(verdict("/data/api/lost+found/x", target) == .lostAndFound)
    target.retention.maxDepth = 2
    #expect(verdict("/data/api/a/b", target) == .expired)
    #expect(verdict("/data/api/a/b/c", target) == .tooDeep)
    #expect(supposed("/data/api/x", [target], kind: .symlink).reason == .symlink)
    target.retention.symlinks = .delete
    #expect(supposed("/data/api/x", [target], kind: .symlink).reason == .expired)
    target.isEnabled = false
    #expect(verdict("/data/api/x", target) == .disabled)
  }

  @Test func `dated folders are judged by their period`() {
    var target = makeTarget("/data")
    target.path = PathPattern(
      text: "/data/{YYYY}-{MM}",
      components: [.literal("data"), .template(DateTemplate(pieces: [.year, .text("-"), .month]))])
    target.partitions = PartitionRule(olderThan: .months(2), from: Period(year: 2020, month: 2))
    let now = Timestamp(seconds: 1_795_395_600)  // 2026-11-23T01:00:00Z
    func reason(_ folder: String, keepLast: Int = 0) -> PathExplanation.Reason {
      target.partitions?.keepLast = keepLast
      var explainer = PathExplainer(BatchPlan(targets: [target]), now: now, fileSystem: nil)
      return explainer.explain(Array("/data/\(folder)/x".utf8), supposing: .init(mtime: Timestamp(seconds: 0))).reason
    }
    #expect(reason("2026-08") == .expired)
    #expect(reason("2026-09") == .periodTooYoung)
    #expect(reason("2026-11") == .periodNotOver)
    #expect(reason("2020-01") == .beforeFrom)
    #expect(reason("2026-13") == .noDate)
    #expect(reason("other") == .notInAnyTarget)
    // Which are the newest only the folders themselves tell.
    target.partitions?.keepLast = 1
    var explainer = PathExplainer(BatchPlan(targets: [target]), now: now, fileSystem: nil)
    let unknown = explainer.explain(Array("/data/2026-08/x".utf8), supposing: .init(mtime: Timestamp(seconds: 0)))
    #expect(unknown.verdict == .depends)
    #expect(unknown.claims.first?.unknown == [.newestFolders])
    #expect(reason("2026-09", keepLast: 1) == .periodTooYoung)
  }

  @Test func `a folder goes when nothing is left in it, where a file in it could go`() throws {
    var target = makeTarget("/data/api")
    #expect(verdict("/data/api/a/", target) == .emptyFoldersStay)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(3600))
    #expect(verdict("/data/api/a/", target) == .emptyFolder)
    #expect(verdict("/data/api/a/", target, days: 0.01) == .changedLately)
    #expect(verdict("/data/api/", target) == .targetFolder)
    #expect(verdict("/data/api", target) == .targetFolder)
    #expect(verdict("/data/api/lost+found/", target) == .lostAndFound)
    target.retention.include = [try Pattern("*.tmp")]
    #expect(verdict("/data/api/a/", target) == .notCovered)
  }

  @Test func `of two targets that overlap the later one fails, unless the outer one excludes its folder`() throws {
    var (outer, inner) = (makeTarget("/data", name: "outer"), makeTarget("/data/x", name: "inner"))
    inner.path = PathPattern(text: "/data/*", components: [.literal("data"), .wildcard(try Glob("*"))])
    let both = supposed("/data/x/f", [outer, inner])
    #expect(both.claims.map(\.reason) == [.expired, .overlap])
    #expect(both.verdict == .delete)
    outer.retention.exclude = [try Pattern("/data/x")]
    #expect(supposed("/data/x/f", [outer, inner]).claims.map(\.reason) == [.excluded, .expired])
  }

  // MARK: What stands there

  private func explain(_ path: String, _ targets: [Target], ownFiles: [FileIdentity] = []) -> PathExplanation {
    var explainer = PathExplainer(BatchPlan(targets: targets), now: Fixture.now, ownFiles: ownFiles)
    return explainer.explain(Array(path.utf8), supposing: .init(mtime: Timestamp(seconds: 0)))
  }

  @Test func `what stands there is judged as it is, and what is not there as it is supposed to be`() {
    let tree = ScratchTree()
    let target = makeTarget(tree.path)
    tree.file("young", days: 1)
    let own = tree.file("a/own")
    #expect(explain(tree.path + "/young", [target]).reason == .tooNew)
    #expect(explain(tree.path + "/none", [target]).verdict == .delete)
    #expect(explain(own, [target]).verdict == .delete)
    #expect(explain(own, [target], ownFiles: [FileIdentity.ofFile(at: own)].compactMap { $0 }).reason == .ownFile)
    #expect(explain(tree.path + "/a", [target]).kind == .folder)
  }

  @Test func `a hold on the way protects, above the target, too, and no link is followed`() {
    let tree = ScratchTree()
    tree.file("above/data/a/b/old")
    symlink("a", tree.path + "/above/data/link")
    let target = makeTarget(tree.path + "/above/data")
    #expect(explain(tree.path + "/above/data/a/b/old", [target]).verdict == .delete)
    let linked = explain(tree.path + "/above/data/link/b/old", [target])
    #expect(linked.reason == .behindSymlink)
    #expect(linked.claims.first?.place == Array((tree.path + "/above/data/link").utf8))
    #expect(explain(tree.path + "/above/data/link", [target]).reason == .symlink)
    for folder in ["above/data/a", "above"] {
      let hold = tree.file("\(folder)/.purge-hold")
      let held = explain(tree.path + "/above/data/a/b/old", [target])
      #expect(held.reason == .held)
      #expect(held.claims.first?.place == Array("\(tree.path)/\(folder)".utf8))
      // So is what is not there yet.
      #expect(explain(tree.path + "/above/data/a/new", [target]).reason == .held)
      unlink(hold)
    }
  }

  @Test func `what cannot be looked at is not told`() {
    let tree = ScratchTree()
    tree.file("a/old")
    let target = makeTarget(tree.path)
    let fileSystem = ScriptedFileSystem(onOpen: { $0 == "a" ? .permissionDenied : nil })
    var explainer = PathExplainer(BatchPlan(targets: [target]), now: Fixture.now, fileSystem: fileSystem)
    let explanation = explainer.explain(Array((tree.path + "/a/old").utf8))
    #expect(explanation.exists == false)
    #expect(explanation.verdict == .depends)
    #expect(explanation.reason == .unreadable)
    #expect(explanation.claims.first?.remark == "Permission denied (EACCES)")
  }

  @Test func `in a folder that a run could enter and not list, nothing is told to go`() {
    let tree = ScratchTree()
    tree.file("a/old")
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let fileSystem = ScriptedFileSystem(onOpenToList: { $0 == "a" ? .permissionDenied : nil })
    var explainer = PathExplainer(BatchPlan(targets: [target]), now: Fixture.now, fileSystem: fileSystem)
    for path in ["/a/old", "/a/none", "/a"] {
      #expect(explainer.explain(Array((tree.path + path).utf8)).reason == .unreadable, "\(path)")
    }
    #expect(purge([target], fileSystem: fileSystem).totals.dirsFailed == 1)
    #expect(tree.exists("a/old"))
  }

  @Test func `a folder that the search cannot come to is none that keep_last keeps`() throws {
    let tree = ScratchTree()
    for name in ["a", "b"] { tree.file("\(name)/2020-01/old") }
    let prefix = tree.path.split(separator: "/").map { PathPattern.Component.literal(String($0)) }
    var target = makeTarget(tree.path)
    target.path = PathPattern(
      text: "/x/*/{YYYY}-{MM}",
      components: prefix + [
        .wildcard(try Glob("*")), .template(DateTemplate(pieces: [.year, .text("-"), .month])),
      ])
    target.partitions = PartitionRule()
    let fileSystem = ScriptedFileSystem(onOpenToList: { $0 == "a" ? .permissionDenied : nil })
    var explainer = PathExplainer(BatchPlan(targets: [target]), now: Fixture.now, fileSystem: fileSystem)
    let failing = explainer.explain(Array((tree.path + "/a/2020-01/old").utf8))
    #expect(failing.reason == .targetFails)
    #expect(failing.claims.first?.remark?.contains("EACCES") == true)
    #expect(explainer.explain(Array((tree.path + "/b/2020-01/old").utf8)).verdict == .delete)
  }

  @Test func `nothing is below a file, and a slash at the end means a folder`() {
    let tree = ScratchTree()
    let file = tree.file("a/old")
    let target = makeTarget(tree.path)
    for path in [file + "/x", file + "/"] {
      #expect(explain(path, [target]).reason == .belowFile, "\(path)")
      #expect(explain(path, [target]).claims.first?.place == Array(file.utf8))
    }
    #expect(explain(file + "/x", [makeTarget(file)]).reason == .belowFile)
    #expect(explain("/", [target]).reason == .notInAnyTarget)
  }

  @Test func `of a folder that is not there, targets that stand there are heeded`() throws {
    let tree = ScratchTree()
    tree.file("old")
    let prefix = tree.path.split(separator: "/").map { PathPattern.Component.literal(String($0)) }
    var inner = makeTarget(tree.path, name: "inner")
    inner.path = PathPattern(text: "/x/*", components: prefix + [.wildcard(try Glob("*"))])
    let outer = makeTarget(tree.path, name: "outer")
    let explanation = explain(tree.path + "/new/file", [inner, outer])
    #expect(explanation.claims.map(\.reason) == [.expired, .overlap])
    #expect(explain(tree.path + "/old", [inner, outer]).verdict == .delete)
  }

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
      .tooDeep, .lostAndFound, .symlink, .special, .never, .tooNew, .tooSmall, .targetFolder,
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
    #expect(said.allSatisfy { $0.exists == true && $0.verdict != .depends }, "seed \(seed)")
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
