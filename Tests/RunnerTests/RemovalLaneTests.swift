import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// Looks taken ahead of removals: where calls are round trips.
@Suite struct RemovalLaneTests {
  private static let roundTrip = Duration.milliseconds(10)

  private func victims(_ count: Int) -> VictimList {
    let tree = ScratchTree()
    let path = tree.file("f")
    var victims = VictimList()
    guard let handle = try? LinuxFileSystem().openRoot(Array(tree.path.utf8)) else { return victims }
    var names = NameList()
    names.append(Array("f".utf8))
    LinuxFileSystem().freshStatus(of: 0..<1, of: names, in: handle) { _, look in
      guard case .success(let status) = look else { return }
      for _ in 0..<count {
        Array(path.utf8).withUnsafeBufferPointer { victims.append($0, status, limit: (count, path.utf8.count)) }
      }
    }
    return victims
  }

  /// Whose directory was asked for at the moment all of this happens at.
  private func lane(_ count: Int) -> RemovalLane {
    var lane = RemovalLane()
    lane.namesChecked(at: Self.now)
    lane.entered(at: Self.now)
    lane.append(victims(count))
    return lane
  }

  private static let now = MonotonicTime(nanoseconds: 1_000_000_000)

  private func look(at list: VictimList) -> VictimList {
    var checking = Checking(rest: VictimList(), holdsUp: false)
    for index in list.indices { checking.stillGoes(index, of: list, seen: Self.now, bytes: 0) }
    return checking.remaining.first ?? VictimList()
  }

  private func takeToCheck(_ lane: inout RemovalLane, at pace: Duration = roundTrip) -> VictimList? {
    lane.takeToCheck(.init(pace: pace), at: Self.now)?.0
  }

  private func nothing(of list: VictimList) -> VictimList {
    var rest = list
    rest.drop(list.count)
    return rest
  }

  private func takeToRemove(_ lane: inout RemovalLane, _ manner: RemovalLane.Manner) -> Removal? {
    lane.takeToRemove(manner, .init(pace: Self.roundTrip), at: Self.now)
  }

  @Test(arguments: [
    (Duration.microseconds(300), 16, 4), (.milliseconds(1), 16, 4), (.milliseconds(3), 13, 4),
    (.milliseconds(10), 6, 1),
    (.milliseconds(100), 3, 1), (.milliseconds(300), 2, 1), (.seconds(2), 2, 1),
  ])
  func `no more names are looked at ahead than are removed while the next are looked at`(
    pace: Duration, most: Int, group: Int
  ) {
    var lane = lane(1000)
    var (taken, largest) = (0, 0)
    while let list = takeToCheck(&lane, at: pace) { (taken, largest) = (taken + list.count, max(largest, list.count)) }
    #expect(taken <= most)
    #expect(taken > most - group)
    #expect(largest == group)
  }

  @Test func `names in the remover's hands count as ahead`() {
    var lane = lane(1000)
    while let list = takeToCheck(&lane) { lane.checked([look(at: list)], rest: VictimList(), settled: 0) }
    guard case .files(var removing) = takeToRemove(&lane, .slow) else {
      return #expect(Bool(false), "nothing to remove")
    }
    #expect(takeToCheck(&lane) == nil)
    let count = removing.count
    removing.drop(count)
    lane.removed(count, rest: removing)
    #expect(takeToCheck(&lane)?.count == count)
  }

  @Test func `a directory is asked for again before so many names, and by one worker`() {
    var lane = lane(2000)
    var (needed, names) = (0, 0)
    for _ in 0..<1280 {
      guard let (list, check) = lane.takeToCheck(.init(pace: Self.roundTrip), at: Self.now) else { break }
      names += list.count
      lane.checked([], rest: VictimList(), settled: list.count)
      if case .done = check { continue }
      needed += 1
      lane.endCheck()
    }
    #expect(names == 1280)
    #expect(needed == names / Int(RemovalLane.namesPerCheck) - 1)
  }

  @Test func `what the directory said half a second ago does not count`() {
    var lane = lane(100)
    let later = Self.now.advanced(by: RemovalLane.nameCheckLasts)
    let first = lane.takeToCheck(.init(pace: Self.roundTrip), at: later)
    #expect(first?.1 == .needed(isJustEntered: false))
    // Others wait for the answer.
    #expect(lane.takeToCheck(.init(pace: Self.roundTrip), at: later) == nil)
    lane.namesChecked(at: later)
    lane.endCheck()
    #expect(lane.takeToCheck(.init(pace: Self.roundTrip), at: later)?.1 == .done(later))
  }

