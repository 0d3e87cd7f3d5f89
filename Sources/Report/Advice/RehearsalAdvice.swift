public import Plan
public import Runner

/// What a dry run says at its end.
public struct RehearsalAdvice: Hashable, Sendable {
  /// Nil when not everything was walked to its end.
  public let resources: ResourceAdvice?
  public let preflight: Preflight

  /// - Parameters:
  ///   - plan: what was walked.
  ///   - isSelection: only some of the plan's targets were asked for.
  public init(_ outcome: BatchOutcome, plan: BatchPlan, isSelection: Bool) {
    resources = ResourceAdvice(outcome, plan: plan)
    preflight = Preflight(outcome, plan: plan, peak: outcome.memory.processPeak, isSelection: isSelection)
  }
}
