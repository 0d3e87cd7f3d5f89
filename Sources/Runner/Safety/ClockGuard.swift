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

  enum Answer: Hashable {
    /// Asked before.
    case known
    /// Asked now, by setting the directory's times.
    case agrees
    /// It could not be asked, and nothing can be deleted here for the same reason.
    case notAsked
    /// Nothing must be deleted; why.
    case objects(String)
  }

  /// Whether files in `directory` may be deleted as far as clocks go.
  ///
  /// Asked before the first removal of a target, in the directory it is about to happen in: setting that directory's
  /// times to the server's now needs the same permission as the removal, and works on a full disk.
  func ask(in directory: DirectoryHandle) -> Answer {
    if hasAgreed.withLock({ $0 }) { return .known }
    do throws(Errno) {
      let server = Timestamp(try directory.touch())
      if let message = objection(toServerTime: server, at: .now()) { return .objects(message) }
      hasAgreed.withLock { $0 = true }
      return .agrees
    } catch {
      switch error {
      case .permissionDenied, .notPermitted, .readOnlyFileSystem: return .notAsked
      case _ where error.meansVanished: return .notAsked
      default:
        return .objects("the file system's clock could not be asked: \(error.description) (\(ErrnoName.of(error)))")
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