  @Test func `a question to the directory never crosses a removal in it`() {
    var lane = lane(100)
    let pace = RemovalLane.Lookahead(pace: Self.roundTrip)
    while let list = takeToCheck(&lane) { lane.checked([look(at: list)], rest: VictimList(), settled: 0) }
    guard case .files(let removing) = takeToRemove(&lane, .slow) else { return #expect(Bool(false), "nothing") }
    let due = Self.now.advanced(by: RemovalLane.nameCheckIsRenewed)
    lane.removed(removing.count, rest: nothing(of: removing))
    // Now that there is room for more looks, the question goes before the next removal.
    var isRemoved = lane.takeToRemove(.slow, pace, at: due) != nil
    #expect(!isRemoved)
    #expect(lane.takeToCheck(pace, at: due)?.1 == .needed(isJustEntered: false))
    #expect(!lane.hasToRemove(.slow))
    isRemoved = lane.takeToRemove(.slow, pace, at: due) != nil
    #expect(!isRemoved)
    lane.namesChecked(at: due)
    lane.endCheck()
    isRemoved = lane.takeToRemove(.slow, pace, at: due) != nil
    #expect(isRemoved)
    // While it lasts, looks go on by what is known, and the question waits.
    let late = due.advanced(by: RemovalLane.nameCheckIsRenewed)
    lane.checked([], rest: VictimList(), settled: 1)
    #expect(lane.takeToCheck(pace, at: late)?.1 == .done(due))
  }

  @Test func `where the directory is, is looked at once for so many names`() {
    var lane = lane(100)
    var located = 0
    for _ in 0..<(3 * RemovalLane.namesPerLocation) {
      guard let list = takeToCheck(&lane) else { break }
      lane.checked([look(at: list)], rest: VictimList(), settled: 0)
      guard let removal = takeToRemove(&lane, .slow), case .files(let files) = removal else { break }
      if lane.isToBeLocated(for: removal) { located += 1 }
      lane.removed(files.count, rest: nothing(of: files))
    }
    #expect(located == 3)
  }

  @Test func `a slow lane has one remover, and it removes only what was looked at`() {
    var lane = lane(100)
    #expect(takeToRemove(&lane, .slow) == nil)
    guard let list = takeToCheck(&lane) else { return #expect(Bool(false), "nothing to check") }
    lane.checked([look(at: list)], rest: VictimList(), settled: 0)
    #expect(takeToRemove(&lane, .slow) != nil)
    #expect(takeToRemove(&lane, .slow) == nil)
    #expect(takeToRemove(&lane, .quick) == nil)
  }

  @Test func `a quick lane has one remover, and a second one that has nothing else to do`() {
    var lane = lane(200)
    guard case .files(let first) = takeToRemove(&lane, .quick) else {
      return #expect(Bool(false), "nothing to remove")
    }
    #expect(first.count == RemovalLane.Manner.quick.group && !first.isChecked)
    #expect(takeToRemove(&lane, .quick) == nil)
    #expect(takeToRemove(&lane, .quickShared) != nil)
    #expect(takeToRemove(&lane, .quickShared) == nil)
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>) func `every file is settled once`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var lane = lane(0)
    var (checking, removing): ([VictimList], [VictimList]) = ([], [])
    var (added, settled) = (0, 0)
    while settled < 400 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0 where added < 400:
        let count = Int.random(in: 1...30, using: &random)
        lane.append(victims(count))
        added += count
      case 1:
        takeToCheck(&lane).map { checking.append($0) }
        lane.endCheck()
      case 2 where !checking.isEmpty:
        var list = checking.removeFirst()
        let (going, gone) = (list.takeFirst(Int.random(in: 0...2, using: &random)), list.takeFirst(1))
        lane.checked(going.isEmpty ? [] : [look(at: going)], rest: list, settled: gone.count)
        settled += gone.count
      case 3:
        let manner: RemovalLane.Manner = Bool.random(using: &random) ? .slow : .quickShared
        if case .files(let list) = takeToRemove(&lane, manner) { removing.append(list) }
      case _ where !removing.isEmpty:
        var list = removing.removeFirst()
        let done = list.takeFirst(Int.random(in: 0...list.count, using: &random)).count
        lane.removed(done, rest: list)
        settled += done
      default: break
      }
      let waiting = lane.waiting.reduce(0) { $0 + $1.count } + lane.checked.reduce(0) { $0 + $1.count }
      let inHands = (checking + removing).reduce(0) { $0 + $1.count }
      // What is lost is never settled.
      guard lane.files == waiting + inHands else { return #expect(Bool(false), "\(lane.files) files") }
      #expect(lane.files == added - settled)
      #expect(lane.waitingFiles == lane.waiting.reduce(0) { $0 + $1.count })
      #expect(lane.ahead <= RemovalLane.Lookahead.mostNames)
    }
    #expect(lane.ahead == 0 || !removing.isEmpty || !checking.isEmpty || !lane.checked.isEmpty)
  }
}

