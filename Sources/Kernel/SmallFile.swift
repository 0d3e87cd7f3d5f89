import CKernel
import SystemPackage

/// Small files, read whole: what `/proc` and cgroup directories tell.
enum SmallFile {
  /// memory.stat, the longest of them, has about 2 KiB.
  static let limit = 64 * 1024

  private static func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
    let descriptor = try kernelCall { ck_open_to_read(path) }
    defer { _ = ck_close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: min(limit, SmallFile.limit))
    var filled = 0
    while filled < limit {
      if filled == bytes.count { bytes += [UInt8](repeating: 0, count: min(filled, limit - filled)) }
      let (start, room) = (filled, bytes.count - filled)
      let got = try kernelCall {
        bytes.withUnsafeMutableBytes { ck_read(descriptor, $0.baseAddress?.advanced(by: start), room) }
      }
      if got == 0 { break }
      filled += got
    }
    return Array(bytes[..<filled])
  }

  /// Nil when it cannot be read.
  static func bytes(_ path: String) -> [UInt8]? { try? read(path, limit: limit) }

  /// The text of a small file; nil when it cannot be read, as happens to cgroup files that vanish.
  static func text(_ path: String, limit: Int = SmallFile.limit) -> String? {
    (try? read(path, limit: limit)).map { String(decoding: $0, as: UTF8.self) }
  }
}
