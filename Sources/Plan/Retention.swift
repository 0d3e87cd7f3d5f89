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
  /// Empty: every file. Matched on the path relative to the target.
  public var include: [Glob]
  public var exclude: [Glob]
  public var minSize: ByteCount
  /// Nil: unlimited.
  public var maxSize: ByteCount?
  /// User ids; nil: any.
  public var owners: Set<UInt32>?
  /// Files directly in the target's root have depth 1; nil: unlimited.
  public var maxDepth: Int?
  public var symlinks: Symlinks

  public init(
    maxAge: Duration?, ageFrom: AgeSource = .mtime, include: [Glob] = [], exclude: [Glob] = [],
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

/// A retention with its clock fixed: the pure rule that decides what is deleted.
public struct Cutoff: Hashable, Sendable {
  public let retention: Retention
  /// A file goes only when its time is strictly before this; the beginning of time when none does.
  public let instant: Timestamp

  public init(_ retention: Retention, now: Timestamp) {
    self.retention = retention
    self.instant = retention.maxAge.map { now - $0 } ?? Timestamp(seconds: .min)
  }

  /// Every file stays, for the reason `never`, so that none need be looked at.
  public var keepsAll: Bool { retention.maxAge == nil }

  /// Whether `verdict` looks at the path; when not, an empty one will do.
  public var needsPath: Bool { !retention.include.isEmpty || !retention.exclude.isEmpty }

  /// The decision on a regular file. `path` is relative to the target's root.
  ///
  /// The order is fixed (patterns, age, owner, size), so that every run gives the same file the same reason.
  public func verdict(for file: FileFacts, path: Span<UInt8>) -> Verdict {
    if needsPath {
      if excludes(path) { return .kept(.excluded) }
      if !retention.include.isEmpty, !retention.include.contains(where: { $0.matches(path) }) {
        return .kept(.notIncluded)
      }
    }
    guard let time = time(of: file) else {
      return .kept(retention.ageFrom == .atime ? .accessTimeUnknown : .birthTimeUnknown)
    }
    if time >= instant { return .kept(.tooNew) }
    if let owners = retention.owners, !owners.contains(file.owner) { return .kept(.otherOwner) }
    if file.size < retention.minSize.bytes { return .kept(.tooSmall) }
    if let maxSize = retention.maxSize, file.size > maxSize.bytes { return .kept(.tooLarge) }
    return .expired
  }

  /// Whether `owner` keeps what belongs to this user, a directory too.
  public func isOfOthers(_ owner: UInt32) -> Bool { retention.owners.map { !$0.contains(owner) } ?? false }

  /// Whether an `exclude` pattern protects this path, a directory's included.
  public func excludes(_ path: Span<UInt8>) -> Bool {
    for pattern in retention.exclude where pattern.matches(path) { return true }
    return false
  }

  private func time(of file: FileFacts) -> Timestamp? {
    switch retention.ageFrom {
    case .mtime: file.mtime
    case .atime: file.atime
    case .ctime: file.ctime
    case .birth: file.birth
    case .newest: max(file.mtime, file.atime ?? file.mtime, file.ctime, file.birth ?? file.ctime)
    }
  }
}
