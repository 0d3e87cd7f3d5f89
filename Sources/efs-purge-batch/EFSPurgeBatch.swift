import ArgumentParser
import Glibc
import Kernel
import Plan

@main
struct EFSPurgeBatch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "efs-purge-batch",
    abstract: "Deletes old files from network file systems, as a reviewed YAML config says.",
    discussion: """
      Results go to standard output, logs and errors to standard error.

      EXIT STATUS:
        0   everything asked for was done
        1   finished, but some entries or targets failed, or the report, summary
            or list could not be written: try again
        2   config, option value or environment unusable; nothing was touched
        3   stopped by the memory guard: try again with more memory
        4   stopped by the time limit or a signal, cleanly, with a report: try again
        5   a safety guard tripped (in plan: a cap that a run would meet): look
            before you try again
        6   reserved: another run holds the lock
        7   as 1, but all that failed fails again until the cause is fixed:
            permission, read-only, immutable
        64  wrong command line

      EXAMPLES:
        efs-purge-batch check-config configs/*.yaml
        efs-purge-batch explain --config purge.yaml --mtime 100d /data/api/old.log
        efs-purge-batch plan --config purge.yaml
        efs-purge-batch run --config purge.yaml --report /report/purge.json
      """,
    version: ToolVersion.current,
    subcommands: [
      CheckConfigCommand.self, PlanCommand.self, RunCommand.self, ExplainCommand.self, SchemaCommand.self,
    ]
  )

  /// A pod without arguments must not look like one that has purged.
  func run() throws {
    throw ValidationError("Missing subcommand: one of check-config, plan, run, explain, schema.")
  }

  static func main() {
    ProcessSignals.hold()
    ProcessLimits.limitAllocatorArenas()
    do {
      try refuseArgumentsThatAreNoText()
      var command = try parseAsRoot()
      if !watchesSignals(command) { ProcessSignals.release() }
      try command.run()
    } catch let unusable as Unusable {
      StandardError.write(Array(unusable.findings.joined().utf8))
      ErrorLine.write(unusable.message)
      exit(withError: ExitCode(unusable.status))
    } catch let interrupted as Interrupted {
      ErrorLine.write(interrupted.message)
      exit(withError: ExitCode(interrupted.status))
    } catch {
      ProcessSignals.release()
      exit(withError: error)
    }
  }

  private static func watchesSignals(_ command: any ParsableCommand) -> Bool {
    switch command {
    case is PlanCommand, is RunCommand: true
    case let check as CheckConfigCommand: check.onHost
    default: false
    }
  }

  /// Read as text they would name other files than those that are meant.
  private static func refuseArgumentsThatAreNoText() throws(ValidationError) {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else { continue }
      let bytes = UnsafeBufferPointer(start: argument, count: strlen(argument)).map { UInt8(bitPattern: $0) }
      throw ValidationError("Argument \(index) is not UTF-8: \"\(PrintableText.path(bytes))\". Nothing was touched.")
    }
  }
}
