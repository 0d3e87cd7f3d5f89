import Foundation
import Glibc
import SystemPackage
import Testing

@testable import Kernel

@Suite struct InterruptionTests {
  /// How long a call took that was interrupted so often before it succeeded.
  private func duration(interruptions: Int) throws -> Duration {
    var calls = 0
    let start = MonotonicTime.now()
    let result = try kernelCall { () -> CInt in
      calls += 1
      return calls > interruptions ? 7 : -EINTR
    }
    #expect(result == 7 && calls == interruptions + 1)
    return MonotonicTime.now().since(start)
  }

  @Test func `A call that is interrupted again and again is repeated with growing pauses`() throws {
    // 1 + 2 + 4 + … + 64 ms.
    #expect(try duration(interruptions: Interruption.most) >= .milliseconds(127))
  }

  @Test func `A call that is interrupted for ever fails after a while`() {
    #expect(throws: Errno.interrupted) { try kernelCall { () -> CInt in -EINTR } }
  }

  @Test func `Another error ends it at once`() {
    #expect(throws: Errno.noSuchFileOrDirectory) { try kernelCall { () -> CInt in -ENOENT } }
  }
}

@Suite struct MessageFileTests {
  @Test func `A pipe that nobody reads is an error, a file is replaced in its place`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("message-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (pipe, file) = (folder.appendingPathComponent("pipe").path, folder.appendingPathComponent("file").path)
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(throws: Errno.noSuchAddressOrDevice) { try MessageFile.write([1], to: pipe) }
    try MessageFile.write(Array("a longer text".utf8), to: file)
    let inode = try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
    try MessageFile.write(Array("short".utf8), to: file)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "short")
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int == inode)
  }
}
