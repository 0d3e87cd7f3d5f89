import Plan
import Runner

/// Why nothing could be done and nothing was touched: one sentence for the user. Ends the process with status 2.
struct Unusable: Error {
  let message: String

  init(_ message: String) { self.message = message }

  var status: Int32 { ExitStatus.unusable.rawValue }
}
