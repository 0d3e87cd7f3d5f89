import Plan

@testable import Config

/// A small reader of command lines, with the program's options.
func readCommandLine(_ arguments: [String]) -> CommandLineReading {
  let commands: [String: CommandLineReading.Command] = ["run": .purge, "plan": .rehearsal, "check-config": .other]
  guard let first = arguments.first else { return CommandLineReading(.other) }
  guard let command = commands[first] else {
    var reading = CommandLineReading(.other)
    reading.fault = .init(argument: 0, message: "Unexpected argument '\(first)'")
    return reading
  }
  var reading = CommandLineReading(command)
  if command == .other { return reading }
  var index = 1
  while index < arguments.count, reading.fault == nil { index = readOption(arguments, at: index, into: &reading) }
  return reading
}

/// Gives the index of what follows the option.
private func readOption(_ arguments: [String], at index: Int, into reading: inout CommandLineReading) -> Int {
  let parts = arguments[index].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
  let name = parts.first.map { String($0) } ?? ""
  if name == "--dry-run" || name == "--strict-preflight" {
    if name == "--dry-run" { reading.command = .rehearsal }
    return index + 1
  }
  let known = [
    "--config", "--target", "--set", "--report", "--log-level", "--log-format", "--now", "--termination-log",
  ]
  guard known.contains(name) else {
    reading.fault = .init(argument: index, message: "Unknown option '\(name)'")
    return index
  }
  let end = parts.count == 2 ? index : index + 1
  guard end < arguments.count else {
    reading.fault = .init(argument: index, message: "Missing value for '\(name)'")
    return index
  }
  let value = parts.count == 2 ? String(parts[1]) : arguments[end]
  switch name {
  case "--config": reading.configPath = value
  case "--target": reading.targets.append(value)
  case "--set": reading.overrides.append(.init(argument: end, text: value))
  case "--report": reading.reportPath = value
  case "--termination-log": reading.terminationLog = value
  default: break
  }
  return end + 1
}

extension WorkloadContext {
  /// The workloads of a stream; when it has a ConfigMap, the config counts as the value of its first key.
  init(stream: SourceText, findings: inout Findings) {
    let objects = KubernetesObject.objects(
      in: YAMLComposer.composeManifests(stream, findings: &findings), findings: &findings)
    let map = objects.lazy.compactMap { ConfigMap($0) }.first
    self.init(
      workloads: objects.compactMap { Workload($0.node) }, place: objects.first?.place ?? stream.place(0..<0),
      configMap: map.flatMap { map in map.items.first.map { ConfigMapKey($0, of: map) } },
      readCommandLine: ConfigTests.readCommandLine)
  }
}

extension Diagnostic.Rule {
  /// Those that only the manifest of a workload can break.
  static let ofWorkloads: Set<Diagnostic.Rule> = [
    .noWorkload, .badMemoryQuantity, .noMemoryLimit, .memoryLimitTooSmall, .requestAboveLimit, .unknownVolume,
    .targetNotMounted, .targetReadOnly, .targetGoneWithPod, .reportNotWritable, .reportGoneWithPod,
    .otherTerminationLog,
    .gracePeriodTooShort, .gracePeriodTight, .deadlineBeforeTimeLimit, .deadlineBeforeAttempts, .startedAgain,
    .retriedWhateverHappened, .restartPolicyRefused, .otherRunAllowed, .severalPods, .failurePolicyNeedsNever,
    .badExitStatuses, .unknownContainer, .retryForgone, .retryInVain, .retriesInVain, .noArguments, .badArgument,
    .otherNamespace, .otherConfigMap, .otherConfigMapKey, .noSuchConfigFile, .configMountedElsewhere, .configNotMounted,
  ]
}
