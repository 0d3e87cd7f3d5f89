import ArgumentParser
import Report
import Runner

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Walks every target as a run would and tells what it would delete. Deletes nothing.",
    usage: "efs-purge-batch plan [--strict-preflight] [--root <folder>] [--config <file>] [<option> ...]",
    discussion: """
      Standard output gets a table, then a checklist and the memory to ask Kubernetes for. The marks of the checklist:

        [x] passed
        [!] failed
        [ ] for you to see to

      The log holds warnings and errors only, unless --log-level asks for more. The exit status is that of a run: 5 when \
      a run would stop at a cap.

      EXAMPLES:
        efs-purge-batch plan --config purge.yaml
        efs-purge-batch plan --config purge.yaml --target 'monthly/2025-*'
        efs-purge-batch plan --config purge.yaml --set defaults.max_age=60d
        efs-purge-batch plan --config purge.yaml --root /mnt/copy
        efs-purge-batch plan --config purge.yaml --list files.jsonl
      """
  )

  @Flag(help: "Exit with status 1 when an item of the checklist failed.")
  var strictPreflight = false

  @Option(
    help: ArgumentHelp(
      "Rehearse on a copy: this folder stands before every path of the targets, as if it were the root.",
      valueName: "folder"), completion: .directory)
  var root: String?

  @Option(
    help: ArgumentHelp(
      "List the files that would be deleted, one JSON object a line: path, size, age in seconds, target, rule. - is standard "
        + "output, with no summary unless --summary asks for one.",
      valueName: "file"), completion: .file())
  var list: String?

  @OptionGroup var options: BatchOptions

  func run() throws {
    options.carryOut(
      mode: .dryRun, defaultLogLevel: .warning, preflightIsStrict: strictPreflight, root: root, list: list)
  }
}
