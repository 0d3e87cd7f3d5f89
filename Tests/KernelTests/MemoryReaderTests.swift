import Foundation
import Testing

@testable import Kernel

/// Made-up /proc and cgroup directories: what containers show in their many layouts.
private struct Fixture: ~Copyable {
  let root = NSTemporaryDirectory() + "memory-" + UUID().uuidString

  init(_ files: [String: String]) throws {
    for (path, text) in files { try set(path, text) }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func set(_ path: String, _ text: String) throws {
    let url = URL(fileURLWithPath: root + "/" + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: false, encoding: .utf8)
  }

  func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: root + "/" + path) }

  func limit(configured: UInt64? = nil) -> MemoryLimit { MemoryLimit(configured: configured, root: root) }
}

private let meminfo = "MemTotal:       1048576 kB\nMemFree: 5 kB\n"
private let status = "Name:\tx\nVmPTE:\t  1 kB\nRssAnon:\t 100 kB\nRssFile:\t 50 kB\nRssShmem:\t 20 kB\nThreads:\t3\n"
private let machine = ["proc/meminfo": meminfo, "proc/self/status": status]

extension Fixture {
  /// A machine of 1 GiB with these files besides.
  init(onMachine files: [String: String]) throws { try self.init(machine.merging(files) { $1 }) }
}

