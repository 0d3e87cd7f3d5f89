/// A retention with its clock fixed and its patterns ready: the pure rule that decides what is deleted.
public struct Cutoff: Hashable, Sendable {
  public let retention: Retention
  /// Which files the patterns choose, and by which criteria they go.
  public let selection: Selection
  /// As `selection` numbers them.
  private let criteria: [Retention.Criteria]
  private let instants: [Timestamp]

  public init(_ retention: Retention, now: Timestamp) {
    self.retention = retention
    selection = Selection(retention)
    criteria = retention.rules.map(\.criteria) + [retention.criteria]
    instants = criteria.map { $0.maxAge.map { now - $0 } ?? Timestamp(seconds: .min) }
  }

  /// A file goes by the target's own keys only when its time is strictly before this; the beginning of time when none does.
  public var instant: Timestamp { instants[instants.count - 1] }

  /// Whether files go by more than one set of criteria.
  public var hasRules: Bool { criteria.count > 1 }

  /// For each set of criteria, whether every file stays, for the reason `never`, so that none need be looked at.
  public var keepsAll: [Bool] { criteria.map { $0.maxAge == nil } }

  /// The decision on a regular file that `selection` has chosen, by these criteria.
  ///
  /// The order is fixed (age, owner, size), so that every run gives the same file the same reason.
  public func verdict(for file: FileFacts, by number: UInt8 = 0) -> Verdict {
    let criteria = criteria[Int(number)]
    guard let time = time(of: file, criteria.ageFrom) else {
      return .kept(criteria.ageFrom == .atime ? .accessTimeUnknown : .birthTimeUnknown)
    }
    if time >= instants[Int(number)] { return .kept(.tooNew) }
    if let owners = criteria.owners, !owners.contains(file.owner) { return .kept(.otherOwner) }
    if file.size < criteria.minSize.bytes { return .kept(.tooSmall) }
    if let maxSize = criteria.maxSize, file.size > maxSize.bytes { return .kept(.tooLarge) }
    return .expired
  }

  /// Whether `owner`, the target's or a rule's, keeps a directory of this user.
  public func isOfOthers(_ owner: UInt32) -> Bool {
    criteria.contains { $0.owners.map { !$0.contains(owner) } ?? false }
  }

  private func time(of file: FileFacts, _ source: Retention.AgeSource) -> Timestamp? {
    switch source {
    case .mtime: file.mtime
    case .atime: file.atime
    case .ctime: file.ctime
    case .birth: file.birth
    case .newest: max(file.mtime, file.atime ?? file.mtime, file.ctime, file.birth ?? file.ctime)
    }
  }
}
