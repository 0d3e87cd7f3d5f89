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
      #expect(mount?.id == 41 && mount?.kind == "nfs4")
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
    try directory.removeFile(name)
    #expect(throws: Errno.noSuchFileOrDirectory) { try directory.removeFile(name) }
    // A link is something that stands there, and is not followed.
    try FileManager.default.createSymbolicLink(atPath: root + "/new", withDestinationPath: root + "/elsewhere")
    #expect(throws: Errno.fileExists) { try directory.createFile(name) }
    #expect(!FileManager.default.fileExists(atPath: root + "/elsewhere"))
  }
}