@Suite struct MemoryLimitTests {
  @Test func `v2: the smallest of memory.max and memory.high over all ancestors binds`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "0::/slice/pod/box\n",
      "sys/fs/cgroup/slice/pod/box/memory.max": "max\n", "sys/fs/cgroup/slice/pod/box/memory.high": "200000000\n",
      "sys/fs/cgroup/slice/pod/box/memory.stat": "anon 1\n", "sys/fs/cgroup/slice/pod/memory.stat": "anon 10\n",
      "sys/fs/cgroup/slice/pod/memory.max": "100000000\n", "sys/fs/cgroup/slice/memory.high": "max\n",
      "sys/fs/cgroup/slice/memory.max": "300000000\n",
    ])
    #expect(fixture.limit().bytes == 100_000_000)
    #expect(fixture.limit().source == "cgroup v2 memory.max of /slice/pod")
    // Its group is measured, where the siblings count too.
    #expect(fixture.limit().reader().sample()?.unreclaimable == 10)
    try fixture.set("sys/fs/cgroup/slice/pod/memory.high", "90000000\n")
    #expect(fixture.limit().source == "cgroup v2 memory.high of /slice/pod")
    #expect(MemoryLimit.ofGroup(root: fixture.root) == 90_000_000)
  }

  @Test func `of equal limits the outermost group's binds, since more counts against it`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "0::/pod/box\n",
      "sys/fs/cgroup/pod/box/memory.max": "1000000\n", "sys/fs/cgroup/pod/box/memory.stat": "anon 1\n",
      "sys/fs/cgroup/pod/memory.max": "1000000\n", "sys/fs/cgroup/pod/memory.stat": "anon 10\n",
    ])
    #expect(fixture.limit().source == "cgroup v2 memory.max of /pod")
  }

  @Test func `v2 in a cgroup namespace: the container's group is the root it sees`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "0::/\n",
      "proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup ro,nosuid shared:9 - cgroup2 cgroup rw,nsdelegate\n",
      "sys/fs/cgroup/memory.max": "64000000\n", "sys/fs/cgroup/memory.stat": "anon 5\n",
    ])
    #expect(fixture.limit().bytes == 64_000_000)
    #expect(fixture.limit().source == "cgroup v2 memory.max of /")
  }

  @Test func `v2: the host's path, while only the container's own group is mounted`() throws {
    for path in ["/kubepods/pod1/box", "/../../kubepods/pod1/box"] {
      let fixture = try Fixture(onMachine: [
        "proc/self/cgroup": "0::\(path)\n",
        "proc/self/mountinfo": "30 23 0:26 \(path) /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
        "sys/fs/cgroup/memory.max": "64000000\n", "sys/fs/cgroup/memory.stat": "anon 5\n",
      ])
      #expect(fixture.limit().source == "cgroup v2 memory.max of /")
      #expect(fixture.limit().reader().sample()?.unreclaimable == 5)
    }
  }

  @Test func `v1: an ancestor's limit shows as hierarchical_memory_limit`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/box\n0::/\n",
      "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "9223372036854771712\n",
      "sys/fs/cgroup/memory/box/memory.stat": "total_rss 1\nhierarchical_memory_limit 52428800\n",
    ])
    #expect(fixture.limit().bytes == 52_428_800)
    #expect(fixture.limit().source == "cgroup v1 hierarchical_memory_limit of /box")
  }

  @Test func `v1 in a container: a part of the hierarchy is mounted, and the process is below it`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "4:memory:/docker/abc/inner\n",
      "proc/self/mountinfo": "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro master:3 - cgroup cgroup rw,memory\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "40000000\n",
      "sys/fs/cgroup/memory/memory.stat": "total_rss 7\n",
      "sys/fs/cgroup/memory/inner/memory.limit_in_bytes": "30000000\n",
      "sys/fs/cgroup/memory/inner/memory.stat": "total_rss 3\n",
    ])
    #expect(fixture.limit().source == "cgroup v1 memory.limit_in_bytes of /inner")
  }

  @Test func `hybrid: the memory controller of v1 counts, beside a v2 hierarchy without it`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "4:memory:/box\n0::/\n",
      "proc/self/mountinfo": """
      35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
      """,
      "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "20000000\n",
      "sys/fs/cgroup/memory/box/memory.stat": "total_rss 2\n",
      "sys/fs/cgroup/unified/cgroup.procs": "",
    ])
    #expect(fixture.limit().source == "cgroup v1 memory.limit_in_bytes of /box")
  }

  @Test func `hybrid: the memory controller of v2, mounted aside`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "1:name=systemd:/box\n0::/box\n",
      "proc/self/mountinfo": "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
      "sys/fs/cgroup/unified/box/memory.max": "20000000\n",
      "sys/fs/cgroup/unified/box/memory.stat": "anon 2\n",
    ])
    #expect(fixture.limit().source == "cgroup v2 memory.max of /box")
  }

  @Test func `mounted in another place than usual`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "4:memory:/box\n",
      "proc/self/mountinfo": "35 31 0:32 / /cgroups/mem rw - cgroup cgroup rw,cpu,memory\n",
      "cgroups/mem/box/memory.limit_in_bytes": "20000000\n", "cgroups/mem/box/memory.stat": "total_rss 2\n",
    ])
    #expect(fixture.limit().source == "cgroup v1 memory.limit_in_bytes of /box")
  }

  @Test func `without any limit of its own, or without cgroup files, the process counts against physical memory`()
    throws
  {
    let layouts = [
      ["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.stat": "anon 123456789\n"],
      [
        "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/memory.stat": "anon 9\n",
      ],
      ["proc/self/cgroup": "4:memory:/box\n"], [:],
    ]
    for layout in layouts {
      let fixture = try Fixture(onMachine: layout)
      #expect(fixture.limit().bytes == 1 << 30)
      #expect(fixture.limit().source == "physical memory")
      let sample = try #require(fixture.limit().reader().sample())
      // Anonymous and shared memory, page tables, and what the kernel holds for threads; not mapped files.
      let threads = sample.unreclaimable - 121 * 1024
      #expect(threads > 0 && threads % UInt64(PlainThread.kernelMemory) == 0)
      #expect(sample.process == 100 * 1024)
      #expect(sample.workingSet == nil)
    }
  }

  @Test func `a limit above what the machine has is none`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "0::/box\n",
      "sys/fs/cgroup/box/memory.max": "2000000000\n", "sys/fs/cgroup/box/memory.stat": "anon 5\n",
    ])
    #expect(fixture.limit().source == "physical memory")
    #expect(fixture.limit().bytes == 1 << 30)
  }

  @Test func `a configured limit counts when it is the smaller one, and only then`() throws {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "0::/box\n",
      "sys/fs/cgroup/box/memory.max": "1000000\n", "sys/fs/cgroup/box/memory.stat": "anon 5\n",
    ])
    #expect(fixture.limit(configured: 500_000).source == "configured")
    #expect(fixture.limit(configured: 500_000).bytes == 500_000)
    #expect(fixture.limit(configured: 2_000_000).bytes == 1_000_000)
  }

  @Test func `this machine's own limit and usage can be read`() throws {
    let limit = MemoryLimit(configured: nil)
    #expect(limit.bytes > 1 << 20)
    let sample = try #require(limit.reader().sample())
    #expect(sample.unreclaimable > 0)
    #expect(sample.process > 1 << 20)
    #expect(sample.unreclaimable < limit.bytes)
  }
}

