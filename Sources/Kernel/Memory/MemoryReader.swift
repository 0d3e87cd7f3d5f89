/// One look at memory.
public struct MemorySample: Hashable, Sendable {
  /// What pausing can free or the kernel cannot take back: what an OOM kill is decided by. Not page cache, not clean
  /// dentries and inodes.
  public var unreclaimable: UInt64
  /// Usage less inactive file cache, which is what the kubelet compares with the limit; nil outside a cgroup.
  public var workingSet: UInt64?

  public init(unreclaimable: UInt64, workingSet: UInt64?) {
    (self.unreclaimable, self.workingSet) = (unreclaimable, workingSet)
  }
}

/// Reads the limit that binds this process and what counts against it.
public struct MemoryReader: Sendable {
  /// In bytes.
  public let limit: UInt64
  /// What sets the limit, in words.
  public let source: String
  private let meter: Meter
  private let procRoot: String

  private enum Meter: Sendable {
    case cgroup(CgroupTree.Version, directory: String)
    case process
  }

  /// - Parameters:
  ///   - configured: a limit the user has set; the smaller of it and the binding one counts.
  ///   - procRoot, cgroupMount: where the kernel's files are looked for.
  public init(configured: UInt64?, procRoot: String = "/proc", cgroupMount: String = "/sys/fs/cgroup") {
    self.procRoot = procRoot
    let tree = CgroupTree.find(cgroupFile: procRoot + "/self/cgroup", mount: cgroupMount)
    let physical = SmallFile.text(procRoot + "/meminfo").flatMap { StatFile($0)["MemTotal"] } ?? .max
    let binding = tree?.limit
    // Without a limit of its own the group may be the whole machine: then only this process is measured.
    if let tree, let binding {
      meter = .cgroup(tree.version, directory: binding.directory)
    } else {
      meter = .process
    }
    var (limit, source) = (physical, "physical memory")
    if let binding, binding.bytes < limit { (limit, source) = (binding.bytes, binding.source) }
    if let configured, configured < limit { (limit, source) = (configured, "configured") }
    (self.limit, self.source) = (limit, source)
  }

  /// Takes a fresh look; some tens of microseconds. Nil when the kernel's files cannot be read at the moment.
  public func sample() -> MemorySample? {
    switch meter {
    case .cgroup(.v2, let directory): sampleV2(directory)
    case .cgroup(.v1, let directory): sampleV1(directory)
    case .process: sampleProcess()
    }
  }

  private func sampleV2(_ directory: String) -> MemorySample? {
    guard let text = SmallFile.text(directory + "/memory.stat") else { return nil }
    let stat = StatFile(text)
    let usage = SmallFile.text(directory + "/memory.current").flatMap { UInt64($0.split(separator: "\n").first ?? "") }
    return MemorySample(
      unreclaimable: stat.sum(of: [
        "anon", "shmem", "unevictable", "kernel_stack", "pagetables", "percpu", "sock", "slab_unreclaimable",
        "file_dirty", "file_writeback",
      ]),
      workingSet: usage.map { $0 - min($0, stat["inactive_file"] ?? 0) })
  }

  private func sampleV1(_ directory: String) -> MemorySample? {
    guard let text = SmallFile.text(directory + "/memory.stat") else { return nil }
    let stat = StatFile(text)
    let usage = SmallFile.text(directory + "/memory.usage_in_bytes").flatMap {
      UInt64($0.split(separator: "\n").first ?? "")
    }
    return MemorySample(
      unreclaimable: stat.sum(of: ["total_rss", "total_shmem", "total_unevictable", "total_dirty", "total_writeback"])
        &+ kernelStacks,
      workingSet: usage.map { $0 - min($0, stat["total_inactive_file"] ?? 0) })
  }

  private func sampleProcess() -> MemorySample? {
    guard let text = SmallFile.text(procRoot + "/self/status") else { return nil }
    return MemorySample(
      unreclaimable: StatFile(text).sum(of: ["RssAnon", "RssShmem", "VmPTE"]) &+ kernelStacks, workingSet: nil)
  }

  /// 16 KiB for each thread: charged to the group, but no part of any resident size, and v1 does not itemise it.
  private var kernelStacks: UInt64 {
    (SmallFile.text(procRoot + "/self/status").flatMap { StatFile($0)["Threads"] } ?? 0) &* 16 * 1024
  }
}
