import Plan
import Runner

/// Why nothing could be done and nothing was touched: one sentence for the user. Ends the process with status 2.
struct Unusable: Error {
  let message: String
  /// What to show above it: lines, or nothing.
  let findings: String

  init(_ message: String, findings: String = "") { (self.message, self.findings) = (message, findings) }

  var status: Int32 { ExitStatus.unusable.rawValue }
}
