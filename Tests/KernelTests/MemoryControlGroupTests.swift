import Foundation
import Glibc
import Testing

@testable import Kernel

/// A real memory cgroup of v1, made for one test.
private final class ControlGroup {
  static let mount = "/sys/fs/cgroup/memory"
  /// Why there can be none here; nil: there can.
  static var obstacle: String? {
    if getuid() != 0 { return "needs root" }
    return access(mount + "/memory.limit_in_bytes", F_OK) == 0 ? nil : "there is no memory cgroup of v1 here"
  }

  let path = "\(mount)/efs-purge-batch-test-\(UInt32.random(in: 0 ... .max))"

  init() { mkdir(path, 0o755) }

  deinit {
    for _ in 0..<100 where rmdir(path) != 0 { usleep(20_000) }
  }

  func write(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + file))
  }

  /// Runs a shell command in the group until `body` has returned.
  func running<Result>(_ command: String, _ body: () throws -> Result) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "echo $$ > \(path)/cgroup.procs; \(command)"]
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    return try body()
  }

  var group: MemoryLimit.Group { MemoryLimit.Group(version: .v1, directory: path) }
}

/// Asks again until the answer is yes, for ten seconds.
private func eventually(_ isSo: () -> Bool) -> Bool {
  for _ in 0..<1000 {
    if isSo() { return true }
    usleep(10_000)
  }
  return false
}

@Suite(.serialized) struct MemoryControlGroupTests {
  private func needed() throws {
    if let obstacle = ControlGroup.obstacle {
      print("skipped: \(obstacle)")
      try Test.cancel("\(obstacle)")
    }
  }

  @Test func `what a process in the group holds shows in a sample, page cache does not`() throws {
    try needed()
    let group = ControlGroup()
    let reader = MemoryReader(group.group, root: "")
    let before = try #require(reader.sample()).unreclaimable
    // 32 MiB of page cache, then 64 MiB that a program waits with.
    let file = NSTemporaryDirectory() + "cache-\(UUID().uuidString)"
    defer { unlink(file) }
    let command =
      "head -c 32M /dev/zero > \(file); sync \(file); (head -c 64M /dev/zero; exec sleep 30) | tail > /dev/null"
    try group.running(command) {
      let isSeen = eventually { (reader.sample()?.unreclaimable ?? 0) >= before + 64 << 20 }
      #expect(isSeen)
      let sample = try #require(reader.sample())
      #expect(sample.unreclaimable < before + 80 << 20)
      #expect(sample.workingSet ?? 0 > 64 << 20)
    }
  }

  @Test func `usage that crosses a threshold ends the wait`() throws {
    try needed()
    let group = ControlGroup()
    let alarm = MemoryAlarm(group.group)
    #expect(alarm.arm(at: [16 << 20]) == ["memory.usage_in_bytes", "memory.pressure_level"])
    #expect(alarm.wait(.milliseconds(10)) == false)
    try group.running("(head -c 32M /dev/zero; exec sleep 30) | tail > /dev/null") {
      #expect(alarm.wait(.seconds(10)) == true)
    }
  }

  @Test func `a group that is removed does not wake the monitor for ever`() throws {
    try needed()
    var group: ControlGroup? = ControlGroup()
    let alarm = MemoryAlarm(try #require(group).group)
    _ = alarm.arm(at: [1 << 20])
    let reader = MemoryReader(try #require(group).group, root: "")
    #expect(reader.sample() != nil)
    group = nil
    #expect(reader.sample() == nil)
    let wakes = (0..<20).count { _ in alarm.wait(.milliseconds(5)) }
    #expect(wakes <= 4)
  }

  @Test func `a limit that is set is found, and named`() throws {
    try needed()
    let group = ControlGroup()
    try group.write("67108864", to: "memory.limit_in_bytes")
    let name = try #require(group.path.split(separator: "/").last)
    let root = NSTemporaryDirectory() + "root-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(atPath: root + "/proc/self", withIntermediateDirectories: true)
    try Data("4:memory:/\(name)\n".utf8).write(to: URL(fileURLWithPath: root + "/proc/self/cgroup"))
    try FileManager.default.createSymbolicLink(atPath: root + "/sys", withDestinationPath: "/sys")
    #expect(MemoryLimit(configured: nil, root: root).source == "cgroup v1 memory.limit_in_bytes of /\(name)")
    #expect(MemoryLimit(configured: nil, root: root).bytes == 64 << 20)
  }
}

@Suite struct MemoryAlarmTests {
  @Test func `a ring ends the wait, also when it came before`() {
    let alarm = MemoryAlarm(nil)
    #expect(alarm.arm(at: [1 << 20]).isEmpty)
    alarm.ring()
    #expect(alarm.wait(.seconds(10)) == true)
    #expect(alarm.wait(.milliseconds(5)) == false)
  }
}
