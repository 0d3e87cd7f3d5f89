import ArgumentParser
import Config
import Plan
import Report
import Runner
import SystemPackage

struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Checks configs without touching any file they name.",
    discussion: """
      Prints every finding with its place, the source line and the reason, then one line for each FILE. Variables of the \
      tool this one replaces (EFSPURGE_…) count as they would in a run.

      Exit status: 0 when no FILE has an error, 2 otherwise.

      EXAMPLES:
        efs-purge-batch check-config purge.yaml
        kubectl get configmap purge -o jsonpath='{.data.config\\.yaml}' | efs-purge-batch check-config -
      """
  )

  @Flag(help: "Count warnings as errors.")
  var denyWarnings = false

  @Option(
    help: ArgumentHelp(
      "Check thresholds and budgets against this container limit, e.g. 512Mi.", valueName: "size"))
  var memoryLimit: String?

  @Argument(help: "The configs to check; - is standard input.", completion: .file(extensions: ["yaml", "yml"]))
  var file: [String]

  func run() throws {
    let memoryLimit = try containerLimit()
    var hasErrors = false
    for path in file {
      do throws(Unusable) {
        if try check(InputFile.read(path), memoryLimit) { hasErrors = true }
      } catch {
        ErrorLine.write(error.message)
        hasErrors = true
      }
    }
    if hasErrors { throw ExitCode(ExitStatus.unusable.rawValue) }
  }

  private func containerLimit() throws(Unusable) -> ByteCount? {
    guard let memoryLimit else { return nil }
    do throws(Diagnostic) {
      return try ByteCount.optionValue(memoryLimit, of: "--memory-limit")
    } catch {
      throw Unusable("\(error.message)\(error.hint.map { "; \($0)" } ?? "")")
    }
  }

  /// Prints what is found in `source`; whether an error is among it.
  private func check(_ source: SourceText, _ memoryLimit: ByteCount?) throws(Unusable) -> Bool {
    let checked = CheckedConfiguration.check(source, environment: Host.environment, memoryLimit: memoryLimit)
    let printer = DiagnosticPrinter(colour: StandardOutput.takesColour)
    let findings = checked.diagnostics.map(printer.text).joined()
    let count = FindingCount(checked.diagnostics)
    let summary = count.summary(targets: checked.plan?.targets.count ?? 0, denyWarnings: denyWarnings)
    do throws(Errno) {
      try StandardOutput.write("\(findings)\(PrintableText.escaped(source.name)): \(summary)\n")
    } catch {
      throw Unusable("cannot write to standard output: \(error)")
    }
    return count.errors > 0 || (denyWarnings && count.warnings > 0)
  }
}
