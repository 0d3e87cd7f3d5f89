import Plan
public import Runner

/// Single entries, at debug. The messages are those of the replaced tool, paths and all; what it had none for is worded alike.
extension EventLog {
  public func line(for entry: RecordedEntry) -> LogLine {
    let path = PrintableText.path(entry.path)
    var fields: [String: LogValue] = ["target": .string(entry.target), "path": .string(path)]
    fields["size"] = entry.size.map { .count($0.bytes) }
    fields["age_seconds"] = entry.age.map { .integer($0.components.seconds) }
    if case .kept(let reason) = entry.fate { fields["reason"] = .string(reason.rawValue) }
    return line(.debug, "\(EventLog.words(entry.fate)): \(path)", fields)
  }

  private static func words(_ fate: RecordedEntry.Fate) -> String {
    switch fate {
    case .wouldPurge: "Would purge"
    case .purged: "Purged"
    case .wouldRemoveDirectory: "Would remove empty directory"
    case .removedDirectory: "Removed empty directory"
    case .kept: "Skipping file"
    case .skipped: "Skipping symlink/special file"
    }
  }
}
