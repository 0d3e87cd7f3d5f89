import Glibc
import Kernel
import Plan
import SystemPackage

@testable import Runner

/// A folder of its own for one test, removed afterwards.
final class ScratchTree: Sendable {
  let path: String

  /// In memory where there is such a place: ext4 looks long for inodes when thousands were freed a moment ago.
  private static let base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"

  init(in base: String = ScratchTree.base) {
    path = "\(base)/efs-purge-batch-test-\(UInt64.random(in: 0 ... .max))"
    mkdir(path, 0o755)
  }

  deinit { removeTree(path) }

  /// Makes a file, and the directories above it, whose mtime lies `days` before `Fixture.now`.
  @discardableResult
  func file(_ relative: String, days: Double = 100, size: Int = 0) -> String {
    let name = "\(path)/\(relative)"
    directory(relative.split(separator: "/").dropLast().joined(separator: "/"))
    let descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    precondition(descriptor >= 0, "cannot make \(name): \(errno)")
    if size > 0 { _ = [UInt8](repeating: 1, count: size).withUnsafeBytes { write(descriptor, $0.baseAddress, size) } }
    close(descriptor)
    age(name, days: days)
    return name
  }

  @discardableResult
  func directory(_ relative: String, days: Double? = nil) -> String {
    var here = path
    for component in relative.split(separator: "/") {
      here += "/" + component
      mkdir(here, 0o755)
    }
    if let days { age(here, days: days) }
    return here
  }

  /// Directories one inside the other, with an old file in the last one.
  func chain(_ depth: Int) {
    let old = timespec(tv_sec: 1, tv_nsec: 0)
    var here = open(path, O_RDONLY | O_DIRECTORY)
    for _ in 0..<depth {
      mkdirat(here, "dddd", 0o755)
      let next = openat(here, "dddd", O_RDONLY | O_DIRECTORY)
      futimens(here, [old, old])
      close(here)
      here = next
    }
    close(openat(here, "f", O_CREAT | O_WRONLY, 0o644))
    utimensat(here, "f", [old, old], 0)
    futimens(here, [old, old])
    close(here)
  }

  func age(_ name: String, days: Double, readDaysAgo: Double? = nil) {
    let times = [readDaysAgo ?? days, days].map { days in
      timespec(tv_sec: Int((Double(Fixture.now.seconds) - days * 86_400).rounded(.down)), tv_nsec: 0)
    }
    precondition(utimensat(AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW) == 0, "cannot age \(name): \(errno)")
  }

  /// Ages every directory, deepest first, so that our own making of files does not count as a change.
  func ageDirectories(days: Double = 100) {
    for entry in walkTree(path).reversed() where entry.isDirectory { age(path + "/" + entry.path, days: days) }
  }

  /// Waits until the file system's clock has gone on: what was made until now is older than what is changed from now on.
  func letTimePass() {
    // Since Linux 6.13 a file's times can be finer than that clock, and ahead of it.
    let start = Timestamp(WallClock.now())
    while Timestamp(WallClock.ofFileTimes()) <= start { PlainThread.nap(.milliseconds(1)) }
  }

  /// Paths relative to the tree, sorted.
  var contents: [String] { walkTree(path).map(\.path).sorted() }
  func exists(_ relative: String) -> Bool {
    var status = stat()
    return lstat("\(path)/\(relative)", &status) == 0
  }
}

enum Fixture {
  /// The moment all ages of tests are counted from: the real one, since a purge compares it with the file system's clock.
  static let now = Timestamp(seconds: WallClock.now().seconds)
  /// Who has files that are not ours; only root can give them any.
  static let otherUser: UInt32 = 4242
}

struct TreeEntry: Hashable {
  var path: String
  var isDirectory: Bool
  var isFile: Bool
  var isLink: Bool
  var mtime: Timestamp
  var atime: Timestamp
  var size: Int64
  var owner: UInt32
}

/// A plain recursive listing with readdir(3) and lstat(2): the naive walk that results are compared with.
func walkTree(_ root: String, _ below: String = "") -> [TreeEntry] {
  guard let directory = opendir(below.isEmpty ? root : root + "/" + below) else { return [] }
  defer { closedir(directory) }
  var entries: [TreeEntry] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name == "." || name == ".." { continue }
    let path = below.isEmpty ? name : below + "/" + name
    var status = stat()
    guard lstat(root + "/" + path, &status) == 0 else { continue }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    entries.append(
      TreeEntry(
        path: path, isDirectory: isDirectory, isFile: status.st_mode & S_IFMT == S_IFREG,
        isLink: status.st_mode & S_IFMT == S_IFLNK, mtime: Timestamp(status.st_mtim), atime: Timestamp(status.st_atim),
        size: Int64(status.st_size), owner: status.st_uid))
    if isDirectory { entries += walkTree(root, path) }
  }
  return entries
}

extension Timestamp {
  fileprivate init(_ time: timespec) {
    self.init(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
  }

  var asSeconds: Double { Double(seconds) + Double(nanoseconds) / 1e9 }
}

/// Deep chains and unreadable folders included; the paths of tests need no quoting.
func removeTree(_ path: String) { system("chmod -R u+rwx \(path) 2>/dev/null; rm -rf \(path)") }

/// Collects what a run tells.
final class Events: Sendable {
  private let events = Monitor<[RunEvent]>([])
  func add(_ event: RunEvent) {
    events.withLock { $0.append(event) }
    events.broadcast()
  }

  /// Returns when so many events that satisfy `wanted` have come, or after a minute, since machines are busy.
  func await(_ count: Int, _ wanted: (RunEvent) -> Bool) {
    _ = events.wait(timeout: .seconds(60)) { events -> Bool? in events.count(where: wanted) >= count ? true : nil }
  }

  var all: [RunEvent] { events.withLock { $0 } }

  var failures: [PurgeFailure] {
    all.compactMap { if case .failure(let failure) = $0 { failure } else { nil } }
  }
  var memorySteps: [MemoryStep] {
    all.compactMap { if case .memoryStep(let step) = $0 { step } else { nil } }
  }
  var notices: [String] {
    all.compactMap { if case .notice(_, let message) = $0 { message } else { nil } }
  }
}

/// A target named "t" at a literal path with everything older than 30 days to go.
func makeTarget(_ path: String, name: String = "t", maxAge: Duration = .seconds(30 * 86_400)) -> Target {
  let components = path.split(separator: "/").map { PathPattern.Component.literal(String($0)) }
  return Target(
    name: name, path: PathPattern(text: path, components: components), retention: Retention(maxAge: maxAge))
}

/// Runs targets with the given number of workers and returns the outcome; `adjust` changes the plan before.
@discardableResult
func purge(
  _ targets: [Target], mode: RunMode = .purge, workers: Int = 4, events: Events = Events(),
  fileSystem: any FileSystem = LinuxFileSystem(), stop: StopRequest = StopRequest(), selection: [Glob] = [],
  now: Timestamp = Fixture.now, systemRoot: String = "", retryHaste: Int = 20,
  adjust: (inout BatchPlan) -> Void = { _ in }
) -> BatchOutcome {
  var plan = BatchPlan(targets: targets)
  for index in plan.targets.indices where plan.targets[index].concurrency == .auto {
    plan.targets[index].concurrency = .atMost(workers)
  }
  adjust(&plan)
  var settings = BatchRunner.Settings(mode: mode, runID: "test", now: now, selection: selection)
  settings.systemRoot = systemRoot
  settings.retryHaste = retryHaste
  let runner = BatchRunner(
    plan: plan, settings: settings, fileSystem: fileSystem, stop: stop, onEvent: events.add)
  return runner.run()
}
