import ArgumentParser
import Kernel

@main
struct EFSPurgeBatch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "efs-purge-batch",
    abstract: "Deletes old files from network file systems, as a reviewed YAML config says.",
    discussion: """
      Results go to standard output, logs and errors to standard error.

      EXIT STATUS:
        0   everything asked for was done
        1   finished, but some entries or targets failed: try again
        2   config, option value or environment unusable; nothing was touched
        3   stopped by the memory guard: try again with more memory
        4   stopped by the time limit or a signal, in good order: try again
        5   a safety guard tripped: look before you try again
        6   reserved: another run holds the lock
        64  wrong command line

      EXAMPLES:
        efs-purge-batch check-config configs/*.yaml
        efs-purge-batch plan --config purge.yaml
        efs-purge-batch run --config purge.yaml --report /report/purge.json
      """,
    version: ToolVersion.current,
    subcommands: [CheckConfigCommand.self, PlanCommand.self, RunCommand.self, SchemaCommand.self]
  )

  /// A pod without arguments must not look like one that has purged.
  func run() throws {
    throw ValidationError("Missing subcommand: one of check-config, plan, run, schema.")
  }

  static func main() {
    ignoreBrokenPipes()
    ProcessLimits.limitAllocatorArenas()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let unusable as Unusable {
      ErrorLine.write(unusable.message)
      exit(withError: ExitCode(unusable.status))
    } catch let interrupted as Interrupted {
      ErrorLine.write(interrupted.message)
      exit(withError: ExitCode(interrupted.status))
    } catch {
      exit(withError: error)
    }
  }
}
