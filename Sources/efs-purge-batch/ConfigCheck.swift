import Config
import Kernel
import Plan
import Report
import Runner
import SystemPackage

/// One execution of `check-config`: reads what it is given, and tells what was found.
struct ConfigCheck {
  private var settings: CheckSettings
  private let workload: String?
  private var report: CheckReport
  private let printsText: Bool
  private let host: HostLook?
  private let printer = DiagnosticPrinter(colour: StandardOutput.takesColour, width: StandardOutput.columns ?? 102)
  private(set) var hasFailed = false
  /// Of the inputs.
  private var printedCount = 0
  /// Files in directories that hold no config.
  private var skipped = 0
  /// Those of them that are no YAML, by path.
  private var unreadable: [String] = []

  /// What is read more than once, by path: standard input and the workload, which can hold a config, too.
  private var sources: [String: SourceText] = [:]

  init(settings: CheckSettings, workload: String?, report: CheckReport, printsText: Bool, host: HostLook?) {
    (self.settings, self.workload) = (settings, workload)
    (self.report, self.printsText, self.host) = (report, printsText, host)
  }

  /// Checks all that is at these paths, each against the workload, if one is given. When that cannot be read, there is nothing
  /// to check them by.
  mutating func run(_ paths: [String]) throws {
    if let workload, try !attempt(workload, { check in try check.readWorkload(workload, inputs: paths) }) { return }
    for path in paths { try check(path) }
  }

  private mutating func readWorkload(_ workload: String, inputs: [String]) throws(Unusable) {
    let manifests = WorkloadManifests(try read(workload, as: "workload"), readCommandLine: CommandLineReader.read)
    settings.workload = manifests
    // One that is an input, too, tells of its own mistakes there.
    if manifests.diagnostics.isEmpty || inputs.contains(workload) { return }
    keep(CheckedInput(outsideConfigs: manifests.diagnostics, of: manifests.source))
  }

  private mutating func read(_ path: String, as noun: String = "config") throws(Unusable) -> SourceText {
    if let known = sources[path] { return known }
    let source = try InputFile.read(path, as: noun)
    if path == "-" || path == workload { sources[path] = source }
    return source
  }

  /// Checks what is at `path`. What cannot be read is told, and fails the check; the rest is checked all the same.
  /// When a signal ends that, what was found before is told.
  private mutating func check(_ path: String) throws {
    do {
      try attempt(path) { check in
        if path != "-", FolderListing.isFolder(path) {
          try check.checkFolder(path)
        } else {
          try check.add(CheckedInput.check(try check.read(path), check.settings))
        }
      }
    } catch {
      try printNew()
      throw error
    }
    try printNew()
  }

  private mutating func checkFolder(_ path: String) throws {
    let (found, passedOver) = (report.inputs.count + report.failures.count, skipped)
    var lost: [(String, Unusable)] = []
    let files = try InputFile.configs(in: path) { lost.append(($0, $1)) }
    for (folder, why) in lost { try attempt(folder) { _ in throw why } }
    for file in files {
      try attempt(file) { check in
        let source = try check.read(file)
        if let input = CheckedInput.checkIfConfig(source, check.settings) {
          try check.add(input)
        } else {
          check.passOver(source)
        }
      }
    }
    if report.inputs.count + report.failures.count == found {
      let count = skipped - passedOver
      throw Unusable(
        "no config in folder \(quoted(path)): \(count) YAML or JSON file\(count == 1 ? "" : "s") looked at")
    }
  }

  /// Does `body`; what is unusable is told, fails the check, and gives false.
  @discardableResult
  private mutating func attempt(_ path: String, _ body: (inout ConfigCheck) throws -> Void) throws -> Bool {
    do {
      try body(&self)
      return true
    } catch let error as Unusable {
      hasFailed = true
      report.failures.append(CheckReport.Failure(file: path, message: error.message))
      ErrorLine.write(error.message)
      return false
    }
  }

  private mutating func passOver(_ source: SourceText) {
    skipped += 1
    if !CheckedInput.isYAML(source) { unreadable.append(source.name) }
  }

  private mutating func add(_ checked: CheckedInput) throws(Interrupted) {
    var input = checked
    if let host { try input.judgeOnHost(host.facts) }
    if !report.showsEffectiveValues { input.forgetDetails() }
    keep(input)
  }

  private mutating func keep(_ input: CheckedInput) {
    report.inputs.append(input)
    if report.count(in: input).isFailure { hasFailed = true }
  }

  private mutating func printNew() throws(Unusable) {
    for input in report.inputs[printedCount...] where printsText {
      try StandardOutput.writeResult(report.text(of: input, printer))
    }
    printedCount = report.inputs.count
  }

  /// What stands at the end of the output, or, in a form for machines, is the whole of it.
  func finish(_ format: CheckConfigCommand.Format) throws {
    switch format {
    case .text: try StandardOutput.writeResult(report.closingText(skipped: skipped, unreadable: unreadable))
    case .json: try StandardOutput.writeResult(report.json())
    case .github: try StandardOutput.writeResult(report.gitHubAnnotations)
    case .sarif: try StandardOutput.writeResult(report.sarif())
    }
  }
}
