import CKernel
import Glibc

/// One look at memory, in bytes.
public struct MemorySample: Hashable, Sendable {
  /// What pausing can free or the kernel cannot take back: what an OOM kill is decided by. Not page cache, not clean
  /// dentries and inodes.
  public var unreclaimable: UInt64
  /// Usage less inactive file cache, which is what the kubelet compares with the limit; nil outside a cgroup.
  public var workingSet: UInt64?
  /// Anonymous memory of this process alone.
  public var process: UInt64

  public init(unreclaimable: UInt64, workingSet: UInt64?, process: UInt64) {
    (self.unreclaimable, self.workingSet, self.process) = (unreclaimable, workingSet, process)
  }
}

/// The limit that binds this process, and what counts against it.
public struct MemoryLimit: Hashable, Sendable {
  public let bytes: UInt64
  /// What sets it, in words: `cgroup v2 memory.max of /kubepods/pod1`, `configured`, `physical memory`.
  public let source: String
  /// Nil: only this process counts, since a group without a limit may be the whole machine.
  let group: Group?
  private let root: String

  struct Group: Hashable, Sendable {
    var version: CgroupTree.Version
    var directory: String
  }

  /// - Parameters:
  ///   - configured: a limit the user has set; the smaller of it and the binding one counts.
  ///   - root: what stands before `/proc` and `/sys`: another directory for tests.
  public init(configured: UInt64?, root: String = "") {
    self.root = root
    let tree = CgroupTree.find(root: root)
    let binding = tree?.limit
    group = tree.flatMap { tree in binding.map { Group(version: tree.version, directory: $0.directory) } }
    let meminfo = FigureFile(root + "/proc/meminfo", keys: ["MemTotal"])
    var (bytes, source) = (meminfo.read() ? meminfo[0] ?? .max : .max, "physical memory")
    if let binding, binding.bytes < bytes { (bytes, source) = (binding.bytes, binding.source) }
    if let configured, configured < bytes { (bytes, source) = (configured, "configured") }
    (self.bytes, self.source) = (bytes, source)
  }

  /// The limit of this process's group, or the smallest of one above it; nil: none has one.
  public static func ofGroup(root: String = "") -> UInt64? { CgroupTree.find(root: root)?.limit?.bytes }

  /// Looks at what counts against this limit; for one thread.
  public func reader() -> MemoryReader { MemoryReader(group, root: root) }

  /// Wakes who waits for a change.
  public func alarm() -> MemoryAlarm { MemoryAlarm(group) }
}

/// Looks at memory again and again. A look takes about ten microseconds and allocates nothing. For one thread at a time.
public final class MemoryReader {
  /// What counts in `memory.stat`: the first three are all anonymous and shared memory as the kernel's lists hold it, with
  /// what is locked; the next two the same as it is mapped, without. They differ while lists are brought up to date.
  private static let v1Keys: [StaticString] = [
    "total_inactive_anon", "total_active_anon", "total_unevictable", "total_rss", "total_shmem",
    "total_inactive_file", "total_dirty", "total_writeback",
  ]
  private static let v2Keys: [StaticString] = [
    "inactive_anon", "active_anon", "unevictable", "anon", "shmem",
    "inactive_file", "file_dirty", "file_writeback",
    "kernel_stack", "pagetables", "sec_pagetables", "percpu", "sock", "slab_unreclaimable", "zswap",
  ]
  private static let inactiveFile = 5

  private let version: CgroupTree.Version?
  private let stat: FigureFile?
  private let usage: FigureFile?
  private let process: FigureFile

  init(_ group: MemoryLimit.Group?, root: String) {
    version = group?.version
    stat = group.map {
      FigureFile(
        $0.directory + "/memory.stat", keys: $0.version == .v1 ? MemoryReader.v1Keys : MemoryReader.v2Keys)
    }
    usage = group.map { FigureFile($0.directory + ($0.version == .v1 ? "/memory.usage_in_bytes" : "/memory.current")) }
    process = FigureFile(root + "/proc/self/status", keys: ["RssAnon", "RssShmem", "VmPTE"])
  }

  /// Nil when the kernel's files cannot be read at the moment, as happens when a group vanishes.
  public func sample() -> MemorySample? {
    guard process.read() else { return nil }
    let own = process[0] ?? 0
    guard let stat, let version else {
      let others = (process[1] ?? 0) &+ (process[2] ?? 0) &+ MemoryReader.kernelMemoryOfThreads
      return MemorySample(unreclaimable: own &+ others, workingSet: nil, process: own)
    }
    guard stat.read() else { return nil }
    let workingSet = usage?.number().map { $0 - min($0, stat[MemoryReader.inactiveFile] ?? 0) }
    return MemorySample(
      unreclaimable: user(stat) &+ kernel(stat, version), workingSet: workingSet, process: own)
  }

  /// Anonymous, shared and locked memory, and what must be written to disk first.
  private func user(_ stat: FigureFile) -> UInt64 {
    max(sum(stat, 0..<3), sum(stat, 3..<5)) &+ sum(stat, 6..<8)
  }

  private func kernel(_ stat: FigureFile, _ version: CgroupTree.Version) -> UInt64 {
    switch version {
    case .v2: return sum(stat, 8..<MemoryReader.v2Keys.count)
    // v1 tells kernel memory in one figure with dentries and inodes, which are taken back. So page tables are reckoned, a
    // page for 512 pages of memory, and of the rest only our own threads.
    case .v1: return sum(stat, 3..<5) / 512 &+ MemoryReader.kernelMemoryOfThreads
    }
  }

  private func sum(_ stat: FigureFile, _ range: Range<Int>) -> UInt64 {
    range.reduce(0) { $0 &+ (stat[$1] ?? 0) }
  }

  private static var kernelMemoryOfThreads: UInt64 { UInt64(PlainThread.count) &* UInt64(PlainThread.kernelMemory) }
}
