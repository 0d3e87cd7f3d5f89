import Plan

extension WorkloadChecks {
  /// Every pattern of `--target` must let some target run.
  func checkTargets(_ findings: inout Findings) {
    guard let line = running.commandLine, let reading, reading.fault == nil, let targets = config?.targets else {
      return
    }
    let globs = reading.targets.compactMap { try? Glob($0) }
    // A path or name from elsewhere nobody knows here.
    guard targets.allSatisfy({ $0.name != nil }), line.unknownKeys.allSatisfy({ $0.hasPrefix("defaults.") }),
      globs.count == reading.targets.count
    else { return }
    let names = targets.compactMap(\.name)
    for glob in globs
    where !names.contains(where: { glob.matches($0) }) && !targets.contains(where: { $0.mayHold(glob) }) {
      findings.report(
        .selectsNoTarget(
          glob.pattern, nearest: Spelling.nearest(to: glob.pattern, among: names),
          at: line.place(ofValue: glob.pattern) ?? container.place))
    }
  }
}

extension DecodedTarget {
  /// Whether a folder that its pattern finds may be called so: by the target's name or path, a slash and the folder's own name.
  fileprivate func mayHold(_ glob: Glob) -> Bool {
    guard isEnabled, let path, !path.isLiteral else { return false }
    let start = (settings.values.name ?? "/" + path.literalPrefix.joined(separator: "/")) + "/"
    let head = glob.pattern.prefix { !"*?[\\".contains($0) }
    return head.utf8.starts(with: start.utf8)
      || head.utf8.count < glob.pattern.utf8.count && start.utf8.starts(with: head.utf8)
  }
}
