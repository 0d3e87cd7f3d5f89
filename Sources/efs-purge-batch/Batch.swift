import Config
import Kernel
import Logging
import Plan
import Report
import Runner
import SystemPackage

/// One execution of `plan` or `run`, from the config's text to the exit status.
struct Batch {
  private let settings: BatchSettings
  private let end: ProcessEnd
  private let queue: LogQueue
  private let logger: Logger
  private let events: EventLog
  private let runID: String
  private let startedAt = Host.now()

  init(_ settings: BatchSettings, _ end: ProcessEnd) {
    (self.settings, self.end) = (settings, end)
    let (runID, format) = (Host.newRunID(at: startedAt), settings.logFormat)
    queue = LogQueue { dropped in
      let line = LogLine(
        .warning, "Log lines were dropped because nobody read them in time",
        ["run_id": .string(runID), "count": .integer(Int64(dropped))])
      return LineLogHandler.bytes(of: line, label: "efs-purge-batch", format: format)
    }
    logger = Logger(format: format, level: settings.logLevel, queue: queue)
    self.runID = runID
    events = EventLog(
      .init(
        runID: runID, toolVersion: ToolVersion.current, mode: settings.mode, isDetailed: settings.logLevel <= .debug),
      errnoName: ErrnoName.of)
  }

  /// Does the work, tells about it everywhere it was asked to, and says what to exit with. Throws when nothing was touched.
  func carryOut() throws(Unusable) -> ExitStatus {
    try startLog()
    defer { queue.flush(until: end.patience.deadline(of: .log)) }
    let plan = try loadPlan()
    // A rehearsal must not take the place of the last purge's report.
    let reportPath = settings.reportPath ?? (settings.mode == .purge ? plan.report.file : nil)
    end.touch()
    let report = try open(reportPath?.resolved(runID: runID, at: startedAt, in: plan.run.timeZone))
    do throws(Unusable) {
      var outcome = try execute(plan, report)
      tell(&outcome, of: plan, report)
      return outcome.exitStatus
    } catch {
      report?.abandon()
      throw error
    }
  }

  // MARK: - Before

  private func loadPlan() throws(Unusable) -> BatchPlan {
    if let objection = ShardVariables.objection(to: settings.environment) {
      throw Unusable("\(objection); nothing was touched")
    }
    let source = try InputFile.read(settings.configPath)
    var check = CheckSettings()
    (check.overrides, check.environment) = (settings.overrides, settings.environment)
    check.timeZones = .ofHost
    check.now = settings.now ?? Host.now()
    let checked = CheckedConfiguration.check(source, check)
    guard let plan = checked.plan else {
      let count = FindingCount(checked.diagnostics).summary(targets: 0)
      throw Unusable(
        "config \(quoted(source.name)): \(count); nothing was touched",
        findings: checked.diagnostics.map(DiagnosticPrinter(colour: false).text))
    }
    for warning in checked.diagnostics { warn(DiagnosticPrinter(colour: false).text(of: warning)) }
    if let warning = ShardVariables.warning(about: settings.environment) { warn(warning) }
    return plan
  }

  private func warn(_ finding: String) {
    logger.log(LogLine(.warning, "Config warning", ["run_id": .string(runID), "finding": .string(finding)]))
  }

  /// Hours of work must not end in a report that could never have been written.
  private func open(_ reportPath: String?) throws(Unusable) -> ReportStream? {
    guard let reportPath else { return nil }
    do throws(Errno) {
      return try ReportStream(to: reportPath)
    } catch {
      throw Unusable("cannot write the report to \(quoted(reportPath)): \(error)")
    }
  }

  // MARK: - The work

  /// Files that this run reads and writes, and that must not be purged by it.
  private func ownFiles(_ report: ReportStream?) -> [FileIdentity] {
    let paths = [settings.configPath, report?.path, settings.terminationLog].compactMap { $0 }
    let open = (CInt(0)...2).compactMap { FileIdentity.ofFile(openAs: $0) }
    let links = paths.compactMap { FileIdentity.ofLink(at: $0) }
    return paths.compactMap { FileIdentity.ofFile(at: $0) } + links + open + [report?.temporary].compactMap { $0 }
  }

