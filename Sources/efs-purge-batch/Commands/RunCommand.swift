import ArgumentParser
import Report
import Runner

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Purges: deletes the files that the config selects.",
    usage: "efs-purge-batch run [--dry-run] [--config <file>] [<option> ...]",
    discussion: """
      SIGTERM, SIGINT, SIGHUP, SIGQUIT and SIGXCPU end the run cleanly within 5 s, with a report of what was \
      done and what was left, and status 4. SIGUSR1 logs progress at once. \
      'efs-purge-batch --help' lists every exit status.

      EXAMPLES:
        efs-purge-batch run --config purge.yaml --dry-run
        efs-purge-batch run --config purge.yaml --report /report/purge.json
      """
  )

  @Flag(help: "Delete nothing: 'plan' with the log of a run.")
  var dryRun = false

  @OptionGroup var options: BatchOptions

  func run() throws {
    options.carryOut(mode: dryRun ? .dryRun : .purge, defaultLogLevel: .info)
  }
}
