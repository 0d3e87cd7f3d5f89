import Foundation
import Kernel
import SystemPackage
import Testing

/// What the seam promises, asked of the kernel itself.
@Suite struct FileSystemTests {
  private let root: String
  private let fileSystem = LinuxFileSystem()

  init() throws {
    root = NSTemporaryDirectory() + "file-system-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  private func make(_ name: String, bytes: Int = 0) {
    _ = FileManager.default.createFile(atPath: root + "/" + name, contents: Data(count: bytes))
  }

  private func open(_ path: String = "") throws -> DirectoryHandle {
    try fileSystem.openRoot(Array((root + path).utf8))
  }

  /// All entries, by batches of at most `limit` bytes.
  private func list(_ directory: DirectoryHandle, limit: Int = 32_768) throws -> [String: FileKind?] {
    var found: [String: FileKind?] = [:]
    while let batch = try fileSystem.list(directory, limit: limit, order: .byInode) {
      for index in batch.entries.indices {
        found[String(decoding: batch.name(at: index), as: UTF8.self)] = batch.entries[index].kind
      }
    }
    return found
  }

  @Test func `a listing names every entry once with its kind, and neither dot nor dotdot`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    make("file")
    try FileManager.default.createDirectory(atPath: root + "/dir", withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(atPath: root + "/link", withDestinationPath: "/etc")
    mkfifo(root + "/fifo", 0o600)
    #expect(try list(open()) == ["file": .file, "dir": .directory, "link": .symlink, "fifo": .special])
  }

