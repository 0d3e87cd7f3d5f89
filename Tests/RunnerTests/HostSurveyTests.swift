import Foundation
import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// What the survey says of real folders, and that it leaves them as they were.
@Suite struct HostSurveyTests {
  private let tree = ScratchTree()

  private func facts(_ targets: [Target], on host: HostSurvey.Host = HostSurvey.Host()) throws -> HostFacts {
    try HostSurvey(on: host).facts(of: BatchPlan(targets: targets))
  }

  private func state(_ path: String, clockAhead: Duration = .zero) throws -> HostFacts.State? {
    let host = HostSurvey.Host(clock: { Timestamp(WallClock.now()) - (.zero - clockAhead) })
    let answer = try facts([makeTarget(path)], on: host).targets.first?.answer
    guard case .folders(let folders, found: 1, _) = answer, folders.count == 1 else { return nil }
    #expect(folders[0].path == path)
    return folders[0].state
  }

  private func folders(of targets: Target...) throws -> (all: [HostFacts.Folder], found: Int) {
    let answer = try facts(targets).targets.first?.answer
    return try #require(
      answer.flatMap { if case .folders(let folders, let found, _) = $0 { (folders, found) } else { nil } })
  }

  /// The number of the first component below the scratch folder.
  private var base: Int { tree.path.split(separator: "/").count }

  private func pattern(_ tail: PathPattern.Component..., text: String = "pattern") -> Target {
    var target = makeTarget(tree.path)
    target.path = PathPattern(text: text, components: target.path.components + tail)
    return target
  }

  // MARK: The report

  @Test func `what stands at the report's path is told, and nothing is tried there`() throws {
    let path = tree.directory("reports")
    tree.file("file")
    func state(_ file: String?) throws -> HostFacts.State? {
      var plan = BatchPlan(targets: [])
      plan.report.file = try file.map { try ReportPath($0) }
      guard case .folders(let folders, found: 1, _) = try HostSurvey().facts(of: plan).report else { return nil }
      return folders.first?.state
    }
    #expect(try state(nil) == nil)
    #expect(try state(path)?.directory?.deletion == .untried)
    #expect(try state(path + "/purge.json") == .missing(component: base + 1))
    #expect(try state(tree.path + "/none/purge.json") == .missing(component: base))
    // What fields stand in need not be there, what stands above them must.
    #expect(try state(path + "/purge-{run_id}.json")?.directory?.deletion == .untried)
    #expect(try state(path + "/{YYYY}/purge.json")?.directory?.deletion == .untried)
    #expect(try state(path + "/none/purge-{run_id}.json") == .missing(component: base + 1))
    #expect(try state(tree.path + "/file") == .notDirectory(.file, component: base))
    #expect(tree.contents == ["file", "reports"])
  }

  @Test func `links on the way to a report are followed, as a run does`() throws {
    let path = tree.directory("reports")
    tree.file("reports/old.json")
    symlink(path, tree.path + "/link")
    symlink(path + "/old.json", tree.path + "/file")
    symlink(tree.path + "/none", tree.path + "/nowhere")
    func state(_ name: String) throws -> HostFacts.State? {
      var plan = BatchPlan(targets: [])
      plan.report.file = try ReportPath("\(tree.path)/\(name)")
      guard case .folders(let folders, found: 1, _) = try HostSurvey().facts(of: plan).report else { return nil }
      return folders.first?.state
    }
    #expect(try state("link")?.directory?.deletion == .untried)
    #expect(try state("link/purge.json") == .link(component: base))
    #expect(try state("link/none/purge.json") == .missing(component: base + 1))
    #expect(try state("link/old.json/purge.json") == .missing(component: base + 1))
    #expect(try state("nowhere/purge.json") == .missing(component: base))
    #expect(try state("nowhere") == .link(component: base))
    #expect(try state("file") == .link(component: base))
  }

  // MARK: Literal paths

  @Test func `a folder of our own can be read and emptied, and is left as it was`() throws {
    let path = tree.directory("data")
    tree.file("data/old")
    let directory = try #require(try state(path)?.directory)
    #expect(directory.deletion == .possible)
    #expect(directory.mount?.kind.isEmpty == false)
    #expect(directory.mount?.options.isEmpty == false)
    #expect(tree.contents == ["data", "data/old"])
  }

  @Test func `what is missing is told by the component at which the path ends`() throws {
    tree.directory("data")
    #expect(try state(tree.path + "/data/none") == .missing(component: base + 1))
    #expect(try state(tree.path + "/none/data") == .missing(component: base))
  }

  @Test func `a link is none of a folder, wherever it stands in the path`() throws {
    tree.directory("real/sub")
    symlink(tree.path + "/real", tree.path + "/link")
    #expect(try state(tree.path + "/link") == .link(component: base))
    #expect(try state(tree.path + "/link/sub") == .link(component: base))
    #expect(tree.contents == ["link", "real", "real/sub"])
  }

  @Test func `files, pipes and devices are no folders, and nothing waits for them`() throws {
    tree.file("file")
    mkfifo(tree.path + "/pipe", 0o600)
    #expect(try state(tree.path + "/file") == .notDirectory(.file, component: base))
    #expect(try state(tree.path + "/file/sub") == .notDirectory(.file, component: base))
    #expect(try state(tree.path + "/pipe") == .notDirectory(.special, component: base))
    #expect(try state(tree.path + "/pipe/sub") == .notDirectory(.special, component: base))
    // A terminal: to open it would wait for a line, and make it ours.
    #expect(try state("/dev/ptmx") == .notDirectory(.special, component: 1))
    #expect(try folders(of: pattern(.wildcard(try Glob("*")))).found == 0)
  }

  // MARK: Holds

  @Test(arguments: ["a", "a/b", "a/b/c"])
  func `what a hold protects is not touched, and told with where it stands`(holder: String) throws {
    let path = tree.directory("a/b/c")
    tree.file("\(holder)/.purge-hold")
    let depth = holder.count { $0 == "/" }
    #expect(try state(path) == .held(by: "\(tree.path)/\(holder)/.purge-hold", component: base + depth))
    // As a run has it.
    #expect(purge([makeTarget(path)]).targets.map(\.ending) == [.skipped])
  }

  @Test func `a hold beside or below a target protects not all of it`() throws {
    let path = tree.directory("a/b/c")
    tree.file("a/.purge-hold-not")
    tree.file("a/b/c/d/.purge-hold")
    tree.file("other/.purge-hold")
    #expect(try state(path)?.directory?.deletion == .possible)
  }

  @Test func `folders of a pattern are held each for itself`() throws {
    for name in ["x", "y", "z"] { tree.directory("f/\(name)") }
    tree.file("f/y/.purge-hold")
    let (folders, _) = try folders(of: pattern(.literal("f"), .wildcard(try Glob("?"))))
    #expect(folders.map { $0.state.directory == nil } == [false, true, false])
  }

  // MARK: Patterns

  @Test func `a pattern answers with the first folders it finds and how many there are`() throws {
    for number in 10..<40 { tree.directory("f\(number)") }
    let (folders, found) = try folders(of: pattern(.wildcard(try Glob("f*"))))
    #expect(found == 30)
    #expect(folders.map(\.path) == (10..<26).map { "\(tree.path)/f\($0)" })
    #expect(folders.allSatisfy { $0.state.directory?.deletion == .possible })
    #expect(tree.contents.count == 30)
  }

  @Test func `periods that are not old enough yet are folders all the same`() throws {
    tree.directory("2999-01")
    var target = pattern(.template(DateTemplate(pieces: [.year, .text("-"), .month])))
    target.partitions = PartitionRule(olderThan: .months(3))
    let (folders, _) = try folders(of: target)
    #expect(folders.map(\.path) == [tree.path + "/2999-01"])
  }

  @Test func `a pattern whose fixed part is missing or a link says so`() throws {
    symlink("/tmp", tree.path + "/link")
    let star = PathPattern.Component.wildcard(try Glob("*"))
    let answers = try facts([pattern(.literal("none"), star), pattern(.literal("link"), star)]).targets.map(\.answer)
    #expect(
      answers == [
        .folders([.init(path: tree.path + "/none", state: .missing(component: base))], found: 0),
        .folders([.init(path: tree.path + "/link", state: .link(component: base))], found: 0),
      ])
  }

  @Test func `links and near misses beside the folders of a pattern are seen`() throws {
    for name in ["2024-01", "2024-1"] { tree.directory(name) }
    symlink(tree.path + "/2024-01", tree.path + "/2024-02")
    let dated = pattern(.template(DateTemplate(pieces: [.year, .text("-"), .month])))
    var expected = PassedOver()
    expected.links.note(Array("\(tree.path)/2024-02".utf8))
    expected.nearMisses.note(Array("\(tree.path)/2024-1".utf8))
    guard case .folders(let folders, found: 1, let passedOver)? = try facts([dated]).targets.first?.answer else {
      Issue.record("no folders")
      return
    }
    #expect(folders.map(\.path) == [tree.path + "/2024-01"])
    #expect(passedOver == expected)
  }

  @Test func `how many folders a pattern finds is no matter where few of them are taken`() throws {
    for index in 0...20_000 {
      let (month, day) = (10 + index / 18 % 3, 10 + index % 18)
      tree.directory("\(2100 + index / 54)-\(month)-\(day)")
    }
    var dated = pattern(.template(DateTemplate(pieces: [.year, .text("-"), .month, .text("-"), .day])))
    dated.partitions = PartitionRule()
    #expect(try folders(of: dated).found == 20_001)
    let wild = pattern(.wildcard(try Glob("*")))
    #expect(try facts([wild]).targets.map(\.answer) == [.tooMany(limit: 20_000)])
  }

  @Test func `a pattern that finds nothing has no folders`() throws {
    #expect(try facts([pattern(.wildcard(try Glob("x*")))]).targets.map(\.answer) == [.folders([], found: 0)])
  }

  // MARK: Targets and time

  @Test func `disabled targets are left alone, and the others keep their numbers`() throws {
    var off = makeTarget(tree.path + "/off", name: "off")
    off.isEnabled = false
    let on = makeTarget(tree.path + "/on", name: "on")
    #expect(try facts([off, on]).targets.map(\.index) == [1])
  }

  @Test func `more targets than are looked at at once all get their answer`() throws {
    let targets = (0..<200).map { number in makeTarget(tree.directory("d\(number)"), name: "d\(number)") }
    let answers = try facts(targets).targets
    #expect(answers.map(\.index) == Array(0..<200))
    #expect(answers.allSatisfy { $0.answer.found == 1 })
    #expect(tree.contents.count == 200)
  }

  // MARK: Clocks

  @Test func `the clock of a file system here agrees with this host's`() throws {
    let skew = try #require(try state(tree.path)?.directory?.clockSkew)
    #expect(skew.contains(.zero))
    #expect(skew.upperBound - skew.lowerBound < .seconds(5))
  }

  @Test func `a clock that is off shows with its sign`() throws {
    let behind = try #require(try state(tree.path, clockAhead: .seconds(600))?.directory?.clockSkew)
    #expect(behind.contains(.seconds(-600)) && !behind.contains(.zero))
    let ahead = try #require(try state(tree.path, clockAhead: .seconds(-600))?.directory?.clockSkew)
    #expect(ahead.contains(.seconds(600)) && !ahead.contains(.zero))
  }

  // MARK: Limits

  @Test func `limits of this process are told, descriptors with what a run makes of them`() throws {
    let process = try facts([]).process
    let descriptors = try #require(process.descriptors)
    #expect(descriptors.concurrency == DescriptorShares(limit: descriptors.limit, parallelTargets: 1).workers)
    let threads = try #require(process.threads)
    #expect(threads.limit > 0 && threads.concurrency < threads.limit)
    #expect(process.user == geteuid())
  }

  @Test(
    arguments: [
      (
        ["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/pids.current": "1\n", "sys/fs/cgroup/pids.max": "300\n"],
        300, "cgroup v2 pids.max of /"
      ),
      (
        [
          "proc/self/cgroup": "3:pids:/box\n", "sys/fs/cgroup/pids/box/pids.current": "1\n",
          "sys/fs/cgroup/pids/box/pids.max": "max\n", "sys/fs/cgroup/pids/pids.max": "200\n",
        ],
        200, "cgroup v1 pids.max of /"
      ),
      (["proc/self/cgroup": "0::/\n", "proc/sys/kernel/pid_max": "100\n"], 100, "kernel.pid_max"),
    ] as [([String: String], Int, String)])
  func `the smallest limit on threads is told with what sets it`(
    files: [String: String], limit: Int, source: String
  ) throws {
    for (name, text) in files.merging(["proc/sys/kernel/threads-max": "400\n"], uniquingKeysWith: { a, _ in a }) {
      tree.directory(name.split(separator: "/").dropLast().joined(separator: "/"))
      try Data(text.utf8).write(to: URL(filePath: "\(tree.path)/\(name)"))
    }
    let threads = try facts([], on: HostSurvey.Host(systemRoot: tree.path)).process.threads
    #expect(threads == .init(limit: limit, source: source, concurrency: limit - 4))
  }
}

