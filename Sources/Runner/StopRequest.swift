import Kernel
import Synchronization

/// Asks a run to end orderly, from any thread. The first request counts.
public final class StopRequest: Sendable {
  /// Why to stop, in the report's terms and in a sentence.
  public struct Reason: Hashable, Sendable {
    public var ending: Ending
    public var message: String
  }

  private struct State {
    var reason: Reason?
    var isUrgent = false
    var observer: (@Sendable () -> Void)?
  }

  private let state = Monitor(State())
  private let isMade = Atomic<Bool>(false)

  public init() {}

  /// Asks the run to end as `ending`; without effect when that was asked before.
  public func request(_ ending: Ending, message: String) {
    let observer = state.withLock { state in
      if state.reason == nil { state.reason = Reason(ending: ending, message: message) }
      return state.observer
    }
    isMade.store(true, ordering: .releasing)
    observer?()
  }

  /// Asks a run that is ending not to wait for operations in flight.
  public func hurry() {
    let observer = state.withLock { state in
      state.isUrgent = true
      return state.observer
    }
    observer?()
  }

  public var reason: Reason? { isRequested ? state.withLock { $0.reason } : nil }

  /// The same as `reason != nil`, without a lock: workers ask between calls.
  var isRequested: Bool { isMade.load(ordering: .acquiring) }

  var isUrgent: Bool { state.withLock { $0.isUrgent } }

  /// Calls `observer` on each request from now on, on the requesting thread; at once if there was one before.
  func observe(_ observer: @escaping @Sendable () -> Void) {
    state.withLock { $0.observer = observer }
    if isRequested { observer() }
  }
}