/// The same with a file system that answers slowly.
@Suite struct LookingAheadTests {
  @Test func `looks are taken by others, ahead of the removal`() {
    let tree = ScratchTree()
    for index in 0..<100 { tree.file("f\(index)") }
    let looks = Monitor<Set<String>>([])
    var fileSystem = ScriptedFileSystem.slow
    fileSystem.onCheck = { name in
      looks.withLock { _ = $0.insert(name) }
      return ScriptedFileSystem.wait()
    }
    let tally = walk(makeTarget(tree.path), fileSystem: fileSystem, workers: 4)
    #expect(tally.filesPurged == 100)
    #expect(looks.withLock(\.count) == 100)
  }

  @Test func `a file that became young, was replaced, vanished or cannot be asked about is not removed`() {
    let tree = ScratchTree()
    for name in ["young", "replaced", "gone", "unreadable", "old"] { tree.file(name, size: 100) }
    var fileSystem = ScriptedFileSystem.slow
    fileSystem.onCheck = { name in
      _ = ScriptedFileSystem.wait()
      switch name {
      case "young": tree.age(tree.path + "/young", days: 0)
      case "replaced":
        tree.file("other")
        rename(tree.path + "/other", tree.path + "/replaced")
      case "gone": unlink(tree.path + "/gone")
      case "unreadable": return .ioError
      default: break
      }
      return nil
    }
    let events = Events()
    let tally = walk(makeTarget(tree.path), fileSystem: fileSystem, workers: 3, events: events)
    #expect(tree.contents == ["replaced", "unreadable", "young"])
    #expect(tally.filesPurged == 1)
    #expect(tally.filesKept[.tooNew] == 1)
    #expect(tally.filesVanished == 2)
    #expect(tally.filesFailed == 1)
    #expect(tally.imbalance(in: .purge) == nil)
    #expect(events.failures.map(\.path) == [tree.path + "/unreadable"])
  }

  @Test func `a look that has become too old is taken again`() {
    let tree = ScratchTree()
    for index in 0..<12 { tree.file("f\(index)") }
    let (removed, begun) = (Monitor<[String]>([]), Monitor(0))
    var fileSystem = ScriptedFileSystem.slow
    fileSystem.onCheck = Self.counting(begun)
    fileSystem.onRemoveFile = { name in
      let isFirst = removed.withLock {
        $0.append(name)
        return $0.count == 1
      }
      guard isFirst else { return ScriptedFileSystem.wait() }
      // While the first removal hangs, the others become young; those looked at before must be looked at again. The one
      // who looks has done so when it comes to the third.
      _ = begun.wait(timeout: .seconds(60)) { $0 >= 3 ? true : nil }
      for index in 0..<12 where name != "f\(index)" { tree.age("\(tree.path)/f\(index)", days: 0) }
      PlainThread.nap(RemovalLane.freshness)
      return nil
    }
    let tally = walk(makeTarget(tree.path), fileSystem: fileSystem, workers: 2)
    #expect(tally.filesPurged == 1)
    #expect(tally.filesKept[.tooNew] == 11)
    #expect(tree.contents.count == 11)
  }

  /// A hook that takes as long as a round trip.
  private static func counting(_ calls: Monitor<Int>) -> @Sendable (String) -> Errno? {
    { _ in
      calls.withLock { $0 += 1 }
      calls.broadcast()
      return ScriptedFileSystem.wait()
    }
  }

  @Test func `a cap holds for files that were looked at ahead`() {
    let tree = ScratchTree()
    for index in 0..<40 { tree.file("d\(index % 4)/f\(index)", size: 5000) }
    let cap = DeletionCap(of: nil, maxFiles: 10, maxBytes: nil)
    let tally = walk(
      makeTarget(tree.path), fileSystem: ScriptedFileSystem.slow, workers: 6, caps: [cap].compactMap { $0 })
    #expect(tally.filesPurged == 10)
    #expect(walkTree(tree.path).count(where: \.isFile) == 30)
    #expect(tally.imbalance(in: .purge) == nil)
  }

  @Test func `looks that are round trips are shared, and none is lost when the listing goes on meanwhile`() {
    let tree = ScratchTree()
    for index in 0..<4000 { tree.file("some-longer-name-for-a-file-\(index)") }
    let fileSystem = ScriptedFileSystem(onStatus: { _ in ScriptedFileSystem.wait() })
    let tally = walk(makeTarget(tree.path), fileSystem: fileSystem, workers: 16)
    #expect(tally.filesScanned == 4000)
    #expect(tally.filesPurged == 4000)
    #expect(tree.contents.isEmpty)
  }

