import Plan
import Runner

/// Which files and folders are kept, and why; which files a run would delete.
extension SummaryTable {
  /// Of a dry run for each target, of a purge for all of them.
  var keptFiles: [String] {
    guard outcome.totals.filesKept.total > 0 else { return [] }
    let all = outcome.totals.filesKept.words
    guard isRehearsal, outcome.books.count > 1 else { return ["kept: \(all)"] }
    let named = shown.map { (PrintableText.escaped($0.name), $0.tally.filesKept) }
    let targets = named + [(restName, rest.tally.filesKept)]
    return targets.filter { $0.1.total > 0 }.map { "kept in \($0.0): \($0.1.words)" } + ["kept in total: \(all)"]
  }

  /// Folders that are kept as a whole.
  var folders: [String] { (isRehearsal ? unripeFolders + besideFolders : []) + holds }

  /// Of targets with dates in their paths.
  private var unripeFolders: [String] {
    outcome.foldersKept.flatMap { kept in
      FoldersKept.Reason.allCases.compactMap { reason in
        guard let paths = kept.folders[reason], paths.count > 0 else { return nil }
        let folders = paths.count == 1 ? "1 folder is kept" : "\(HumanText.count(paths.count)) folders are kept"
        let fact = "\(folders), \(reason.words): \(paths.sortedList)"
        return "\(PrintableText.escaped(kept.target)): \(fact)"
      }
    }
  }

  private var besideFolders: [String] {
    outcome.passedOver.map { target in
      let passedOver = target.passedOver
      let facts = [
        SummaryTable.some(passedOver.links, "symbolic link", "symbolic links"),
        SummaryTable.some(passedOver.nearMisses, "name that is almost a date", "names that are almost dates"),
        SummaryTable.some(passedOver.mounts, "mount point", "mount points"),
      ]
      let list = facts.compactMap { $0 }.joined(separator: ", ")
      return "\(PrintableText.escaped(target.target)): not purged beside its folders: \(list)"
    }
  }

  private static func some(_ some: PassedOver.Some, _ one: String, _ many: String) -> String? {
    guard some.count > 0 else { return nil }
    let further = some.count > 1 ? ", …" : ""
    return "\(HumanText.counted(some.count, one, many)) (\(PrintableText.path(some.first))\(further))"
  }

  private var holds: [String] {
    // One that is skipped for a hold has that for its reason.
    shown.filter { $0.holds.count > 0 && $0.ending != .skipped }.map { target in
      let folders = target.holds.count == 1 ? "1 folder is" : "\(HumanText.count(target.holds.count)) folders are"
      return "\(PrintableText.escaped(target.name)): \(folders) protected by a .purge-hold: "
        + target.holds.sortedList
    }
  }

  /// As many as are read.
  private static let mostSamples = 60

  /// Files that a run would delete, some of each target.
  var samples: [String] {
    let targets = shown.filter { !$0.samples.isEmpty }
    guard isRehearsal, !targets.isEmpty else { return [] }
    let each = max(1, min(FileSample.most, SummaryTable.mostSamples / targets.count))
    let samples = targets.prefix(SummaryTable.mostSamples).flatMap { $0.samples.prefix(each) }
    return ["Some of the files that would be deleted:"] + samples.map { "  \($0.words)" }
  }
}

extension PathSamples {
  /// They were met in no order that would mean anything.
  fileprivate var sortedList: String { PathSamples.list(first.sorted(), of: count) }
}

extension FileSample {
  fileprivate var words: String {
    "\(path) (\(size.text)\(age.map { ", \(HumanText.duration($0)) old" } ?? ""))"
  }
}

extension KeptCounts {
  /// `1,200 too new, 20 excluded`: the most frequent first.
  fileprivate var words: String {
    let reasons = KeepReason.allCases.filter { self[$0] > 0 }
    // Sorting is not stable: equally many in the order in which reasons are listed.
    let sorted = reasons.enumerated().sorted { (self[$1.element], $0.offset) < (self[$0.element], $1.offset) }
    return sorted.map { "\(HumanText.count(self[$0.element])) \($0.element.words)" }.joined(separator: ", ")
  }
}

extension KeepReason {
  /// Behind a number of files.
  fileprivate var words: String {
    switch self {
    case .tooNew: "too new"
    case .inFuture: "dated in the future"
    case .excluded: "excluded"
    case .notIncluded: "not included"
    case .tooSmall: "too small"
    case .tooLarge: "too large"
    case .otherOwner: "of other owners"
    case .birthTimeUnknown: "without a birth time"
    case .accessTimeUnknown: "without an access time"
    case .nfsPlaceholder: "deleted but still open on this client"
    case .held: "held"
    case .ownFile: "used by this run"
    case .mountPoint: "with something mounted on them"
    case .never: "kept for ever (max_age: never)"
    }
  }
}

extension FoldersKept.Reason {
  fileprivate var words: String {
    switch self {
    case .tooYoung: "too young"
    case .outsideBounds: "outside from and to"
    case .keepLast: "by keep_last"
    }
  }
}
