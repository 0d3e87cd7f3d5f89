import Plan

/// One config against one container that will run it: checks that need to know both, or how a run ends.
///
/// What Kubernetes alone would object to is passed over, unless a purge depends on it.
struct WorkloadChecks {
  let running: RunningContainer
  /// The containers of the same pod that are checked, this one among them.
  let pod: [RunningContainer]
  /// Nil when the config could not be read.
  let config: BatchDecoder?
  /// Nil: the config is a file of its own.
  let configMap: ConfigMapKey?

  /// Those of the pod of which it is not known what they run.
  var companions: [RunningContainer] { pod.filter { !$0.isKnown } }
  var workload: Workload { running.workload }
  var container: Workload.Container { running.container }
  /// Nil when it cannot be told what the program is to do.
  var reading: CommandLineReading? { running.reading }

  func run(findings: inout Findings) {
    let hasMounts = checkShape(&findings)
    checkCommandLine(&findings)
    if running.isBystander { return checkBystander(&findings) }
    if let place = workload.formerVersion { findings.report(.formerVersion(workload.kind.version, at: place)) }
    checkTargets(&findings)
    checkNumbers(&findings)
    checkMemory(&findings)
    if hasMounts {
      checkConfigMap(&findings)
      checkMounts(&findings)
      checkFiles(&findings)
    }
    checkTimes(&findings)
    checkRestarts(&findings)
    if running.endsAttempts { checkFailurePolicy(&findings) }
    checkOtherRuns(&findings)
    checkShards(&findings)
  }

  /// Whoever only checks configs needs no mounts and no memory; an init container that finds something ends the attempt.
  private func checkBystander(_ findings: inout Findings) {
    checkCheckedFiles(&findings)
    if running.endsAttempts { checkFailurePolicy(&findings) }
  }

  // MARK: Types

  /// Whether mounts and volumes are lists: one that is none hides what stands in it from all other checks.
  private func checkShape(_ findings: inout Findings) -> Bool {
    for key in ["command", "args", "env"] { _ = isList(key, in: container.node, &findings) }
    let hasMounts = isList("volumeMounts", in: container.node, &findings)
    let hasVolumes = workload.podSpec.map { isList("volumes", in: $0.value, &findings) } ?? true
    return hasMounts && hasVolumes
  }

  /// True too when it is not given; what is no list is reported.
  func isList(_ key: String, in node: YAMLNode, _ findings: inout Findings) -> Bool {
    guard let value = node.given(key)?.value else { return true }
    if case .sequence = value.content { return true }
    // A command line that was written as one text.
    let example = value.scalar.map { "[\($0.text.split(separator: " ").joined(separator: ", "))]" }
    findings.report(.wrongType(key.quoted, expected: "a list", found: value.noun, example: example, at: value.place))
    return false
  }

  /// What is no number hides what it was to say from all other checks.
  private func checkNumbers(_ findings: inout Findings) {
    for number in workload.numbers.all where number.value == nil {
      reportNoNumber(number.node, of: number.key.text, &findings)
    }
  }

  func reportNoNumber(_ node: YAMLNode, of key: String, _ findings: inout Findings) {
    guard node.scalar != nil else {
      return findings.report(
        .wrongType(key.quoted, expected: "a number", found: node.noun, example: nil, at: node.place))
    }
    findings.report(
      .notANumber(node.place.text, of: key, expected: "a whole number, without quotes or unit", at: node.place))
  }
}

extension RunningContainer {
  /// What the program makes of its arguments; nil when it cannot be told what it is to do.
  var reading: CommandLineReading? { commandLine.flatMap { $0.isUnderstood ? $0.reading : nil } }
}
