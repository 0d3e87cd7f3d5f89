import Kernel

/// Asks a run to end orderly, from any thread. The first request counts.
public final class StopRequest: Sendable {
  /// Why to stop, in the report's terms and in a sentence.
  public struct Reason: Hashable, Sendable {
    public var ending: Ending
    public var message: String
  }

  private let state = Monitor<(reason: Reason?, isUrgent: Bool, observer: (@Sendable () -> Void)?)>((nil, false, nil))

  public init() {}

  /// Asks the run to end as `ending`. A second request makes it urgent: what is in flight is not waited for.
  public func request(_ ending: Ending, message: String) {
    let observer = state.withLock { state in
      if state.reason == nil {
        state.reason = Reason(ending: ending, message: message)
      } else {
        state.isUrgent = true
      }
      return state.observer
    }
    observer?()
  }

  public var reason: Reason? { state.withLock { $0.reason } }

  var isUrgent: Bool { state.withLock { $0.isUrgent } }

  /// Calls `observer` on each request from now on, on the requesting thread.
  func observe(_ observer: @escaping @Sendable () -> Void) { state.withLock { $0.observer = observer } }
}
