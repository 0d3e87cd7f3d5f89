import Plan
import Testing

@testable import Config

/// What a host's facts mean for a config, beyond the wordings that the goldens show.
@Suite("What one host has against a config")
struct HostCheckTests {
  /// What the host adds to the findings of a config without errors.
  private func findings(_ yaml: String, _ lines: [String]) throws -> [Diagnostic] {
    var config = check(yaml)
    _ = try #require(config.plan, "\(config.printed)")
    let before = config.diagnostics
    config.judge(on: try HostDirectives(lines).facts)
    return config.diagnostics.filter { !before.contains($0) }
  }

  private func rules(_ yaml: String, _ lines: String...) throws -> [Diagnostic.Rule] {
    try findings(yaml, lines).map(\.rule)
  }

  private func rules(ofTarget keys: String..., on lines: String...) throws -> [Diagnostic.Rule] {
    try findings(targetText(["path: /data/a"] + keys), lines).map(\.rule)
  }

  @Test("A folder that is as it should be is no finding, whatever the version of NFS", arguments: ["3", "4.0", "4.1"])
  func fine(version: String) throws {
    #expect(try rules(minimal, "0 /data/api nfs4 rw,relatime,vers=\(version),hard skew=-20..20") == [])
  }

  @Test("A config with errors is not judged on a host")
  func withErrors() throws {
    var config = check("version: 1\ntargets: [{path: /data/a}]\n")
    try #require(config.plan == nil)
    let before = config.diagnostics
    config.judge(on: try HostDirectives(["0 /data/a missing at=1"]).facts)
    #expect(config.diagnostics == before)
  }

  @Test("A host's errors take the plan, its warnings do not")
  func plan() throws {
    for (fact, isLeft) in [("0 /data/api missing at=1", false), ("0 no-answer=10", true)] {
      var config = check(minimal)
      config.judge(on: try HostDirectives([fact]).facts)
      #expect(config.diagnostics.count == 1)
      #expect((config.plan != nil) == isLeft)
    }
  }

  @Test("An error is told however many warnings there are")
  func manyWarnings() throws {
    let targets = (0..<10_500).map { "  - {path: /data/a\($0), max_age: 1h}\n" }.joined()
    var config = check("version: 1\ntargets:\n\(targets)  - {path: /data/b, max_age: 30d}\n")
    let (count, unlisted) = (config.diagnostics.count, config.unlistedCount)
    try #require(config.plan != nil && unlisted > 0)
    config.judge(on: try HostDirectives(["10500 /data/b missing at=1"]).facts)
    #expect(config.diagnostics.last?.rule == .hostFolderMissing)
    #expect(config.diagnostics.count == count && config.unlistedCount == unlisted + 1)
  }

