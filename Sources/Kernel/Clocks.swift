import Glibc

/// A reading of the clock that never steps (CLOCK_MONOTONIC), for durations.
public struct MonotonicTime: Hashable, Comparable, Sendable {
  public let nanoseconds: Int64

  public static func now() -> MonotonicTime {
    var time = Glibc.timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// Earlier than any reading, and near enough that the time since then can be told.
  public static let distantPast = MonotonicTime(nanoseconds: .min / 2)
  /// Later than any reading: for waits without end.
  public static let distantFuture = MonotonicTime(nanoseconds: .max)

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  public static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.nanoseconds < b.nanoseconds }

  public func advanced(by duration: Duration) -> MonotonicTime {
    let (seconds, attoseconds) = duration.components
    // A wait of more than a century is for ever.
    let bounded = min(seconds, 100 * 366 * 86_400)
    return MonotonicTime(nanoseconds: nanoseconds + bounded * 1_000_000_000 + attoseconds / 1_000_000_000)
  }

  public func since(_ earlier: MonotonicTime) -> Duration { .nanoseconds(nanoseconds - earlier.nanoseconds) }

  /// The same as a plain number, where it is asked for each file.
  public func nanoseconds(since earlier: MonotonicTime) -> Int64 { nanoseconds - earlier.nanoseconds }

  var asTimespec: Glibc.timespec {
    Glibc.timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }
}

extension Duration {
  /// Whole nanoseconds; bounded as `MonotonicTime` is.
  public var nanoseconds: Int64 { MonotonicTime(nanoseconds: 0).advanced(by: self).nanoseconds }
}

/// Time spent on a processor.
public enum ProcessorTime {
  /// Nanoseconds the calling thread has spent on processors so far.
  public static func ofThisThread() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// The host's wall clock.
public enum WallClock {
  /// As the kernel stamps files with it, some milliseconds behind: what is changed from now on is not older than this.
  public static func ofFileTimes() -> FileTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return FileTime(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
  }

  public static func now() -> FileTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return FileTime(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
  }
}