@Suite struct MemoryReaderTests {
  /// A group with this memory.stat.
  private func fixture(v2 stat: String) throws -> Fixture {
    try Fixture(onMachine: [
      "proc/self/cgroup": "0::/box\n", "sys/fs/cgroup/box/memory.max": "100000000\n",
      "sys/fs/cgroup/box/memory.stat": stat, "sys/fs/cgroup/box/memory.current": "9000\n",
    ])
  }

  private let common = """
    file 1000
    kernel_stack 20
    pagetables 30
    sec_pagetables 1
    percpu 40
    sock 50
    file_dirty 70
    file_writeback 80
    slab_reclaimable 5000
    slab_unreclaimable 90
    zswap 2
    inactive_file 300
    active_file 50

    """

  @Test func `v2: all counts but page cache and reclaimable slab, which are taken back before anybody is killed`()
    throws
  {
    let fixture = try fixture(v2: common + "anon 10\nshmem 60\n")
    let sample = fixture.limit().reader().sample()
    #expect(sample == MemorySample(unreclaimable: 70 + 383, workingSet: 8700, process: 100 * 1024))
  }

  @Test func `locked memory counts once, whether it is anonymous or a file's`() throws {
    // 1000 anonymous, of which 900 are locked, and 50 of a locked file.
    let lists = "anon 1000\nshmem 0\ninactive_anon 100\nactive_anon 0\nunevictable 950\n"
    let fixture = try fixture(v2: common + lists)
    #expect(fixture.limit().reader().sample()?.unreclaimable == 1050 + 383)
  }

  @Test
  func `v1: kernel memory is reckoned from page tables and our own threads, since dentries are in its only figure`()
    throws
  {
    let fixture = try Fixture(onMachine: [
      "proc/self/cgroup": "4:memory:/box\n", "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "100000000\n",
      "sys/fs/cgroup/memory/box/memory.kmem.usage_in_bytes": "77777777\n",
      "sys/fs/cgroup/memory/box/memory.usage_in_bytes": "50000000\n",
      "sys/fs/cgroup/memory/box/memory.stat": """
      cache 1000
      rss 1
      total_cache 99999
      total_rss 512000
      total_shmem 51200
      total_inactive_anon 500000
      total_active_anon 70000
      total_unevictable 3
      total_dirty 7
      total_writeback 5
      total_inactive_file 40
      hierarchical_memory_limit 52428800
      """,
    ])
    let sample = try #require(fixture.limit().reader().sample())
    let threads = sample.unreclaimable - (570_003 + 12 + 563_200 / 512)
    #expect(threads > 0 && threads % UInt64(PlainThread.kernelMemory) == 0)
    #expect(sample.workingSet == 49_999_960)
  }

  @Test func `files that vanish give no sample rather than a wrong one, and a group made again is read again`() throws {
    let fixture = try fixture(v2: "anon 5\n")
    let reader = fixture.limit().reader()
    #expect(reader.sample()?.unreclaimable == 5)
    // What the kernel does to a file that is open when its group is removed is to refuse reads; an empty file comes near.
    try fixture.set("sys/fs/cgroup/box/memory.stat", "")
    #expect(reader.sample() == nil)
    try fixture.set("sys/fs/cgroup/box/memory.stat", "anon 6\n")
    #expect(reader.sample()?.unreclaimable == 6)
    let other = fixture.limit().reader()
    try fixture.remove("sys/fs/cgroup/box/memory.stat")
    #expect(other.sample() == nil)
    try fixture.set("sys/fs/cgroup/box/memory.stat", "anon 7\n")
    #expect(other.sample()?.unreclaimable == 7)
  }

  @Test func `a file that is no list of figures gives no sample`() throws {
    let fixture = try fixture(v2: "anon 5\n")
    let reader = fixture.limit().reader()
    for text in ["\n", "nonsense", "anon\n", "anon -\n", "anon 99999999999999999999999\n", ": : :\n"] {
      try fixture.set("sys/fs/cgroup/box/memory.stat", text)
      #expect(reader.sample() == nil, "\(text)")
    }
    try fixture.set("sys/fs/cgroup/box/memory.stat", "anon 6\n")
    #expect(reader.sample()?.unreclaimable == 6)
  }
}
