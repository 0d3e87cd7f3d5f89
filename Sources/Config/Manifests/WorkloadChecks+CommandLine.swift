extension WorkloadChecks {
  /// The program must take what the container gives it.
  func checkCommandLine(_ findings: inout Findings) {
    guard let line = running.commandLine else { return }
    guard let last = line.arguments.last else {
      return findings.report(.noArguments(container.name, at: container.place))
    }
    guard let fault = line.reading.fault else { return }
    let argument = line.arguments.indices.contains(fault.argument) ? line.arguments[fault.argument] : last
    findings.report(.badArgument(fault.message, at: argument.scalar.place))
  }
}
