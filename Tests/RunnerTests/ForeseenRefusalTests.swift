import Glibc
import Kernel
import Plan
import SystemPackage
import Testing

@testable import Runner

/// A dry run foresees what would not be permitted, without trying.
@Suite struct ForeseenRefusalTests {
  private func target(_ path: String) -> Target {
    var target = makeTarget(path)
    target.emptyDirectories = EmptyDirectoryRule(minAge: .zero)
    return target
  }

  /// What is refused, by the name of the directory, and how often each was asked for.
  private func scripted(_ refusals: [String: Errno]) -> (ScriptedFileSystem, Monitor<[String: Int]>) {
    let asked = Monitor<[String: Int]>([:])
    var fileSystem = ScriptedFileSystem()
    fileSystem.onAccess = { path in
      let name = path.split(separator: "/").last.map(String.init) ?? ""
      asked.withLock { $0[name, default: 0] += 1 }
      return refusals[name]
    }
    return (fileSystem, asked)
  }

  @Test(arguments: [Errno.permissionDenied, .notPermitted, .readOnlyFileSystem], [1, 8])
  func `directories in which nothing may be removed are counted with their files, and told`(
    error: Errno, workers: Int
  ) {
    let tree = ScratchTree()
    for index in 0..<3000 { tree.file("closed/f\(index)") }
    for index in 0..<5 { tree.file("open/f\(index)") }
    tree.file("young/f", days: 0)
    let (fileSystem, asked) = scripted(["closed": error, "young": error])
    let events = Events()
    let outcome = purge(
      [target(tree.path)], mode: .dryRun, workers: workers, events: events, fileSystem: fileSystem)
    #expect(outcome.totals.filesToPurge == 3005)
    #expect(outcome.totals.dirsNotPermitted == 1)
    #expect(outcome.totals.filesNotPermitted == 3000)
    #expect(outcome.totals.errors == 0)
    // Once in each directory in which something would go.
    #expect(asked.withLock { $0 } == ["closed": 1, "open": 1])
    let name = ErrnoName.of(error)
    #expect(events.notices == ["deleting in \(tree.path)/closed would not be permitted (\(name))"])
  }

  @Test func `the first twenty are told, and all are counted`() {
    let tree = ScratchTree()
    var refusals: [String: Errno] = [:]
    for index in 0..<30 {
      tree.file("d\(index)/f")
      refusals["d\(index)"] = .permissionDenied
    }
    let events = Events()
    let outcome = purge([target(tree.path)], mode: .dryRun, events: events, fileSystem: scripted(refusals).0)
    #expect(outcome.totals.dirsNotPermitted == 30)
    #expect(outcome.totals.filesNotPermitted == 30)
    #expect(events.notices.count == 20)
  }

  @Test func `a directory is asked for the sake of an empty one in it, too`() {
    let tree = ScratchTree()
    tree.directory("a/empty")
    tree.ageDirectories()
    let tally = purge([target(tree.path)], mode: .dryRun, fileSystem: scripted(["a": .permissionDenied]).0).totals
    #expect(tally.dirsNotPermitted == 1)
    #expect(tally.filesNotPermitted == 0)
    #expect(tally.emptyDirsToDelete == 2)
  }

  @Test func `what cannot be told does not stand against it`() {
    let tree = ScratchTree()
    tree.file("a/f")
    let outcome = purge([target(tree.path)], mode: .dryRun, fileSystem: scripted(["a": .ioError]).0)
    #expect(outcome.totals.dirsNotPermitted == 0)
    #expect(outcome.exitStatus == .success)
  }

  @Test func `a purge asks nothing of the kind while all goes well`() {
    let tree = ScratchTree()
    tree.file("a/f")
    let (fileSystem, asked) = scripted([:])
    let outcome = purge([target(tree.path)], fileSystem: fileSystem)
    #expect(outcome.totals.filesPurged == 1)
    #expect(asked.withLock { $0 } == [:])
  }

  // MARK: The real kernel

  @Test func `a read-only mount is foreseen, and a run says the same of it`() throws {
    try requireMounts()
    let tree = ScratchTree()
    for index in 0..<3 { tree.file("f\(index)") }
    try #require(
      system("mount --bind \(tree.path) \(tree.path) && mount -o remount,bind,ro \(tree.path)") == 0)
    defer { system("umount \(tree.path)") }
    let events = Events()
    let rehearsed = purge([makeTarget(tree.path)], mode: .dryRun, events: events)
    #expect(rehearsed.totals.filesToPurge == 3)
    #expect(rehearsed.totals.filesNotPermitted == 3)
    #expect(events.notices == ["deleting in \(tree.path) would not be permitted (EROFS)"])
    let outcome = purge([makeTarget(tree.path)])
    #expect(outcome.targets[0].errorsByKind == ["EROFS": 3])
    #expect(outcome.exitStatus == .permanentFailures)
  }

  /// A tree on a file system that has attributes, with one set on `name`.
  private func withAttribute(_ attribute: String, of name: String, _ body: (ScratchTree) -> Void) throws {
    for place in ["/tmp", "/var/tmp", "/dev/shm"] {
      let tree = ScratchTree(in: place)
      tree.file("d/f")
      tree.file("d/g")
      guard system("chattr +\(attribute) \(tree.path)/\(name) 2>/dev/null") == 0 else { continue }
      defer { system("chattr -\(attribute) \(tree.path)/\(name)") }
      return body(tree)
    }
    print("skipped: no file system here has attributes that this user may set")
    try Test.cancel("no file system here has attributes that this user may set")
  }

  @Test(arguments: ["i", "a"]) func `an immutable or append-only directory is foreseen`(attribute: String) throws {
    try withAttribute(attribute, of: "d") { tree in
      let events = Events()
      let rehearsed = purge([makeTarget(tree.path)], mode: .dryRun, events: events)
      #expect(rehearsed.totals.dirsNotPermitted == 1)
      #expect(rehearsed.totals.filesNotPermitted == 2)
      #expect(events.notices == ["deleting in \(tree.path)/d would not be permitted (EPERM)"])
      #expect(purge([makeTarget(tree.path)]).targets[0].errorsByKind == ["EPERM": 2])
    }
  }

  @Test(arguments: ["i", "a"]) func `an immutable or append-only file is foreseen`(attribute: String) throws {
    try withAttribute(attribute, of: "d/f") { tree in
      let rehearsed = purge([makeTarget(tree.path)], mode: .dryRun)
      #expect(rehearsed.totals.dirsNotPermitted == 0)
      #expect(rehearsed.totals.filesNotPermitted == 1)
      #expect(rehearsed.totals.filesToPurge == 2)
      #expect(purge([makeTarget(tree.path)]).targets[0].errorsByKind == ["EPERM": 1])
    }
  }

  @Test func `in a sticky directory others' files are those that stay`() {
    var directory = EntryStatus(supposed: .directory, owner: 0, size: 0, time: FileTime(seconds: 0))
    directory.marks = .sticky
    let files = [1, 2].map { EntryStatus(supposed: .file, owner: $0, size: 0, time: FileTime(seconds: 0)) }
    var rule = StickyRule()
    (rule.user, rule.mayDisregardOwners) = (1, false)
    #expect(files.map { rule.forbids($0, in: directory) } == [false, true])
    directory.owner = 1
    #expect(!rule.forbids(files[1], in: directory))
    directory.owner = 0
    rule.mayDisregardOwners = true
    #expect(!rule.forbids(files[1], in: directory))
    rule.mayDisregardOwners = false
    directory.marks = []
    #expect(!rule.forbids(files[1], in: directory))
  }
}
