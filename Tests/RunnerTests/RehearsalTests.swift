import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// What a dry run says of itself: nothing was done, and what would be is what a run does.
@Suite struct RehearsalTests {
  /// Keeps what a run tells of single entries.
  private final class Records: EntryRecorder {
    let wantsKept: Bool
    private let entries = Monitor<[RecordedEntry]>([])

    init(wantsKept: Bool = true) { self.wantsKept = wantsKept }

    func record(_ entry: RecordedEntry) { entries.withLock { $0.append(entry) } }

    var all: [RecordedEntry] { entries.withLock { $0 } }
    func paths(_ fate: RecordedEntry.Fate) -> [String] {
      all.filter { $0.fate == fate }.map { String(decoding: $0.path, as: UTF8.self) }.sorted()
    }
    var kept: [KeepReason: UInt64] {
      all.reduce(into: [:]) { counts, entry in
        if case .kept(let reason) = entry.fate { counts[reason, default: 0] += 1 }
      }
    }
  }

  private func rehearse(
    _ targets: [Target], mode: RunMode = .dryRun, workers: Int = 4, events: Events = Events(), records: Records? = nil,
    adjust: (inout BatchPlan) -> Void = { _ in }
  ) -> BatchOutcome {
    var plan = BatchPlan(targets: targets)
    for index in plan.targets.indices { plan.targets[index].concurrency = .atMost(workers) }
    adjust(&plan)
    var settings = BatchRunner.Settings(mode: mode, runID: "test", now: Fixture.now)
    settings.recorder = records
    return BatchRunner(plan: plan, settings: settings, stop: StopRequest(), onEvent: events.add).run()
  }

  private static let rounds = getenv("PLAN_TREES").flatMap { Int(String(cString: $0)) } ?? 12

