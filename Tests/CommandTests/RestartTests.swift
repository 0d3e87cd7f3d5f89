import Foundation
import Testing

/// The program starts itself once more with a setting of the allocator, unnoticed.
@Suite struct RestartTests {
  private let setting = "glibc.malloc.tcache_count=0"

  @Test func `Arguments, standard input and other settings of the allocator survive the restart`() throws {
    let arguments = ["plan", "--config", "-", "--set", "targets[0].max_age=1 day"]
    let found = try Command.startedAs(
      arguments, ["GLIBC_TUNABLES": "glibc.malloc.arena_max=3", "EFS_PURGE_CONFIG": "/x y"], marker: setting)
    #expect(Array(found.arguments.dropFirst()) == arguments)
    // glibc ends each setting with a zero byte as it reads it.
    #expect(found.environment.joined(separator: ":").contains("GLIBC_TUNABLES=glibc.malloc.arena_max=3:\(setting)"))
    #expect(found.environment.contains("EFS_PURGE_CONFIG=/x y"))

    let command = try Command("plan", "--config", "-", input: "version: 1\ntargets: []\n")
    #expect(command.errors.contains("targets"), "the config was read: \(command.errors)")
  }

  @Test func `Who has made the setting keeps it`() throws {
    let own = "GLIBC_TUNABLES=glibc.malloc.tcache_count=9"
    let found = try Command.startedAs(
      ["plan", "--config", "-"], ["GLIBC_TUNABLES": "glibc.malloc.tcache_count=9"], marker: "tcache_count")
    #expect(found.environment.contains(own))
  }

  // Only one that starts itself for ever takes so long.
  @Test(.timeLimit(.minutes(10))) func `With raised rights, where the setting is without effect, it runs all the same`()
    throws
  {
    if let obstacle = Command.obstacleToNobody {
      print("skipped: \(obstacle)")
      try Test.cancel("\(obstacle)")
    }
    let command = try Command(asNobody: ["plan", "--config", "/nonexistent.yaml"], mode: 0o4755)
    #expect(command.errors.contains("/nonexistent.yaml"))
  }
}
