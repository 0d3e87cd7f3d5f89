/// Which files of a target may go, as written in the config: relative to a clock that `Cutoff` fixes.
public struct Retention: Hashable, Sendable {
  /// Which of a file's times says how old it is.
  public enum AgeSource: String, Hashable, Sendable, CaseIterable {
    case mtime, atime, ctime, birth
    /// The latest of all the times the file system has.
    case newest
  }

  /// What becomes of symbolic links.
  public enum Symlinks: String, Hashable, Sendable, CaseIterable {
    case keep
    /// Each goes as a file does: by its own times, owner and size, never by what it points to.
    case delete
  }

  /// Nil: `never`, no file goes, however old it is.
  public var maxAge: Duration?
  public var ageFrom: AgeSource
  /// Empty: every file.
  public var include: [Pattern]
  public var exclude: [Pattern]
  public var minSize: ByteCount
  /// Nil: unlimited.
  public var maxSize: ByteCount?
  /// User ids; nil: any.
  public var owners: Set<UInt32>?
  /// Files directly in the target's root have depth 1; nil: unlimited.
  public var maxDepth: Int?
  public var symlinks: Symlinks
  /// The first of them that speaks of a file decides on it, and where none does, the target's own keys. `exclude` comes before.
  public var rules: [Rule] = []

  public init(
    maxAge: Duration?, ageFrom: AgeSource = .mtime, include: [Pattern] = [], exclude: [Pattern] = [],
    minSize: ByteCount = ByteCount(bytes: 0), maxSize: ByteCount? = nil, owners: Set<UInt32>? = nil,
    maxDepth: Int? = nil, symlinks: Symlinks = .keep
  ) {
    self.maxAge = maxAge
    self.ageFrom = ageFrom
    self.include = include
    self.exclude = exclude
    self.minSize = minSize
    self.maxSize = maxSize
    self.owners = owners
    self.maxDepth = maxDepth
    self.symlinks = symlinks
  }
}

extension Retention {
  /// Which of the files that patterns choose may go.
  public struct Criteria: Hashable, Sendable {
    /// Nil: `never`.
    public var maxAge: Duration?
    public var ageFrom: AgeSource
    public var minSize: ByteCount
    public var maxSize: ByteCount?
    public var owners: Set<UInt32>?

    public init(maxAge: Duration?, ageFrom: AgeSource, minSize: ByteCount, maxSize: ByteCount?, owners: Set<UInt32>?) {
      (self.maxAge, self.ageFrom) = (maxAge, ageFrom)
      (self.minSize, self.maxSize, self.owners) = (minSize, maxSize, owners)
    }
  }

  /// Other criteria for some of a target's files.
  public struct Rule: Hashable, Sendable {
    /// Empty: every file.
    public var include: [Pattern]
    public var exclude: [Pattern]
    public var criteria: Criteria

    public init(include: [Pattern], exclude: [Pattern], criteria: Criteria) {
      (self.include, self.exclude, self.criteria) = (include, exclude, criteria)
    }
  }

  /// Of a target with these criteria and no patterns.
  init(_ criteria: Criteria) {
    self.init(
      maxAge: criteria.maxAge, ageFrom: criteria.ageFrom, minSize: criteria.minSize, maxSize: criteria.maxSize,
      owners: criteria.owners)
  }

  /// Whether files in a folder so deep are looked for; the target's own folder has depth 0.
  public func reaches(folderAtDepth depth: Int) -> Bool { maxDepth.map { depth + 1 <= $0 } ?? true }

  /// The target's own.
  public var criteria: Criteria {
    Criteria(maxAge: maxAge, ageFrom: ageFrom, minSize: minSize, maxSize: maxSize, owners: owners)
  }
}

/// What the decision needs to know of a file.
public struct FileFacts: Hashable, Sendable {
  public var mtime: Timestamp
  /// Nil when the file system does not vouch for it.
  public var atime: Timestamp?
  public var ctime: Timestamp
  /// Nil when the file system keeps none.
  public var birth: Timestamp?
  public var size: UInt64
  public var owner: UInt32

  @inlinable
  public init(mtime: Timestamp, atime: Timestamp?, ctime: Timestamp, birth: Timestamp?, size: UInt64, owner: UInt32) {
    self.mtime = mtime
    self.atime = atime
    self.ctime = ctime
    self.birth = birth
    self.size = size
    self.owner = owner
  }
}

/// The decision on one file.
public enum Verdict: Hashable, Sendable {
  case expired
  case kept(KeepReason)
}

/// Why a file stays. The raw values are the keys of `files_kept` in the report.
public enum KeepReason: String, Hashable, Sendable, CaseIterable {
  case tooNew = "too_new"
  /// Its time is later than this host's clock, by more than clocks may differ.
  case inFuture = "in_future"
  case excluded
  case notIncluded = "not_included"
  case tooSmall = "too_small"
  case tooLarge = "too_large"
  case otherOwner = "other_owner"
  /// `age_from: birth` on a file system that keeps no birth time.
  case birthTimeUnknown = "birth_time_unknown"
  /// `age_from: atime` on a file system that keeps no access time.
  case accessTimeUnknown = "access_time_unknown"
  /// A `.nfsXXXX` name: a file that is still open on this client and goes when it is closed.
  case nfsPlaceholder = "nfs_placeholder"
  /// The protecting file itself, and files in whose folder one appeared while they were waiting to be deleted.
  case held
  /// Config, report, log and termination log of this run.
  case ownFile = "own_file"
  /// Something is mounted on it.
  case mountPoint = "mount_point"
  /// `max_age: never`. Such a file was not even looked at.
  case never
}
