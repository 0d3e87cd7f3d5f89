public import Plan

/// Runs the targets of a plan, one after another or a few at once, and accounts for all they did.
public struct BatchRunner: Sendable {
  /// What a run needs to be told besides its plan.
  public struct Settings: Sendable {
    public var mode: RunMode
    /// Identifies the run in log and report.
    public var runID: String
    /// The moment file ages are counted from; nil: the host's clock at the start.
    public var now: Timestamp?

    public init(mode: RunMode, runID: String, now: Timestamp? = nil) {
      (self.mode, self.runID, self.now) = (mode, runID, now)
    }
  }
}

extension BatchRunner {
  public init(
    plan: BatchPlan, settings: Settings, stop: StopRequest, onEvent: @escaping @Sendable (RunEvent) -> Void
  ) {}

  /// Carries the plan out and returns when every target has ended. Blocks the calling thread.
  public func run() -> BatchOutcome { fatalError("the engine is written on another branch") }
}

/// Asks a run to end orderly, from any thread. The first request counts.
public final class StopRequest: Sendable {
  public init() {}
  public func request(_ ending: Ending, message: String) {}
}
