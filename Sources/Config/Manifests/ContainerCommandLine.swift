import Plan

/// What the program makes of a container's arguments.
public struct CommandLineReading: Sendable {
  public enum Command: Sendable {
    /// Deletes.
    case purge
    /// Walks, and deletes nothing.
    case rehearsal
    /// Neither.
    case other
  }

  /// Why the program would refuse them.
  public struct Fault: Sendable {
    /// The index of the argument that is wrong, or of the last one before what is missing.
    public let argument: Int
    /// In the program's own words.
    public let message: String

    public init(argument: Int, message: String) { (self.argument, self.message) = (argument, message) }
  }

  /// One `--set`.
  public struct Override: Sendable {
    /// The index of the argument that ends with `text`.
    public let argument: Int
    public let text: String

    public init(argument: Int, text: String) { (self.argument, self.text) = (argument, text) }
  }

  /// Nil: it takes them.
  public var fault: Fault?
  public var command: Command
  public var configPath: String?
  public var reportPath: String?
  public var terminationLog: String?
  public var overrides: [Override] = []
  /// What `check-config` is given to check.
  public var checkedPaths: [String] = []
  /// The patterns of `--target`; empty: every target.
  public var targets: [String] = []

  public init(_ command: Command) { self.command = command }

  /// Where the program looks when neither option nor environment says it.
  public static let defaultConfigPath = "/etc/efs-purge-batch/config.yaml"
}

/// The arguments that a container gives to this program.
struct ContainerCommandLine: Sendable {
  struct Argument: Sendable {
    /// As the program gets it; as written when that cannot be known.
    let text: String
    let scalar: YAMLScalar
    let isKnown: Bool
  }

  static let program = "efs-purge-batch"
  /// Longer ones nobody writes, and telling what is wrong in them takes as many readings as they have arguments.
  private static let mostArguments = 1000

  let arguments: [Argument]
  /// What depends on an argument that cannot be known is left out.
  private(set) var reading: CommandLineReading
  /// Whether nothing but single values is unknown, or wrong.
  private(set) var isUnderstood: Bool
  private(set) var hasKnownConfigPath = true
  /// The keys that `--set` gives values that cannot be known.
  private(set) var unknownKeys: Set<String> = []

  /// Nil when another program is started, when it cannot be told which, or when there are too many arguments to judge them, or `read` does not.
  ///
  /// `isTold`: of an image with another name, the first argument tells that it is this program.
  init?(of container: Workload.Container, isTold: Bool, read: ([String]) -> CommandLineReading?) {
    guard let scalars = ContainerCommandLine.scalars(of: container, isTold: isTold),
      scalars.count <= ContainerCommandLine.mostArguments
    else { return nil }
    var room = ContainerEnvironment.longest
    arguments = scalars.map { scalar in
      let text = container.environment.expanded(scalar.text, &room)
      let isKnown = text != nil && ContainerCommandLine.shellReference(in: scalar.text) == nil
      return Argument(text: text ?? scalar.text, scalar: scalar, isKnown: isKnown)
    }
    guard let reading = read(arguments.map(\.text)) else { return nil }
    self.reading = reading
    isUnderstood = reading.fault == nil || reading.command != .other
    leaveOutWhatIsNotKnown()
  }

  private static func scalars(of container: Workload.Container, isTold: Bool) -> [YAMLScalar]? {
    guard isList("command", of: container), isList("args", of: container) else { return nil }
    let given = container.texts("args") ?? []
    let args = given.compactMap { $0 }
    guard args.count == given.count else { return nil }
    guard let command = container.texts("command"), !command.isEmpty else {
      let isOwn =
        container.imageName == program[...] || isTold && args.first.map { commands.contains($0.text) } ?? false
      return isOwn ? args : nil
    }
    let words = command.compactMap { $0 }
    guard words.count == command.count, isProgram(words[0].text) else { return nil }
    return words.dropFirst() + args
  }

  private static func isProgram(_ path: some StringProtocol) -> Bool {
    path.split(separator: "/").last ?? "" == program
  }

  /// Whether the container's words start this program, be it by another one, or in the script of a shell: whether a command of
  /// it, or what may be one, stands behind its name.
  static func isNamed(by container: Workload.Container) -> Bool {
    let command = (container.texts("command") ?? []).map { $0?.text ?? "" }
    if let first = command.first, isProgram(first) { return true }
    let words = (command + (container.texts("args") ?? []).map { $0?.text ?? "" }).flatMap { text in
      text.split { " \t\n\"';&|()".contains($0) }
    }
    return zip(words, words.dropFirst()).contains {
      isProgram($0) && (commands.contains(String($1)) || $1.hasPrefix("$"))
    }
  }

  static let commands = ["run", "plan", "check-config"]

  /// `$NAME` or `${NAME}`, which only a shell would fill in.
  static func shellReference(in text: String) -> (written: String, name: String)? {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return nil }
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      rest = rest[rest.index(after: dollar)...]
      let isBraced = rest.first == "{"
      let name = (isBraced ? rest.dropFirst() : rest).prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      if let first = name.first, !first.isNumber, !isBraced || rest.dropFirst(1 + name.count).first == "}" {
        return (isBraced ? "${\(name)}" : "$\(name)", String(name))
      }
      rest = rest.dropFirst(rest.first == "$" ? 1 : 0)
    }
    return nil
  }

  private static func isList(_ key: String, of container: Workload.Container) -> Bool {
    container.node.given(key) == nil || container.texts(key) != nil
  }

  private mutating func leaveOutWhatIsNotKnown() {
    let unknown = arguments.filter { !$0.isKnown }.map(\.text)
    guard !unknown.isEmpty else { return }
    func isKnown(_ text: String?) -> Bool { text.map { text in !unknown.contains { $0.hasSuffix(text) } } ?? true }
    if let fault = reading.fault, arguments.indices.contains(fault.argument), !arguments[fault.argument].isKnown {
      reading.fault = nil
    }
    hasKnownConfigPath = isKnown(reading.configPath)
    if !isKnown(reading.reportPath) { reading.reportPath = nil }
    if !isKnown(reading.terminationLog) { reading.terminationLog = nil }
    if !reading.targets.allSatisfy(isKnown) { reading.targets = [] }
    let isUnknown = { [arguments] (override: CommandLineReading.Override) in
      !arguments.indices.contains(override.argument) || !arguments[override.argument].isKnown
    }
    unknownKeys = Set(reading.overrides.filter(isUnknown).map { String($0.text.prefix { $0 != "=" }) })
    reading.overrides.removeAll(where: isUnknown)
  }

  /// Where the value of an option stands: the last argument that ends with it.
  func place(ofValue value: String) -> SourcePlace? {
    arguments.last { $0.text == value || $0.text.hasSuffix("=\(value)") }.map { $0.place(ofLast: value) }
  }

  var hasOverrides: Bool { !reading.overrides.isEmpty || !unknownKeys.isEmpty }

  /// The values of `--set`, with the scalars that hold them.
  var overrides: [(text: String, argument: Argument)] {
    reading.overrides.compactMap { override in
      arguments.indices.contains(override.argument) ? (override.text, arguments[override.argument]) : nil
    }
  }
}

extension ContainerCommandLine.Argument {
  /// Where the end of it, which is `text`, stands; the whole argument when it was not written that way.
  func place(ofLast text: String) -> SourcePlace {
    guard scalar.text.hasSuffix(text) else { return scalar.place }
    let count = scalar.text.utf8.count
    return scalar.place(ofBytes: count - text.utf8.count..<count)
  }
}
