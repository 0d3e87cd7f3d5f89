import Config
import Kernel
import Plan
import Report
import Runner

/// One execution of `explain`.
struct Explanation {
  private let command: ExplainCommand
  private let configPath: String
  private let config: CheckedConfiguration
  private let plan: BatchPlan
  private let now: Timestamp?
  private let clock = Host.now()

  init(_ command: ExplainCommand) throws(Unusable) {
    self.command = command
    now = try BatchSettings.time(command.now, of: "--now")
    configPath = BatchSettings.configPath(command.config, Host.environment)
    (config, plan) = try Explanation.read(configPath, command)
  }

  private static func read(
    _ path: String, _ command: ExplainCommand
  ) throws(Unusable) -> (CheckedConfiguration, BatchPlan) {
    var settings = CheckSettings()
    (settings.overrides, settings.environment) = (command.overriding.overrides, Host.environment)
    (settings.key, settings.timeZones) = (command.key, .ofHost)
    let input = CheckedInput.check(try InputFile.read(path), settings)
    try refuseErrors(input.allDiagnostics, in: "config \(quoted(input.source.name))")
    guard input.configs.count == 1, let config = input.configs.first, let plan = config.plan else {
      let titles = input.configs.compactMap(\.title).joined(separator: "; ")
      throw Unusable(
        "\(quoted(input.source.name)) holds \(input.configs.count) configs: choose one by --key, or give a file that "
          + "holds one only (\(titles))")
    }
    return (config, plan)
  }

  private static func refuseErrors(_ findings: [Diagnostic], in subject: String) throws(Unusable) {
    let errors = findings.filter { $0.severity == .error }
    if errors.isEmpty { return }
    throw Unusable(
      "\(subject): \(FindingCount(errors).summary(targets: 0))",
      findings: errors.map(DiagnosticPrinter(colour: false).text))
  }

  private func placing(_ key: TargetKey) -> (key: TargetKey, at: String?) {
    let place = config.place(of: key)
    return (place.key, place.text)
  }

  private var text: ExplanationText { ExplanationText(placing: placing) }

  // MARK: Paths

  func tell(_ paths: [String]) throws {
    let supposed = try supposition()
    let asked = try paths.map { path throws(Unusable) in
      try option { () throws(Diagnostic) in try AskedPath.bytes(argument: path) }
    }
    let fileSystem: any FileSystem = try command.root.map(BatchSettings.root) ?? LinuxFileSystem()
    var explainer = PathExplainer(plan, now: now ?? clock, ownFiles: ownFiles, fileSystem: fileSystem)
    let explanations = asked.map { explainer.explain($0, supposing: supposed) }
    tellNotes(of: explanations)
    switch command.format {
    case .text: try StandardOutput.writeResult(explanations.map(text.text).joined())
    case .json:
      try StandardOutput.writeResult(
        ExplanationReport(explanations, now: now ?? clock, placing: placing).json())
    }
  }

  /// What those who read the explanations should know, apart from these.
  private func tellNotes(of explanations: [PathExplanation]) {
    var notes: [String] = []
    let isGiven = command.mtime != nil || command.size != nil || command.owner != nil
    let existing = explanations.filter { $0.exists == true }
    if isGiven, let path = existing.first?.path {
      notes.append(
        "--mtime, --size and --owner are not used for \(quoted(PrintableText.path(path)))"
          + "\(existing.count > 1 ? " and \(existing.count - 1) more" : ""): it exists, and was looked at")
    }
    let warnings = config.diagnostics.count
    if warnings > 0 {
      notes.append("the config has \(warnings) warning\(warnings == 1 ? "" : "s"): check-config shows what about")
    }
    for note in notes { StandardError.write(Array("efs-purge-batch: note: \(note)\n".utf8)) }
  }

  /// What a run would not delete, since it uses it.
  private var ownFiles: [FileIdentity] {
    let report = plan.report.file.flatMap { $0.hasFields ? nil : $0.text }
    return [configPath, report].compactMap { $0 }.flatMap { path in
      [FileIdentity.ofFile(at: path), FileIdentity.ofLink(at: path)].compactMap { $0 }
    }
  }

  private func supposition() throws(Unusable) -> PathExplainer.Supposition {
    var supposed = PathExplainer.Supposition()
    if let mtime = command.mtime { supposed.mtime = try time(mtime) }
    if let size = command.size {
      supposed.size = try option { () throws(Diagnostic) in try ByteCount.fileSize(size, of: "--size") }.bytes
    }
    supposed.owner = command.owner
    return supposed
  }

  private func time(_ text: String) throws(Unusable) -> Timestamp {
    if let time = RFC3339.timestamp(text) { return time }
    do throws(Diagnostic) {
      return (now ?? clock) - (try Duration.optionValue(text, of: "--mtime"))
    } catch {
      throw Unusable(
        "--mtime \(quoted(text)): neither a time, e.g. 2026-11-23T06:00:00Z, nor how long ago, e.g. 100d")
    }
  }

  private func option<Value>(_ read: () throws(Diagnostic) -> Value) throws(Unusable) -> Value {
    do throws(Diagnostic) {
      return try read()
    } catch {
      throw Unusable(error)
    }
  }

  // MARK: Cases

  /// Whether all cases are as expected.
  func check(_ file: String) throws -> Bool {
    let source = try InputFile.read(file, as: "cases")
    let expected = ExpectedCases(source)
    try Explanation.refuseErrors(expected.diagnostics, in: "cases \(quoted(source.name))")
    let now = now ?? expected.now ?? clock
    var explainer = PathExplainer(plan, now: now, fileSystem: nil)
    let results = expected.cases.map { item in
      let supposed = PathExplainer.Supposition(
        kind: item.kind, mtime: item.age.map { now - $0 }, size: item.size, owner: item.owner)
      return CaseResult(
        explainer.explain(item.path, supposing: supposed), expected: item.expected, reason: item.reason,
        place: item.place)
    }
    switch command.format {
    case .text: try StandardOutput.writeResult(results.text(text))
    case .json: try StandardOutput.writeResult(ExplanationReport(cases: results, now: now, placing: placing).json())
    }
    return !results.contains(where: \.differs)
  }
}
