import Plan

extension WorkloadChecks {
  /// Statuses after which every attempt ends the same way.
  private static let final = ExitStatus.allCases.filter { $0 != .success && !$0.isWorthARetry }

  /// Whether a Job tries again exactly where that may help.
  func checkFailurePolicy(_ findings: inout Findings) {
    guard let job = workload.jobSpec else { return }
    let retries = number("backoffLimit", in: job, &findings)?.value ?? WorkloadChecks.backoffLimit
    let policy = job.value.given("podFailurePolicy")
    if let policy, !isList("rules", in: policy.value, &findings) { return }
    let rules = (policy?.value["rules"]?.items ?? []).compactMap { FailureRule($0) }
    for rule in rules { check(rule, &findings) }
    let restart = workload.podSpec?.value.given("restartPolicy")?.value
    guard restart?.text == "Never" else {
      if let policy, let restart, restart.text == "OnFailure" {
        findings.report(.failurePolicyNeedsNever(at: restart.place, policy: policy.key.place))
      }
      return
    }
    checkStatuses(rules, retries: retries, &findings)
    reportMissing(rules, retries: retries, policy: policy, in: job, &findings)
  }

  private func check(_ rule: FailureRule, _ findings: inout Findings) {
    if let fault = rule.fault { findings.report(.badExitStatuses(fault.kind, at: fault.place)) }
    let names = workload.containers.compactMap(\.name)
    if let name = rule.container, !names.contains(name.text) {
      let nearest = Spelling.nearest(to: name.text, among: names) ?? (names.count == 1 ? names[0] : nil)
      findings.report(.unknownContainer(name.text, nearest: nearest, at: name.place))
    }
  }

  /// The first rule that applies decides, as in Kubernetes.
  private func rule(for status: ExitStatus, among rules: [FailureRule]) -> FailureRule? {
    rules.first { $0.applies(to: Int(status.rawValue), of: container.name) }
  }

  private func checkStatuses(_ rules: [FailureRule], retries: Int, _ findings: inout Findings) {
    for status in ExitStatus.allCases where status.isWorthARetry {
      guard let rule = rule(for: status, among: rules), ["FailJob", "FailIndex"].contains(rule.action) else { continue }
      findings.report(.retryForgone(status, at: rule.place(of: Int(status.rawValue))))
    }
    for status in WorkloadChecks.final {
      guard let rule = rule(for: status, among: rules) else { continue }
      // Ignored failures do not count against the limit, so they are tried again without end.
      guard rule.action == "Ignore" || rule.action == "Count" && retries > 0 else { continue }
      findings.report(.retryInVain(status, action: rule.action, at: rule.place(of: Int(status.rawValue))))
    }
  }

  private func reportMissing(
    _ rules: [FailureRule], retries: Int, policy: YAMLEntry?, in job: YAMLEntry, _ findings: inout Findings
  ) {
    // A rule for a container that is not there is reported as that.
    let names = workload.containers.compactMap(\.name)
    guard retries > 0, rules.allSatisfy({ $0.container.map { names.contains($0.text) } ?? true }) else { return }
    let missing = WorkloadChecks.final.filter { rule(for: $0, among: rules) == nil }
    guard !missing.isEmpty else { return }
    let place = (policy ?? job.value.given("backoffLimit") ?? job).key.place
    findings.report(
      .retriesInVain(missing, container: container.name, retries: retries, hasPolicy: policy != nil, at: place))
  }
}
