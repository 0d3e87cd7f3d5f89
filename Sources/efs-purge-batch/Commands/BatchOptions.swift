import ArgumentParser
import Kernel
import Plan
import Report
import Runner
import SystemPackage

/// The options of `plan` and `run`, as texts: a value that means nothing is the user's config at fault (status 2), not
/// the shape of the command line (status 64).
struct BatchOptions: ParsableArguments {
  static let configHelp = ArgumentHelp(
    "The config; - is standard input. Without it $EFS_PURGE_CONFIG, else /etc/efs-purge-batch/config.yaml.",
    valueName: "file")

  @Option(help: configHelp, completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  @Option(
    name: .customLong("target"),
    help: ArgumentHelp("Only targets whose name matches; repeatable. None matching is an error.", valueName: "glob"))
  var targets: [String] = []

  @OptionGroup var overriding: OverrideOptions

  @Option(
    help: ArgumentHelp(
      "Write the JSON report to this file instead of report.file; its name may hold {run_id}, {YYYY}, {MM}, {DD} and the "
        + "like.", valueName: "file"),
    completion: .file())
  var report: String?

  @Option(
    help: ArgumentHelp(
      "trace, debug, info, warning or error; at debug one line for each file. Without it $EFSPURGE_LOG_LEVEL, else info "
        + "('plan': warning).",
      valueName: "level"),
    completion: .list(["trace", "debug", "info", "warning", "error"]))
  var logLevel: String?

  @Option(
    help: ArgumentHelp(
      "auto, json or text. auto is text on a terminal and JSON lines elsewhere.", valueName: "format"),
    completion: .list(["auto", "json", "text"]))
  var logFormat = "auto"

  @Option(
    help: ArgumentHelp(
      "auto, table, json or none: what standard output gets at the end. auto is a table; json is one line, so that all "
        + "output is JSON lines.",
      valueName: "form"),
    completion: .list(["auto", "table", "json", "none"]))
  var summary = "auto"

  @Option(
    help: ArgumentHelp(
      "Count ages from this moment (RFC 3339); in a run it may differ from the file server's clock by at most "
        + "safety.max_clock_skew.",
      valueName: "time"))
  var now: String?

  @Option(
    help: ArgumentHelp(
      "Write how the run ended, in at most 4096 bytes, to this file (Kubernetes: /dev/termination-log).",
      valueName: "file"),
    completion: .file())
  var terminationLog: String?
}

extension BatchOptions {
  var wantsJSON: Bool { logFormat == "json" }

  /// Does what is asked for, and ends the process. Why nothing was touched goes to the termination log, too.
  func carryOut(
    mode: RunMode, defaultLogLevel: LogLine.Level, preflightIsStrict: Bool = false, root: String? = nil,
    list: String? = nil
  ) -> Never {
    ProcessLimits.forgoThreadCaches()
    let end = ProcessEnd(
      terminationLog: terminationLog, config: BatchSettings.configPath(config, Host.environment),
      errors: wantsJSON ? .json : .text)
    do throws(Unusable) {
      try end.watchSignals()
      var settings = try BatchSettings(self, mode: mode, defaultLogLevel: defaultLogLevel)
      settings.preflightIsStrict = preflightIsStrict
      settings.listPath = list
      // Nothing else is to stand among its lines.
      if list == "-", summary == "auto" { settings.summary = .none }
      settings.root = try root.map { root throws(Unusable) in try BatchSettings.root(root) }
      end.exit(try Batch(settings, end).carryOut())
    } catch {
      end.exit(error)
    }
  }
}
