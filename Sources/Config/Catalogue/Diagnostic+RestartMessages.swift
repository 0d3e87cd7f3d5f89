import Plan

// The catalogue: what a manifest says of a run's end, and of the runs after it.

// MARK: - Times

extension Diagnostic {
  static func gracePeriodTooShort(_ seconds: Int, needed: Int, at place: SourcePlace) -> Diagnostic {
    .error(
      .gracePeriodTooShort,
      "\(seconds) s after SIGTERM the run is killed, but to end cleanly, with a report, it takes up to \(needed) s",
      at: place,
      hint: "leave it out for the default, 30")
  }

  static func gracePeriodTight(_ seconds: Int, needed: Int, at place: SourcePlace) -> Diagnostic {
    .warning(
      .gracePeriodTight, "\(seconds) s leave little room to end cleanly, with a report, which takes up to \(needed) s",
      at: place,
      hint: "leave it out for the default, 30")
  }

  static func deadlineBeforeTimeLimit(
    _ seconds: Int, limit: String, at place: SourcePlace, limitPlace: SourcePlace
  ) -> Diagnostic {
    .warning(
      .deadlineBeforeTimeLimit,
      "the deadline of \(seconds) s comes before the run's own time limit of \(limit) can end it", at: place,
      notes: [.timeLimitHere(at: limitPlace)],
      hint: "make run.time_limit shorter: a run that it ends is tried again, a deadline is the end of all attempts")
  }

  static func deadlineBeforeAttempts(
    _ seconds: Int, attempts: Int, limit: String, at place: SourcePlace, limitPlace: SourcePlace, retries: SourcePlace?
  ) -> Diagnostic {
    .warning(
      .deadlineBeforeAttempts,
      "the deadline of \(seconds) s has no room for \(attempts) attempts with a time limit of \(limit) each", at: place,
      notes: [.timeLimitHere(at: limitPlace)] + (retries.map { [.backoffLimitHere(at: $0)] } ?? []),
      hint: "raise the deadline, or lower backoffLimit (without one it is 6) or run.time_limit")
  }
}

// MARK: - Restarts

extension Diagnostic {
  /// `what` does so, as in "a Deployment".
  static func startedAgain(_ what: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .startedAgain, "\(what) starts the purge again as soon as it has ended, for ever", at: place,
      hint: "let a CronJob or a Job run it, with restartPolicy: Never")
  }

  static func retriedWhateverHappened(_ kind: Workload.Kind, at place: SourcePlace) -> Diagnostic {
    let policy = kind == .pod ? "" : ", with a podFailurePolicy that fails the Job on \(ExitStatus.finalList)"
    return .warning(
      .retriedWhateverHappened,
      "with OnFailure the run is tried again even where that cannot help: a wrong config, a cap",
      at: place, hint: "write restartPolicy: Never\(policy)")
  }

  static func restartPolicyRefused(_ text: String?, of kind: Workload.Kind, at place: SourcePlace) -> Diagnostic {
    let isPod = kind == .pod
    let choices = isPod ? "Never, OnFailure or Always" : "Never or OnFailure"
    let found = text.map { "not \($0.quoted)" } ?? "and there is none"
    return .error(
      .restartPolicyRefused, "the restartPolicy of a \(kind.rawValue) must be \(choices), \(found)", at: place,
      hint: "write restartPolicy: Never")
  }

  /// `policy` is nil when none is given.
  static func otherRunAllowed(_ policy: String?, at place: SourcePlace) -> Diagnostic {
    let message =
      policy == "Replace"
      ? "'Replace' ends a run that is still at work when the next one is due"
      : "a second run may start while the first is still at work"
    return .warning(.otherRunAllowed, message, at: place, hint: "write concurrencyPolicy: Forbid")
  }

  static func shardsNotSupported(_ variable: String, _ value: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .shardsNotSupported,
      "\(variable) is \(value.quoted), and shards are not supported yet: plan and run refuse it, since every pod would purge everything",
      at: place, hint: "leave it out; run.parallel_targets and concurrency make one run faster")
  }

  static func severalPods(_ key: String, _ count: Int, at place: SourcePlace) -> Diagnostic {
    .warning(
      .severalPods, "\(count) pods would purge the same folders at the same time", at: place,
      hint: "write \(key): 1; run.parallel_targets and concurrency make one run faster")
  }
}

// MARK: - Exit statuses

