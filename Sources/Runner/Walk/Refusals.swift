import Kernel
import Synchronization
import SystemPackage

/// How one call is dealt with that is refused (EACCES). EFS answers so when it is overloaded, too: what the file system says is
/// permitted is tried again, some times, before it counts. What it says is not is believed at once.
struct Refusals {
  static let pauses: [Duration] = [.milliseconds(100), .milliseconds(500), .seconds(2)]
  /// Calls that are tried again in a second, of all workers of a target: a server that is overloaded wants less to do.
  static let retriesPerSecond = 10

  private var count = 0
  /// It is believed: whatever is refused here from now on counts.
  private var isForbidden = false
  /// Something is to be waited for before more is done.
  private(set) var isWaiting = false

  /// Whether the call is to be tried again, after a wait. `ask`: whether it is permitted.
  mutating func isToBeTriedAgain(_ error: Errno, asking ask: () throws(Errno) -> Void) -> Bool {
    guard error == .permissionDenied, !isForbidden else { return false }
    do throws(Errno) {
      try ask()
    } catch {
      isForbidden = error.meansForbidden
    }
    guard !isForbidden, count < Refusals.pauses.count else { return false }
    count += 1
    isWaiting = true
    return true
  }

  /// How long to wait until the call is tried again.
  mutating func takePause() -> Duration {
    defer { isWaiting = false }
    return isWaiting ? Refusals.pauses[count - 1] : .zero
  }

  /// It was refused again and again, though it is permitted: the next time it may not be.
  var isPassing: Bool { count > 0 && !isForbidden }

  /// The call is done with. What was learnt of the directory holds for the next one.
  mutating func settle() { count = 0 }
}

/// What a worker knows of the last error it met.
final class LastError {
  /// It may not happen again, though it is a question of rights by its number.
  var isPassing = false
}

extension PurgeWorker {
  /// Waits until what was refused may be tried again; false when the walk was stopped first.
  func waitToRetry(_ refusals: inout Refusals) -> Bool {
    let end = MonotonicTime.now().advanced(by: refusals.takePause())
    walk.operations.waitingForLeave.add(1, ordering: .relaxed)
    defer { walk.operations.waitingForLeave.subtract(1, ordering: .relaxed) }
    while !isStoppedWhileWaiting() {
      let rest = end.since(.now())
      if rest <= .zero { return walk.retries.acquire(1, unless: { isStoppedWhileWaiting() }) }
      PlainThread.nap(min(rest, .milliseconds(50)))
    }
    return false
  }

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
        guard refusals.isToBeTriedAgain(error, asking: ask), waitToRetry(&refusals), mayDo(2) else {
          lastError.isPassing = refusals.isPassing
          throw error
        }
        meter.start()
      }
    }
  }
}