extension HostFacts.State {
  fileprivate var directory: HostFacts.Directory? {
    if case .directory(let directory) = self { directory } else { nil }
  }
}

extension HostFacts.Answer {
  fileprivate var found: Int? { if case .folders(_, let found, _) = self { found } else { nil } }
}

// MARK: - With root's help

/// Asks the file system as nobody from now on: the calling thread alone, and those it starts.
private func becomeNobody() {
  // Glibc's module leaves <sys/fsuid.h> out.
  typealias Setter = @convention(c) (UInt32) -> CInt
  for name in ["setfsgid", "setfsuid"] {
    guard let symbol = dlsym(nil, name) else { fatalError("no \(name)") }
    _ = unsafeBitCast(symbol, to: Setter.self)(65_534)
  }
}

/// Permissions and mounts, which need root to be made.
@Suite struct HostSurveyAsRootTests {
  private let tree = ScratchTree()

  init() throws {
    if getuid() != 0 {
      print("skipped: only root can mount, and become another user")
      try Test.cancel("needs root")
    }
  }

  private func state(_ path: String) -> HostFacts.State? {
    let plan = BatchPlan(targets: [makeTarget(path)])
    guard case .folders(let folders, _, _)? = try? HostSurvey().facts(of: plan).targets.first?.answer else {
      return nil
    }
    return folders.first?.state
  }

