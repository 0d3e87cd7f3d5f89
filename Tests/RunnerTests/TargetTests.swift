import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// Which folders become targets, and in which order they are walked.
@Suite struct TargetTests {
  /// 2026-11-23T01:00:00Z.
  private let now = Timestamp(seconds: 1_795_395_600)

  private func pattern(_ tree: ScratchTree, _ tail: [PathPattern.Component], _ text: String) -> PathPattern {
    let prefix = tree.path.split(separator: "/").map { PathPattern.Component.literal(String($0)) }
    return PathPattern(text: tree.path + "/" + text, components: prefix + tail)
  }

  private let yearMonth = PathPattern.Component.template(DateTemplate(pieces: [.year, .text("-"), .month]))

  private func folders(
    of target: Target, events: Events = Events(), timeZone: TimeZoneRules = .utc
  ) throws -> [ResolvedTarget] {
    let expansion = TargetExpansion(
      fileSystem: LinuxFileSystem(), now: now, timeZone: timeZone, isStopped: { false }, onEvent: events.add)
    var list = FolderList(of: [target])
    return try expansion.find(0, target, into: &list).found.map { list[$0] }
  }

  @Test func `partitions three months old are those whose period has ended three months ago`() throws {
    let tree = ScratchTree()
    for month in ["2025-12", "2026-06", "2026-07", "2026-08", "2026-11", "2026-13", "x2026-01", "2026-1"] {
      tree.directory(month)
    }
    tree.file("2026-05")
    var target = makeTarget("/", name: "monthly")
    target.path = pattern(tree, [yearMonth], "{YYYY}-{MM}")
    target.partitions = PartitionRule(olderThan: .months(3))
    #expect(try folders(of: target).map(\.name) == ["monthly/2025-12", "monthly/2026-06", "monthly/2026-07"])
    target.partitions?.order = .newestFirst
    target.partitions?.from = Period(year: 2026, month: 1)
    #expect(try folders(of: target).map(\.name) == ["monthly/2026-07", "monthly/2026-06"])
    target.partitions?.to = Period(year: 2026, month: 6)
    #expect(try folders(of: target).map(\.name) == ["monthly/2026-06"])
  }

  @Test func `the current period is never chosen, whatever older_than says`() throws {
    let tree = ScratchTree()
    for month in ["2026-10", "2026-11", "2026-12"] { tree.directory(month) }
    var target = makeTarget("/", name: "m")
    target.path = pattern(tree, [yearMonth], "{YYYY}-{MM}")
    for rule in [PartitionRule(), PartitionRule(olderThan: .duration(.zero)), PartitionRule(olderThan: .months(0))] {
      target.partitions = rule
      #expect(try folders(of: target).map(\.name) == ["m/2026-10"])
    }
  }

  @Test func `years and months may be folders of their own, with fixed parts between`() throws {
    let tree = ScratchTree()
    for path in ["2025/07/logs", "2025/08/other", "2024/12/logs", "20x5/07/logs"] { tree.directory(path) }
    var target = makeTarget("/", name: "logs")
    target.path = pattern(
      tree,
      [
        .template(DateTemplate(pieces: [.year])), .template(DateTemplate(pieces: [.month])), .literal("logs"),
      ], "{YYYY}/{MM}/logs")
    target.partitions = PartitionRule()
    #expect(try folders(of: target).map(\.name) == ["logs/2024/12/logs", "logs/2025/07/logs"])
  }

  @Test func `a wildcard finds folders in order of name, and no links and no files`() throws {
    let tree = ScratchTree()
    for name in ["b/tmp", "a/tmp", "c/other"] { tree.directory(name) }
    tree.file("file")
    makeSymlink(tree.path + "/a", tree.path + "/link")
    var target = makeTarget("/", name: "users")
    target.path = pattern(tree, [.wildcard(try Glob("*")), .literal("tmp")], "*/tmp")
    #expect(try folders(of: target).map(\.name) == ["users/a/tmp", "users/b/tmp"])
  }

