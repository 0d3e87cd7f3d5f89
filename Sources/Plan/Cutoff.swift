/// A retention with its clock fixed and its patterns ready: the pure rule that decides what is deleted.
public struct Cutoff: Hashable, Sendable {
  public let retention: Retention
  /// Which files the patterns choose, and by which criteria they go.
  public let selection: Selection
  /// By the target's own keys a file goes only when its time is strictly before this; the beginning of time when none does.
  public let instant: Timestamp
  /// A file that stays though its time is later than this is dated in the future.
  public let future: Timestamp
  /// Each rule with the target's criteria in place of what it leaves open.
  private let rules: [Cutoff]
  // Here it is at hand for each file.
  private let ruleCount: UInt8

  /// - Parameter future: by this host's clock, whatever `now` is, and later by what clocks may differ; nil: no time is too late.
  public init(_ retention: Retention, now: Timestamp, future: Timestamp? = nil) {
    self.retention = retention
    self.future = future ?? Timestamp(seconds: .max)
    selection = Selection(retention)
    instant = retention.maxAge.map { now - $0 } ?? Timestamp(seconds: .min)
    rules = retention.rules.map { Cutoff(Retention($0.criteria), now: now, future: future) }
    ruleCount = UInt8(clamping: rules.count)
  }

  /// Whether files go by more than one set of criteria.
  public var hasRules: Bool { ruleCount > 0 }

  /// For each set of criteria, as `selection` numbers them, whether every file stays, for the reason `never`, so that none need be
  /// looked at.
  public var keepsAll: [Bool] { rules.map { $0.retention.maxAge == nil } + [retention.maxAge == nil] }

  /// A set of criteria, as `selection` numbers them.
  public func criteria(_ number: UInt8) -> Retention.Criteria {
    number < ruleCount ? rules[Int(number)].retention.criteria : retention.criteria
  }

  /// What a file's age is judged by; nil where its time is not known, or no file goes.
  public func age(of file: FileFacts, by number: UInt8) -> (time: Timestamp, limit: Timestamp)? {
    let cutoff = number < ruleCount ? rules[Int(number)] : self
    guard cutoff.retention.maxAge != nil, let time = time(of: file, cutoff.retention.ageFrom) else { return nil }
    return (time, cutoff.instant)
  }

  /// The decision on a regular file that `selection` has chosen, by these criteria.
  ///
  /// The order is fixed (age, owner, size), so that every run gives the same file the same reason.
  public func verdict(for file: FileFacts, by number: UInt8 = 0) -> Verdict {
    if number < ruleCount { return verdict(for: file, byRule: Int(number)) }
    guard let time = time(of: file, retention.ageFrom) else {
      return .kept(retention.ageFrom == .atime ? .accessTimeUnknown : .birthTimeUnknown)
    }
    if time >= instant { return .kept(time > future ? .inFuture : .tooNew) }
    if let owners = retention.owners, !owners.contains(file.owner) { return .kept(.otherOwner) }
    if file.size < retention.minSize.bytes { return .kept(.tooSmall) }
    if let maxSize = retention.maxSize, file.size > maxSize.bytes { return .kept(.tooLarge) }
    return .expired
  }

  // Apart, so that the usual case reads nothing that does not lie in the cutoff itself.
  @inline(never)
  private func verdict(for file: FileFacts, byRule number: Int) -> Verdict {
    rules[number].verdict(for: file)
  }

  @inline(__always)
  private func time(of file: FileFacts, _ source: Retention.AgeSource) -> Timestamp? {
    switch source {
    case .mtime: file.mtime
    case .atime: file.atime
    case .ctime: file.ctime
    case .birth: file.birth
    case .newest: max(file.mtime, file.atime ?? file.mtime, file.ctime, file.birth ?? file.ctime)
    }
  }

  /// Whether a folder may go when it is empty: patterns choose it, and so whatever could lie in it, and no rule keeps that for ever.
  ///
  /// - Parameter scope: nil where there are no patterns.
  public func mayRemove(_ scope: PatternScope?) -> Bool {
    guard case .by = choice(ofFolder: scope) else { return false }
    return ruleThatKeeps(scope) == nil
  }

  /// The rule by which no file in a folder goes, whatever its name; nil: there is none.
  public func ruleThatKeeps(_ scope: PatternScope?) -> Int? {
    guard case .by(let number) = choice(ofFolder: scope), number < ruleCount else { return nil }
    return rules[Int(number)].retention.maxAge == nil ? Int(number) : nil
  }

  private func choice(ofFolder scope: PatternScope?) -> Selection.Choice {
    scope.map(selection.choice(ofFolder:)) ?? .by(0)
  }

  /// Whether `owner`, the target's or a rule's, keeps directories of some users.
  public var asksForOwners: Bool { retention.owners != nil || rules.contains { $0.asksForOwners } }

  /// Whether `owner`, the target's or a rule's, keeps a directory of this user.
  public func isOfOthers(_ owner: UInt32) -> Bool {
    retention.owners.map { !$0.contains(owner) } ?? false || ruleOfOthers(owner) != nil
  }

  /// The first rule whose `owner` keeps a directory of this user; nil: none does.
  public func ruleOfOthers(_ owner: UInt32) -> Int? { rules.firstIndex { $0.isOfOthers(owner) } }
}
