import Plan

extension RunningContainer {
  /// Whether what it ends with can end the pod: that of a sidecar does not, and who only checks something must run before the
  /// others.
  var endsAttempts: Bool {
    if container.isSidecar { return false }
    return !isBystander || container.isInit && commandLine?.reading.checkedPaths.isEmpty == false
  }

  /// Statuses after which every attempt ends the same way. A check ends with none that only deleting can bring about.
  fileprivate var finalStatuses: [ExitStatus] {
    ExitStatus.allCases.filter { status in
      status != .success && !status.isWorthARetry
        && !(isBystander && [.guardTripped, .permanentFailures].contains(status))
    }
  }
}

extension WorkloadChecks {

  /// Whether a Job tries again exactly where that may help.
  func checkFailurePolicy(_ findings: inout Findings) {
    guard let job = workload.jobSpec else { return }
    let policy = job.value.given("podFailurePolicy")
    if let policy, !isList("rules", in: policy.value, &findings) { return }
    checkActions(of: policy?.value["rules"]?.items ?? [], &findings)
    checkRules(&findings)
    let restart = workload.podSpec?.value.given("restartPolicy")?.value
    guard restart?.text == "Never" else {
      if let policy, let restart, restart.text == "OnFailure" {
        findings.report(.failurePolicyNeedsNever(at: restart.place, policy: policy.key.place))
      }
      return
    }
    checkStatuses(&findings)
    reportMissing(policy: policy, in: job, &findings)
  }

  private func checkActions(of rules: [YAMLNode], _ findings: inout Findings) {
    for rule in rules {
      let node = rule.given("action")?.value
      let place = node?.place ?? rule.entries.first?.key.place ?? rule.place
      let isIndexed = workload.numbers.backoffLimitPerIndex != nil
      let actions = isIndexed ? FailureRule.actions : FailureRule.actions.filter { $0 != "FailIndex" }
      if let text = node?.text, actions.contains(text) { continue }
      findings.report(.unknownWord(node?.text, of: "action", actions, at: place))
    }
  }

  private func checkRules(_ findings: inout Findings) {
    var hints = MountChecks.mostHints
    for rule in workload.failureRules {
      for node in rule.noNumbers { reportNoNumber(node, of: "values", &findings) }
      if let node = rule.operatorNode, let text = node.text, !FailureRule.operators.contains(text) {
        findings.report(.unknownWord(text, of: "operator", FailureRule.operators, at: node.place))
      }
      if let fault = rule.fault { findings.report(.badExitStatuses(fault.kind, at: fault.place)) }
      guard let name = rule.container, !workload.containerNames.contains(name.text) else { continue }
      hints -= 1
      let names = hints < 0 ? [] : workload.containers.compactMap(\.name)
      let nearest = Spelling.nearest(to: name.text, among: names) ?? (names.count == 1 ? names[0] : nil)
      findings.report(.unknownContainer(name.text, nearest: nearest, at: name.place))
    }
  }

  /// The first rule that applies decides, as in Kubernetes.
  private func rule(for status: ExitStatus) -> FailureRule? {
    workload.failureRules.first { $0.applies(to: Int(status.rawValue), of: container.name) }
  }

  private func checkStatuses(_ findings: inout Findings) {
    // No run ends with the status of a lock as long as there is none.
    for status in ExitStatus.allCases where status.isWorthARetry && status != .locked && !running.isBystander {
      guard let rule = rule(for: status), ["FailJob", "FailIndex"].contains(rule.action) else { continue }
      findings.report(.retryForgone(status, at: rule.place(of: Int(status.rawValue))))
    }
    let retries = workload.retries?.count ?? 0
    for status in running.finalStatuses {
      guard let rule = rule(for: status) else { continue }
      // Ignored failures do not count against the limit, so they are tried again without end.
      guard rule.action == "Ignore" || rule.action == "Count" && retries > 0 else { continue }
      findings.report(.retryInVain(status, action: rule.action, at: rule.place(of: Int(status.rawValue))))
    }
  }

  private func reportMissing(policy: YAMLEntry?, in job: YAMLEntry, _ findings: inout Findings) {
    guard let retries = workload.retries, retries.count > 0 else { return }
    // A rule for a container that is not there is reported as that.
    let isMistaken = workload.failureRules.contains { rule in
      rule.container.map { !workload.containerNames.contains($0.text) } ?? false
    }
    let missing = running.finalStatuses.filter { rule(for: $0) == nil }
    guard !isMistaken, !missing.isEmpty else { return }
    if let policy {
      let own = [Diagnostic.FinalStatuses(container: container.name, statuses: missing)]
      return findings.report(.retriesInVain(own, retries: retries.count, hasPolicy: true, at: policy.key.place))
    }
    // The first of the pod speaks for all of them: a policy is written once.
    let ending = pod.filter(\.endsAttempts)
    guard ending.first === running else { return }
    let all = ending.map { Diagnostic.FinalStatuses(container: $0.container.name, statuses: $0.finalStatuses) }
    findings.report(
      .retriesInVain(
        all, retries: retries.count, hasPolicy: false, at: retries.number?.key.place ?? job.key.place))
  }
}
