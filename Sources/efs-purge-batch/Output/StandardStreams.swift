import Glibc
import Kernel
import Plan
import Report
import SystemPackage

/// Where results go.
enum StandardOutput {
  /// A reader that has gone away (`| head`) is no error.
  static func write(_ text: String) throws(Errno) {
    do {
      try FileDescriptor.standardOutput.writeAll(Array(text.utf8))
    } catch Errno.brokenPipe {
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  /// The same for commands whose result this is: without it they have done nothing.
  static func writeResult(_ text: String) throws(Unusable) {
    do throws(Errno) {
      try write(text)
    } catch {
      throw Unusable("cannot write to standard output: \(error)")
    }
  }

  /// Whether somebody had it open when the process began.
  static var isOpen: Bool { !ProcessSignals.isPlaceholder(STDOUT_FILENO) }

  /// The width of the terminal; nil when there is none.
  static var columns: Int? {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// A terminal, unless its user has set NO_COLOR.
  static var takesColour: Bool {
    isatty(STDOUT_FILENO) == 1 && Host.environment["NO_COLOR", default: ""].isEmpty
  }
}

/// Where logs and errors go.
enum StandardError {
  /// With one write(2), so that lines of several threads and processes do not mix. There is nowhere to report a failure.
  static func write(_ bytes: [UInt8]) {
    _ = try? FileDescriptor.standardError.writeAll(bytes)
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// The one line that says why the process ends before its time.
enum ErrorLine {
  static func write(_ message: String) {
    StandardError.write(Array("efs-purge-batch: error: \(PrintableText.escaped(message))\n".utf8))
  }

  /// The same, or as JSON a line of the log, which tells the findings, too.
  ///
  /// - Parameter event: what that line is called.
  static func write(_ message: String, as format: LogFormat, _ event: String = "Run ended", findings: [String] = []) {
    guard format == .json else { return write(message) }
    var line = LogLine(.error, event, ["reason": .string(message)])
    if !findings.isEmpty { line.fields["findings"] = .list(findings.map { .string($0) }) }
    StandardError.write(LineLogHandler.bytes(of: line, label: LogQueue.label, format: .json))
  }
}
