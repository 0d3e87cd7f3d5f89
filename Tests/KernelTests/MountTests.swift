import Foundation
import SystemPackage
import Testing

@testable import Kernel

@Suite struct MountTests {
  @Test func `a line of mountinfo gives the kind and the options of both sorts, whatever stands between`() {
    let lines = [
      "41 23 0:52 / /data rw,noatime shared:1 master:2 - nfs4 10.0.0.1:/ rw,vers=4.1,soft,addr=10.0.0.1",
      "41 23 0:52 / /data rw,noatime - nfs4 10.0.0.1:/ rw,vers=4.1,soft,addr=10.0.0.1",
    ]
    for line in lines {
      let mount = Mount(line[...])
      #expect(mount?.id == 41 && mount?.kind == "nfs4" && mount?.point == Array("/data".utf8))
      #expect(mount?.options == ["rw", "noatime", "rw", "vers=4.1", "soft", "addr=10.0.0.1"])
    }
  }

  @Test(arguments: [
    "", "x 23 0:52 / /data rw - nfs4 a rw", "41 23 0:52 / /data rw", "41 23 - nfs4 a rw", "41 23 0:52 / /d rw -",
  ])
  func `what is no such line is no mount`(line: String) { #expect(Mount(line[...]) == nil) }

  @Test func `folders of different mounts are told apart`() throws {
    let proc = try #require(Mount.holding(DirectoryHandle.open(path: Array("/proc".utf8))))
    #expect(proc.kind == "proc")
    let root = try DirectoryHandle.open(path: Array("/".utf8))
    #expect(Mount.id(of: root) != nil && Mount.id(of: root) != proc.id)
    #expect(Mount.holding(root)?.id == Mount.id(of: root))
  }

  @Test(arguments: [
    (#"/a\040b"#, "/a b"), (#"/a\134040"#, #"/a\040"#), (#"/\303\244"#, "/ä"), (#"/a\04"#, #"/a\04"#),
    (#"/a\900"#, #"/a\900"#),
  ])
  func `what mountinfo escapes is read as it was`(written: String, path: String) {
    #expect(Mount("41 23 0:52 / \(written) rw - nfs4 a rw"[...])?.point == Array(path.utf8))
  }
}

@Suite struct MountTableTests {
  private func table(_ points: String...) -> MountTable {
    MountTable(points.enumerated().compactMap { Mount("\($0) 0 0:1 / \($1) rw - kind\($0) x rw"[...]) })
  }

  @Test(arguments: [
    ("/", 0), ("/dat", 0), ("/data", 1), ("/data/a", 1), ("/data/nfs", 2), ("/data/nfs/x/y", 2), ("/data/nfsx", 1),
    ("/srv/x", 4),
  ])
  func `a path is in the innermost mount above it, the last of several at one place`(path: String, id: Int) {
    let table = table("/", "/data", "/data/nfs", "/srv", "/srv")
    #expect(table.holding(Array(path.utf8))?.id == id)
  }

  @Test func `mounts below a folder are known, and it is none of them itself`() {
    let table = table("/", "/data/nfs", "/data/other")
    for path in ["/", "/data"] { #expect(table.hasMounts(below: Array(path.utf8)), "\(path)") }
    for path in ["/data/nfs", "/dat", "/srv"] { #expect(!table.hasMounts(below: Array(path.utf8)), "\(path)") }
    #expect(self.table().holding(Array("/a".utf8)) == nil)
  }

  @Test func `the mounts of this process are those of its open folders`() throws {
    let proc = try #require(Mount.holding(DirectoryHandle.open(path: Array("/proc".utf8))))
    #expect(MountTable.current().holding(Array("/proc/self".utf8)) == proc)
    #expect(MountTable.current().hasMounts(below: Array("/".utf8)))
  }
}

@Suite struct CreatedFileTests {
  @Test func `a file is made where nothing stands, looked at, and removed`() throws {
    let root = NSTemporaryDirectory() + "created-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: root) }
    let directory = try DirectoryHandle.open(path: Array(root.utf8))
    let name = Array("new".utf8)
    let status = try directory.createFile(name)
    #expect(status.kind == .file && status.size == 0)
    #expect(abs(status.mtime.seconds - WallClock.now().seconds) < 60)
    #expect(throws: Errno.fileExists) { try directory.createFile(name) }
    try FileManager.default.removeItem(atPath: root + "/new")
    // A link is something that stands there, and is not followed.
    try FileManager.default.createSymbolicLink(atPath: root + "/new", withDestinationPath: root + "/elsewhere")
    #expect(throws: Errno.fileExists) { try directory.createFile(name) }
    #expect(!FileManager.default.fileExists(atPath: root + "/elsewhere"))
  }
}
