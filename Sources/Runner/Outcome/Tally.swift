public import Plan

/// What happened to the entries of one target: every entry met ends in exactly one of these counters.
///
/// A value is filled by one thread without sharing and added to others when a piece of work is done.
public struct Tally: Hashable, Sendable {
  // Regular files whose status could be read.
  public var filesScanned: UInt64 = 0
  public var filesKept = KeptCounts()
  /// Files the rule lets go, by the last look at each.
  public var filesToPurge: UInt64 = 0
  public var filesPurged: UInt64 = 0
  /// Gone before we removed them: no error.
  public var filesVanished: UInt64 = 0
  /// Could not be removed; each is also an error.
  public var filesFailed: UInt64 = 0
  /// Not reached: the run or the target was stopped.
  public var filesLeft: UInt64 = 0
  /// Listed, but gone before their status could be read: neither scanned nor an error.
  public var filesVanishedUnread: UInt64 = 0

  // Allocated bytes of files whose last link this is.
  public var bytesToFree: UInt64 = 0
  public var bytesFreed: UInt64 = 0

  // Directories, the target's root included: found = scanned + vanished + failed + left + those that follow.
  public var dirsFound: UInt64 = 0
  public var dirsScanned: UInt64 = 0
  public var dirsVanished: UInt64 = 0
  public var dirsFailed: UInt64 = 0
  public var dirsLeft: UInt64 = 0
  /// Mount points with `one_file_system`.
  public var dirsOnOtherFileSystem: UInt64 = 0
  /// Deeper than `max_depth`.
  public var dirsTooDeep: UInt64 = 0
  /// With a `.purge-hold` in them, which protects all below.
  public var dirsHeld: UInt64 = 0
  /// Protected by a pattern of `exclude`, and not entered.
  public var dirsExcluded: UInt64 = 0
  /// Not entered, since no pattern of `include` can match in them.
  public var dirsNotIncluded: UInt64 = 0
  /// Named `lost+found`, and left alone.
  public var dirsLostAndFound: UInt64 = 0

  // Empty directories that may go: to delete = deleted + vanished + failed.
  public var emptyDirsToDelete: UInt64 = 0
  public var emptyDirsDeleted: UInt64 = 0
  public var emptyDirsVanished: UInt64 = 0
  public var emptyDirsFailed: UInt64 = 0
  /// Beyond `max_empty_directories`, or not reached: they wait for the next run.
  public var emptyDirsLeft: UInt64 = 0
  // Those that were old enough and stay, apart from all these.
  public var emptyDirsMountPoint: UInt64 = 0
  public var emptyDirsOtherOwner: UInt64 = 0

  // In a dry run, of `dirsScanned` and `filesToPurge`: those whose removal would not be permitted.
  public var dirsNotPermitted: UInt64 = 0
  public var filesNotPermitted: UInt64 = 0

  public var symlinksSkipped: UInt64 = 0
  // Of `filesToPurge` and `filesPurged`, those that are links.
  public var symlinksToPurge: UInt64 = 0
  public var symlinksPurged: UInt64 = 0
  public var specialFilesSkipped: UInt64 = 0
  /// Entries that could not be read, judged or removed, and failures of the target as a whole.
  public var errors: UInt64 = 0

  public init() {}

