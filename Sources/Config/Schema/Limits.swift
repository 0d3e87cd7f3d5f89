/// Bounds on numbers; above them is a slip.
enum Limits {
  /// PATH_MAX of Linux without its final NUL, in bytes.
  static let path = 4095
  /// NAME_MAX of Linux, in bytes.
  static let name = 255
  /// More requests in flight than this only queue in every client there is, and each costs a thread's stack.
  static let concurrency = 1...65_536
  /// As many targets at once as anyone has mounts.
  static let parallelTargets = 1...256
  /// As many as days of a century's quarter.
  static let keptPeriods = 0...10_000
  /// No file system answers a thousand million operations in a second.
  static let rate = 1_000_000_000
  /// As many as a 1 MiB text can hold: more are another mistake.
  static let targets = 20_000
}
