import Kernel
import Plan
import SystemPackage

/// Finds the folders a target's path pattern stands for, following no link.
struct TargetExpansion {
  /// Folders of one target that are taken: a pattern that stands for more should be one target with the folder above, or
  /// several runs. How many match is another matter.
  static let maxFolders = 20_000

  let fileSystem: any FileSystem
  let now: Timestamp
  /// By whose clocks periods end.
  var timeZone = TimeZoneRules.utc
  /// Is told where the search is.
  var place = SearchPlace()
  /// See `BatchRunner.Settings`.
  var retryHaste = 1
  let isStopped: @Sendable () -> Bool
  let onEvent: @Sendable (RunEvent) -> Void

  /// What a pattern stands for on this file system, by number in the list it was added to.
  struct Folders {
    /// In the order in which they are to be walked.
    var found: [FolderList.Index] = []
    /// Folders on the way that could not be searched.
    var unsearchable: [(folder: FolderList.Index, failure: SearchFailure)] = []
    var passedOver = PassedOver()
    /// Nil: all that match were taken.
    var kept: FoldersKept?
  }

  /// Whether a folder is to be taken.
  typealias IsWanted = (FolderList, FolderList.Index) -> Bool

  /// Is told the name of a folder that its date keeps, and why, in a few words.
  typealias OnKept = (_ name: String, _ reason: String) -> Void

  enum Failure: Error {
    /// The pattern's fixed part does not exist.
    case missing
    case system(SearchFailure)
    case tooMany
    /// `keep_last` would have too much to keep in mind.
    case tooManySeries
    /// Every folder that matches is a mount point, and the target stays on one file system.
    case onlyMounts
    case stopped
  }

  /// Adds the folders of one target to `list`: exactly one for a literal path, whether it exists or not; for a pattern those
  /// that exist and are wanted. Throws when the pattern's fixed part cannot be searched; then none is added.
  func find(
    _ number: Int, _ target: Target, into list: inout FolderList, isWanted: @escaping IsWanted = { _, _ in true },
    onKept: OnKept? = nil
  ) throws(Failure) -> Folders {
    defer { place.end() }
    guard !target.path.isLiteral else { return Folders(found: [list.append(literalOf: number)]) }
    let before = list.count
    var collector = FolderCollector(self, number, target, isWanted: isWanted, onKept: onKept)
    // Lent, since a copy would take as much again.
    swap(&list, &collector.list)
    defer { swap(&list, &collector.list) }
    do throws(Failure) {
      collector.spared = try sparedPeriods(of: target)
      var search = search(for: target)
      try search.run(&collector)
      tell(search.passedOver, of: target)
      if collector.matching == 0, search.passedOver.mounts.count > 0 { throw .onlyMounts }
      var folders = collector.folders
      folders.passedOver = search.passedOver
      folders.kept = collector.kept.folders.isEmpty ? nil : collector.kept
      folders.found = arranged(folders.found, of: target, in: collector.list)
      tell(collector, of: target)
      return folders
    } catch {
      collector.list.removeAll(from: before)
      throw error
    }
  }

  /// Looked for beforehand: which ones are the newest is known only when all were seen. Nil: none.
  private func sparedPeriods(of target: Target) throws(Failure) -> SparedPeriods? {
    guard let count = target.partitions?.keepLast, count > 0 else { return nil }
    var spared = SparedPeriods(count, of: target.path, at: timeZone.wall(at: now))
    var search = search(for: target)
    try search.run(&spared)
    return spared
  }

  private func search(for target: Target) -> FolderSearch {
    FolderSearch(target, on: fileSystem, place: place, retryHaste: retryHaste, isStopped: isStopped)
  }

  private func tell(_ collector: FolderCollector, of target: Target) {
    if target.partitions == nil, collector.matching == 0 {
      notice(target, "no folder matches \(target.path.text)")
    } else if target.partitions != nil, collector.chosen == 0 {
      notice(
        target,
        "none of \(collector.matching) folders that match \(target.path.text) is old enough and within bounds")
    }
  }

  private func tell(_ passedOver: PassedOver, of target: Target) {
    if !passedOver.isEmpty { onEvent(.passedOver(passedOver, target: target.name)) }
  }

  /// Partitions in the order of their periods, others, and those of one period, in that of their paths.
  private func arranged(
    _ found: [FolderList.Index], of target: Target, in list: FolderList
  ) -> [FolderList.Index] {
    let byPath = found.sorted { list.precedes($0, $1) }
    guard let rule = target.partitions else { return byPath }
    // One number for each: the period above, the place below, which keeps equal ones in their order.
    let keys = byPath.enumerated().map { place, folder in
      let hour = UInt64(list.period(of: folder)?.hour ?? 0)
      return (rule.order == .oldestFirst ? hour : UInt64(UInt32.max) - hour) << 32 | UInt64(place)
    }
    return keys.sorted().map { byPath[Int($0 & UInt64(UInt32.max))] }
  }

  private func notice(_ target: Target, _ message: String) {
    onEvent(.notice(target: target.name, message: message))
  }
}

extension Period {
  /// In the order of time among periods of one length; the first week of 1970 begins in 1969.
  fileprivate var hour: Int64 { start.seconds / 3600 + 100 }
}

extension TargetOutcome {
  static func unsearchable(name: String, path: String, _ failure: SearchFailure) -> TargetOutcome {
    let error = failure.errno
    return failed(
      name: name, path: path, error, isPassing: failure.isPassing,
      because: "the folders that match cannot be found: \(error.description) (\(ErrnoName.of(error)))")
  }

  static func failed(
    name: String, path: String, _ error: Errno, isPassing: Bool = false, because reason: String
  ) -> TargetOutcome {
    var outcome = TargetOutcome(name: name, path: path, ending: .failed, reason: reason)
    outcome.errorsByKind = [ErrnoName.of(error): 1]
    outcome.tally.errors = 1
    outcome.permanentErrors = error.meansForbidden && !isPassing ? 1 : 0
    return outcome
  }
}