  @Test("A file that could not be made may have been made all the same")
  func maybe() throws {
    let host = "0 /data/api nfs4 rw deletion="
    #expect(try rules(minimal, host + "unknown:EIO") == [.hostDeletionUnknown])
    #expect(try rules(minimal, host + "maybe:EIO") == [.hostDeletionUnknown, .hostProbeMayRemain])
    let folders = ["a", "b"].map { "0 /data/\($0) nfs4 rw deletion=maybe:EIO" }
    let probes = try findings(targetText(["path: /data/*", "max_age: 30d"]), folders).filter {
      $0.rule == .hostProbeMayRemain
    }
    try #require(probes.count == 1)
    for name in ["a", "b"] { #expect(probes[0].hint?.contains(" /data/\(name)/.efs-purge-batch-probe-") == true) }
  }

  @Test(
    "A report needs a folder to stand in, and a name that no folder has",
    arguments: [
      ("/r/purge.json missing at=1", []), ("/r/purge.json missing at=0", [.hostReportWithoutFolder]),
      ("/r/purge.json file at=1", []), ("/r/purge.json special at=1", []),
      ("/r/purge.json file at=0", [.hostReportWithoutFolder]), ("/r/purge.json ext4 rw", [.hostReportIsFolder]),
      ("/r/purge.json link at=0", []), ("/r/purge.json link at=1", []), ("/r/purge.json refused=open EACCES at=0", []),
      ("no-answer=10", [.hostNoAnswer]), ("hangs=/r", [.hostMountHangs]), ("no-thread=EAGAIN", [.hostNoThread]),
    ] as [(String, [Diagnostic.Rule])])
  func report(fact: String, expected: [Diagnostic.Rule]) throws {
    #expect(try rules("report: {file: /r/purge.json}\n" + minimal, "report \(fact)") == expected)
    #expect(try rules(minimal, "report \(fact)") == [])
  }

  @Test("What protects a target is shown where it stands in the path", arguments: [0, 1, nil])
  func held(component: Int?) throws {
    let fact = "0 /data/api held=/x/.purge-hold" + (component.map { " at=\($0)" } ?? "")
    let finding = try #require(try findings(minimal, [fact]).first)
    #expect(finding.rule == .hostHeld && finding.severity == .warning)
    #expect(finding.place.text == (component.map { ["data", "api"][$0] } ?? "/data/api"))
    #expect(finding.message.contains("'/data/api' is protected by '/x/.purge-hold'"))
  }

  @Test("A skew gets the benefit of the doubt", arguments: [("299000..301000", false), ("300001..302000", true)])
  func doubt(range: String, isError: Bool) throws {
    #expect(try rules(minimal, "0 /data/api nfs4 rw skew=\(range)") == (isError ? [.hostClockSkew] : []))
    let reversed = range.split(separator: ".").reversed().map { "-\($0)" }.joined(separator: "..")
    #expect(try rules(minimal, "0 /data/api nfs4 rw skew=\(reversed)") == (isError ? [.hostClockSkew] : []))
  }

  @Test("Only the overlay of a container is the wrong place on the root file system")
  func root() throws {
    #expect(try rules(minimal, "0 /data/api ext4 rw root") == [])
    #expect(try rules(minimal, "0 /data/api overlay rw") == [])
    #expect(try rules(minimal, "0 /data/api overlay rw root") == [.hostContainerFileSystem])
  }

  @Test("A day more or less matters for short ages by access times only")
  func relatime() throws {
    let host = "0 /data/a ext4 rw,relatime"
    #expect(try rules(ofTarget: "max_age: 47h", "age_from: atime", on: host) == [.hostAccessTimesDaily])
    #expect(try rules(ofTarget: "max_age: 2d", "age_from: atime", on: host) == [])
    #expect(try rules(ofTarget: "max_age: 47h", on: host) == [])
    let never = try rules(
      ofTarget: "max_age: never", "remove_empty_directories: true", "age_from: atime", on: host)
    #expect(never == [])
  }

  @Test("Times that are not asked for may be missing", arguments: ["mtime", "ctime", "newest"])
  func otherTimes(source: String) throws {
    let host = "0 /data/a nfs4 rw,noatime no-birth no-atime"
    #expect(try rules(ofTarget: "max_age: 30d", "age_from: \(source)", on: host) == [])
  }

  @Test("Descriptors are held against a target's share of the ceiling")
  func descriptors() throws {
    let host = "process descriptors=1024 allows=120"
    #expect(try rules(ofTarget: "max_age: 30d", "concurrency: 120", on: host) == [])
    #expect(try rules(ofTarget: "max_age: 30d", "concurrency: 121", on: host) == [.hostDescriptors])
    #expect(try rules(ofTarget: "max_age: 30d", on: host) == [])
    let text = "version: 1\nrun: {concurrency: 200, parallel_targets: 2}\n"
    let target = "targets: [{path: /data/a, max_age: 30d, concurrency: 200}]\n"
    #expect(try rules(text + target, host) == [])
  }

  @Test("Threads are held against all targets that may run at once, each folder of a pattern being one")
  func threads() throws {
    func found(_ path: String, parallel: Int) throws -> [Diagnostic.Rule] {
      let run = "version: 1\nrun: {parallel_targets: \(parallel)}\n"
      let target = "targets: [{path: \(path), max_age: 30d, concurrency: 200}]\n"
      return try rules(run + target, "process threads=500 source=RLIMIT_NPROC")
    }
    #expect(try found("/data/a", parallel: 3) == [])
    #expect(try found("/data/*", parallel: 2) == [])
    #expect(try found("/data/*", parallel: 3) == [.hostThreads])
  }

  @Test("A finding points at the component it is about, in quotes too")
  func component() throws {
    for path in ["/data/é/api", "\"/data/é/api\""] {
      let findings = try findings(targetText(["path: \(path)", "max_age: 30d"]), ["0 /data/é/api link at=1"])
      #expect(findings.map(\.place.text) == ["é"])
      #expect(findings.first?.message.contains("'/data/é'") == true)
    }
  }

  @Test("What defaults give many targets is reported once")
  func once() throws {
    let text = "version: 1\ndefaults: {max_age: 30d, concurrency: 500}\ntargets: [{path: /data/a}, {path: /data/b}]\n"
    #expect(try rules(text, "process descriptors=1024 allows=120") == [.hostDescriptors])
  }
}
