import Foundation
import Testing

/// A run of the executable that a test looks at, and sends signals to, while it goes on.
final class Session {
  /// What a run has come to.
  struct End {
    /// Of one that a signal ended that signal's number, negative; nil: it had to be killed.
    let status: Int32?
    /// Since the last signal the test sent, or since the wait began.
    let seconds: Double
    let errors: String
  }

  enum Stream {
    case nothing
    case file(String)
    /// A pipe of a page that nobody reads or writes.
    case idlePipe
  }

  private let process = Process()
  private let folder: Scratch
  private let pipe = Pipe()
  private var signalled: Date?

  /// - Parameter shell: what a shell does before it becomes the executable, and how it redirects it.
  init(
    _ arguments: [String], shell: (before: String, redirections: String) = ("", ""),
    environment: [String: String] = [:],
    input: Stream = .nothing, output: Stream = .nothing
  ) throws {
    folder = try Scratch()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments =
      ["-c", "\(shell.before)\nexec \"$0\" \"$@\" \(shell.redirections)", try Command.executable.path] + arguments
    process.environment = environment
    _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, 1031, 4096)
    process.standardInput = try Session.handle(input, pipe.fileHandleForReading) { FileHandle(forReadingAtPath: $0) }
    process.standardOutput = try Session.handle(output, pipe.fileHandleForWriting) { FileHandle(forWritingAtPath: $0) }
    process.standardError = try FileHandle(forWritingTo: folder.write("", to: "errors"))
    try Command.run(process)
  }

  deinit { if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) } }

  private static func handle(_ stream: Stream, _ pipe: FileHandle, open: (String) -> FileHandle?) throws -> FileHandle {
    switch stream {
    case .nothing: .nullDevice
    case .file(let path): try #require(open(path))
    case .idlePipe: pipe
    }
  }

  var errors: String { (try? String(contentsOfFile: folder.path("errors"), encoding: .utf8)) ?? "" }

  /// What /proc tells of it; empty when it has ended.
  func tells(_ name: String) -> String {
    guard let data = FileManager.default.contents(atPath: "/proc/\(process.processIdentifier)/\(name)") else {
      return ""
    }
    return String(decoding: data, as: UTF8.self)
  }

  func file(ofDescriptor number: Int) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process.processIdentifier)/fd/\(number)")
  }

  /// Whether `signal` is in one of the masks of /proc/…/status: SigBlk, SigIgn, SigPnd, ShdPnd.
  func has(_ signal: Int32, in mask: String) -> Bool {
    let line = tells("status").split(separator: "\n").first { $0.hasPrefix("\(mask):") }
    let bits = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
    return bits & (1 << UInt64(signal - 1)) != 0
  }

  /// Asks again and again while it runs, and for so long at most. Whether it held.
  @discardableResult
  func wait(seconds: Double = 20, until condition: () -> Bool) -> Bool {
    let start = Date()
    while process.isRunning, Date().timeIntervalSince(start) < seconds {
      if condition() { return true }
      usleep(500)
    }
    return condition()
  }

  /// It has taken hold of the signals. Never so of a program that does not.
  func waitUntilBegun() { wait { has(SIGTERM, in: "SigBlk") } }

  func kill(_ signal: Int32) {
    Glibc.kill(process.processIdentifier, signal)
    signalled = Date()
  }

  /// Waits for its end, and kills it after more than any output is waited for.
  func end() throws -> End {
    let start = signalled ?? Date()
    wait(seconds: 45) { false }
    let isKilled = process.isRunning
    if isKilled { Glibc.kill(process.processIdentifier, SIGKILL) }
    let seconds = Date().timeIntervalSince(start)
    process.waitUntilExit()
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return End(status: isKilled ? nil : status, seconds: seconds, errors: errors)
  }
}

/// A folder with old files, and a config for it.
struct OldFiles {
  let scratch: Scratch
  let config: String
  let count: Int

  /// - Parameter targets: folders, each a target of its own, among which the files are.
  init(_ count: Int, targets: Int = 1) throws {
    self.count = count
    scratch = try Scratch()
    let old = Date(timeIntervalSinceNow: -40 * 86_400)
    var text = "version: 1\ndefaults: {max_age: 30d}\ntargets:\n"
    for target in 0..<targets {
      let folder = scratch.url.appendingPathComponent("data/t\(target)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      text += "  - {name: t\(target), path: \(folder.path)}\n"
    }
    for number in 0..<count {
      let path = scratch.path("data/t\(number % targets)/f\(number)")
      _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.modificationDate: old])
    }
    config = try scratch.write(text, to: "config.yaml").path
  }

  var report: String { scratch.path("report.json") }
  var runs: [String] { ["run", "--config", config, "--report", report, "--log-format", "json"] }
  /// A file a second.
  var runsSlowly: [String] { runs + ["--set", "run.operations_per_second=1"] }

  func left() throws -> Int {
    try FileManager.default.subpathsOfDirectory(atPath: scratch.path("data")).count { $0.contains("/f") }
  }

  /// What the report says; nil: there is none.
  func reported() throws -> [String: Any]? {
    guard let data = FileManager.default.contents(atPath: report) else { return nil }
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  func reportedlyPurged() throws -> Int? { (try reported()?["totals"] as? [String: Any])?["files_purged"] as? Int }
}
