/// A point in time: seconds and nanoseconds since 1970-01-01T00:00:00Z, as the kernel reports file times.
///
/// Times before 1970 have negative seconds; nanoseconds always count forward (0 ..< 1 000 000 000).
public struct Timestamp: Hashable, Comparable, Sendable {
  public let seconds: Int64
  public let nanoseconds: UInt32

  public init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  @inlinable
  public static func < (a: Timestamp, b: Timestamp) -> Bool {
    a.seconds != b.seconds ? a.seconds < b.seconds : a.nanoseconds < b.nanoseconds
  }

  /// The point `duration` earlier, saturating at the ends of the representable range.
  public static func - (time: Timestamp, duration: Duration) -> Timestamp {
    let (wholeSeconds, attoseconds) = duration.components
    var seconds = time.seconds.subtractingReportingOverflow(wholeSeconds)
    if seconds.overflow { return Timestamp(seconds: wholeSeconds > 0 ? .min : .max) }
    var nanoseconds = Int64(time.nanoseconds) - attoseconds / 1_000_000_000
    if nanoseconds < 0 {
      nanoseconds += 1_000_000_000
      seconds = seconds.partialValue.subtractingReportingOverflow(1)
    } else if nanoseconds >= 1_000_000_000 {
      nanoseconds -= 1_000_000_000
      seconds = seconds.partialValue.addingReportingOverflow(1)
    }
    if seconds.overflow { return Timestamp(seconds: wholeSeconds > 0 ? .min : .max) }
    return Timestamp(seconds: seconds.partialValue, nanoseconds: UInt32(nanoseconds))
  }

  /// The time from `earlier` to this one; negative when `earlier` is later. Two hundred billion years at most: what a server
  /// claims must not end the run.
  public func since(_ earlier: Timestamp) -> Duration {
    let (difference, overflow) = seconds.subtractingReportingOverflow(earlier.seconds)
    let bounded = overflow ? (seconds < 0 ? -Timestamp.longest : Timestamp.longest) : difference
    return .seconds(min(max(bounded, -Timestamp.longest), Timestamp.longest))
      + .nanoseconds(Int64(nanoseconds) - Int64(earlier.nanoseconds))
  }

  // Half of what fits, so that sums of a few do not overflow either.
  private static let longest = Int64.max / 2
}