extension Diagnostic {
  static func failurePolicyNeedsNever(at place: SourcePlace, policy: SourcePlace) -> Diagnostic {
    .error(
      .failurePolicyNeedsNever, "Kubernetes refuses a podFailurePolicy with this restartPolicy", at: place,
      notes: [.failurePolicyHere(at: policy)], hint: "write restartPolicy: Never")
  }

  static func badExitStatuses(_ fault: FailureRule.Fault, at place: SourcePlace) -> Diagnostic {
    let message =
      switch fault {
      case .zero: "0 is no failure: Kubernetes refuses it with the operator In"
      case .unsorted: "exit statuses must be in ascending order: Kubernetes refuses others"
      case .duplicate: "Kubernetes refuses an exit status that is here twice"
      case .none: "a rule on exit statuses needs at least one in 'values'"
      }
    return .error(.badExitStatuses, message, at: place, hint: "for instance values: [2, 5, 7, 64]")
  }

  /// `text` is nil where there is none.
  static func unknownWord(_ text: String?, of key: String, _ known: [String], at place: SourcePlace) -> Diagnostic {
    let meant = text.flatMap { text in
      known.first { $0.lowercased() == text.lowercased() } ?? Spelling.nearest(to: text, among: known)
    }
    return .error(
      .unknownWord,
      "'\(key)' must be one of \(known.joined(separator: ", "))\(text.map { ", not \($0.quoted)" } ?? "")",
      at: place, hint: .didYouMean(meant))
  }

  static func unknownContainer(_ name: String, nearest: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .unknownContainer, "the pod has no container \(name.quoted)", at: place, hint: .didYouMean(nearest))
  }

  static func retryForgone(_ status: ExitStatus, at place: SourcePlace) -> Diagnostic {
    .warning(
      .retryForgone,
      "status \(status.rawValue) (\(status.meaning)) is worth a further attempt, but this rule allows none",
      at: place, hint: "write action: FailJob for \(ExitStatus.finalList) only")
  }

  static func retryInVain(_ status: ExitStatus, action: String, at place: SourcePlace) -> Diagnostic {
    let howOften = action == "Ignore" ? "without end" : "up to backoffLimit"
    return .warning(
      .retryInVain,
      "after status \(status.rawValue) (\(status.meaning)) every attempt ends the same way, and this rule allows them \(howOften)",
      at: place, hint: "write action: FailJob for \(ExitStatus.finalList)")
  }

  /// Those of one container after which every attempt ends the same way.
  struct FinalStatuses {
    let container: String?
    let statuses: [ExitStatus]

    fileprivate var rule: String {
      let only = container.map { "containerName: \($0.whole), " } ?? ""
      let values = statuses.map { "\($0.rawValue)" }.joined(separator: ", ")
      return "{action: FailJob, onExitCodes: {\(only)operator: In, values: [\(values)]}}"
    }
  }

  static func retriesInVain(
    _ containers: [FinalStatuses], retries: Int, hasPolicy: Bool, at place: SourcePlace
  ) -> Diagnostic {
    let statuses = ExitStatus.allCases.filter { status in containers.contains { $0.statuses.contains(status) } }
    let list = statuses.map { "\($0.rawValue) (\($0.meaning))" }.joined(separator: ", ")
    let rules = containers.map(\.rule)
    return .warning(
      .retriesInVain, "the Job tries again, up to \(retries) times, where no attempt ends otherwise: after \(list)",
      at: place,
      hint: hasPolicy
        ? "add to its rules: " + rules.map { "- \($0)" }.joined(separator: " ")
        : "add to the Job's spec: podFailurePolicy: {rules: [\(rules.joined(separator: ", "))]}")
  }
}

extension ExitStatus {
  /// Those that no further attempt mends, for a sentence.
  fileprivate static let finalList: String = {
    let values = allCases.filter { $0 != .success && !$0.isWorthARetry }.map { "\($0.rawValue)" }
    return values.dropLast().joined(separator: ", ") + " and " + values.suffix(1).joined()
  }()
}

// MARK: - Notes

extension Diagnostic.Note {
  static func containerLimitHere(at place: SourcePlace) -> Self {
    Self(rule: .containerLimitHere, message: "the container's limit is here", place: place)
  }
  static func timeLimitHere(at place: SourcePlace) -> Self {
    Self(rule: .timeLimitHere, message: "run.time_limit is here", place: place)
  }
  static func backoffLimitHere(at place: SourcePlace) -> Self {
    Self(rule: .backoffLimitHere, message: "the number of further attempts is here", place: place)
  }
  static func failurePolicyHere(at place: SourcePlace) -> Self {
    Self(rule: .failurePolicyHere, message: "the podFailurePolicy is here", place: place)
  }
}
