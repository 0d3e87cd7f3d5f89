import Kernel
import Plan
import Runner

/// How long files are waited for that are written while a run goes on: one on a volume that hangs like everything else on it, but
/// a signal's word counts.
final class StopPatience: Sendable {
  private struct State {
    var stop: StopRequest?
    /// When a signal put an end to waiting.
    var end: MonotonicTime?
  }

  private let state = Monitor(State())

  /// What is left of the time to end when workers that hang have been waited for, at least.
  private static let least: Duration = .seconds(1)

  func run(_ stop: StopRequest) { state.withLock { $0.stop = stop } }

  /// A signal has put an end to the run.
  func noteSignal() {
    let end = MonotonicTime.now().advanced(by: RunPlan.timeToEnd - StopPatience.least / 2)
    state.withLock { $0.end = end }
  }

  /// Whether to wait on.
  @Sendable func isLeft() -> Bool {
    state.withLock { state in
      guard state.stop?.reason?.ending == .stoppedSignal else { return true }
      let end = state.end ?? MonotonicTime.now().advanced(by: StopPatience.least)
      state.end = end
      return MonotonicTime.now() < end
    }
  }
}
