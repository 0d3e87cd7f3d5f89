import ArgumentParser
import Config
import Report
import Runner

/// What this program makes of arguments that a manifest gives it.
enum CommandLineReader {
  static func read(_ arguments: [String]) -> CommandLineReading {
    do {
      return try reading(of: EFSPurgeBatch.parseAsRoot(arguments), arguments)
    } catch {
      var reading = CommandLineReading(.other)
      // --help and --version end the parsing, too.
      if EFSPurgeBatch.exitCode(for: error).isSuccess { return reading }
      let index = faultIndex(in: arguments)
      if let rest = readingWithout(index, in: arguments) { reading = rest }
      reading.fault = CommandLineReading.Fault(argument: index, message: message(for: error, arguments, index))
      return reading
    }
  }

  /// What the other arguments say, when they make sense without this one, and its value.
  private static func readingWithout(_ index: Int, in arguments: [String]) -> CommandLineReading? {
    for count in [1, 2] where index > 0 && index + count <= arguments.count {
      var others = arguments
      others.removeSubrange(index..<index + count)
      guard let command = try? EFSPurgeBatch.parseAsRoot(others), var reading = try? reading(of: command, others) else {
        continue
      }
      reading.overrides = reading.overrides.map { override in
        let argument = override.argument < index ? override.argument : override.argument + count
        return CommandLineReading.Override(argument: argument, text: override.text)
      }
      return reading
    }
    return nil
  }

  /// A word that is no command makes the parser complain of the options behind it: it is asked about that word alone.
  private static func message(for error: any Error, _ arguments: [String], _ index: Int) -> String {
    if let unusable = error as? Unusable { return unusable.message }
    if index < arguments.count, !arguments[index].hasPrefix("-") {
      do {
        _ = try EFSPurgeBatch.parseAsRoot(Array(arguments[...index]))
      } catch {
        return EFSPurgeBatch.message(for: error)
      }
    }
    return EFSPurgeBatch.message(for: error)
  }

  private static func reading(of command: any ParsableCommand, _ arguments: [String]) throws -> CommandLineReading {
    switch command {
    case let run as RunCommand:
      return try reading(run.dryRun ? .rehearsal : .purge, run.options, arguments)
    case let plan as PlanCommand:
      return try reading(.rehearsal, plan.options, arguments)
    case let check as CheckConfigCommand:
      var reading = CommandLineReading(.other)
      reading.checkedPaths = check.file
      return reading
    default:
      return CommandLineReading(.other)
    }
  }

  private static func reading(
    _ command: CommandLineReading.Command, _ options: BatchOptions, _ arguments: [String]
  ) throws -> CommandLineReading {
    // Values that mean nothing are refused when they are used; the variables are the container's own affair.
    _ = try BatchSettings(options, mode: .dryRun, defaultLogLevel: .info, environment: [:])
    var reading = CommandLineReading(command)
    reading.configPath = options.config
    reading.reportPath = options.report
    reading.terminationLog = options.terminationLog
    reading.targets = options.targets
    reading.overrides = overrides(options.overriding.overrides, in: arguments)
    return reading
  }

  /// With the index of the argument that holds each: of equal ones the first not yet taken.
  private static func overrides(_ texts: [String], in arguments: [String]) -> [CommandLineReading.Override] {
    var rest = arguments.indices[...]
    return texts.compactMap { text in
      let index = rest.first { index in
        arguments[index] == "--set=\(text)"
          || (arguments[index] == text && index > 0 && arguments[index - 1] == "--set")
      }
      guard let index else { return nil }
      rest = rest[(index + 1)...]
      return CommandLineReading.Override(argument: index, text: text)
    }
  }

  /// The first argument that no longer makes sense behind those before it. Found by halving: parsing takes long for long ones.
  private static func faultIndex(in arguments: [String]) -> Int {
    var (low, high) = (0, arguments.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      // Between an option and its value there may be no sense yet.
      if mayGoOn(arguments[..<middle]) || mayGoOn(arguments[..<(middle - 1)]) { low = middle } else { high = middle }
    }
    return (max(0, low - 2)...low).last { isSound(arguments[..<$0]) } ?? low
  }

  private static func isSound(_ arguments: ArraySlice<String>) -> Bool {
    guard let command = try? EFSPurgeBatch.parseAsRoot(Array(arguments)) else { return false }
    return (try? reading(of: command, [])) != nil
  }

  /// Whether they are sound, or would be with a word more.
  private static func mayGoOn(_ arguments: ArraySlice<String>) -> Bool {
    isSound(arguments) || (try? EFSPurgeBatch.parseAsRoot(arguments + ["word"])) != nil
  }
}
