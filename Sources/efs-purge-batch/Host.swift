import FoundationEssentials
import Glibc
import Kernel
import Plan
import Report

/// What the process is told by the machine it runs on: when it began, and its environment.
enum Host {
  static var environment: [String: String] { ProcessInfo.processInfo.environment }

  static func now() -> Timestamp {
    let time = WallClock.now()
    return Timestamp(seconds: time.seconds, nanoseconds: time.nanoseconds)
  }

  /// In Kubernetes, the pod's name.
  static func name() -> String {
    // POSIX allows 255 bytes; the last one stays zero.
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, 255) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Unique, and in the order of time when sorted as text: `20261123T063435Z-k3f9q2`.
  static func newRunID(at start: Timestamp) -> String {
    let time = RFC3339.text(start).filter { $0 != "-" && $0 != ":" }
    // 36⁶ values keep runs that start in the same second apart.
    let random = String(UInt32.random(in: 0..<2_176_782_336), radix: 36)
    return "\(time)-\(String(repeating: "0", count: 6 - random.utf8.count))\(random)"
  }
}
