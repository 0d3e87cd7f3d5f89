import Plan

extension WorkloadChecks {
  /// Kubernetes' own, where the manifest gives none.
  static let backoffLimit = 6

  func checkTimes(_ findings: inout Findings) {
    checkGracePeriod(&findings)
    for spec in [workload.jobSpec, workload.podSpec] {
      guard let deadline = number("activeDeadlineSeconds", in: spec, &findings) else { continue }
      checkDeadline(deadline, isOfJob: spec?.key.place == workload.jobSpec?.key.place, &findings)
    }
  }

  private func checkGracePeriod(_ findings: inout Findings) {
    guard let grace = number("terminationGracePeriodSeconds", in: workload.podSpec, &findings) else { return }
    let needed = Int(RunPlan.timeToEnd.components.seconds)
    if grace.value < needed {
      findings.report(.gracePeriodTooShort(grace.value, needed: needed, at: grace.place))
    } else if grace.value < 2 * needed {
      findings.report(.gracePeriodTight(grace.value, needed: needed, at: grace.place))
    }
  }

  /// The time limit ends a run with a report and a status of its own, a deadline fails the whole Job.
  private func checkDeadline(_ deadline: Number, isOfJob: Bool, _ findings: inout Findings) {
    guard let run = config?.draft.run, let limit = run.values.timeLimit, let place = run.place(of: "time_limit")
    else { return }
    let available = Duration.seconds(deadline.value)
    let text = Durations.text(of: limit)
    if limit >= available {
      return findings.report(
        .deadlineBeforeTimeLimit(deadline.value, limit: text, at: deadline.place, limitPlace: place))
    }
    guard isOfJob else { return }
    // What is no number is reported with the failure policy.
    var ignored = Findings()
    let retries = number("backoffLimit", in: workload.jobSpec, &ignored)
    if ignored.hasErrors { return }
    let attempts = min(retries?.value ?? WorkloadChecks.backoffLimit, .max - 1) + 1
    // Compared by division: a backoffLimit may be any number.
    guard attempts > 1, limit > available / attempts else { return }
    findings.report(
      .deadlineBeforeAttempts(
        deadline.value, attempts: attempts, limit: text, at: deadline.place, limitPlace: place, retries: retries?.place)
    )
  }
}
