import Kernel
import Runner

/// A signal's request for progress. What answers it is told whatever the level of the log: somebody asked.
final class ProgressWish: Sendable {
  private struct State {
    var isOpen = false
    /// The figures that come now answer one.
    var isBeingAnswered = false
  }

  let request = ProgressRequest()
  private let state = Monitor(State())

  func make() {
    state.withLock { $0.isOpen = true }
    request.make()
  }

  /// Whether `event` answers it; to be asked of every event. Figures of the run come first, those of its targets behind them.
  func isAnswered(by event: RunEvent) -> Bool {
    switch event {
    case .batchProgress:
      state.withLock { state in
        (state.isBeingAnswered, state.isOpen) = (state.isOpen, false)
        return state.isBeingAnswered
      }
    case .progress: state.withLock { $0.isBeingAnswered }
    default: false
    }
  }
}
