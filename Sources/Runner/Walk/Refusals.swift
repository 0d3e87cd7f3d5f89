import Kernel
import Synchronization
import SystemPackage

/// How one call is dealt with that is refused (EACCES). EFS answers so when it is overloaded, too: what the file system says is
/// permitted is tried again, some times, before it counts. What it says is not is believed at once.
struct Refusals {
  static let pauses: [Duration] = [.milliseconds(100), .milliseconds(500), .seconds(2)]
  private var count = 0
  private var isPermitted = false
  /// It is believed: whatever is refused here from now on counts.
  private var isForbidden = false
  /// Something is to be waited for before more is done.
  private(set) var isWaiting = false

  /// Whether the call is to be tried again, after a wait. `ask`: whether it is permitted.
  mutating func isToBeTriedAgain(
    _ error: Errno, in line: RetryLine, asking ask: () throws(Errno) -> Void
  ) -> Bool {
    guard error == .permissionDenied, !isForbidden else { return false }
    do throws(Errno) {
      try ask()
    } catch {
      isForbidden = error.meansForbidden
    }
    isPermitted = !isForbidden
    guard isPermitted else { return false }
    guard count < Refusals.pauses.count else {
      line.noteWaitInVain(at: .now())
      return false
    }
    guard count > 0 || line.isWorthwhile(at: .now()) else { return false }
    count += 1
    isWaiting = true
    return true
  }

  /// How long to wait until the call is tried again.
  mutating func takePause(haste: Int) -> Duration {
    defer { isWaiting = false }
    return isWaiting ? Refusals.pauses[count - 1] / haste : .zero
  }

  /// It was refused though it is permitted: the next time it may not be.
  var isPassing: Bool { isPermitted }

  /// The call is done with. What was learnt of the directory holds for the next one.
  mutating func settle() { (count, isPermitted) = (0, false) }
}

/// The line in which calls of one target wait to be tried again.
final class RetryLine: Sendable {
  /// A server that is overloaded wants less to do.
  private static let perSecond = 10
  /// When so many have waited in vain, one after another, others do not wait for a while: what the server refuses is then
  /// refused for a reason that nobody can ask it for.
  static let mostInVain = 30
  static let rest: Duration = .seconds(10)
  /// Those longer ago do not count.
  static let memory: Duration = .seconds(30)

  private let rate = RateLimit(perSecond: RetryLine.perSecond)
  private let inVain = Monitor((count: 0, lastAt: MonotonicTime.distantPast))

  func isWorthwhile(at now: MonotonicTime) -> Bool {
    inVain.withLock { $0.count < RetryLine.mostInVain || now.since($0.lastAt) >= RetryLine.rest }
  }

  func noteWaitInVain(at now: MonotonicTime) {
    inVain.withLock { $0 = (now.since($0.lastAt) > RetryLine.memory ? 1 : $0.count + 1, now) }
  }

  /// Waits until it is one's turn; false when the walk was stopped first.
  func wait(unless isStopped: () -> Bool) -> Bool { rate.acquire(1, unless: isStopped) }
}

/// What a worker knows of the last error it met.
final class LastError {
  /// It may not happen again, though it is a question of rights by its number.
  var isPassing = false
}

extension PurgeWorker {
  /// Whether what was refused, and is not tried again, may not be the next time: what is in the directory may be looked at.
  func isPassing(_ error: Errno, in directory: DirectoryHandle) -> Bool {
    error == .permissionDenied && (try? fileSystem.mayRead(Array(".".utf8), in: directory)) != nil
  }

  /// Waits until what was refused may be tried again; false when the walk was stopped first.
  func waitToRetry(_ refusals: inout Refusals) -> Bool {
    let end = MonotonicTime.now().advanced(by: refusals.takePause(haste: walk.means.retryHaste))
    walk.operations.waitingForLeave.add(1, ordering: .relaxed)
    defer { walk.operations.waitingForLeave.subtract(1, ordering: .relaxed) }
    while !isStoppedWhileWaiting() {
      let rest = end.since(.now())
      if rest <= .zero { return walk.retries.wait(unless: { isStoppedWhileWaiting() }) }
      PlainThread.nap(min(rest, .milliseconds(50)))
    }
    return false
  }

  /// What was refused would have been tried again but for a stop, or may be in the next run.
  var isStoppedInVain: Bool { lastError.isPassing && isStopped }

  /// Opens or lists, again and again where that is refused though it is permitted. Then `lastError` tells of the error thrown.
  func patiently<Result>(
    asking ask: () throws(Errno) -> Void, _ call: () throws(Errno) -> Result
  ) throws(Errno) -> Result {
    lastError.isPassing = false
    var refusals = Refusals()
    while true {
      do throws(Errno) {
        return try call()
      } catch {
        guard refusals.isToBeTriedAgain(error, in: walk.retries, asking: ask), waitToRetry(&refusals), mayDo(2) else {
          lastError.isPassing = refusals.isPassing
          throw error
        }
        meter.start()
      }
    }
  }
}