  /// The state of a folder as nobody sees it.
  private func stateAsNobody(_ path: String) -> HostFacts.State? {
    let result = Monitor<HostFacts.State??>(nil)
    do {
      try PlainThread.start(name: "nobody") {
        becomeNobody()
        let state = state(path)
        result.withLock { $0 = .some(state) }
        result.broadcast()
      }
    } catch { return nil }
    return result.wait(timeout: .seconds(20)) { $0 } ?? nil
  }

  private func make(_ name: String, mode: mode_t) -> String {
    let path = tree.directory(name)
    chmod(path, mode)
    return path
  }

  private func deletion(_ state: HostFacts.State?) -> HostFacts.Deletion? {
    state?.directory?.deletion
  }

  @Test func `another user is refused what the folder's permissions refuse`() {
    let last = tree.path.split(separator: "/").count
    let denied = { (access: HostFacts.Access) in HostFacts.State.refused(access, errno: "EACCES", component: last) }
    #expect(stateAsNobody(make("closed", mode: 0o700)) == denied(.list))
    #expect(stateAsNobody(make("searchless", mode: 0o744)) == denied(.search))
    #expect(stateAsNobody(make("writeless", mode: 0o755)).map(deletion) == .refused(errno: "EACCES"))
    #expect(stateAsNobody(make("open", mode: 0o777)).map(deletion) == .possible)
    #expect(walkTree(tree.path).allSatisfy { $0.isDirectory })
  }

