import Foundation
import Testing

/// Runs as a user who may not do everything. Real permissions, so root is needed to become that user.
@Suite struct PermissionTests {
  private let scratch: Scratch

  init() throws {
    if let obstacle = Command.obstacleToNobody {
      print("skipped: \(obstacle)")
      try Test.cancel("\(obstacle)")
    }
    scratch = try Scratch()
  }

  /// Folders with an old file each, all of nobody's.
  private func makeFolders(_ names: [String]) throws {
    for name in names {
      let file = scratch.url.appendingPathComponent("data/\(name)/old")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try "content".write(to: file, atomically: false, encoding: .utf8)
      let old = Date(timeIntervalSinceNow: -40 * 86_400)
      try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: file.path)
      for path in [file.path, file.deletingLastPathComponent().path] { chown(path, 65_534, 65_534) }
    }
  }

  private func config(_ path: String) throws -> String {
    let config = try scratch.write(
      """
      version: 1
      targets:
        - name: scratch
          path: \(scratch.path("data"))\(path)
          max_age: 30d

      """, to: "config.yaml")
    return config.path
  }

  private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: scratch.path("data/\(name)")) }

  @Test func `An unreadable folder, one that must not be changed and the rest: each as it should be`() throws {
    try makeFolders(["closed", "fixed", "open"])
    chmod(scratch.path("data/closed"), 0o000)
    chown(scratch.path("data/fixed"), 0, 0)
    let command = try Command(asNobody: ["run", "--config", config(""), "--log-format", "json"])
    #expect(command.status == 7, "\(command.errors)")
    #expect(exists("fixed/old"))
    #expect(!exists("open/old"))
    #expect(command.errors.contains("open directory") && command.errors.contains("data/closed\""))
    #expect(command.errors.contains("remove file") && command.errors.contains("data/fixed/old\""))
    chmod(scratch.path("data/closed"), 0o755)
    #expect(exists("closed/old"))
  }

  @Test func `A dry run foresees what would not be permitted, and that is what a run says`() throws {
    try makeFolders(["fixed", "sticky", "open"])
    chmod(scratch.path("data/fixed"), 0o555)
    // Others' folder, in which one removes one's own files only.
    chown(scratch.path("data/sticky"), 0, 0)
    chown(scratch.path("data/sticky/old"), 0, 0)
    chmod(scratch.path("data/sticky"), 0o1777)
    let rehearsal = try Command(
      asNobody: ["run", "--dry-run", "--config", config(""), "--log-format", "json", "--log-level", "info"])
    #expect(rehearsal.status == 0, "\(rehearsal.errors)")
    let sentences = rehearsal.errors.split(separator: "\n").filter { $0.contains("would not be permitted") }
    #expect(sentences.count == 1)
    #expect(rehearsal.errors.contains("data/fixed would not be permitted (EACCES)"))
    let command = try Command(asNobody: ["run", "--config", config(""), "--log-format", "json"])
    #expect(command.status == 7, "\(command.errors)")
    #expect(exists("fixed/old") && exists("sticky/old") && !exists("open/old"))
    #expect(command.errors.contains("data/fixed/old\"") && command.errors.contains("data/sticky/old\""))
  }

  @Test func `Folders on the way to a target need no read permission`() throws {
    try makeFolders(["home/alice/cache", "home/bob/cache"])
    for name in ["alice", "bob"] {
      chown(scratch.path("data/home/\(name)"), 0, 0)
      chmod(scratch.path("data/home/\(name)"), 0o711)
    }
    let command = try Command(asNobody: ["run", "--config", config("/home/*/cache")])
    #expect(command.status == 0, "\(command.errors)")
    #expect(!exists("home/alice/cache/old") && !exists("home/bob/cache/old"))
  }

  @Test func `A report that could never be written is found before anything is deleted`() throws {
    try makeFolders(["open"])
    let command = try Command(asNobody: ["run", "--config", config(""), "--report", "/etc/report.json"])
    #expect(command.status == 2)
    #expect(command.errors.contains("cannot write the report to \"/etc/report.json\""))
    #expect(exists("open/old"))
  }
}
