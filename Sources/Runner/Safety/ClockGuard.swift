import Kernel
import Plan
import SystemPackage

/// Refuses to delete where the file system's clock and ours disagree: every age would be wrong by the difference.
final class ClockGuard: Sendable {
  private let maxSkew: Duration
  /// What `now` is, in messages: this host's clock, or an option's value.
  private let nowName: String
  /// The moment ages are counted from, and when that was by a clock that does not step.
  private let now: Timestamp
  private let readAt: MonotonicTime
  private let hasAgreed = Monitor(false)

  init(maxSkew: Duration, now: Timestamp, nowName: String, readAt: MonotonicTime) {
    (self.maxSkew, self.now, self.nowName, self.readAt) = (maxSkew, now, nowName, readAt)
  }

  /// Why nothing must be deleted in `directory`; nil when the clocks agree, or when nothing can be deleted there anyway.
  ///
  /// Asked before the first removal of a target, in the directory it is about to happen in: setting that directory's
  /// times to the server's now needs the same permission as the removal, and works on a full disk.
  func objection(in directory: DirectoryHandle) -> String? {
    if hasAgreed.withLock({ $0 }) { return nil }
    do throws(Errno) {
      let server = Timestamp(try directory.touch())
      if let message = objection(toServerTime: server, at: .now()) { return message }
      hasAgreed.withLock { $0 = true }
      return nil
    } catch {
      switch error {
      // Then removing is refused for the same reason, and told as a failure of each entry.
      case .permissionDenied, .notPermitted, .readOnlyFileSystem: return nil
      case _ where error.meansVanished: return nil
      default: return "the file system's clock could not be asked: \(error.description) (\(ErrnoName.of(error)))"
      }
    }
  }

  func objection(toServerTime server: Timestamp, at moment: MonotonicTime) -> String? {
    let skew = server.since(now) - moment.since(readAt)
    let size = skew < .zero ? .zero - skew : skew
    guard size > maxSkew else { return nil }
    return "the file system's clock is \(size.components.seconds) s \(skew < .zero ? "behind" : "ahead of") \(nowName)"
      + " (max_clock_skew is \(maxSkew.components.seconds) s)"
  }
}
