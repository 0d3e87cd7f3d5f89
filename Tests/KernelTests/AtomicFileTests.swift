import Foundation
import Kernel
import SystemPackage
import Testing

@Suite struct AtomicFileTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("atomic-file-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
  private func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }
  private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }

  private func write(_ pieces: String..., to name: String) throws {
    let file = try AtomicFile(at: path(name))
    for piece in pieces { try file.write(Array(piece.utf8)) }
    try file.commit()
  }

  @Test func `A file is made, then replaced, and nothing else is left behind`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write("fi", "rst", to: "report")
    #expect(try text("report") == "first")
    try write("2", to: "report")
    #expect(try text("report") == "2")
    #expect(try names() == ["report"])
  }

  @Test func `Nothing of a file is seen under its name before it is committed, or when it is abandoned`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write("old", to: "report")
    let file = try AtomicFile(at: path("report"))
    try file.write(Array("new".utf8))
    #expect(try text("report") == "old")
    file.abandon()
    #expect(try text("report") == "old")
    #expect(try names() == ["report"])
  }

  @Test func `A name no file can have is refused and leaves nothing behind`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: Errno.fileNameTooLong) { try AtomicFile(at: path(String(repeating: "x", count: 256))) }
    #expect(throws: Errno.noSuchFileOrDirectory) { try AtomicFile(at: "") }
    #expect(try names() == [])
  }

  @Test func `A directory and a missing folder are refused`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: Errno.isDirectory) { try AtomicFile(at: folder.path) }
    #expect(throws: Errno.noSuchFileOrDirectory) { try AtomicFile(at: path("none/report")) }
    #expect(throws: Errno.notDirectory) { try AtomicFile(at: "/dev/null/report") }
  }

  @Test func `A device is written to, not replaced`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "/dev/null")
    try write("abc", to: "link")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "/dev/null")
    #expect(throws: Errno.noSpace) { try AtomicFile(at: "/dev/full").write([1]) }
  }

  @Test func `A link to what is open, directly or by others, is written to behind what was, and not replaced`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(FileManager.default.createFile(atPath: path("output"), contents: nil))
    let output = try FileDescriptor.open(path("output"), .writeOnly)
    defer { try? output.close() }
    try FileManager.default.createSymbolicLink(
      atPath: path("stdout"), withDestinationPath: "/proc/self/fd/\(output.rawValue)")
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "stdout")
    for name in ["link", "stdout"] {
      try output.writeAll("before \(name), ".utf8)
      try write("through \(name), ", to: name)
      try AtomicFile.put(Array("nothing".utf8), at: path(name))
    }
    try output.writeAll("after".utf8)
    #expect(try text("output") == "before link, through link, before stdout, through stdout, after")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "stdout")
    #expect(try names() == ["link", "output", "stdout"])
  }

  @Test func `A link to a file is replaced`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try write("old", to: "file")
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "file")
    try write("new", to: "link")
    #expect(try text("file") == "old")
    #expect(try text("link") == "new")
  }

  @Test func `A pipe without a reader is refused at once, and one with a reader is written to`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    #expect(throws: Errno.noSuchAddressOrDevice) { try AtomicFile(at: path("pipe")) }
    let reader = open(path("pipe"), O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try write("abc", to: "pipe")
    var buffer = [UInt8](repeating: 0, count: 8)
    #expect(read(reader, &buffer, 8) == 3)
    #expect(try names() == ["pipe"])
  }

  @Test func `A pipe that fills waits for its reader`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    let reader = open(path("pipe"), O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    let file = try AtomicFile(at: path("pipe"))
    // More than any pipe holds by default.
    let text = [UInt8](repeating: 7, count: 300_000)
    let taken = Monitor(0)
    try PlainThread.start(name: "reader") {
      var (buffer, polled) = ([UInt8](repeating: 0, count: 4096), pollfd(fd: reader, events: Int16(POLLIN), revents: 0))
      while poll(&polled, 1, 10_000) > 0 {
        let count = read(reader, &buffer, buffer.count)
        if count <= 0 { break }
        taken.withLock { $0 += count }
      }
      taken.withLock { $0 = -$0 }
      taken.broadcast()
    }
    try file.write(text)
    try file.commit()
    #expect(taken.wait(timeout: .seconds(60)) { $0 < 0 ? -$0 : nil } == text.count)
  }

  @Test func `A file that is put is there as a whole, in place of another or of none`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for content in ["first", "2nd"] {
      try AtomicFile.put(Array(content.utf8), at: path("report"))
      #expect(try text("report") == content)
    }
    #expect(try names() == ["report"])
  }

  @Test func `Nothing is put into a pipe`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    let reader = open(path("pipe"), O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try AtomicFile.put(Array("text".utf8), at: path("pipe"))
    var byte: UInt8 = 0
    #expect(read(reader, &byte, 1) == 0)
  }

  @Test(.enabled(if: getuid() == 0, "only root can mount a small disk"))
  func `On a full disk what is put is written over the file that stands there`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try #require(mount("none", folder.path, "tmpfs", 0, "size=16k") == 0)
    defer { umount2(folder.path, CInt(MNT_DETACH)) }
    try String(repeating: "old ", count: 500).write(toFile: path("report"), atomically: false, encoding: .utf8)
    #expect(FileManager.default.createFile(atPath: path("rest"), contents: Data()))
    let rest = try #require(FileHandle(forWritingAtPath: path("rest")))
    while (try? rest.write(contentsOf: Data(count: 4096))) != nil {}
    try AtomicFile.put(Array("new".utf8), at: path("report"))
    #expect(try text("report") == "new")
    #expect(try names() == ["report", "rest"])
    #expect(throws: Errno.noSpace) { try AtomicFile.put(Array("new".utf8), at: path("another")) }
    #expect(try names() == ["report", "rest"])
  }

  @Test(.enabled(if: getuid() == 0, "only root can mount a small disk"))
  func `Where a full disk takes nothing, nothing is left of what stood there`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try #require(mount("none", folder.path, "tmpfs", 0, "size=16k") == 0)
    defer { umount2(folder.path, CInt(MNT_DETACH)) }
    // It has a length, and no room of its own.
    #expect(FileManager.default.createFile(atPath: path("report"), contents: nil))
    try #require(truncate(path("report"), 3000) == 0)
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "report")
    #expect(FileManager.default.createFile(atPath: path("rest"), contents: Data()))
    let rest = try #require(FileHandle(forWritingAtPath: path("rest")))
    while (try? rest.write(contentsOf: Data(count: 4096))) != nil {}
    #expect(throws: Errno.noSpace) { try AtomicFile.put(Array("new".utf8), at: path("link")) }
    #expect(try names() == ["report", "rest"])
    #expect(throws: Errno.noSpace) { try AtomicFile.put(Array("new".utf8), at: path("report")) }
    #expect(try text("report") == "")
  }
}

