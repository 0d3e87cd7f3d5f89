import ArgumentParser
import Config
import Plan
import Report
import Runner
import SystemPackage

struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Checks configs. Deletes nothing.",
    discussion: """
      FILE is a config, a stream of Kubernetes manifests (every ConfigMap key that holds a config is checked where it \
      stands), or a directory, in which every YAML or JSON file that holds a config is checked. Variables of the tool this \
      one replaces (EFSPURGE_…) count as they would in a run.

      Prints every finding with its place, the source line and the reason, then one line for each config.

      Exit status: 0 when nothing has an error, 2 otherwise; 4 when a signal ended a check with --on-host.

      EXAMPLES:
        efs-purge-batch check-config purge.yaml
        efs-purge-batch check-config --workload deploy/cronjob.yaml deploy/configmap.yaml
        kustomize build overlays/prod | efs-purge-batch check-config --workload - -
        efs-purge-batch check-config --format github --deny-warnings configs/
      """
  )

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json, github, sarif
  }

  @Flag(help: "Count warnings as errors.")
  var denyWarnings = false

  @Flag(help: "Show nothing but what makes the check fail.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "text, json, github (annotations of a workflow) or sarif (2.1.0, for code scanning).", valueName: "format"))
  var format = Format.text

  @OptionGroup var overriding: OverrideOptions

  @Option(help: ArgumentHelp("Of ConfigMaps, check this key and no other.", valueName: "key"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "Check against the CronJob, Job, Deployment or Pod in these manifests: memory limit, mounts, times, exit statuses, "
        + "command line; - is standard input.",
      valueName: "file"), completion: .file(extensions: ["yaml", "yml", "json"]))
  var workload: String?

  @Option(
    help: ArgumentHelp(
      "Check thresholds and budgets against this container limit, e.g. 512Mi.", valueName: "size"))
  var memoryLimit: String?

  @Flag(
    help: """
      Check against this host, too: that targets exist and can be listed and purged, by a probe file in each that is removed \
      at once; mounts, clocks, limits, the memory group's among them.
      """)
  var onHost = false

  @Flag(help: "Print every final value and where it comes from, as a config.")
  var showEffective = false

  @Argument(
    help: "What to check: configs, manifests, directories; - is standard input.",
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var file: [String]

  func run() throws {
    let host = onHost ? try HostLook() : nil
    var check = ConfigCheck(
      settings: try settings(), workload: workload,
      report: CheckReport(
        toolVersion: ToolVersion.current, deniesWarnings: denyWarnings, showsEffectiveValues: showEffective,
        isQuiet: quiet),
      printsText: format == .text, host: host)
    do {
      try check.run(file)
    } catch let interrupted as Interrupted {
      // What was found until then is told in every form.
      try check.finish(format)
      throw interrupted
    }
    try check.finish(format)
    if check.hasFailed { throw ExitCode(ExitStatus.unusable.rawValue) }
  }

  private func settings() throws(Unusable) -> CheckSettings {
    var settings = CheckSettings()
    settings.overrides = overriding.overrides
    settings.environment = Host.environment
    settings.key = key
    settings.timeZones = .ofHost
    settings.now = Host.now()
    settings.memoryLimit = try containerLimit()
    // A workload has a limit of its own.
    if settings.memoryLimit == nil, onHost, workload == nil { settings.memoryLimit = HostLook.memoryLimit }
    return settings
  }

  private func containerLimit() throws(Unusable) -> ByteCount? {
    guard let memoryLimit else { return nil }
    do throws(Diagnostic) {
      return try ByteCount.optionValue(memoryLimit, of: "--memory-limit")
    } catch {
      throw Unusable(error)
    }
  }
}