  @Test func `a pattern that matches nothing is no failure, but is told`() throws {
    let events = Events()
    var target = makeTarget("/", name: "none")
    let tree = ScratchTree()
    target.path = pattern(tree, [.wildcard(try Glob("none*"))], "none*")
    let outcome = purge([target], events: events)
    #expect(outcome.exitStatus == .success)
    #expect(events.notices == ["no folder matches \(tree.path)/none*"])
  }

  @Test(arguments: [RunMode.purge, .dryRun])
  func `a pattern whose fixed part does not exist is a failed target: a volume may not be mounted`(mode: RunMode)
    throws
  {
    let tree = ScratchTree()
    var target = makeTarget("/", name: "none")
    target.path = pattern(tree, [.literal("missing"), .wildcard(try Glob("*"))], "missing/*")
    let outcome = purge([target], mode: mode)
    #expect(outcome.exitStatus == .failures)
    #expect(outcome.targets.map(\.ending) == [.failed])
    let failed = try #require(outcome.targets.first)
    #expect(failed.reason == "the folder \(tree.path)/missing does not exist (ENOENT)")
    #expect(failed.errorsByKind == ["ENOENT": 1])
  }

  @Test func `links and near misses among the matches are counted, and told once`() throws {
    let (tree, other, events) = (ScratchTree(), ScratchTree(), Events())
    for name in ["2024-01", "2024-1", "2024-13", "2024-00", "0042-07", "2024_02", "x2024-01", "2024-02.bak"] {
      tree.directory(name)
    }
    tree.file("2024-99")
    other.directory("2024-02")
    makeSymlink(other.path + "/2024-02", tree.path + "/2024-02")
    makeSymlink(other.path + "/2024-02", tree.path + "/2024-03")
    makeSymlink(other.path, tree.path + "/2024-77")
    var target = makeTarget("/", name: "m")
    target.path = pattern(tree, [yearMonth], "{YYYY}-{MM}")
    target.partitions = PartitionRule()
    let outcome = purge([target], events: events)
    var expected = PassedOver()
    for name in ["2024-02", "2024-03"] { expected.links.note(Array("\(tree.path)/\(name)".utf8)) }
    for name in ["0042-07", "2024-00", "2024-1", "2024-13"] {
      expected.nearMisses.note(Array("\(tree.path)/\(name)".utf8))
    }
    #expect(outcome.passedOver == [TargetPassedOver(target: "m", expected)])
    #expect(String(decoding: expected.nearMisses.first, as: UTF8.self) == tree.path + "/0042-07")
    let told = events.all.compactMap { if case .passedOver(let what, "m") = $0 { what } else { nil } }
    #expect(told == [expected])
    #expect(outcome.exitStatus == .success)
  }

  @Test func `a link that stands for a fixed name below a wildcard is told, too`() throws {
    let tree = ScratchTree()
    tree.directory("a/tmp")
    tree.directory("b")
    makeSymlink(tree.path + "/a/tmp", tree.path + "/b/tmp")
    var target = makeTarget("/", name: "w")
    target.path = pattern(tree, [.wildcard(try Glob("*")), .literal("tmp")], "*/tmp")
    let links = purge([target]).passedOver.map(\.passedOver.links)
    #expect(links.map(\.count) == [1])
    #expect(links.map { String(decoding: $0.first, as: UTF8.self) } == [tree.path + "/b/tmp"])
  }

