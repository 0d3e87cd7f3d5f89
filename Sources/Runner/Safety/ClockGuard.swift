import Kernel
import Plan

/// Refuses to delete where the file system's clock and ours disagree: every age would be wrong by the difference.
struct ClockGuard: Sendable {
  let maxSkew: Duration
  /// The moment ages are counted from, and when that was by a clock that does not step.
  let now: Timestamp
  let readAt: MonotonicTime

  /// Why the target must not be touched; nil when the clocks agree. Where no file can be made the clock cannot be asked:
  /// that is a warning, since nothing can be deleted there either.
  func objection(to root: DirectoryHandle, warn: (String) -> Void) -> String? {
    do {
      let server = Timestamp(try ClockProbe.time(of: root))
      let skew = server.since(now) - MonotonicTime.now().since(readAt)
      let size = skew < .zero ? .zero - skew : skew
      guard size > maxSkew else { return nil }
      return "the file system's clock is \(Int(size.inSeconds)) s \(skew < .zero ? "behind" : "ahead of") ours"
        + " (max_clock_skew is \(Int(maxSkew.inSeconds)) s)"
    } catch {
      warn("the file system's clock could not be asked, because no file can be made here (\(ErrnoName.of(error)))")
      return nil
    }
  }
}
