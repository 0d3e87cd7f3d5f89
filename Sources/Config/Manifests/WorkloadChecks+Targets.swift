import Plan

extension WorkloadChecks {
  /// Every pattern of `--target` must let some target run.
  func checkTargets(_ findings: inout Findings) {
    guard let line = running.commandLine, let reading, reading.fault == nil, let targets = config?.targets else {
      return
    }
    let globs = reading.targets.compactMap { try? Glob($0) }
    // Which folders a pattern finds only a run can tell, and a path or name from elsewhere not even that.
    let isKnown = targets.allSatisfy { $0.name != nil && (!$0.isEnabled || $0.path?.isLiteral == true) }
    guard isKnown, line.unknownKeys.allSatisfy({ $0.hasPrefix("defaults.") }), globs.count == reading.targets.count
    else { return }
    let names = targets.compactMap(\.name)
    for glob in globs where !names.contains(where: { glob.matches($0) }) {
      findings.report(
        .selectsNoTarget(
          glob.pattern, nearest: Spelling.nearest(to: glob.pattern, among: names),
          at: line.place(ofValue: glob.pattern) ?? container.place))
    }
  }
}
