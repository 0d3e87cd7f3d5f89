extension WorkloadChecks {
  /// The program must take what the container gives it.
  func checkCommandLine(_ findings: inout Findings) {
    checkTexts(&findings)
    guard let line = running.commandLine else { return checkOtherProgram(&findings) }
    guard let last = line.arguments.last else {
      return findings.report(.noArguments(container.name, at: container.place))
    }
    checkReferences(in: line, &findings)
    guard let fault = line.reading.fault else { return }
    let index = line.arguments.indices.contains(fault.argument) ? fault.argument : line.arguments.count - 1
    let argument = index < line.arguments.count ? line.arguments[index] : last
    report(fault.message, argument, isFirst: index == 0, &findings)
  }

  private func report(
    _ message: String, _ argument: ContainerCommandLine.Argument, isFirst: Bool, _ findings: inout Findings
  ) {
    let words = argument.text.split(separator: " ")
    var (place, hint): (SourcePlace, String?) = (argument.scalar.place, nil)
    if isFirst, words.count > 1, ContainerCommandLine.commands.contains(String(words[0])),
      let args = container.node.given("args")?.value, args.items.count == 1
    {
      (place, hint) = (args.place, .didYouMean(WorkloadChecks.list(of: words)))
    } else if words.count == 2, argument.text.hasPrefix("--"), !words[0].contains("=") {
      hint = .didYouMean(words.joined(separator: "="))
    } else if isFirst, argument.text.hasPrefix("--") {
      hint = Diagnostic.Advice.commandMissing
    }
    findings.report(.badArgument(message, hint: hint, at: place))
  }

  /// Words as a list in one line.
  static func list(of words: [Substring]) -> String { "[\(words.joined(separator: ", "))]" }

  /// A container that names the program, and starts something else.
  private func checkOtherProgram(_ findings: inout Findings) {
    guard running.namesProgram, let command = container.node.given("command")?.value,
      let first = command.items.first?.text
    else { return }
    let words = first.split(separator: " ")
    if words.count > 1, words[0].split(separator: "/").last ?? "" == ContainerCommandLine.program {
      findings.report(.commandInOneText(first, meant: WorkloadChecks.list(of: words), at: command.place))
    } else if ContainerCommandLine.isNamed(by: container) {
      findings.report(.commandLineNotRead(at: command.items[0].place))
    }
  }

  /// Kubernetes takes nothing but texts for words and variables.
  private func checkTexts(_ findings: inout Findings) {
    for key in ["command", "args"] {
      for item in container.node.given(key)?.value.items ?? [] where item.isNoText {
        findings.report(.textNeeded(key, item.text ?? "", at: item.place))
      }
    }
    for variable in container.node["env"]?.items ?? [] {
      guard let value = variable.given("value")?.value, value.isNoText else { continue }
      findings.report(.textNeeded("value", value.text ?? "", at: value.place))
    }
  }

  /// Kubernetes fills in `$(NAME)` of what is set, and nothing else.
  private func checkReferences(in line: ContainerCommandLine, _ findings: inout Findings) {
    let environment = container.environment
    for (name, place) in environment.undefined {
      findings.report(.undefinedReference(name, isLater: environment.isNamed(name), at: place))
    }
    for argument in line.arguments {
      let text = argument.scalar.text
      for name in environment.undefinedReferences(in: text) {
        findings.report(.undefinedReference(name, isLater: false, at: argument.scalar.place))
      }
      if let (written, name) = ContainerCommandLine.shellReference(in: text) {
        findings.report(.shellReference(written, name, at: argument.scalar.place))
      }
      if reading?.command == .purge, text.hasPrefix("--now") { findings.report(.fixedNow(at: argument.scalar.place)) }
    }
  }
}

extension YAMLNode {
  /// Whether YAML's users read it as a number, or as true or false.
  fileprivate var isNoText: Bool {
    guard let scalar, scalar.style == .plain, let first = scalar.text.utf8.first else { return false }
    if scalar.text.utf8.count <= 5, ["true", "false", "yes", "no", "on", "off"].contains(scalar.text.lowercased()) {
      return true
    }
    let isNumberLike = Digits.isDigit(first) || "+-.".utf8.contains(first)
    return isNumberLike && (Double(scalar.text) != nil || Int(scalar.text) != nil)
  }
}