  @Test func `patterns are asked about each file's own path, at the fresh look too`() throws {
    let tree = ScratchTree()
    for index in 10..<90 { tree.file("sub/data-\(index).tmp") }
    var target = makeTarget(tree.path)
    target.retention.include = [try Pattern("sub/data-??.tmp")]
    let outcome = purge([target], workers: 1)
    #expect(outcome.totals.filesPurged == 80)
    #expect(tree.contents == ["sub"])
  }

  @Test func `leave is paid for every call, for looks that are taken again too`() {
    let tree = ScratchTree()
    for index in 0..<12 { tree.file("f\(index)") }
    let calls = Monitor((looksAgain: 0, all: 0))
    let count: @Sendable (String) -> Errno? = { _ in
      calls.withLock { $0.all += 1 }
      return ScriptedFileSystem.wait()
    }
    var fileSystem = ScriptedFileSystem.slow
    fileSystem.onStatus = count
    let (removals, begun) = (Monitor(0), Monitor(0))
    let begin = Self.counting(begun)
    fileSystem.onCheck = { name in
      calls.withLock { $0.all += 1 }
      return begin(name)
    }
    fileSystem.onRemoveFile = { name in
      let isFirst = removals.withLock {
        $0 += 1
        return $0 == 1
      }
      // While the first removal hangs, looks at the next ones become too old.
      if isFirst {
        _ = begun.wait(timeout: .seconds(60)) { $0 >= 3 ? true : nil }
        PlainThread.nap(RemovalLane.freshness)
      }
      return count(name)
    }
    fileSystem.onLookBeforeRemoval = { calls.withLock { $0 = ($0.looksAgain + 1, $0.all + 1) } }
    // The directory, and the file that would protect it.
    fileSystem.onFreshDirectory = { _ in count("") }
    fileSystem.onLook = { count($0) }
    let limit = RateLimit(perSecond: 100_000)
    let tally = walk(makeTarget(tree.path), fileSystem: fileSystem, workers: 2, rateLimits: [limit])
    #expect(tally.filesPurged == 12)
    let (looksAgain, all) = calls.withLock { $0 }
    #expect(looksAgain > 0)
    // Opening the root and listing it twice are paid for besides: five tokens at most.
    #expect((all...all + 5).contains(limit.taken), "\(limit.taken) paid for \(all) calls")
  }

  @Test func `leave is paid for every call where calls are quick, too`() {
    let tree = ScratchTree()
    for index in 0..<2000 { tree.file("f\(index)") }
    let calls = Monitor(0)
    let count: @Sendable () -> Errno? = {
      calls.withLock { $0 += 1 }
      return nil
    }
    var fileSystem = ScriptedFileSystem()
    fileSystem.onStatus = { _ in count() }
    fileSystem.onLookBeforeRemoval = { _ = count() }
    fileSystem.onRemoveFile = { _ in count() }
    fileSystem.onFreshDirectory = { _ in count() }
    fileSystem.onLook = { _ in count() }
    let limit = RateLimit(perSecond: 1_000_000)
    let tally = walk(makeTarget(tree.path), fileSystem: fileSystem, workers: 1, rateLimits: [limit])
    #expect(tally.filesPurged == 2000)
    let all = calls.withLock { $0 }
    #expect(limit.taken >= all, "\(limit.taken) paid for \(all) calls")
  }

  @Test func `a look that found nothing is told of as a look`() {
    let tree = ScratchTree()
    for index in 0..<10 { tree.file("d/f\(index)") }
    let fileSystem = ScriptedFileSystem.beforeDecision { [path = tree.path] name in unlink("\(path)/d/\(name)") }
    let outcome = purge([makeTarget(tree.path)], fileSystem: fileSystem).targets[0]
    #expect(outcome.tally.filesVanished == 10)
    // And one at the directory itself.
    #expect((10...11).contains(outcome.operations.calls[.freshStatus]?.count ?? 0))
    #expect(outcome.operations.calls[.removeFile] == nil)
  }

  @Test func `a dry run tells of no calls that it only pretends`() {
    let tree = ScratchTree()
    for index in 0..<10 { tree.file("d/f\(index)") }
    tree.directory("empty")
    tree.ageDirectories()
    var target = makeTarget(tree.path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    let kinds = { (mode: RunMode) in Set(purge([target], mode: mode).targets[0].operations.calls.keys) }
    #expect(kinds(.dryRun) == [.open, .list, .status])
    #expect(kinds(.purge) == Set(OperationKind.allCases))
  }
}
