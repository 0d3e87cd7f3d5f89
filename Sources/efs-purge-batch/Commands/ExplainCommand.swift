import ArgumentParser
import Config
import Kernel
import Plan
import Report
import Runner

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tells of single paths whether a run would delete them now, and what decides. Touches nothing.",
    usage: """
      efs-purge-batch explain [--config <file>] [<option> ...] <path> ...
      efs-purge-batch explain [--config <file>] [<option> ...] --expect <file>
      """,
    discussion: """
      Asks by the same rules as a run, and shows the line of the config that decides. For a path that does not exist, --mtime, \
      --size and --owner stand in, and a slash at its end says that it is a folder. FILE may be a config, or Kubernetes \
      manifests with a ConfigMap that holds one. Whether the file server permits deletions is not looked at.

      --expect checks a list of cases, the unit test of a config; no path is looked at then:

        now: 2026-11-29T00:00:00Z
        cases:
          - {path: /data/api/a.log, age: 100d, expect: delete}
          - {path: /data/api/keep/b, age: 100d, expect: keep, reason: excluded}

      Exit status: 0; with --expect 1 when a case is not as expected; 2 when config, cases or an option are unusable.

      EXAMPLES:
        efs-purge-batch explain --config purge.yaml /data/api/app/old.log
        efs-purge-batch explain --config purge.yaml --mtime 100d /data/api/new.log
        efs-purge-batch explain --config purge.yaml --expect cases.yaml
      """
  )

  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

  @Option(help: BatchOptions.configHelp, completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  @OptionGroup var overriding: OverrideOptions

  @Option(help: ArgumentHelp("Of ConfigMaps, take this key and no other.", valueName: "key"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "When a path that does not exist was changed last: a time (RFC 3339), or how long ago, e.g. 100d.",
      valueName: "time"))
  var mtime: String?

  @Option(help: ArgumentHelp("How large it is, e.g. 5Mi.", valueName: "size"))
  var size: String?

  @Option(help: ArgumentHelp("The user id of its owner.", valueName: "uid"))
  var owner: UInt32?

  @Option(
    help: ArgumentHelp(
      "Look at a copy: this folder stands before every path, as if it were the root.", valueName: "folder"),
    completion: .directory)
  var root: String?

  @Option(
    help: ArgumentHelp("Check the cases in this file; - is standard input.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var expect: String?

  @Option(help: ArgumentHelp("Count ages from this moment (RFC 3339).", valueName: "time"))
  var now: String?

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = Format.text

  @Argument(help: "What to explain: absolute paths.", completion: .file())
  var path: [String] = []

  func validate() throws {
    if expect == nil, path.isEmpty { throw ValidationError("Missing path: one at least, or --expect.") }
    if expect != nil, !path.isEmpty || mtime != nil || size != nil || owner != nil || root != nil {
      throw ValidationError("--expect takes its paths, ages, sizes and owners from its file, and looks at no path.")
    }
    if config == "-", expect == "-" {
      throw ValidationError("Only one of --config and --expect can be standard input.")
    }
  }

  func run() throws {
    let explanation = try Explanation(self)
    if let expect {
      if try !explanation.check(expect) { throw ExitCode(ExitStatus.failures.rawValue) }
    } else {
      try explanation.tell(path)
    }
  }
}