// MARK: - Names of temporary files

extension AtomicFileTests {
  private static let temporary = ".efs-purge-batch-report.tmp"

  @Test func `The temporary file of a killed run is taken over, so that none pile up`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try "what a killed run left".write(toFile: path(Self.temporary), atomically: false, encoding: .utf8)
    for _ in 0..<3 {
      let file = try AtomicFile(at: path("report"))
      #expect(try names().filter { $0 != "report" } == [Self.temporary])
      try file.write(Array("new".utf8))
      try file.commit()
      #expect(try text("report") == "new")
      #expect(try names() == ["report"])
    }
  }

  @Test func `Files whose names differ each time have the same temporary name`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for number in 0..<3 {
      let file = try AtomicFile(at: path("r\(number)"), madeFrom: path("r{run_id}"))
      #expect(try names().filter { $0.hasPrefix(".") } == [".efs-purge-batch-r{run_id}.tmp"])
      if number == 1 { try file.commit() } else { file.abandon() }
    }
    #expect(try names() == ["r1"])
  }

  @Test func `Runs that write the same report at once do not meet, and the last to end counts`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try (0..<10).map { _ in try AtomicFile(at: path("report")) }
    #expect(try names().count == 10)
    #expect(try names().count { $0.hasPrefix(".efs-purge-batch-report") } == 8)
    for (index, file) in files.enumerated() { try file.write(Array("run \(index)".utf8)) }
    for (index, file) in files.enumerated() {
      try file.commit()
      #expect(try text("report") == "run \(index)")
    }
    #expect(try names() == ["report"])
  }

  @Test func `What somebody else put under a temporary name is not written to`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try "precious".write(toFile: path("victim"), atomically: false, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: path(Self.temporary), withDestinationPath: "victim")
    try FileManager.default.linkItem(atPath: path("victim"), toPath: path(".efs-purge-batch-report-2.tmp"))
    #expect(mkfifo(path(".efs-purge-batch-report-3.tmp"), 0o600) == 0)
    try FileManager.default.createDirectory(
      atPath: path(".efs-purge-batch-report-4.tmp"), withIntermediateDirectories: false)
    try write("new", to: "report")
    #expect(try text("report") == "new")
    #expect(try text("victim") == "precious")
    #expect(try names().count == 6)
  }

  @Test func `A report with the longest name there is has a temporary file with a shorter one`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let name = String(repeating: "x", count: 255)
    let files = try (0..<2).map { _ in try AtomicFile(at: path(name)) }
    #expect(try names().allSatisfy { $0.hasPrefix(".efs-purge-batch-") && $0.utf8.count < 50 })
    files[1].abandon()
    try files[0].commit()
    #expect(try names() == [name])
  }
}

