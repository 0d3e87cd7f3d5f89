import Config
import Plan
import Runner

/// Why nothing could be done and nothing was touched: one sentence for the user. Ends the process with status 2.
struct Unusable: Error {
  let message: String
  /// What to show above it, each with its line ends.
  let findings: [String]

  init(_ message: String, findings: [String] = []) { (self.message, self.findings) = (message, findings) }

  /// An option's value is at fault.
  init(_ finding: Diagnostic) { self.init("\(finding.message)\(finding.hint.map { "; \($0)" } ?? "")") }

  /// Patterns of `--target` leave nothing to be walked.
  init(unmatched: [UnmatchedSelection]) {
    let unknown = unmatched.filter { $0.reason == nil }.map { quoted($0.pattern) }
    let kept = unmatched.compactMap { one in one.reason.map { "--target \(quoted(one.pattern)): \($0)" } }
    let sentences = (unknown.isEmpty ? [] : ["no target matches --target \(unknown.joined(separator: ", "))"]) + kept
    self.init("\(sentences.joined(separator: "; ")); nothing was touched")
  }

  var status: Int32 { ExitStatus.unusable.rawValue }
}