  @Test(arguments: 0..<RehearsalTests.rounds)
  func `a plan counts nothing as done, promises what the run does, and names exactly the files that go`(
    round: Int
  ) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let tree = ScratchTree(random: seed, entries: 400)
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .seconds(86_400))
    target.retention = try .random(using: &random)
    let before = tree.contents
    let planRecords = Records()
    var planned = rehearse([target], workers: [1, 3, 16][round % 3], records: planRecords).totals
    #expect(tree.contents == before, "seed \(seed)")
    #expect(planned.filesPurged == 0 && planned.bytesFreed == 0 && planned.symlinksPurged == 0, "seed \(seed)")
    #expect(planned.emptyDirsDeleted == 0, "seed \(seed)")

    let runRecords = Records()
    let done = rehearse([target], mode: .purge, workers: [3, 16, 1][round % 3], records: runRecords).totals
    let gone = Set(before).subtracting(tree.contents).map { "\(tree.path)/\($0)" }
    let named = planRecords.paths(.wouldPurge)
    #expect(named == runRecords.paths(.purged), "seed \(seed)")
    #expect(Set(named + planRecords.paths(.wouldRemoveDirectory)) == Set(gone), "seed \(seed)")
    #expect(planRecords.paths(.wouldRemoveDirectory) == runRecords.paths(.removedDirectory), "seed \(seed)")

    for (records, tally) in [(planRecords, planned), (runRecords, done)] {
      #expect(UInt64(records.paths(.wouldPurge).count + records.paths(.purged).count) == tally.filesToPurge)
      #expect(UInt64(records.paths(.skipped).count) == tally.symlinksSkipped + tally.specialFilesSkipped)
      for reason in KeepReason.allCases { #expect(records.kept[reason, default: 0] == tally.filesKept[reason]) }
    }
    // All else must agree.
    planned.filesPurged = planned.filesToPurge
    planned.symlinksPurged = planned.symlinksToPurge
    planned.bytesFreed = planned.bytesToFree
    planned.emptyDirsDeleted = planned.emptyDirsToDelete
    #expect(planned == done, "seed \(seed)")
  }

  @Test func `a file that would go is told with its size, its age and the rule that decides`() throws {
    let tree = ScratchTree()
    tree.file("a.log", days: 10, size: 123)
    tree.file("b.txt", days: 40, size: 5)
    var target = makeTarget(tree.path)
    let criteria = Retention.Criteria(
      maxAge: .seconds(7 * 86_400), ageFrom: .mtime, minSize: ByteCount(bytes: 0), maxSize: nil, owners: nil)
    target.retention.rules = [Retention.Rule(include: [try Pattern("*.log")], exclude: [], criteria: criteria)]
    let records = Records(wantsKept: false)
    _ = rehearse([target], records: records)
    let entries = records.all.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    #expect(entries.map { $0.size?.bytes } == [123, 5])
    #expect(entries.map { $0.age?.components.seconds } == [864_000, 3_456_000])
    #expect(entries.map(\.rule) == [0, nil])
  }

  @Test func `a few files that would go are kept as samples, in a dry run alone`() {
    let tree = ScratchTree()
    for index in 0..<50 { tree.file("d/f\(index)", size: 10) }
    let samples = rehearse([makeTarget(tree.path)]).targets[0].samples
    #expect(samples.count == FileSample.most)
    #expect(samples.allSatisfy { $0.path.hasPrefix("\(tree.path)/d/f") && $0.size.bytes == 10 })
    #expect(rehearse([makeTarget(tree.path)], mode: .purge).targets[0].samples.isEmpty)
  }

  @Test func `a plan counts on beyond caps, and tells which of them a run would meet`() {
    let trees = (0..<3).map { _ in ScratchTree() }
    for tree in trees { for index in 0..<9 { tree.file("f\(index)", size: 4096) } }
    var targets = trees.enumerated().map { makeTarget($1.path, name: "t\($0)") }
    targets[0].maxDeletions = 2
    targets[1].maxDeletedBytes = ByteCount(bytes: 5 * 4096)
    let outcome = rehearse(targets) { $0.safety.maxDeletions = 12 }
    #expect(outcome.totals.filesToPurge == 27)
    #expect(outcome.books.endings == [.completed: 3])
    #expect(outcome.exitStatus == .guardTripped)
    #expect(
      outcome.capForecasts == [
        CapForecast(key: "max_deletions", target: "t0", limit: 2, wanted: 9, isBytes: false),
        CapForecast(key: "max_deleted_bytes", target: "t1", limit: 5 * 4096, wanted: 9 * 4096, isBytes: true),
        // Of the first target two, of the second one five.
        CapForecast(key: "safety.max_deletions", target: nil, limit: 12, wanted: 16, isBytes: false),
      ])
    #expect(rehearse(targets) { $0.safety.maxDeletions = 16 }.capForecasts.map(\.target) == ["t0", "t1"])
  }

  @Test func `a cap that a run does not meet is not told`() {
    let tree = ScratchTree()
    for index in 0..<9 { tree.file("f\(index)") }
    var target = makeTarget(tree.path)
    target.maxDeletions = 9
    let outcome = rehearse([target])
    #expect(outcome.capForecasts.isEmpty)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `pretended removals are no operations that a rate limit counts`() {
    let tree = ScratchTree()
    for index in 0..<300 { tree.file("f\(index)") }
    let limit = RateLimit(perSecond: 1_000_000)
    let outcome = walkToEnd(
      makeTarget(tree.path), mode: .dryRun, fileSystem: PretendingFileSystem(LinuxFileSystem()), workers: 2,
      rateLimits: [limit])
    #expect(outcome.tally.filesToPurge == 300)
    // A look at each, some for samples, and what opening and listing take.
    #expect((300...320).contains(limit.taken))
  }

  /// Knows which threads are in the middle of removing files.
  private struct WatchedFileSystem: FileSystemLayer {
    let base: any FileSystem = LinuxFileSystem()
    let removing = Monitor<Set<UInt>>([])
    var removalsAreSerial: Bool { base.removalsAreSerial }

    func touch(_ directory: DirectoryHandle) throws(Errno) -> FileTime { try base.touch(directory) }

    func removeFiles(
      _ indices: Range<Int>, of names: NameList, in directory: DirectoryHandle, clearance: (Int) -> Clearance,
      decide: (Int, EntryStatus) -> Bool, receive: (Int, RemovalResult, EntryStatus?) -> Void
    ) {
      removing.withLock { _ = $0.insert(pthread_self()) }
      base.removeFiles(indices, of: names, in: directory, clearance: clearance, decide: decide, receive: receive)
      removing.withLock { _ = $0.remove(pthread_self()) }
    }

    func removeDirectory(
      _ name: [UInt8], in parent: DirectoryHandle, decide: (EntryStatus) -> Bool
    ) throws(Errno) -> Bool {
      try base.removeDirectory(name, in: parent, decide: decide)
    }
  }

  private struct WatchingReader: EntryRecorder {
    let fileSystem: WatchedFileSystem
    let told = Monitor((outside: 0, inside: 0))
    var wantsKept: Bool { true }

    func record(_ entry: RecordedEntry) {
      let isInside = fileSystem.removing.withLock { $0.contains(pthread_self()) }
      told.withLock { if isInside { $0.inside += 1 } else { $0.outside += 1 } }
    }
  }

  @Test func `nobody who reads of files is waited for in the midst of removals`() {
    let tree = ScratchTree()
    for index in 0..<300 { tree.file("d\(index % 3)/f\(index)", days: index % 5 == 0 ? 1 : 100) }
    let fileSystem = WatchedFileSystem()
    let reader = WatchingReader(fileSystem: fileSystem)
    var settings = BatchRunner.Settings(mode: .purge, runID: "test", now: Fixture.now)
    settings.recorder = reader
    let runner = BatchRunner(
      plan: BatchPlan(targets: [makeTarget(tree.path)]), settings: settings, fileSystem: fileSystem,
      stop: StopRequest(), onEvent: { _ in })
    #expect(runner.run().totals.filesPurged == 240)
    #expect(reader.told.withLock { $0.inside } == 0)
    #expect(reader.told.withLock { $0.outside } == 300)
  }

  // MARK: What stays, and why

  @Test func `folders with dates that stay are named, with the reason`() throws {
    let tree = ScratchTree()
    for name in ["2019-12", "2020-01", "2020-02", "2024-05", "2026-11", "2027-01", "2024-13"] { tree.directory(name) }
    var target = makeTarget("/", name: "monthly")
    let prefix = tree.path.split(separator: "/").map { PathPattern.Component.literal(String($0)) }
    target.path = PathPattern(
      text: tree.path + "/pattern",
      components: prefix + [.template(DateTemplate(pieces: [.year, .text("-"), .month]))])
    target.partitions = PartitionRule(from: Period(year: 2020, month: 1))
    target.partitions?.keepLast = 2
    let kept = rehearse([target]).foldersKept
    #expect(kept.map(\.target) == ["monthly"])
    #expect(kept[0].folders[.outsideBounds]?.first == ["\(tree.path)/2019-12"])
    #expect(kept[0].folders[.keepLast]?.first == ["\(tree.path)/2024-05"])
    #expect(kept[0].folders[.tooYoung]?.first.sorted() == ["\(tree.path)/2026-11", "\(tree.path)/2027-01"])
  }

  @Test func `the holds that were met are named`() {
    let tree = ScratchTree()
    tree.file("a/.purge-hold")
    tree.file("b/c/.purge-hold")
    tree.file("b/old")
    let holds = rehearse([makeTarget(tree.path)]).targets[0].holds
    #expect(holds.count == 2)
    #expect(holds.first.sorted() == ["\(tree.path)/a", "\(tree.path)/b/c"])
    tree.file(".purge-hold")
    #expect(rehearse([makeTarget(tree.path + "/b")]).targets[0].holds.first == [tree.path])
  }

  @Test func `of a path that is thousands of levels deep a part is kept, and one that is seen twice counts once`() {
    var samples = PathSamples()
    let path = String(repeating: "/level", count: 5000)
    samples.note(path)
    #expect(samples.first.map(\.utf8.count) == [PathSamples.mostBytes])
    #expect(samples.contains(path) && !samples.contains("/another"))
    for number in 0..<100 { samples.note("/\(number)") }
    #expect(samples.count == 101 && samples.first.count == PathSamples.most)
  }

  @Test func `a hold that several workers see is one`() {
    let tree = ScratchTree()
    for index in 0..<400 { tree.file("d/f\(index)") }
    var fileSystem = ScriptedFileSystem()
    // It is there when the folder is listed, and not yet when it is entered.
    let looks = Monitor(0)
    fileSystem.onLook = { name in
      guard name == ".purge-hold" else { return nil }
      return looks.withLock { looks in
        looks += 1
        return looks < 3 ? .noSuchFileOrDirectory : nil
      }
    }
    tree.file("d/.purge-hold")
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem)
    #expect(outcome.targets[0].holds.count == 1)
    #expect(outcome.targets[0].holds.first == ["\(tree.path)/d"])
    #expect(tree.contents.count == 402)
  }

  @Test func `files dated in the future are kept apart from those that are too new, and many of them are told of`() {
    let tree = ScratchTree()
    for index in 0..<50 { tree.file("f\(index)", days: 1) }
    tree.file("late", days: -400)
    let events = Events()
    let outcome = rehearse([makeTarget(tree.path)], events: events) { $0.safety.maxClockSkew = .seconds(300) }
    #expect(outcome.totals.filesKept[.inFuture] == 1)
    #expect(outcome.totals.filesKept[.tooNew] == 50)
    #expect(events.notices.contains { $0.hasPrefix("1 of 51 files") })
    let quiet = Events()
    for index in 0..<100 { tree.file("g\(index)", days: 1) }
    _ = rehearse([makeTarget(tree.path)], events: quiet)
    #expect(quiet.notices.isEmpty)
  }

  // MARK: The whole run

  @Test func `the run tells one number of targets from its start to its end`() {
    let trees = (0..<3).map { _ in ScratchTree() }
    for tree in trees { tree.file("old") }
    var targets = trees.enumerated().map { makeTarget($1.path, name: "t\($0)") }
    targets[1].isEnabled = false
    let events = Events()
    let outcome = rehearse(targets, events: events) { $0.run.progressInterval = .milliseconds(1) }
    let started = events.all.compactMap { if case .batchStarted(let count) = $0 { count } else { nil } }
    #expect(started == [3])
    #expect(outcome.books.count == 3)
    for case .batchProgress(let progress) in events.all {
      #expect(progress.targets == 3)
      #expect(progress.targetsDone + progress.targetsRunning + progress.targetsWaiting == 3)
    }
  }

  @Test func `a run that is not to start touches nothing`() {
    let tree = ScratchTree()
    tree.file("old")
    var settings = BatchRunner.Settings(mode: .purge, runID: "test", now: Fixture.now)
    settings.willStart = { "no" }
    let runner = BatchRunner(
      plan: BatchPlan(targets: [makeTarget(tree.path)]), settings: settings, stop: StopRequest(), onEvent: { _ in })
    #expect(runner.run().unfitting == ["no"])
    #expect(tree.exists("old"))
  }
}
