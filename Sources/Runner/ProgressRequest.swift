import Kernel
import Synchronization

/// Asks a run, from any thread, to tell at once how far each running target is.
public final class ProgressRequest: Sendable {
  private let observer = Monitor<(@Sendable () -> Void)?>(nil)
  private let isMade = Atomic<Bool>(false)

  public init() {}

  /// Without effect when nothing is being walked, and until an earlier request is answered.
  public func make() {
    guard let observer = observer.withLock({ $0 }), !isMade.exchange(true, ordering: .acquiringAndReleasing) else {
      return
    }
    observer()
  }

  /// Calls `observer` on a request from now on, on the requesting thread; on further ones after `answer`.
  func observe(_ observer: @escaping @Sendable () -> Void) { self.observer.withLock { $0 = observer } }

  func answer() { isMade.store(false, ordering: .releasing) }
}