  @Test(arguments: [1024, 4096, 32_768]) func `small batches list the same as large ones`(limit: Int) throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    for index in 0..<1000 { make("some-file-\(index)") }
    make(String(repeating: "x", count: 255))
    #expect(try list(open(), limit: limit).count == 1001)
  }

  @Test func `a listing goes on where it was left, on another handle too`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    for index in 0..<300 { make("file-\(index)") }
    let first = try open()
    let batch = try #require(try fileSystem.list(first, limit: 2048, order: .byInode))
    let names = batch.entries.indices.map { String(decoding: batch.name(at: $0), as: UTF8.self) }
    let second = try open()
    try second.seek(to: batch.nextPosition)
    let rest = try list(second)
    #expect(names.count + rest.count == 300)
    #expect(Set(names).isDisjoint(with: rest.keys))
  }

  @Test func `opening follows no link, neither in the middle of a path nor at its end`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(atPath: root + "/real/sub", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: root + "/link", withDestinationPath: root + "/real")
    for path in ["/link", "/link/sub"] {
      let error = #expect(throws: Errno.self) { try open(path) }
      #expect(error?.meansNoDirectory == true)
    }
    #expect(throws: Errno.self) { try fileSystem.openDirectory(Array("link".utf8), in: open(), for: .list) }
    #expect(throws: Errno.noSuchFileOrDirectory) { try open("/none") }
  }

  @Test func `a removal asks first, and tells what it saw`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    for name in ["goes", "stays"] { make(name, bytes: 5000) }
    var names = NameList()
    for name in ["goes", "stays", "gone"] { names.append(Array(name.utf8)) }
    var results: [RemovalResult] = []
    var sizes: [UInt64?] = []
    fileSystem.removeFiles(0..<3, of: names, in: try open()) { _ in
      .afterLook
    } decide: { index, status in
      #expect(status.kind == .file)
      return names[index] == Array("goes".utf8)
    } receive: { _, result, look in
      results.append(result)
      sizes.append(look?.size)
    }
    #expect(results == [.removed, .spared, .vanished(.noSuchFileOrDirectory)])
    #expect(sizes == [5000, 5000, nil])
    #expect(try list(open()).keys.sorted() == ["stays"])
  }

  @Test func `a directory in a file's place is never unlinked`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(atPath: root + "/dir", withIntermediateDirectories: false)
    var names = NameList()
    names.append(Array("dir".utf8))
    var results: [RemovalResult] = []
    fileSystem.removeFiles(0..<1, of: names, in: try open()) { _ in
      .afterLook
    } decide: { _, _ in
      true
    } receive: {
      results.append($1); _ = ($0, $2)
    }
    #expect(results == [.vanished(.isDirectory)])
    #expect(FileManager.default.fileExists(atPath: root + "/dir"))
  }

  @Test func `a directory with entries is not removed`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(atPath: root + "/dir", withIntermediateDirectories: false)
    make("dir/file")
    let error = #expect(throws: Errno.self) {
      try fileSystem.removeDirectory(Array("dir".utf8), in: open()) { _ in true }
    }
    #expect(error?.meansNotEmpty == true)
  }

  @Test func `pretended removals change nothing and count as done`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    make("file")
    var names = NameList()
    names.append(Array("file".utf8))
    let pretending = PretendingFileSystem(fileSystem)
    var results: [RemovalResult] = []
    pretending.removeFiles(0..<1, of: names, in: try open()) { _ in
      .afterLook
    } decide: { _, _ in
      true
    } receive: {
      results.append($1); _ = ($0, $2)
    }
    #expect(results == [.removed])
    #expect(try list(open()).count == 1)
  }

  @Test func `what has no clearance is spared without a look, and what has it goes without one`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    var names = NameList()
    for index in 0..<4 {
      make("file-\(index)")
      names.append(Array("file-\(index)".utf8))
    }
    var results: [RemovalResult] = []
    var asked: [Int] = []
    fileSystem.removeFiles(0..<4, of: names, in: try open()) { index in
      [.granted, .afterLook, .refused, .granted][index]
    } decide: { index, _ in
      asked.append(index)
      return true
    } receive: { index, result, look in
      #expect((look != nil) == (index == 1))
      results.append(result)
    }
    #expect(results == [.removed, .removed, .spared, .removed])
    #expect(asked == [1])
    #expect(try list(open()).keys.sorted() == ["file-2"])
  }

  @Test func `a fresh look tells of each name whether it is there and what it is`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    make("file", bytes: 3000)
    var names = NameList()
    for name in ["file", "gone"] { names.append(Array(name.utf8)) }
    var results: [Result<UInt64, Errno>] = []
    fileSystem.freshStatus(of: 0..<2, of: names, in: try open()) { _, look in
      results.append(look.map(\.size))
    }
    #expect(results == [.success(3000), .failure(.noSuchFileOrDirectory)])
  }

  @Test func `an empty directory is removed only if it is still wanted at a fresh look`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(atPath: root + "/dir", withIntermediateDirectories: false)
    #expect(try !fileSystem.removeDirectory(Array("dir".utf8), in: open()) { $0.kind != .directory })
    #expect(try list(open()).count == 1)
    #expect(try fileSystem.removeDirectory(Array("dir".utf8), in: open()) { $0.kind == .directory })
    #expect(try list(open()).isEmpty)
  }

  @Test func `the server's clock is asked without leaving a trace`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    let time = try open().touch()
    #expect(abs(time.seconds - WallClock.now().seconds) <= 2)
    #expect(try list(open()).isEmpty)
  }

  @Test func `a name list gives back the bytes it was given, in any order of use`() {
    var list = NameList()
    let names: [[UInt8]] = [[0x61], [0xff, 0xfe], Array("with\nline".utf8), Array(repeating: 0x78, count: 255)]
    for name in names { list.append(name) }
    #expect((0..<4).map { list[$0] } == names)
    #expect(list.popLast() == names[3])
    #expect(list.popLast() == names[2])
    list.append(names[3])
    #expect((0..<3).map { list[$0] } == [names[0], names[1], names[3]])
    #expect(list.withName(at: 1) { Array($0) } == names[1])
  }
}

@Suite struct MonitorTests {
  @Test func `a wait ends when another thread makes its condition true`() throws {
    let monitor = Monitor(0)
    for _ in 0..<4 {
      try PlainThread.start(name: "adder") {
        for _ in 0..<1000 { monitor.withLock { $0 += 1 } }
        monitor.broadcast()
      }
    }
    #expect(monitor.wait(timeout: .seconds(20)) { $0 == 4000 ? $0 : nil } == 4000)
  }

  @Test func `a wait whose time is over says so`() {
    #expect(Monitor(0).wait(timeout: .milliseconds(1)) { _ -> Int? in nil } == nil)
  }
}
