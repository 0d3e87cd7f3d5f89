import Config
import Plan
import Runner

/// Why nothing could be done and nothing was touched: one sentence for the user. Ends the process with status 2.
struct Unusable: Error {
  let message: String
  /// What to show above it: lines, or nothing.
  let findings: String

  init(_ message: String, findings: String = "") { (self.message, self.findings) = (message, findings) }

  /// An option's value is at fault.
  init(_ finding: Diagnostic) { self.init("\(finding.message)\(finding.hint.map { "; \($0)" } ?? "")") }

  var status: Int32 { ExitStatus.unusable.rawValue }
}
