import Kernel
import Plan
import SystemPackage

/// Refuses to delete where the file system's clock and ours disagree: every age would be wrong by the difference.
///
/// Asked before the first removal of a target, in the directory it is about to happen in: setting that directory's times to
/// the server's now needs the same permission as the removal, and works on a full disk. Where that is refused, one file is
/// removed, alone, and the directory's time then is the server's.
final class ClockGuard: Sendable {
  private enum State: Hashable {
    case unknown
    /// One removal goes on, to learn of the clock by it.
    case onTrial
    case agreed
    /// Nothing must be deleted any more; why.
    case refused(String)
  }

  private let maxSkew: Duration
  /// What `now` is, in messages: this host's clock, or an option's value.
  private let nowName: String
  /// The moment ages are counted from, and when that was by a clock that does not step.
  private let now: Timestamp
  private let readAt: MonotonicTime
  private let state = Monitor(State.unknown)

  init(maxSkew: Duration, now: Timestamp, nowName: String, readAt: MonotonicTime) {
    (self.maxSkew, self.now, self.nowName, self.readAt) = (maxSkew, now, nowName, readAt)
  }

  enum Answer: Hashable {
    /// Asked before.
    case known
    /// Asked now, by setting the directory's times.
    case agrees
    /// One removal may be tried in this directory, and `settleTrial` is to be called after it. Nobody else removes meanwhile.
    case onTrial
    /// Nothing must be deleted; why.
    case objects(String)
    /// The walk was stopped while another's trial was waited for.
    case stopped
  }

  /// Whether files in `directory` may be deleted as far as clocks go. Waits while another directory is on trial.
  func ask(
    in directory: DirectoryHandle, _ fileSystem: any FileSystem, unless isStopped: () -> Bool
  ) -> Answer {
    if state.withLock({ $0 == .agreed }) { return .known }
    do throws(Errno) {
      let server = Timestamp(try fileSystem.touch(directory))
      if let message = objection(toServerTime: server, at: .now()) { return .objects(message) }
      agree()
      return .agrees
    } catch {
      guard error.isRefusal || error.meansVanished else { return .objects(ClockGuard.cannotAsk(error)) }
      return waitForTrial(unless: isStopped)
    }
  }

  private func waitForTrial(unless isStopped: () -> Bool) -> Answer {
    while !isStopped() {
      // In short waits, so that a stop is noticed.
      let answer = state.wait(timeout: .milliseconds(100)) { state -> Answer? in
        switch state {
        case .agreed: return .known
        case .refused(let message): return .objects(message)
        case .onTrial: return nil
        case .unknown:
          state = .onTrial
          return .onTrial
        }
      }
      if let answer { return answer }
    }
    return .stopped
  }

  /// The removal on trial is over. What speaks against any further one; nil: nothing, or nothing was removed.
  func settleTrial(
    in directory: DirectoryHandle, _ fileSystem: any FileSystem, hasRemoved: Bool
  ) -> String? {
    guard hasRemoved else {
      endTrial(.unknown)
      return nil
    }
    do throws(Errno) {
      let server = Timestamp(try fileSystem.freshStatus(of: directory).mtime)
      let message = objection(toServerTime: server, at: .now())
      endTrial(message.map(State.refused) ?? .agreed)
      return message
    } catch {
      let message = ClockGuard.cannotAsk(error)
      endTrial(.refused(message))
      return message
    }
  }

  private func agree() { endTrial(.agreed) }

  private func endTrial(_ next: State) {
    state.withLock { if $0 != .agreed { $0 = next } }
    state.broadcast()
  }

  private static func cannotAsk(_ error: Errno) -> String {
    "the file system's clock could not be asked: \(error.description) (\(ErrnoName.of(error)))"
  }

  func objection(toServerTime server: Timestamp, at moment: MonotonicTime) -> String? {
    let skew = server.since(now) - moment.since(readAt)
    let size = skew < .zero ? .zero - skew : skew
    guard size > maxSkew else { return nil }
    return "the file system's clock is \(ClockGuard.text(size)) \(skew < .zero ? "behind" : "ahead of") \(nowName)"
      + " (max_clock_skew: \(ClockGuard.text(maxSkew)))"
  }

  /// No finer than people would say it.
  private static func text(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    let unit: Int64 = seconds < 120 ? 1 : seconds < 7200 ? 60 : seconds < 172_800 ? 3600 : 86_400
    let days = seconds / 86_400
    return unit == 86_400 ? "\(days) days" : Duration.seconds(seconds / unit * unit).text
  }
}

extension Errno {
  /// Whether a change was refused for good: no right to it, or a file system that takes none.
  fileprivate var isRefusal: Bool {
    [.permissionDenied, .notPermitted, .readOnlyFileSystem, .notSupported, .noFunction].contains(self)
  }
}