  @Test func `a leading dot must be written for a wildcard to match it`() throws {
    let tree = ScratchTree()
    for name in [".hidden", ".2024-01", "seen", "x.2024-01"] { tree.directory(name) }
    func names(_ components: [PathPattern.Component]) throws -> [String] {
      var target = makeTarget("/", name: "w")
      target.path = pattern(tree, components, "p")
      return try folders(of: target).map { String($0.name.dropFirst(2)) }
    }
    #expect(try names([.wildcard(try Glob("*"))]) == ["seen", "x.2024-01"])
    #expect(try names([.wildcard(try Glob("?hidden"))]) == [])
    #expect(try names([.wildcard(try Glob("[.]hidden"))]) == [])
    #expect(try names([.wildcard(try Glob(".h*"))]) == [".hidden"])
    let dates: [DateTemplate.Piece] = [.year, .text("-"), .month]
    #expect(try names([.template(DateTemplate(pieces: [.star, .text(".")] + dates))]) == ["x.2024-01"])
    #expect(try names([.template(DateTemplate(pieces: [.anyByte] + dates))]) == [])
    #expect(try names([.template(DateTemplate(pieces: [.text(".")] + dates))]) == [".2024-01"])
  }

  @Test func `a fixed part that cannot be read is a failed target`() throws {
    let tree = ScratchTree()
    tree.file("plain")
    var target = makeTarget("/", name: "bad")
    target.path = pattern(tree, [.literal("plain"), .wildcard(try Glob("*"))], "plain/*")
    let outcome = purge([target])
    #expect(outcome.targets.map(\.ending) == [.failed])
    #expect(outcome.exitStatus == .failures)
  }

  @Test func `of two targets that turn out to overlap the later one is refused`() throws {
    let tree = ScratchTree()
    tree.file("a/inner/old")
    tree.file("b/old")
    var wild = makeTarget("/", name: "wild")
    wild.path = pattern(tree, [.wildcard(try Glob("*"))], "*")
    let outcome = purge([makeTarget(tree.path + "/a/inner", name: "inner"), wild])
    #expect(outcome.targets.map(\.name).sorted() == ["inner", "wild/a", "wild/b"])
    let refused = outcome.targets.first { $0.name == "wild/a" }
    #expect(refused?.ending == .failed)
    #expect(refused?.reason == "overlaps with the target inner")
    #expect(outcome.totals.filesPurged == 2)
  }

  @Test func `a target in one that excludes its folder is purged by its own keys`() throws {
    let tree = ScratchTree()
    for path in ["a/inner/f", "a/f", "a/x/f", "b/f", "b/inner/f"] { tree.file(path, days: 50) }
    for path in ["a/inner/g", "b/g"] { tree.file(path, days: 100) }
    var wild = makeTarget("/", name: "wild")
    wild.path = pattern(tree, [.wildcard(try Glob("*"))], "*")
    wild.retention.exclude = [try Pattern("inner/"), try Pattern(tree.path + "/b")]
    let inner = makeTarget(tree.path + "/a/inner", name: "inner")
    var other = makeTarget(tree.path + "/b", name: "other")
    other.retention.maxAge = .seconds(90 * 86_400)
    let outcome = purge([wild, inner, other])
    #expect(tree.contents.filter { $0.hasSuffix("f") || $0.hasSuffix("g") } == ["b/f", "b/inner/f"])
    #expect(outcome.targets.map(\.ending) == [.completed, .skipped, .completed, .completed])
    #expect(outcome.exitStatus == .success)
  }

  @Test func `higher priority goes first, else the order of the config`() {
    let tree = ScratchTree()
    var targets = ["a", "b", "c", "d"].map { name -> Target in
      tree.file("\(name)/old")
      return makeTarget(tree.path + "/" + name, name: name)
    }
    targets[2].priority = 5
    targets[3].priority = -1
    #expect(purge(targets).targets.map(\.name) == ["c", "a", "b", "d"])
  }