  private func execute(_ plan: BatchPlan, _ report: ReportStream?) throws(Unusable) -> BatchOutcome {
    let (stop, progress) = (StopRequest(), ProgressRequest())
    end.run(stop, progress)
    try report?.start(stop)
    logger.log(events.searching(config: settings.configPath))
    var runSettings = BatchRunner.Settings(
      mode: settings.mode, runID: runID, now: settings.now, selection: settings.selection)
    runSettings.ownFiles = ownFiles(report)
    let fileSystem: any FileSystem = settings.root ?? LinuxFileSystem()
    let runner = BatchRunner(
      plan: plan, settings: runSettings, fileSystem: fileSystem, stop: stop, progress: progress
    ) { [logger, events] event in
      logger.log(events.line(for: event))
      report?.note(event)
    }
    var outcome = runner.run()
    outcome.root = settings.root.map { PrintableText.path($0.path) }
    guard outcome.unmatchedSelection.isEmpty else { throw Unusable(unmatched: outcome.unmatchedSelection) }
    guard outcome.unfitting.isEmpty else {
      let reason = outcome.unfitting.joined(separator: "; ")
      // Else the process ends with such a line.
      if !settings.wantsJSON {
        logger.log(LogLine(.error, "Run refused", ["run_id": .string(runID), "reason": .string(reason)]))
      }
      throw Unusable("\(reason); nothing was touched")
    }
    return outcome
  }

  private func startLog() throws(Unusable) {
    do throws(Errno) {
      try queue.start()
    } catch {
      throw Unusable("cannot start the log's thread: \(error)")
    }
  }

  // MARK: - After

  /// What cannot be told makes a success a failure (status 1): somebody relies on it. Work is never undone.
  private func tell(_ outcome: inout BatchOutcome, of plan: BatchPlan, _ report: ReportStream?) {
    end.begin(outcome.exitStatus)
    let advice =
      settings.mode == .dryRun
      ? RehearsalAdvice(outcome, plan: plan, isSelection: !settings.selection.isEmpty) : nil
    let remarks = settings.preflightIsStrict ? judgePreflight(advice, &outcome) : []
    // First what outlives the process.
    if let report { finish(report, &outcome, advice) }
    writeSummary(&outcome, advice)
    logger.log(events.completed(outcome))
    leaveMessage(EndMessage.text(outcome, remarks: remarks))
  }

  /// What of the checklist has failed.
  private func judgePreflight(_ advice: RehearsalAdvice?, _ outcome: inout BatchOutcome) -> [String] {
    let remarks = (advice?.preflight.failed ?? []).map { "preflight failed: \($0.name) (\($0.figures))" }
    for remark in remarks {
      logger.log(LogLine(.error, "Preflight failed", ["run_id": .string(runID), "reason": .string(remark)]))
    }
    if !remarks.isEmpty, outcome.exitStatus == .success { outcome.exitStatus = .failures }
    return remarks
  }

  private func writeSummary(_ outcome: inout BatchOutcome, _ advice: RehearsalAdvice?) {
    let text = SummaryTable(outcome).text + (advice.map { "\n" + AdviceText($0).text } ?? "")
    do {
      try end.patience.wait(.summary) { try StandardOutput.write(text) }
    } catch {
      self.report("Failed to write the summary", path: "standard output", "\(error)", &outcome)
    }
  }

  private func finish(_ report: ReportStream, _ outcome: inout BatchOutcome, _ advice: RehearsalAdvice?) {
    let final = outcome
    do {
      try end.patience.wait(.report) { try report.finish(final, advice) }
    } catch {
      self.report("Failed to write the report", path: report.path, "\(error)", &outcome)
    }
  }

  private func report(_ message: String, path: String, _ description: String, _ outcome: inout BatchOutcome) {
    logger.log(
      LogLine(
        .error, message,
        ["run_id": .string(runID), "path": .string(path), "error_description": .string(description)]))
    if outcome.exitStatus == .success { outcome.exitStatus = .failures }
  }

  private func leaveMessage(_ message: String) {
    guard let path = settings.terminationLog else { return }
    do {
      try end.patience.wait(.message) { try MessageFile.write(Array(message.utf8), to: path) }
    } catch {
      logger.log(
        LogLine(
          .warning, "Failed to write the termination log",
          ["run_id": .string(runID), "path": .string(path), "error_description": .string("\(error)")]))
    }
  }
}
