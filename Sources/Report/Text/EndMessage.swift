import Plan
public import Runner

/// The few lines a container leaves behind as its termination message.
public enum EndMessage {
  /// What Kubernetes keeps of a termination message.
  public static let maxBytes = 4096

  /// Outcome, figures, and the targets that did not complete, as many as fit in `maxBytes`.
  ///
  /// - Parameter remarks: what else there is to say, right after the figures.
  public static func text(_ outcome: BatchOutcome, remarks: [String] = []) -> String {
    let others = outcome.targets.filter { $0.ending != .completed }.map { target in
      "\(target.name): \(target.ending.rawValue)\(target.reason.map { ": \($0)" } ?? "")"
    }
    let waiting = outcome.books.notStarted.map(\.sentence)
    let troubled = outcome.books.count { $0 != .completed && $0 != .notStarted }
    let memory = [SummaryTable.process(outcome.memory), SummaryTable.counted(outcome.memory.summary)]
    let first = ([deletions(of: outcome)] + memory.compactMap { $0 }).joined(separator: "; ")
    let lines = [first] + outcome.unwritten + outcome.capLines(most: 3) + remarks + waiting + others
    return fitting(lines, further: troubled - others.count)
  }

  private static func deletions(of outcome: BatchOutcome) -> String {
    let (totals, verb) = (outcome.totals, outcome.mode == .dryRun ? "would delete" : "deleted")
    return "\(outcome.ending.rawValue) (exit status \(outcome.exitStatus.rawValue)): "
      + "\(verb) \(totals.deleted(in: outcome.mode)) of \(totals.filesScanned) "
      + "\(totals.filesScanned == 1 ? "file" : "files"), \(totals.errors) \(totals.errors == 1 ? "error" : "errors")"
  }

  /// `message` cut to `maxBytes`, on one line.
  public static func text(_ message: String) -> String { fitting([message]) }

  /// - Parameter further: lines that are not among these, but counted.
  private static func fitting(_ lines: [String], further: Int = 0) -> String {
    var text = ""
    for (index, line) in lines.enumerated() {
      let line = PrintableText.escaped(line) + "\n"
      let rest = lines.count - index + further
      let ellipsis = "… and \(rest) more\n"
      if text.utf8.count + line.utf8.count + (rest > 1 ? 32 : 0) > maxBytes {
        return text.isEmpty ? PrintableText.cut(line, toBytes: maxBytes) : text + ellipsis
      }
      text += line
    }
    return further > 0 ? "\(text)… and \(further) more\n" : text
  }
}