  @Test func `a selection takes targets by configured or by found name`() throws {
    let tree = ScratchTree()
    for name in ["a", "b"] { tree.file("\(name)/old") }
    var wild = makeTarget("/", name: "wild")
    wild.path = pattern(tree, [.wildcard(try Glob("*"))], "*")
    #expect(purge([wild], mode: .dryRun, selection: [try Glob("wild")]).targets.count == 2)
    #expect(purge([wild], mode: .dryRun, selection: [try Glob("*/b")]).targets.map(\.name) == ["wild/b"])
    let unmatched = purge([wild], selection: [try Glob("other"), try Glob("wild/*")])
    #expect(unmatched.unmatchedSelection == [UnmatchedSelection("other")])
    #expect(unmatched.targets.isEmpty)
    #expect(tree.exists("a/old"))
  }

  @Test func `of a selected folder that its date keeps, it is told what keeps it`() throws {
    let tree = ScratchTree()
    for name in ["2020-01", "2020-02", "2020-03", "2020-04", "2999-01", "2020-13"] { tree.directory(name) }
    var dated = makeTarget("/", name: "monthly")
    dated.path = pattern(
      tree, [.template(DateTemplate(pieces: [.year, .text("-"), .month]))], "{YYYY}-{MM}")
    dated.partitions = PartitionRule(
      from: Period(year: 2020, month: 2), to: Period(year: 2020, month: 12), order: .oldestFirst)
    dated.partitions?.keepLast = 1
    func reasons(_ selection: String..., olderThan: PartitionAge? = nil) throws -> [String?] {
      dated.partitions?.olderThan = olderThan
      let outcome = purge([dated], mode: .dryRun, selection: try selection.map { try Glob($0) })
      #expect(outcome.targets.isEmpty == !outcome.unmatchedSelection.isEmpty)
      return outcome.unmatchedSelection.map(\.reason)
    }
    #expect(
      try reasons("monthly/2020-01", "monthly/2999-01", "monthly/2020-04", "monthly/2020-13") == [
        "target monthly/2020-01 is not purged now: its month is before 'from'",
        "target monthly/2999-01 is not purged now: its month is after 'to'",
        "target monthly/2020-04 is not purged now: keep_last keeps it", nil,
      ])
    #expect(
      try reasons("monthly/2020-0[123]", olderThan: .months(12_000)) == [
        "target monthly/2020-01 is not purged now: its month is before 'from' (and 2 more)"
      ])
    dated.partitions?.from = nil
    dated.partitions?.to = nil
    #expect(
      try reasons("monthly/2020-03", olderThan: .months(12_000)) == [
        "target monthly/2020-03 is not purged now: its month ended less than older_than ago"
      ])
    #expect(try reasons("monthly/2999-01") == ["target monthly/2999-01 is not purged now: its month is not over"])
    #expect(try reasons("monthly/2020-0*") == [])
  }

  @Test func `a pattern target that is selected and has no folder today is no error`() throws {
    let tree = ScratchTree()
    var wild = makeTarget("/", name: "wild")
    wild.path = pattern(tree, [.wildcard(try Glob("*"))], "*")
    let outcome = purge([wild], selection: [try Glob("wild")])
    #expect(outcome.unmatchedSelection.isEmpty)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `one folder that cannot be searched fails alone`() throws {
    let tree = ScratchTree()
    for name in ["a", "b", "c"] { tree.file("\(name)/logs/old") }
    var wild = makeTarget("/", name: "w")
    wild.path = pattern(tree, [.wildcard(try Glob("*")), .literal("logs")], "*/logs")
    let fileSystem = ScriptedFileSystem(onOpen: { $0 == "b" ? .permissionDenied : nil })
    let outcome = purge([wild], fileSystem: fileSystem)
    #expect(outcome.targets.map(\.name).sorted() == ["w/a/logs", "w/b", "w/c/logs"])
    #expect(outcome.targets.first { $0.name == "w/b" }?.errorsByKind == ["EACCES": 1])
    #expect(outcome.totals.filesPurged == 2)
    #expect(outcome.exitStatus == .failures)
  }

  @Test func `a selection of folders that cannot be looked for is a failure with its reason, not a wrong selection`()
    throws
  {
    let tree = ScratchTree()
    tree.file("plain")
    var wild = makeTarget("/", name: "wild")
    wild.path = pattern(tree, [.literal("plain"), .wildcard(try Glob("*"))], "plain/*")
    let outcome = purge([wild], selection: [try Glob("wild/2025-*")])
    #expect(outcome.unmatchedSelection.isEmpty)
    #expect(outcome.targets.map(\.ending) == [.failed])
    #expect(outcome.targets[0].errorsByKind == ["ENOTDIR": 1])
  }

  @Test func `thousands of folders are sorted out at once`() throws {
    let tree = ScratchTree()
    for index in 0..<3000 { tree.directory("d\(index)") }
    var wild = makeTarget("/", name: "w")
    wild.path = pattern(tree, [.wildcard(try Glob("*"))], "*")
    let nested = makeTarget(tree.path + "/d7/inner", name: "nested")
    let plan = BatchPlan(targets: [wild, nested])
    let expansion = TargetExpansion(
      fileSystem: LinuxFileSystem(), now: now, isStopped: { false }, onEvent: { _ in })
    let gathering = TargetGathering(plan, selection: [], expansion: expansion)
    #expect(gathering.order.count == 3000)
    #expect(gathering.outcomes.map(\.name) == ["nested"])
  }

  @Test func `a stop is heeded while folders are looked for`() throws {
    let tree = ScratchTree()
    tree.file("a/old")
    let turnstile = Turnstile()
    defer { turnstile.open() }
    var wild = makeTarget("/", name: "w")
    wild.path = pattern(tree, [.wildcard(try Glob("*"))], "*")
    let stop = StopRequest()
    let fileSystem = ScriptedFileSystem(onOpen: { _ in
      stop.request(.stoppedSignal, message: "stop")
      stop.hurry()
      turnstile.pass()
      return nil
    })
    let outcome = purge([wild], fileSystem: fileSystem, stop: stop)
    #expect(outcome.exitStatus == .interrupted)
    #expect(outcome.books.endings == [.notStarted: 1])
  }

  @Test func `a disabled target is reported as skipped and not touched`() {
    let tree = ScratchTree()
    tree.file("old")
    var target = makeTarget(tree.path)
    target.isEnabled = false
    let outcome = purge([target])
    #expect(outcome.targets.map(\.ending) == [.skipped])
    #expect(outcome.exitStatus == .success)
    #expect(tree.exists("old"))
  }

  @Test func `one failed target does not stop the others, unless that is asked for`() {
    let tree = ScratchTree()
    tree.file("good/old")
    let targets = [makeTarget(tree.path + "/missing", name: "bad"), makeTarget(tree.path + "/good", name: "good")]
    let stopped = purge(targets) { $0.run.onTargetFailure = .stop }
    #expect(stopped.books.endings == [.failed: 1, .notStarted: 1])
    #expect(stopped.exitStatus == .failures)
    #expect(tree.exists("good/old"))
    #expect(purge(targets).targets.map(\.ending) == [.failed, .completed])
    #expect(!tree.exists("good/old"))
    var capped = makeTarget(tree.path + "/capped", name: "capped")
    for index in 0..<2 { tree.file("capped/f\(index)") }
    capped.maxDeletions = 1
    #expect(
      purge([capped, targets[1]]) { $0.run.onTargetFailure = .stop }.books.endings
        == [.stoppedGuard: 1, .notStarted: 1])
  }

  @Test func `targets in parallel keep below the ceiling on operations in flight`() {
    let trees = (0..<3).map { _ in ScratchTree() }
    for tree in trees { for index in 0..<200 { tree.file("d\(index % 10)/f\(index)") } }
    let inFlight = Monitor((now: 0, most: 0))
    let fileSystem = ScriptedFileSystem(onStatus: { _ in
      inFlight.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      sched_yield()
      inFlight.withLock { $0.now -= 1 }
      return nil
    })
    let outcome = purge(
      trees.enumerated().map { makeTarget($1.path, name: "t\($0)") }, workers: 50, fileSystem: fileSystem
    ) { plan in
      plan.run.parallelTargets = 3
      plan.run.concurrency = 6
    }
    #expect(outcome.totals.filesPurged == 600)
    #expect(outcome.targets.allSatisfy { $0.concurrencyPeak <= 2 })
    #expect(inFlight.withLock { $0.most } <= 6)
  }

  @Test func `a clock that disagrees with the file system's stops the target before anything is deleted`() {
    let tree = ScratchTree()
    tree.file("old")
    let ahead = Timestamp(seconds: Fixture.now.seconds + 3600)
    let outcome = purge([makeTarget(tree.path)], now: ahead)
    #expect(outcome.exitStatus == .guardTripped)
    #expect(outcome.targets[0].reason?.contains("behind the time given as now") == true)
    #expect(tree.contents == ["old"])
    #expect(purge([makeTarget(tree.path)], mode: .dryRun, now: ahead).exitStatus == .success)
  }

  @Test func `a root that is replaced after it was found is not touched`() throws {
    let tree = ScratchTree()
    tree.file("d/old")
    var wild = makeTarget("/", name: "w")
    wild.path = pattern(tree, [.wildcard(try Glob("*"))], "*")
    let opened = Monitor(0)
    let fileSystem = ScriptedFileSystem(onOpen: { [path = tree.path] name in
      // The second opening of a root is the walk's own; the first was the search's.
      if name == "/",
        opened.withLock({
          $0 += 1; return $0
        }) == 2
      {
        rename(path + "/d", path + "/moved")
        tree.file("d/other")
      }
      return nil
    })
    let outcome = purge([wild], fileSystem: fileSystem)
    #expect(outcome.exitStatus == .guardTripped)
    #expect(tree.contents == ["d", "d/other", "moved", "moved/old"])
  }
}

