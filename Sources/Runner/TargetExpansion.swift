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
  let isStopped: @Sendable () -> Bool
  let onEvent: @Sendable (RunEvent) -> Void
  /// Names of one directory that are kept at once. Where more match it is listed again for the next ones.
  var mostNames = TargetExpansion.maxFolders

  /// What a pattern stands for on this file system, by number in the list it was added to.
  struct Folders {
    /// In the order in which they are to be walked.
    var found: [FolderList.Index] = []
    /// Folders on the way that could not be searched.
    var unsearchable: [(folder: FolderList.Index, errno: Errno)] = []
  }

  /// Whether a folder is to be taken.
  typealias IsWanted = (FolderList, FolderList.Index) -> Bool

  enum Failure: Error {
    case system(Errno)
    case tooMany
    case stopped
  }

  /// Adds the folders of one target to `list`: exactly one for a literal path, whether it exists or not; for a pattern those
  /// that exist and are wanted. Throws when the pattern's fixed part cannot be searched; then none is added.
  func find(
    _ number: Int, _ target: Target, into list: inout FolderList, isWanted: IsWanted = { _, _ in true }
  ) throws(Failure) -> Folders {
    guard !target.path.isLiteral else { return Folders(found: [list.append(literalOf: number)]) }
    let before = list.count
    do throws(Failure) {
      var search = FolderSearch(self, number, target)
      try search.run(into: &list, isWanted: isWanted)
      tell(search, of: target)
      return Folders(
        found: arranged(search.folders.found, of: target, in: list), unsearchable: search.folders.unsearchable)
    } catch {
      list.removeAll(from: before)
      throw error
    }
  }

  private func tell(_ search: FolderSearch, of target: Target) {
    if search.isMissing {
      let path = PrintableText.path(target.path.literalPath)
      notice(target, "no folder matches \(target.path.text): \(path) does not exist")
    } else if target.partitions == nil, search.matching == 0 {
      notice(target, "no folder matches \(target.path.text)")
    } else if target.partitions != nil, search.chosen == 0 {
      notice(
        target, "none of \(search.matching) folders that match \(target.path.text) is old enough and within bounds")
    }
  }

  /// Partitions in the order of their periods, others in that of their paths, as they were found.
  private func arranged(
    _ found: [FolderList.Index], of target: Target, in list: FolderList
  ) -> [FolderList.Index] {
    guard let rule = target.partitions else { return found }
    // One number for each: the period above, the place below, which keeps equal ones in their order.
    let keys = found.enumerated().map { place, folder in
      let date = UInt64(list.period(of: folder)?.date ?? 0)
      return (rule.order == .oldestFirst ? date : UInt64(UInt32.max) - date) << 32 | UInt64(place)
    }
    return keys.sorted().map { found[Int($0 & UInt64(UInt32.max))] }
  }

  private func notice(_ target: Target, _ message: String) {
    onEvent(.notice(target: target.name, message: message))
  }
}

extension Period {
  /// In the order of time among periods of one length.
  fileprivate var date: Int { (year * 100 + (month ?? 0)) * 100 + (day ?? 0) }
}

extension TargetOutcome {
  static func unsearchable(name: String, path: String, _ error: Errno) -> TargetOutcome {
    let reason = "the folders that match cannot be found: \(error.description) (\(ErrnoName.of(error)))"
    var outcome = TargetOutcome(name: name, path: path, ending: .failed, reason: reason)
    outcome.errorsByKind = [ErrnoName.of(error): 1]
    outcome.tally.errors = 1
    return outcome
  }
}
