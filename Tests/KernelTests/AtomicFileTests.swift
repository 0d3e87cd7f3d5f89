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

  @Test func `A file is made, then replaced, and nothing else is left behind`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try AtomicFile.write(Array("first".utf8), to: path("report"))
    #expect(try text("report") == "first")
    try AtomicFile.write(Array("2".utf8), to: path("report"))
    #expect(try text("report") == "2")
    #expect(try names() == ["report"])
  }

  @Test func `A name no file can have is refused and leaves nothing behind`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: Errno.fileNameTooLong) { try AtomicFile.probe(path(String(repeating: "x", count: 256))) }
    #expect(throws: Errno.fileNameTooLong) { try AtomicFile.write([], to: path(String(repeating: "x", count: 256))) }
    #expect(throws: Errno.noSuchFileOrDirectory) { try AtomicFile.probe("") }
    #expect(try names() == [])
  }

  @Test func `A directory and a missing folder are refused`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: Errno.isDirectory) { try AtomicFile.write([], to: folder.path) }
    #expect(throws: Errno.isDirectory) { try AtomicFile.probe(folder.path) }
    #expect(throws: Errno.noSuchFileOrDirectory) { try AtomicFile.probe(path("none/report")) }
    #expect(throws: Errno.notDirectory) { try AtomicFile.probe("/dev/null/report") }
  }

  @Test func `A probe neither makes nor changes the file`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try AtomicFile.probe(path("report"))
    #expect(try names() == [])
    try "old".write(toFile: path("report"), atomically: false, encoding: .utf8)
    try AtomicFile.probe(path("report"))
    #expect(try text("report") == "old")
    #expect(try names() == ["report"])
  }

  @Test func `A device is written to, not replaced`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "/dev/null")
    try AtomicFile.probe(path("link"))
    try AtomicFile.write([1, 2, 3], to: path("link"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "/dev/null")
    #expect(throws: Errno.noSpace) { try AtomicFile.write([1], to: "/dev/full") }
  }

  @Test func `A file written in place keeps its identity and loses its old end`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try "a long old text".write(toFile: path("log"), atomically: false, encoding: .utf8)
    let before = try FileManager.default.attributesOfItem(atPath: path("log"))[.systemFileNumber] as? Int
    try AtomicFile.writeInPlace(Array("new".utf8), to: path("log"))
    #expect(try text("log") == "new")
    #expect(try FileManager.default.attributesOfItem(atPath: path("log"))[.systemFileNumber] as? Int == before)
  }
}
