/// What a run would do with one path, and why.
public struct PathExplanation: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable { case file, folder, symlink, special }

  public enum Verdict: String, Hashable, Sendable, CaseIterable {
    /// It would be deleted; a folder, once nothing is left in it.
    case delete
    case keep
    /// That rests on what was not given, or could not be looked at.
    case depends
  }

  /// What a verdict may rest on that only a look at the file shows.
  public enum Unknown: String, Hashable, Sendable {
    case age, size, owner
    /// Whether its folder is one of those that `keep_last` keeps.
    case newestFolders = "newest_folders"
  }

  /// Absolute.
  public let path: [UInt8]
  public let kind: Kind
  /// Whether it stands on this host; else all but its path is supposed. Nil: nobody has looked.
  public let exists: Bool?
  /// Of each target in whose folder it lies, in the order of the plan.
  public let claims: [Claim]

  public init(path: [UInt8], kind: Kind, exists: Bool?, claims: [Claim]) {
    (self.path, self.kind, self.exists, self.claims) = (path, kind, exists, claims)
  }

  /// One target that deletes it is enough.
  public var verdict: Verdict {
    let verdicts = claims.map(\.verdict)
    return verdicts.contains(.delete) ? .delete : verdicts.contains(.depends) ? .depends : .keep
  }

  /// What decides: that of the claim which has the verdict.
  public var reason: Reason { claims.first { $0.verdict == verdict }?.reason ?? .notInAnyTarget }
}

extension PathExplanation {
  /// What one target makes of a path.
  public struct Claim: Hashable, Sendable {
    /// Its number in the plan, and its name.
    public var target: Int
    public var name: String
    /// The folder of the target in which the path lies.
    public var folder: [UInt8]
    public var reason: Reason
    /// The key that decides; nil: none does.
    public var key: TargetKey?
    /// The pattern that decides, or, where a file goes, that chooses it.
    public var pattern: Selection.Source?
    /// What on the way to the path decides: a folder, a link, or the folder in which a `.purge-hold` stands.
    public var place: [UInt8]?
    /// The rule by whose criteria a file is judged; nil: by the target's own.
    public var rule: Int?
    public var age: Age?
    public var status = Status(size: nil, owner: nil)
    public var period: DatedPeriod?
    /// What else there is to say: the other target, or why the target fails.
    public var remark: String?
    /// What was not given, and what the verdict rests on.
    public var unknown: [Unknown] = []

    public init(target: Int, name: String, folder: [UInt8], reason: Reason) {
      (self.target, self.name, self.folder, self.reason) = (target, name, folder, reason)
    }

    public var verdict: Verdict {
      if reason == .unreadable || !unknown.isEmpty { return .depends }
      return reason.deletes ? .delete : .keep
    }
  }

  public struct Age: Hashable, Sendable {
    public var source: Retention.AgeSource
    /// Nil: not given.
    public var time: Timestamp?
    /// Only what is strictly before this goes.
    public var limit: Timestamp
    /// How old it must be.
    public var least: Duration

    public init(_ source: Retention.AgeSource, time: Timestamp?, limit: Timestamp, least: Duration) {
      (self.source, self.time, self.limit, self.least) = (source, time, limit, least)
    }
  }

  /// What was found or given; nil: neither.
  public struct Status: Hashable, Sendable {
    public var size: UInt64?
    public var owner: UInt32?

    public init(size: UInt64?, owner: UInt32?) { (self.size, self.owner) = (size, owner) }
  }

  /// What a folder's name says, and when that is over by the clocks of the plan.
  public struct DatedPeriod: Hashable, Sendable {
    public var period: Period
    public var end: Timestamp
    /// The latest end that `older_than` takes.
    public var latestEnd: Timestamp

    public init(_ period: Period, end: Timestamp, latestEnd: Timestamp) {
      (self.period, self.end, self.latestEnd) = (period, end, latestEnd)
    }
  }
}

extension PathExplanation {
  /// Why a path goes or stays, in the words of `explain --format json`; those of files are the report's, too.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    case expired
    /// A folder that goes when nothing is left in it.
    case emptyFolder = "empty_folder"

    // The target.
    case notInAnyTarget = "not_in_any_target"
    case disabled
    case noDate = "no_date"
    case periodNotOver = "period_not_over"
    case periodTooYoung = "period_too_young"
    case beforeFrom = "before_from"
    case afterTo = "after_to"
    case keepLast = "keep_last"
    case overlap
    case targetFails = "target_fails"

    // The way.
    case held
    case excluded
    case notIncluded = "not_included"
    case tooDeep = "too_deep"
    case lostAndFound = "lost_and_found"
    case otherFileSystem = "other_file_system"
    case behindSymlink = "behind_symlink"
    /// Something on the way is no folder.
    case belowFile = "below_file"
    case unreadable

    // The file.
    case symlink
    case special
    case never
    case tooNew = "too_new"
    case tooSmall = "too_small"
    case tooLarge = "too_large"
    case otherOwner = "other_owner"
    case birthTimeUnknown = "birth_time_unknown"
    case accessTimeUnknown = "access_time_unknown"
    case nfsPlaceholder = "nfs_placeholder"
    case ownFile = "own_file"
    case mountPoint = "mount_point"

    // The folder.
    case targetFolder = "target_folder"
    case emptyFoldersStay = "empty_folders_stay"
    case notCovered = "not_covered"
    case changedLately = "changed_lately"

    public init(_ reason: KeepReason) {
      self =
        switch reason {
        case .tooNew, .inFuture: .tooNew
        case .excluded: .excluded
        case .notIncluded: .notIncluded
        case .tooSmall: .tooSmall
        case .tooLarge: .tooLarge
        case .otherOwner: .otherOwner
        case .birthTimeUnknown: .birthTimeUnknown
        case .accessTimeUnknown: .accessTimeUnknown
        case .nfsPlaceholder: .nfsPlaceholder
        case .held: .held
        case .ownFile: .ownFile
        case .mountPoint: .mountPoint
        case .never: .never
        }
    }

    public var deletes: Bool { self == .expired || self == .emptyFolder }
  }
}