// MARK: - On a thread of its own

@Suite struct BackgroundFileTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("background-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  @Test func `All that is appended is in the file, in order, however much there is`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = BackgroundFile(try AtomicFile(at: path("report")))
    try file.start()
    let pieces = (0..<300).map { "\($0),".utf8 + [UInt8](repeating: 120, count: $0 * 37) }
    for piece in pieces { file.append(Array(piece), patience: { true }) }
    try file.commit(patience: { true })
    #expect(try Data(contentsOf: URL(fileURLWithPath: path("report"))) == Data(pieces.flatMap { $0 }))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report"])
  }

  @Test func `What was never started leaves nothing behind`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    BackgroundFile(try AtomicFile(at: path("report"))).abandon(patience: { true })
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test(.enabled(if: getuid() == 0, "only root can mount a small file system"))
  func `What a full disk did not take is written when it has room`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(mount("none", folder.path, "tmpfs", 0, "size=64k") == 0)
    defer { umount2(folder.path, Int32(MNT_DETACH)) }
    #expect(FileManager.default.createFile(atPath: path("rest"), contents: Data()))
    let rest = try #require(FileHandle(forWritingAtPath: path("rest")))
    // All but a page, so that one piece is written in part.
    try rest.write(contentsOf: Data(count: 60 << 10))
    let file = BackgroundFile(try AtomicFile(at: path("report")))
    try file.start()
    let pieces = (0..<5).map { [UInt8](repeating: 97 + $0, count: 3000) }
    for piece in pieces {
      file.append(piece, patience: { true })
      usleep(20_000)
    }
    try FileManager.default.removeItem(atPath: path("rest"))
    try rest.close()
    try file.commit(patience: { true })
    #expect(try Data(contentsOf: URL(fileURLWithPath: path("report"))) == Data(pieces.flatMap { $0 }))
  }

  @Test func `A full disk is told at the end, holds nobody up and leaves the old file`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = BackgroundFile(try AtomicFile(at: "/dev/full"))
    try file.start()
    for _ in 0..<100 { file.append([UInt8](repeating: 1, count: BackgroundFile.capacity), patience: { true }) }
    #expect(throws: Errno.noSpace) { try file.commit(patience: { true }) }
  }

  @Test(.enabled(if: getuid() == 0, "only root can mount a small file system"))
  func `A disk that fills while a report is written leaves the old report and no temporary file`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(mount("none", folder.path, "tmpfs", 0, "size=64k") == 0)
    defer { umount2(folder.path, Int32(MNT_DETACH)) }
    try "old".write(toFile: path("report"), atomically: false, encoding: .utf8)
    let file = BackgroundFile(try AtomicFile(at: path("report")))
    try file.start()
    for _ in 0..<100 { file.append([UInt8](repeating: 1, count: 4096), patience: { true }) }
    #expect(throws: Errno.noSpace) { try file.commit(patience: { true }) }
    #expect(try String(contentsOfFile: path("report"), encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report"])
  }

  @Test func `Who has lost patience with a reader is not held up`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    let reader = open(path("pipe"), O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    // As the program does: the reader goes away while the thread still waits for it.
    signal(SIGPIPE, SIG_IGN)
    let file = BackgroundFile(try AtomicFile(at: path("pipe")))
    try file.start()
    for _ in 0..<8 { file.append([UInt8](repeating: 1, count: BackgroundFile.capacity), patience: { false }) }
    #expect(throws: Errno.timedOut) { try file.commit(patience: { false }) }
  }
}
