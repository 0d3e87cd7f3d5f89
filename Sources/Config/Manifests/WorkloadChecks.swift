import Plan

/// One config against one container that will run it: checks that need to know both, or how a run ends.
///
/// What Kubernetes alone would object to is passed over, unless a purge depends on it.
struct WorkloadChecks {
  let running: RunningContainer
  /// Nil when the config could not be read.
  let config: BatchDecoder?
  /// Nil: the config is a file of its own.
  let configMap: ConfigMapKey?

  var workload: Workload { running.workload }
  var container: Workload.Container { running.container }
  /// Nil when it cannot be told what the program is to do.
  var reading: CommandLineReading? {
    running.commandLine.flatMap { $0.isUnderstood ? $0.reading : nil }
  }

  func run(findings: inout Findings) {
    let hasMounts = checkShape(&findings)
    checkCommandLine(&findings)
    // Whoever only checks configs, say in an init container, needs nothing else.
    if reading?.command == .other { return }
    checkMemory(&findings)
    if hasMounts {
      checkConfigMap(&findings)
      checkMounts(&findings)
      checkFiles(&findings)
    }
    checkTimes(&findings)
    checkRestarts(&findings)
    checkFailurePolicy(&findings)
    checkOtherRuns(&findings)
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

  struct Number {
    let value: Int
    let place: SourcePlace
  }

  /// A count or a number of seconds; nil when it is not given, or none, which is reported.
  func number(_ key: String, in spec: YAMLEntry?, _ findings: inout Findings) -> Number? {
    guard let node = spec?.value.given(key)?.value else { return nil }
    guard let scalar = node.scalar else {
      findings.report(.wrongType(key.quoted, expected: "a number", found: node.noun, example: nil, at: node.place))
      return nil
    }
    // Kubernetes takes no text for a number.
    guard scalar.style == .plain, let value = Int(scalar.text), value >= 0 else {
      findings.report(
        .notANumber(scalar.place.text, of: key, expected: "a whole number, without quotes or unit", at: scalar.place))
      return nil
    }
    return Number(value: value, place: scalar.place)
  }
}
