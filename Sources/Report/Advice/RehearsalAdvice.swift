public import Plan
public import Runner

/// What a dry run says at its end.
public struct RehearsalAdvice: Hashable, Sendable {
  /// Nil when not everything was walked to its end.
  public let resources: ResourceAdvice?
  public let preflight: Preflight
  /// There was no folder to look at.
  let walkedNothing: Bool

  /// - Parameters:
  ///   - plan: what was walked.
  ///   - isSelection: only some of the plan's targets were asked for.
  public init(_ outcome: BatchOutcome, plan: BatchPlan, isSelection: Bool) {
    resources = ResourceAdvice(outcome, plan: plan)
    walkedNothing = outcome.walkedNothing
    preflight = Preflight(outcome, plan: plan, recommended: resources?.memory, isSelection: isSelection)
  }
}

extension BatchOutcome {
  /// There was no folder to look at.
  var walkedNothing: Bool { totals.dirsScanned == 0 && totals.filesScanned == 0 }
}
