import CKernel
import CWitness
import Foundation
import SystemPackage
import Testing

@testable import Kernel

/// What a removal rests on: answers of the server, whole ones.
@Suite struct FreshLookTests {
  private let root: String
  private let fileSystem = LinuxFileSystem()

  init() throws {
    root = NSTemporaryDirectory() + "fresh-look-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root + "/d", withIntermediateDirectories: true)
    _ = FileManager.default.createFile(atPath: root + "/f", contents: nil)
  }

  /// How often the server was asked, and how often what the client knows was enough.
  private func looks(_ act: () throws -> Void) rethrows -> [CInt] {
    var (fresh, others): (CInt, CInt) = (0, 0)
    witness_take(&fresh, &others)
    try act()
    witness_take(&fresh, &others)
    return [fresh, others]
  }

  @Test func `whatever decides on a removal is asked of the server`() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    let directory = try fileSystem.openRoot(Array(root.utf8))
    let (file, folder) = (Array("f".utf8), Array("d".utf8))
    var names = NameList()
    names.append(file)
    let before = looks {
      fileSystem.removeFiles(0..<1, of: names, in: directory, clearance: { _ in .afterLook }) { _, _ in
        false
      } receive: { _, _, _ in
      }
    }
    #expect(before == [1, 0])
    #expect(looks { fileSystem.freshStatus(of: 0..<1, of: names, in: directory) { _, _ in } } == [1, 0])
    #expect(try looks { _ = try fileSystem.removeDirectory(folder, in: directory) { _ in false } } == [1, 0])
    #expect(try looks { _ = try fileSystem.freshStatus(of: directory) } == [1, 0])
    #expect(try looks { _ = try fileSystem.look(at: file, in: directory, isFresh: true) } == [1, 0])
    #expect(try looks { _ = try fileSystem.touch(directory) } == [1, 0])
    #expect(try looks { _ = try fileSystem.look(at: file, in: directory, isFresh: false) } == [0, 1])
  }

  @Test(arguments: 0..<11) func `an answer in which something is left out is none`(bit: UInt32) {
    var status = ck_status()
    status.mask = UInt32(CK_BASIC) & ~(1 << bit)
    let answer = EntryStatus(status)
    // But for the access time, which some mounts do not keep.
    #expect((answer == nil) == (status.mask & UInt32(CK_ATIME) != 0))
    #expect(answer?.atime == nil)
  }
}
