import Foundation
import Kernel
import Testing

/// Made-up /proc and cgroup directories: what containers show in their many layouts.
private struct Fixture: ~Copyable {
  let root = NSTemporaryDirectory() + "memory-" + UUID().uuidString

  init(_ files: [String: String]) throws {
    for (path, text) in files {
      let url = URL(fileURLWithPath: root + "/" + path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: false, encoding: .utf8)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func reader(configured: UInt64? = nil) -> MemoryReader {
    MemoryReader(configured: configured, procRoot: root + "/proc", cgroupMount: root + "/cg")
  }
}

@Suite struct MemoryReaderTests {
  private let meminfo = "MemTotal:       1048576 kB\nMemFree: 5 kB\n"
  private let status = "Name:\tx\nVmPTE:\t  1 kB\nRssAnon:\t 100 kB\nRssFile:\t 50 kB\nRssShmem:\t 20 kB\nThreads:\t3\n"

  @Test func `v2: the smallest of memory.max and memory.high over all ancestors binds, and its group is measured`()
    throws
  {
    let fixture = try Fixture([
      "proc/meminfo": meminfo, "proc/self/cgroup": "0::/pod/box\n",
      "cg/pod/box/memory.max": "max\n", "cg/pod/box/memory.high": "200000000\n",
      "cg/pod/box/memory.stat": "anon 1\nfile 100\n", "cg/pod/box/memory.current": "77\n",
      "cg/pod/memory.max": "100000000\n",
      "cg/pod/memory.stat": """
      anon 10
      file 1000
      kernel_stack 20
      pagetables 30
      percpu 40
      sock 50
      shmem 60
      file_dirty 70
      file_writeback 80
      slab_reclaimable 5000
      slab_unreclaimable 90
      unevictable 100
      inactive_file 300
      """,
      "cg/pod/memory.current": "9000\n",
    ])
    let reader = fixture.reader()
    #expect(reader.limit == 100_000_000)
    #expect(reader.source == "cgroup v2 memory.max of /pod")
    // All but page cache and reclaimable slab: those are taken back before anybody is killed.
    #expect(reader.sample() == MemorySample(unreclaimable: 550, workingSet: 8700))
  }

  @Test func `a container that sees only its own group, under another name`() throws {
    let fixture = try Fixture([
      "proc/meminfo": meminfo, "proc/self/cgroup": "0::/../../kubepods/pod1/box\n",
      "cg/memory.max": "64000000\n", "cg/memory.stat": "anon 5\n", "cg/memory.current": "6\n",
    ])
    #expect(fixture.reader().limit == 64_000_000)
    #expect(fixture.reader().source == "cgroup v2 memory.max of /")
    #expect(fixture.reader().sample()?.unreclaimable == 5)
  }

  @Test func `v1: an ancestor's limit shows as hierarchical_memory_limit`() throws {
    let fixture = try Fixture([
      "proc/meminfo": meminfo, "proc/self/status": status,
      "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/box\n0::/\n",
      "cg/memory/box/memory.limit_in_bytes": "9223372036854771712\n",
      "cg/memory/box/memory.stat": """
      cache 1000
      rss 1
      total_cache 99999
      total_rss 100
      total_shmem 20
      total_unevictable 3
      total_inactive_file 40
      hierarchical_memory_limit 52428800
      """,
      "cg/memory/box/memory.usage_in_bytes": "5000\n",
      "cg/memory/memory.stat": "total_rss 7\n",
    ])
    let reader = fixture.reader()
    #expect(reader.limit == 52_428_800)
    #expect(reader.source == "cgroup v1 hierarchical_memory_limit of /box")
    let sample = try #require(reader.sample())
    // What v1 does not itemise, the kernel stacks of three threads, comes on top.
    #expect(sample.unreclaimable == 123 + 3 * 16_384)
    #expect(sample.workingSet == 4960)
  }

  @Test func `without any limit of its own the process counts against physical memory`() throws {
    let fixture = try Fixture([
      "proc/meminfo": meminfo, "proc/self/status": status, "proc/self/cgroup": "0::/\n",
      "cg/memory.stat": "anon 123456789\n",
    ])
    let reader = fixture.reader()
    #expect(reader.limit == 1 << 30)
    #expect(reader.source == "physical memory")
    let sample = try #require(reader.sample())
    // Anonymous and shared memory, page tables and kernel stacks; not mapped files.
    #expect(sample.unreclaimable == 121 * 1024 + 3 * 16_384)
    #expect(sample.workingSet == nil)
  }

  @Test func `no cgroup files at all`() throws {
    let fixture = try Fixture(["proc/meminfo": meminfo, "proc/self/status": status])
    #expect(fixture.reader().source == "physical memory")
    #expect(fixture.reader().sample() != nil)
  }

  @Test func `a configured limit counts when it is the smaller one, and only then`() throws {
    let fixture = try Fixture([
      "proc/meminfo": meminfo, "proc/self/cgroup": "0::/box\n",
      "cg/box/memory.max": "1000000\n", "cg/box/memory.stat": "anon 5\n",
    ])
    #expect(fixture.reader(configured: 500_000).source == "configured")
    #expect(fixture.reader(configured: 500_000).limit == 500_000)
    #expect(fixture.reader(configured: 2_000_000).limit == 1_000_000)
  }

  @Test func `files that vanish give no sample rather than a wrong one`() throws {
    let fixture = try Fixture([
      "proc/meminfo": meminfo, "proc/self/cgroup": "0::/box\n",
      "cg/box/memory.max": "1000000\n", "cg/box/memory.stat": "anon 5\n",
    ])
    let reader = fixture.reader()
    try FileManager.default.removeItem(atPath: fixture.root + "/cg/box/memory.stat")
    #expect(reader.sample() == nil)
  }

  @Test func `this machine's own limit and usage can be read`() throws {
    let reader = MemoryReader(configured: nil)
    #expect(reader.limit > 1 << 20)
    let sample = try #require(reader.sample())
    #expect(sample.unreclaimable > 0)
    #expect(sample.unreclaimable < reader.limit)
  }
}