@Suite struct VerdictTests {
  @Test(
    arguments: [
      ([Ending.completed, .skipped], nil, Ending.completed, Plan.ExitStatus.success),
      ([.completed, .completedWithErrors], nil, .completedWithErrors, .failures),
      ([.failed], nil, .completedWithErrors, .failures),
      ([.failed, .stoppedTime, .notStarted], .stoppedTime, .stoppedTime, .interrupted),
      ([.stoppedSignal, .stoppedMemory], .stoppedMemory, .stoppedMemory, .memory),
      ([.stoppedGuard, .stoppedMemory], .stoppedMemory, .stoppedGuard, .guardTripped),
      ([], .stoppedSignal, .stoppedSignal, .interrupted),
      ([.completed, .completed], .stoppedSignal, .completed, .success),
      ([.completed, .notStarted], .stoppedTime, .stoppedTime, .interrupted),
    ] as [([Ending], Ending?, Ending, Plan.ExitStatus)])
  func `the gravest ending decides the exit status`(
    endings: [Ending], stopped: Ending?, expected: Ending, status: Plan.ExitStatus
  ) {
    let verdict = Verdicts.ofBatch(
      TargetBooks(endings.map { TargetOutcome(name: "t", path: "/t", ending: $0) }), stopped: stopped)
    #expect(verdict.0 == expected)
    #expect(verdict.1 == status)
  }

  @Test func `what may go right another time makes status 7 a 1`() {
    var outcome = TargetOutcome(name: "t", path: "/t", ending: .completedWithErrors)
    (outcome.tally.errors, outcome.permanentErrors) = (2, 2)
    #expect(Verdicts.ofBatch(TargetBooks([outcome]), stopped: nil).1 == .permanentFailures)
    var other = outcome
    other.permanentErrors = 1
    #expect(Verdicts.ofBatch(TargetBooks([outcome, other]), stopped: nil).1 == .failures)
    other = outcome
    other.hasUncountedTrouble = true
    #expect(Verdicts.ofBatch(TargetBooks([other]), stopped: nil).1 == .failures)
  }
}