  public static func += (sum: inout Tally, other: Tally) {
    sum.filesScanned += other.filesScanned
    sum.filesKept += other.filesKept
    sum.filesToPurge += other.filesToPurge
    sum.filesPurged += other.filesPurged
    sum.filesVanished += other.filesVanished
    sum.filesFailed += other.filesFailed
    sum.filesLeft += other.filesLeft
    sum.filesVanishedUnread += other.filesVanishedUnread
    sum.bytesToFree.add(other.bytesToFree)
    sum.bytesFreed.add(other.bytesFreed)
    sum.dirsFound += other.dirsFound
    sum.dirsScanned += other.dirsScanned
    sum.dirsVanished += other.dirsVanished
    sum.dirsFailed += other.dirsFailed
    sum.dirsLeft += other.dirsLeft
    sum.dirsOnOtherFileSystem += other.dirsOnOtherFileSystem
    sum.dirsTooDeep += other.dirsTooDeep
    sum.dirsHeld += other.dirsHeld
    sum.dirsExcluded += other.dirsExcluded
    sum.dirsNotIncluded += other.dirsNotIncluded
    sum.dirsLostAndFound += other.dirsLostAndFound
    sum.emptyDirsToDelete += other.emptyDirsToDelete
    sum.emptyDirsDeleted += other.emptyDirsDeleted
    sum.emptyDirsVanished += other.emptyDirsVanished
    sum.emptyDirsFailed += other.emptyDirsFailed
    sum.emptyDirsLeft += other.emptyDirsLeft
    sum.emptyDirsMountPoint += other.emptyDirsMountPoint
    sum.emptyDirsOtherOwner += other.emptyDirsOtherOwner
    sum.dirsNotPermitted += other.dirsNotPermitted
    sum.filesNotPermitted += other.filesNotPermitted
    sum.symlinksSkipped += other.symlinksSkipped
    sum.symlinksToPurge += other.symlinksToPurge
    sum.symlinksPurged += other.symlinksPurged
    sum.specialFilesSkipped += other.specialFilesSkipped
    sum.errors += other.errors
  }

  /// Which of the books does not balance, as a sentence; nil when all do. Holds at the end of a target, not in its middle.
  public func imbalance(in mode: RunMode) -> String? {
    if filesScanned != filesKept.total + filesToPurge {
      return "files scanned \(filesScanned) ≠ kept \(filesKept.total) + to purge \(filesToPurge)"
    }
    let settled = filesPurged + filesVanished + filesFailed + filesLeft
    if mode == .purge, filesToPurge != settled {
      return "files to purge \(filesToPurge) ≠ purged, vanished, failed and left \(settled)"
    }
    let dirsSettled =
      dirsScanned + dirsVanished + dirsFailed + dirsLeft + dirsOnOtherFileSystem + dirsTooDeep + dirsHeld
      + dirsExcluded + dirsNotIncluded + dirsLostAndFound
    if dirsFound != dirsSettled { return "directories found \(dirsFound) ≠ settled \(dirsSettled)" }
    let emptySettled = emptyDirsDeleted + emptyDirsVanished + emptyDirsFailed
    if mode == .purge, emptyDirsToDelete != emptySettled {
      return "empty directories to delete \(emptyDirsToDelete) ≠ settled \(emptySettled)"
    }
    return nil
  }
}

extension UInt64 {
  /// Adds, and stops at the largest number: what a server claims must not end the run.
  mutating func add(_ other: UInt64) {
    let sum = addingReportingOverflow(other)
    self = sum.overflow ? .max : sum.partialValue
  }
}

/// Files that stay, by reason.
public struct KeptCounts: Hashable, Sendable {
  private var counts = [UInt64](repeating: 0, count: KeepReason.allCases.count)

  public init() {}

  public subscript(reason: KeepReason) -> UInt64 {
    get { counts[reason.index] }
    set { counts[reason.index] = newValue }
  }

  public var total: UInt64 { counts.reduce(0, +) }

  public static func += (sum: inout KeptCounts, other: KeptCounts) {
    for index in sum.counts.indices { sum.counts[index] += other.counts[index] }
  }
}

extension KeepReason {
  fileprivate var index: Int {
    switch self {
    case .tooNew: 0
    case .excluded: 1
    case .notIncluded: 2
    case .tooSmall: 3
    case .tooLarge: 4
    case .otherOwner: 5
    case .birthTimeUnknown: 6
    case .nfsPlaceholder: 7
    case .accessTimeUnknown: 8
    case .held: 9
    case .ownFile: 10
    case .mountPoint: 11
    case .never: 12
    case .inFuture: 13
    }
  }
}
