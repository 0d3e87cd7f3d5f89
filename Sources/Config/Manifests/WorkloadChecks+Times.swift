import Plan

extension WorkloadChecks {
  func checkTimes(_ findings: inout Findings) {
    checkGracePeriod(&findings)
    let (job, pod) = (workload.numbers.jobDeadline, workload.numbers.podDeadline)
    if let pod { _ = checkTimeLimit(before: pod, &findings) }
    // A Job's deadline is one for all attempts together.
    if let job, checkTimeLimit(before: job, &findings) { checkAttempts(before: job, &findings) }
  }

  private func checkGracePeriod(_ findings: inout Findings) {
    guard let number = workload.numbers.gracePeriod, let grace = number.value else { return }
    let needed = Int(RunPlan.timeToEnd.components.seconds)
    if grace < needed {
      findings.report(.gracePeriodTooShort(grace, needed: needed, at: number.place))
    } else if grace < 2 * needed {
      findings.report(.gracePeriodTight(grace, needed: needed, at: number.place))
    }
  }

  private typealias TimeLimit = (duration: Duration, place: SourcePlace)

  /// Nil when the config sets none.
  private var timeLimit: TimeLimit? {
    guard let run = config?.draft.run, let limit = run.values.timeLimit, let place = run.place(of: "time_limit") else {
      return nil
    }
    return (limit, place)
  }

  /// The time limit ends a run with a report and a status of its own, a deadline fails the whole Job. Whether it can.
  private func checkTimeLimit(before deadline: Workload.Number, _ findings: inout Findings) -> Bool {
    guard let seconds = deadline.value, let limit = timeLimit, limit.duration >= .seconds(seconds) else { return true }
    findings.report(
      .deadlineBeforeTimeLimit(
        seconds, limit: limit.duration.text, at: deadline.place, limitPlace: limit.place))
    return false
  }

  private func checkAttempts(before deadline: Workload.Number, _ findings: inout Findings) {
    guard let seconds = deadline.value, let limit = timeLimit, let retries = workload.retries else { return }
    let attempts = min(retries.count, .max - 1) + 1
    // Compared by division: there may be any number of attempts.
    guard attempts > 1, limit.duration > .seconds(seconds) / attempts else { return }
    findings.report(
      .deadlineBeforeAttempts(
        seconds, attempts: attempts, limit: limit.duration.text, at: deadline.place,
        limitPlace: limit.place, retries: retries.number?.place))
  }
}
