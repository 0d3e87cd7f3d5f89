import Plan
import Testing

@testable import Config

/// What a host's facts mean for a config, beyond the wordings that the goldens show.
@Suite("What one host has against a config")
struct HostCheckTests {
  private func rules(_ yaml: String, _ lines: String...) throws -> [Diagnostic.Rule] {
    check(yaml).findings(on: try HostDirectives(lines).facts).map(\.rule)
  }

  private func rules(ofTarget keys: String..., on lines: String...) throws -> [Diagnostic.Rule] {
    check(targetText(["path: /data/a"] + keys)).findings(on: try HostDirectives(lines).facts).map(\.rule)
  }

  @Test("A folder that is as it should be is no finding, whatever the version of NFS", arguments: ["3", "4.0", "4.1"])
  func fine(version: String) throws {
    #expect(try rules(minimal, "0 /data/api nfs4 rw,relatime,vers=\(version),hard skew=-20..20") == [])
  }

  @Test("A config with errors is not judged on a host")
  func withErrors() throws {
    #expect(try rules("version: 1\ntargets: [{path: /data/a}]\n", "0 /data/a missing at=1") == [])
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
      let checked = check(targetText(["path: \(path)", "max_age: 30d"]))
      let findings = checked.findings(on: try HostDirectives(["0 /data/é/api link at=1"]).facts)
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
