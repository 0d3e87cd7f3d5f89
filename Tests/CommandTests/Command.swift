import Foundation
import Testing

/// Runs the built executable as a user would.
struct Command {
  let status: Int32
  let output: String
  let errors: String

  /// - Parameter output: where standard output goes; nil: it is captured.
  init(_ arguments: String..., input: String = "", environment: [String: String] = [:], output path: String? = nil)
    throws
  {
    try self.init(arguments, input: input, environment: environment, output: path)
  }

  init(_ arguments: [String], input: String = "", environment: [String: String] = [:], output path: String? = nil)
    throws
  {
    let folder = try Scratch()
    let process = try Command.prepared(arguments, environment)
    let (output, errors) = (try folder.write("", to: "output"), try folder.write("", to: "errors"))
    process.standardInput = try FileHandle(forReadingFrom: folder.write(input, to: "input"))
    process.standardOutput = try FileHandle(forWritingTo: path.map(URL.init(fileURLWithPath:)) ?? output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    try self.init(process, output: output, errors: String(contentsOf: errors, encoding: .utf8))
  }

  /// Sends SIGTERM as soon as the first of `texts` has appeared on standard error, another one after the next, and so on.
  init(_ arguments: [String], terminatedAfter texts: [String]) throws {
    let folder = try Scratch()
    let process = try Command.prepared(arguments, [:])
    let (output, errors) = (try folder.write("", to: "output"), Pipe())
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = errors
    try process.run()
    var seen = Data()
    for text in texts {
      while !String(decoding: seen, as: UTF8.self).contains(text) {
        let more = errors.fileHandleForReading.availableData
        guard !more.isEmpty else { break }
        seen += more
      }
      process.terminate()
    }
    seen += try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try self.init(process, output: output, errors: String(decoding: seen, as: UTF8.self))
  }

  /// Sends `signal` as soon as `condition` holds, which is asked again and again for ten seconds. Standard input is a pipe that
  /// nothing comes through.
  init(_ arguments: [String], signal: Int32, when condition: (Process) throws -> Bool) throws {
    let folder = try Scratch()
    let process = try Command.prepared(arguments, [:])
    let (output, errors) = (try folder.write("", to: "output"), try folder.write("", to: "errors"))
    let input = Pipe()
    process.standardInput = input
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try Command.run(process)
    for _ in 0..<10_000 {
      if try condition(process) { break }
      Thread.sleep(forTimeInterval: 0.001)
    }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    try input.fileHandleForWriting.close()
    try self.init(process, output: output, errors: String(contentsOf: errors, encoding: .utf8))
  }

  /// Why no test can run as a user who owns nothing; nil: it can.
  static let obstacleToNobody: String? = {
    guard getuid() == 0 else { return "only root can become another user" }
    guard FileManager.default.isExecutableFile(atPath: setpriv) else { return "there is no \(setpriv)" }
    // A debug build loads the toolchain's libraries, which others may not be allowed to read.
    guard let version = try? Command(asNobody: ["--version"]), version.status == 0 else {
      return "another user cannot run the executable"
    }
    return nil
  }()

  private static let setpriv = "/usr/bin/setpriv"

  /// With standard error a pipe that is never read, and so full after a while; sends SIGTERM after so many seconds.
  init(unreadLogOf arguments: [String], terminatedAfter seconds: TimeInterval) throws {
    let folder = try Scratch()
    let process = try Command.prepared(arguments, [:])
    let (output, errors) = (try folder.write("", to: "output"), Pipe())
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = errors
    try process.run()
    // The smallest there is: a page.
    _ = fcntl(errors.fileHandleForWriting.fileDescriptor, 1031, 4096)
    Thread.sleep(forTimeInterval: seconds)
    process.terminate()
    process.waitUntilExit()
    try self.init(process, output: output, errors: "")
  }

  /// Runs as a user who owns nothing, as containers do. Only without `obstacleToNobody`.
  /// - Parameter mode: the executable's permissions; with 0o4755 it has root's rights all the same.
  init(asNobody arguments: [String], mode: mode_t = 0o755) throws {
    let folder = try Scratch()
    // The build folder may not be open to others.
    let copy = folder.url.appendingPathComponent("efs-purge-batch")
    // By another process: a descriptor open for writing here would be inherited by whatever else is being started, and
    // the copy be "busy".
    let cp = try Process.run(URL(fileURLWithPath: "/bin/cp"), arguments: [Command.executable.path, copy.path])
    cp.waitUntilExit()
    chmod(copy.path, mode)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Command.setpriv)
    process.arguments = ["--reuid=65534", "--regid=65534", "--clear-groups", copy.path] + arguments
    process.environment = [:]
    let (output, errors) = (try folder.write("", to: "output"), try folder.write("", to: "errors"))
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    try self.init(process, output: output, errors: String(contentsOf: errors, encoding: .utf8))
  }

  /// The command line and the environment of a run that waits for its config on standard input, as the kernel has them
  /// once it has `marker` in its environment.
  static func startedAs(_ arguments: [String], _ environment: [String: String], marker: String) throws -> (
    arguments: [String], environment: [String]
  ) {
    let process = try prepared(arguments, environment)
    let input = Pipe()
    (process.standardInput, process.standardOutput, process.standardError) = (input, Pipe(), Pipe())
    try process.run()
    defer {
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
    }
    func words(_ name: String) throws -> [String] {
      let url = URL(fileURLWithPath: "/proc/\(process.processIdentifier)/\(name)")
      return try Data(contentsOf: url).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
    for _ in 0..<1000 {
      let environment = try words("environ")
      if environment.contains(where: { $0.contains(marker) }) { return (try words("cmdline"), environment) }
      Thread.sleep(forTimeInterval: 0.01)
    }
    return (try words("cmdline"), try words("environ"))
  }

  /// What `process` has left behind; the status of one that a signal ended is that signal's number, negative.
  private init(_ process: Process, output: URL, errors: String) throws {
    status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    self.output = try String(contentsOf: output, encoding: .utf8)
    self.errors = errors
  }

  private static func prepared(_ arguments: [String], _ environment: [String: String]) throws -> Process {
    let process = Process()
    process.executableURL = try executable
    process.arguments = arguments
    process.environment = environment
    return process
  }

  /// Starts it as a shell at a terminal would: no signal blocked, as on the threads that tests run on, and none ignored, as in
  /// a job in the background.
  static func run(_ process: Process) throws {
    for signal in [SIGHUP, SIGINT, SIGQUIT] { _ = Glibc.signal(signal, SIG_DFL) }
    var (none, before) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
  }

  /// SwiftPM puts it beside the test bundle, whatever the scratch path.
  static var executable: URL {
    get throws {
      let tests = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      let file = tests.deletingLastPathComponent().appendingPathComponent("efs-purge-batch")
      try #require(FileManager.default.isExecutableFile(atPath: file.path), "no executable at \(file.path)")
      return file
    }
  }
}

/// A folder that goes when its last user does.
final class Scratch {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("command-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  @discardableResult
  func write(_ text: String, to name: String) throws -> URL {
    let file = url.appendingPathComponent(name)
    try text.write(to: file, atomically: false, encoding: .utf8)
    return file
  }
}

/// The files of the repository.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static func configs() throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("configs").path)
    return names.filter { $0.hasSuffix(".yaml") }.sorted().map { root.appendingPathComponent("configs/\($0)").path }
  }

  /// The blocks of `language` in a Markdown file, in order.
  static func blocks(_ language: String, in path: String) throws -> [String] {
    try text(path).components(separatedBy: "\n```\(language)\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first.map { $0 + "\n" }
    }
  }
}