  @Test func `a folder on the way that may not be searched is the one that is named`() {
    let last = tree.path.split(separator: "/").count
    _ = make("dark/inside", mode: 0o777)
    chmod(tree.path + "/dark", 0o744)
    #expect(
      stateAsNobody(tree.path + "/dark/inside") == .refused(.search, errno: "EACCES", component: last))
  }

  @Test func `a folder marked as immutable cannot be deleted from, even by root`() throws {
    let path = NSTemporaryDirectory() + "efs-purge-batch-survey-\(UInt32.random(in: 0 ... .max))"
    mkdir(path, 0o755)
    defer { system("chattr -i -a \(path) 2>/dev/null; rm -rf \(path)") }
    guard system("chattr +i \(path) 2>/dev/null") == 0 else {
      print("skipped: \(NSTemporaryDirectory()) has no immutable folders")
      try Test.cancel("no immutable folders")
    }
    #expect(deletion(state(path)) == .refused(errno: "EPERM"))
    // Append-only: what is made there stays.
    #expect(system("chattr -i +a \(path)") == 0)
    let found = deletion(state(path))
    let left = try #require(walkTree(path).first)
    #expect(found == .probeRemains(name: left.path, errno: "EPERM"))
  }

  /// Mounts a file system in memory for as long as `body` runs.
  private func mounted(_ options: String, _ body: (String) throws -> Void) throws {
    let path = tree.directory("mount")
    guard system("mount -t tmpfs -o \(options) tmpfs \(path) 2>/dev/null") == 0 else {
      print("skipped: tmpfs cannot be mounted here")
      try Test.cancel("no mounts")
    }
    defer { system("umount -l \(path)") }
    try body(path)
  }

  @Test func `a read-only mount is told by its options and by the trial`() throws {
    try mounted("ro,noatime") { path in
      let directory = try #require(state(path)?.directory)
      #expect(directory.deletion == .refused(errno: "EROFS"))
      #expect(directory.clockSkew == nil)
      #expect(directory.mount?.kind == "tmpfs")
      #expect(directory.mount?.options.contains("ro") == true && directory.mount?.options.contains("noatime") == true)
      #expect(!directory.isOnRootMount)
    }
  }

  @Test func `on a full disk the folder's own times answer`() throws {
    try mounted("size=4k,nr_inodes=1") { path in
      let directory = try #require(state(path)?.directory)
      #expect(directory.deletion == .possible)
      #expect(directory.clockSkew?.contains(.zero) == true)
    }
  }

  @Test func `what lies on the root file system is told`() throws {
    let path = "/var/tmp/efs-purge-batch-survey-\(UInt32.random(in: 0 ... .max))"
    mkdir(path, 0o755)
    defer { rmdir(path) }
    var (root, folder) = (stat(), stat())
    guard stat("/", &root) == 0, stat(path, &folder) == 0, root.st_dev == folder.st_dev else {
      print("skipped: /var/tmp is not on the root file system")
      try Test.cancel("/var/tmp is a mount")
    }
    let directory = try #require(state(path)?.directory)
    #expect(directory.isOnRootMount)
    #expect(directory.givesBirthTimes != nil && directory.givesAccessTimes != nil)
  }
}
