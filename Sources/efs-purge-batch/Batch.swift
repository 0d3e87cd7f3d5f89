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
  /// For files that are written while the run goes on.
  private let patience = StopPatience()
  private let startedAt = Host.now()

  init(_ settings: BatchSettings, _ end: ProcessEnd) {
    (self.settings, self.end) = (settings, end)
    let (runID, format) = (Host.newRunID(at: startedAt), settings.logFormat)
    queue = LogQueue { dropped in
      let line = LogLine(
        .warning, "Log lines were dropped because nobody read them in time",
        ["run_id": .string(runID), "count": .integer(Int64(dropped))])
      return LineLogHandler.bytes(of: line, label: LogQueue.label, format: format)
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
    let resolved = reportPath?.resolved(runID: runID, at: startedAt, in: plan.run.timeZone)
    try refuseSharedFiles(report: resolved)
    end.touch()
    let report = try resolved.map { path throws(Unusable) in
      try open(path, madeFrom: reportPath?.text ?? path)
    }
    do throws(Unusable) {
      let list = try openList()
      do throws(Unusable) {
        var outcome = try execute(plan, report, list)
        if let list { finish(list, &outcome) }
        tell(&outcome, of: plan, report)
        return outcome.exitStatus
      } catch {
        list?.file.abandon()
        throw error
      }
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

  /// An output must not take the place of the config, nor of another output.
  private func refuseSharedFiles(report: String?) throws(Unusable) {
    let outputs = [
      (settings.reportPath == nil ? "report.file" : "--report", report), ("--list", settings.listPath),
      ("--termination-log", settings.terminationLog),
    ]
    var others = [("the config", settings.configPath)]
    for case (let option, let path?) in outputs where !(option == "--list" && path == "-") {
      if let (other, _) = others.first(where: { $0.1 != "-" && FilePlace.areOne($0.1, path) }) {
        throw Unusable("\(option) \(quoted(path)): that is the file of \(other), too; nothing was touched")
      }
      others.append((option, path))
    }
    if settings.listPath == "-", !StandardOutput.isOpen {
      throw Unusable("--list -: standard output is closed; nothing was touched")
    }
  }

  /// Hours of work must not end in a report that could never have been written.
  private func open(_ reportPath: String, madeFrom pattern: String) throws(Unusable) -> ReportStream {
    do throws(Errno) {
      return try ReportStream(to: reportPath, madeFrom: pattern, patience)
    } catch {
      throw Unusable("cannot write the report to \(quoted(reportPath)): \(error)")
    }
  }

  private func openList() throws(Unusable) -> ListStream? {
    guard let path = settings.listPath else { return nil }
    do throws(Errno) {
      let list = try ListStream(to: path, patience)
      do throws(Errno) {
        try list.file.start()
      } catch {
        list.file.abandon()
        throw error
      }
      return list
    } catch {
      throw Unusable("cannot write the list to \(quoted(path)): \(error)")
    }
  }

  // MARK: - The work

  /// Files that this run reads and writes, and that must not be purged by it.
  private func ownFiles(_ report: ReportStream?, _ list: ListStream?) -> [FileIdentity] {
    let paths = [settings.configPath, report?.path, list?.file.path, settings.terminationLog].compactMap { $0 }
    let open = (CInt(0)...2).compactMap { FileIdentity.ofFile(openAs: $0) }
    let links = paths.compactMap { FileIdentity.ofLink(at: $0) }
    return paths.compactMap { FileIdentity.ofFile(at: $0) } + links + open
      + [report?.temporary, list?.file.temporary].compactMap { $0 }
  }

  private func execute(
    _ plan: BatchPlan, _ report: ReportStream?, _ list: ListStream?
  ) throws(Unusable) -> BatchOutcome {
    let (stop, progress) = (StopRequest(), ProgressWish())
    end.run(stop, progress)
    patience.run(stop)
    try start(report)
    logger.log(events.searching(config: settings.configPath))
    var runSettings = BatchRunner.Settings(
      mode: settings.mode, runID: runID, now: settings.now, selection: settings.selection)
    runSettings.ownFiles = { ownFiles(report, list) }
    runSettings.recorder = recorder(list)
    runSettings.willStart = { report.flatMap { announce(in: $0) } }
    let fileSystem: any FileSystem = settings.root ?? LinuxFileSystem()
    let runner = BatchRunner(
      plan: plan, settings: runSettings, fileSystem: fileSystem, stop: stop, progress: progress.request
    ) { event in
      if case .stopping(.stoppedSignal, _) = event { patience.noteSignal() }
      log(event, isAskedFor: progress.isAnswered(by: event))
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

  private func log(_ event: RunEvent, isAskedFor: Bool) {
    let line = events.line(for: event)
    guard isAskedFor else { return logger.log(line) }
    queue.write(LineLogHandler.bytes(of: line, label: LogQueue.label, format: settings.logFormat))
  }

  private func recorder(_ list: ListStream?) -> (any EntryRecorder)? {
    guard settings.logLevel <= .debug else { return list }
    let log = EntryLog(events: events, format: settings.logFormat, queue: queue)
    return list.map { RecorderPair(first: log, second: $0) } ?? log
  }

  private func start(_ report: ReportStream?) throws(Unusable) {
    do throws(Errno) {
      try report?.start()
    } catch {
      throw Unusable("cannot start the report's thread: \(error)")
    }
  }

  /// Says in the report's place that a run is going on, before anything is touched; why that cannot be done, or nil. On a full disk
  /// the run goes on without: it may be what frees it, and no older report is left to be taken for its own.
  private func announce(in report: ReportStream) -> String? {
    let bytes = RunReport.running(
      settings.mode, runID: runID, startedAt: Host.now(), toolVersion: ToolVersion.current, host: Host.name())
    do {
      try end.patience.wait(.report) { try report.put(bytes) }
      return nil
    } catch let error as Errno where error.meansFull {
      let cause = error == .noSpace ? "the disk is full" : "the disk quota is used up"
      log("Failed to write the report", path: report.path, "\(cause); the run goes on")
      return nil
    } catch {
      return "cannot write the report to \(quoted(report.path)): \(error)"
    }
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
    logger.log(events.completed(outcome))
    // Last of all that is read on a terminal, or comes through one pipe with the log.
    queue.flush(until: end.patience.deadline(of: .lines))
    writeSummary(&outcome, advice)
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
    guard let text = summary(of: outcome, advice) else { return }
    do {
      try end.patience.wait(.summary) { try StandardOutput.write(text) }
    } catch {
      self.report("Failed to write the summary", path: "standard output", "\(error)", &outcome)
    }
  }

  /// Nil: none is wanted.
  private func summary(of outcome: BatchOutcome, _ advice: RehearsalAdvice?) -> String? {
    switch settings.summary {
    case .table: SummaryTable(outcome).text + (advice.map { "\n" + AdviceText($0).text } ?? "")
    case .json: SummaryLine(outcome, toolVersion: ToolVersion.current, advice: advice).text
    case .none: nil
    }
  }

  private func finish(_ report: ReportStream, _ outcome: inout BatchOutcome, _ advice: RehearsalAdvice?) {
    let final = outcome
    do {
      try end.patience.wait(.report) { try report.finish(final, advice) }
    } catch {
      self.report("Failed to write the report", path: report.path, "\(error)", &outcome)
      outcome.unwritten.append("The report could not be written to \(PrintableText.escaped(report.path)): \(error).")
      // Else it would be waited for once more.
      if !(error is Patience.NoAnswer) { leaveShortReport(of: outcome, in: report) }
    }
  }

  /// In the report's place nothing is to say for ever that the run goes on, or, where the whole of it is there but perhaps not on
  /// disk, that all went well.
  private func leaveShortReport(of outcome: BatchOutcome, in report: ReportStream) {
    let bytes = RunReport.short(outcome, toolVersion: ToolVersion.current, host: Host.name())
    try? end.patience.wait(.report) { try report.put(bytes) }
  }

  /// A list of a part of the files could be taken for the whole.
  private func finish(_ list: ListStream, _ outcome: inout BatchOutcome) {
    let file = list.file
    do {
      guard outcome.books.endings.keys.allSatisfy(\.isOfAWholeWalk) else {
        file.abandon()
        throw StreamedFile.Failure(description: "the plan was stopped before its end")
      }
      try end.patience.wait(.report) { try file.commit() }
    } catch {
      report("Failed to write the list", path: file.path, "\(error)", &outcome)
      outcome.unwritten.append("The list could not be written to \(PrintableText.escaped(file.path)): \(error).")
    }
  }

  private func report(_ message: String, path: String, _ description: String, _ outcome: inout BatchOutcome) {
    log(message, path: path, description)
    // Trying again may mend it.
    outcome.exitStatus = outcome.exitStatus.withSomethingUntold
  }

  private func log(_ message: String, path: String, _ description: String) {
    logger.log(
      LogLine(
        .error, message,
        ["run_id": .string(runID), "path": .string(path), "error_description": .string(description)]))
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
