import Foundation
import Plan
import Testing

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
  if command == .other {
    reading.checkedPaths = arguments.dropFirst().filter { !$0.hasPrefix("-") }
    return reading
  }
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
    "--summary",
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

/// Checks a config, or a stream with one in a ConfigMap, against a stream of manifests, which must hold no mistake of its own.
func check(_ text: String, against manifests: String) throws -> CheckedConfiguration {
  let stream = SourceText(name: "stream.yaml", bytes: Array(manifests.utf8))
  var settings = CheckSettings()
  let workload = WorkloadManifests(stream, readCommandLine: readCommandLine)
  try #require(workload.diagnostics.map(\.message) == [])
  settings.workload = workload
  let input = CheckedInput.check(SourceText(name: "config.yaml", bytes: Array(text.utf8)), settings)
  try #require(input.diagnostics.map(\.message) == [])
  try #require(input.configs.count == 1)
  return input.configs[0]
}

extension String {
  /// With `old`, which must stand in it once, written as `new`.
  func changing(_ old: String, to new: String) throws -> String {
    try #require(components(separatedBy: old).count == 2, "\(old) does not stand there once")
    return replacing(old, with: new)
  }

  /// All its lines so many blanks further in; nothing of nothing.
  func indented(to count: Int) -> String {
    isEmpty ? "" : String(repeating: " ", count: count) + indented(by: count)
  }

  /// All its lines but the first so many blanks further in.
  func indented(by count: Int) -> String { replacing("\n", with: "\n" + String(repeating: " ", count: count)) }
}

extension Diagnostic {
  /// `rule token <- note, note`, as the tables of tests have it.
  var summary: String {
    let notes = notes.map(\.place.text).joined(separator: ", ")
    return "\(rule.rawValue) \(place.text)" + (notes.isEmpty ? "" : " <- \(notes)")
  }
}

extension Diagnostic.Rule {
  /// Those that only the manifest of a workload can break.
  static let ofWorkloads: Set<Diagnostic.Rule> = [
    .noWorkload, .otherKeyRead, .onlyBystanders, .selectsNoTarget, .configFromStandardInput, .tooManyContainers,
    .badMemoryQuantity, .noMemoryLimit, .memoryLimitTooSmall,
    .requestAboveLimit,
    .unknownVolume,
    .targetNotMounted, .targetReadOnly, .targetPartlyReadOnly, .mountsPassedOver, .systemFolderOfNode,
    .targetGoneWithPod,
    .reportNotWritable, .reportGoneWithPod,
    .otherTerminationLog,
    .gracePeriodTooShort, .gracePeriodTight, .deadlineBeforeTimeLimit, .deadlineBeforeAttempts, .startedAgain,
    .retriedWhateverHappened, .restartPolicyRefused, .otherRunAllowed, .severalPods, .shardsNotSupported,
    .failurePolicyNeedsNever,
    .badExitStatuses, .unknownContainer, .retryForgone, .retryInVain, .retriesInVain, .noArguments, .badArgument,
    .noSuchSubPath, .configPathIsFolder, .commandInOneText, .commandLineNotRead, .textNeeded, .undefinedReference,
    .shellReference, .fixedNow, .relativeInContainer, .unknownVolumeKind, .mountPathTwice, .formerVersion,
    .reportIsMount,
    .unknownWord,
    .otherNamespace, .otherConfigMap, .otherConfigMapKey, .noSuchConfigFile, .configMountedElsewhere, .configNotMounted,
  ]
}
