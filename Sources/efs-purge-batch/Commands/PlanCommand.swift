import ArgumentParser
import Report
import Runner

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Walks every target as a run would and tells what it would delete. Deletes nothing.",
    usage: "efs-purge-batch plan [--strict-preflight] [--root <folder>] [--config <file>] [<option> ...]",
    discussion: """
      The table goes to standard output, then a checklist, [x] passed, [!] failed, [ ] for you to see to, and the memory \
      to ask Kubernetes for. The log holds warnings and errors only, unless --log-level asks for more.

      EXAMPLES:
        efs-purge-batch plan --config purge.yaml
        efs-purge-batch plan --config purge.yaml --target 'monthly/2025-*' --set defaults.max_age=60d
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
      "List the files that would go, one JSON object a line: path, size, age in seconds, target, rule; - is standard output.",
      valueName: "file"), completion: .file())
  var list: String?

  @OptionGroup var options: BatchOptions

  func run() throws {
    options.carryOut(
      mode: .dryRun, defaultLogLevel: .warning, preflightIsStrict: strictPreflight, root: root, list: list)
  }
}
