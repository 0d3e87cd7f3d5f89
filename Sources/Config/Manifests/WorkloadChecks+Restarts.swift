extension WorkloadChecks {
  /// What happens when the container has ended.
  func checkRestarts(_ findings: inout Findings) {
    // Another program, say a shell with a loop in it, may well run on.
    let endsWithRun = running.commandLine != nil
    if workload.kind == .deployment {
      if endsWithRun { findings.report(.startedAgain("a Deployment", at: workload.kindPlace)) }
      return
    }
    let policy = workload.podSpec?.value.given("restartPolicy")?.value
    let place = policy?.place ?? workload.podSpec?.key.place ?? workload.kindPlace
    switch (policy?.text, workload.kind) {
    case ("Never", _): return
    case ("OnFailure", _):
      // With a policy for failures Kubernetes refuses it, which the check of that policy says.
      guard workload.jobSpec?.value.given("podFailurePolicy") == nil else { return }
      findings.report(.retriedWhateverHappened(workload.kind, at: place))
    case ("Always", .pod): if endsWithRun { findings.report(.startedAgain("restartPolicy Always", at: place)) }
    case (nil, .pod) where policy == nil:
      if endsWithRun { findings.report(.startedAgain("a Pod without a restartPolicy", at: place)) }
    default: findings.report(.restartPolicyRefused(policy?.text, of: workload.kind, at: place))
    }
  }

  /// Every pod with these variables ends with status 2.
  func checkShards(_ findings: inout Findings) {
    guard reading != nil, case .text(let count, _) = container.environment[ShardVariables.count],
      ShardVariables.divide(count)
    else { return }
    let place = container.environment.place(of: ShardVariables.count)
    findings.report(.shardsNotSupported(ShardVariables.count, count, at: place ?? container.place))
  }

  /// Two runs over the same folders only find each other's files gone.
  func checkOtherRuns(_ findings: inout Findings) {
    // A rehearsal is in nobody's way.
    guard reading?.command == .purge || reading == nil else { return }
    if workload.kind == .cronJob, let spec = workload.spec {
      let policy = spec.value.given("concurrencyPolicy")?.value
      if policy?.text != "Forbid" {
        findings.report(.otherRunAllowed(policy?.text, at: policy?.place ?? spec.key.place))
      }
    }
    if let copies = workload.numbers.copies, let count = copies.value, count > 1 {
      findings.report(.severalPods(copies.key.text, count, at: copies.place))
    }
  }
}
