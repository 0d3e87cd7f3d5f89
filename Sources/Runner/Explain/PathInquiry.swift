import Kernel
import Plan
import SystemPackage

/// What becomes of one path in one target's folder: the way from the folder down, and then the path itself.
struct PathInquiry {
  private var claim: PathExplanation.Claim
  private let isOpen: Bool
  private let mayBeSpared: Bool
  /// Names that lead to the target's folder.
  private let length: Int
  private let path: AbsolutePath
  private let kind: PathExplanation.Kind
  private let look: PathLook?
  private let supposed: PathExplainer.Supposition
  private let cutoff: Cutoff
  private let target: Target
  private let now: Timestamp
  private let ownFiles: [FileIdentity]
  /// Nil: there are no patterns.
  private var matcher: PatternMatcher?
  private var scope: PatternScope?

  init(
    _ claimant: Claimant, _ path: AbsolutePath, _ kind: PathExplanation.Kind, _ look: PathLook?,
    _ supposed: PathExplainer.Supposition, _ cutoff: Cutoff, _ explainer: PathExplainer
  ) {
    (claim, isOpen, length) = (claimant.claim, claimant.isOpen, claimant.length)
    mayBeSpared = claimant.mayBeSpared
    (self.path, self.kind, self.look, self.supposed, self.cutoff) = (path, kind, look, supposed, cutoff)
    target = explainer.plan.targets[claim.target]
    (now, ownFiles) = (explainer.now, explainer.ownFiles)
    matcher = cutoff.selection.isOfEverything ? nil : PatternMatcher(cutoff.selection)
  }

  mutating func run() -> PathExplanation.Claim {
    if isOpen, mayEnterTarget() {
      let isInside = (length..<max(length, path.names.count - 1)).allSatisfy { mayEnter($0) }
      if isInside { judge() }
      if mayBeSpared, claim.reason.deletes { claim.unknown.append(.newestFolders) }
    }
    return claim
  }

  // MARK: The way

  private mutating func settle(
    _ reason: PathExplanation.Reason, key: String? = nil, at place: [UInt8]? = nil
  ) -> Bool {
    claim.reason = reason
    claim.place = place
    claim.key = key.map { TargetKey(target: claim.target, rule: claim.rule, $0) }
    return false
  }

  private mutating func mayEnterTarget() -> Bool {
    // From the target's folder up, as what protects those above protects it, too.
    for count in (0...length).reversed() where !isReached(count) { return false }
    guard isListed(length) else { return false }
    guard matcher != nil else { return true }
    let root = path.first(length)
    return isPassed(matcher?.root(at: root.span), at: length)
  }

  /// Whether nothing that stands on this host keeps the walk from the folder that so many names lead to.
  private mutating func isReached(_ count: Int) -> Bool {
    guard let look else { return true }
    if case .behindLink(count) = look.end { return settle(.behindSymlink, at: path.first(count)) }
    if case .noFolder(count) = look.end { return settle(.belowFile, at: path.first(count)) }
    if let error = look.failure(at: count) { return cannotLook(error, at: count) }
    return look.isHeld(count) ? settle(.held, at: path.first(count)) : true
  }

  /// Whether the walk can list the folder that so many names lead to.
  private mutating func isListed(_ count: Int) -> Bool {
    look?.objectionToListing(count).map { cannotLook($0, at: count) } ?? true
  }

  private mutating func cannotLook(_ error: Errno, at count: Int) -> Bool {
    claim.remark = "\(error.description) (\(ErrnoName.of(error)))"
    return settle(.unreadable, at: path.first(count))
  }

  /// Whether the walk goes into the folder with the name at this index.
  private mutating func mayEnter(_ index: Int) -> Bool {
    let depth = index - length + 1
    guard cutoff.retention.reaches(folderAtDepth: depth) else { return settle(.tooDeep, key: "max_depth") }
    let name = path.names[index]
    guard isPassed(choice(ofFolder: name), at: index + 1) else { return false }
    if LostAndFound.isOne(name) { return settle(.lostAndFound, at: path.first(index + 1)) }
    if target.oneFileSystem, let look, look.folders.count > index + 1,
      look.folders[index + 1].status.isMountPoint(in: look.folders[index].status.identity.device)
    {
      return settle(.otherFileSystem, key: "one_file_system", at: path.first(index + 1))
    }
    return isReached(index + 1) && isListed(index + 1)
  }

  private mutating func choice(ofFolder name: [UInt8]) -> PatternMatcher.Folder? {
    guard let scope else { return nil }
    matcher?.enter(scope)
    return matcher?.folder(name.span)
  }

  /// Nil: there are no patterns.
  private mutating func isPassed(_ folder: PatternMatcher.Folder?, at count: Int) -> Bool {
    switch folder {
    case nil: return true
    case .entered(let scope):
      self.scope = scope
      return true
    case .excluded: return settleExcluded(at: count)
    case .notIncluded: return settle(.notIncluded, key: "include", at: path.first(count))
    }
  }

  private mutating func settleExcluded(at count: Int) -> Bool {
    notePattern(.exclude, rule: nil)
    _ = settle(.excluded, key: "exclude", at: path.first(count))
    claim.key?.item = claim.pattern?.index
    return false
  }

  /// The first pattern of a list that has matched on the way.
  private mutating func notePattern(_ key: Selection.Source.Key, rule: Int?) {
    guard let matched = matcher?.matched else { return }
    claim.pattern = zip(cutoff.selection.patterns, matched).first { $1 && $0.key == key && $0.rule == rule }?.0
  }

  // MARK: The path itself

  private mutating func judge() {
    switch kind {
    case .folder where path.names.count == length: judgeTargetFolder()
    case .folder:
      if mayEnter(path.names.count - 1) { judgeFolder() }
    case .special: _ = settle(.special)
    case .symlink where target.retention.symlinks == .keep: _ = settle(.symlink, key: "symlinks")
    case .file, .symlink: judgeFile()
    }
  }

  private var found: EntryStatus? {
    if case .found(let status)? = look?.end { status } else { nil }
  }

  private mutating func judgeFile() {
    let name = path.names.last ?? []
    switch choice(ofFile: name) {
    case .excluded: _ = settleExcluded(at: path.names.count)
    case .notIncluded: _ = settle(.notIncluded, key: "include")
    case .by(let number):
      let rule = Int(number) < target.retention.rules.count ? Int(number) : nil
      claim.rule = rule
      notePattern(.include, rule: rule)
      if cutoff.keepsAll[Int(number)] {
        _ = settle(.never, key: "max_age")
      } else if isReached(path.names.count) {
        judgeFile(name, by: number)
      }
    }
  }

  private mutating func choice(ofFile name: [UInt8]) -> Selection.Choice {
    guard let scope else { return .by(0) }
    matcher?.enter(scope)
    return matcher?.choice(ofFile: name.span) ?? .by(0)
  }

  private mutating func judgeFile(_ name: [UInt8], by number: UInt8) {
    let criteria = cutoff.criteria(number)
    let status = found ?? supposedFile(criteria)
    let facts = FileFacts(status)
    claim.status = PathExplanation.Status(size: found?.size ?? supposed.size, owner: found?.owner ?? supposed.owner)
    if let maxAge = criteria.maxAge, let age = cutoff.age(of: facts, by: number) {
      let isKnown = found != nil || supposed.mtime != nil
      claim.age = PathExplanation.Age(
        criteria.ageFrom, time: isKnown ? age.time : nil, limit: age.limit, least: maxAge)
    }
    let verdict = name.withUnsafeBufferPointer {
      cutoff.verdict(on: status, $0, by: number, ownFiles: ownFiles)
    }
    switch verdict {
    case .expired:
      if found == nil { claim.unknown = unknown(of: criteria) }
      _ = settle(.expired, key: "max_age")
    case .kept(let reason):
      _ = settle(PathExplanation.Reason(reason), key: PathInquiry.key(of: reason))
    }
  }

  private static func key(of reason: KeepReason) -> String? {
    switch reason {
    case .tooNew, .inFuture, .never: "max_age"
    case .tooSmall: "min_size"
    case .tooLarge: "max_size"
    case .otherOwner: "owner"
    case .birthTimeUnknown, .accessTimeUnknown: "age_from"
    case .excluded: "exclude"
    case .notIncluded: "include"
    case .nfsPlaceholder, .held, .ownFile, .mountPoint: nil
    }
  }

  /// Where something is not known, as that would be which lets the file go.
  private func supposedFile(_ criteria: Retention.Criteria) -> EntryStatus {
    let time = supposed.mtime ?? Timestamp(seconds: .min)
    return EntryStatus(
      supposed: kind == .symlink ? .symlink : .file, owner: supposed.owner ?? criteria.owners?.min() ?? 0,
      size: supposed.size ?? criteria.minSize.bytes,
      time: FileTime(seconds: time.seconds, nanoseconds: time.nanoseconds))
  }

  private func unknown(of criteria: Retention.Criteria) -> [PathExplanation.Unknown] {
    let hasSize = criteria.minSize.bytes > 0 || criteria.maxSize != nil
    let rests: [(PathExplanation.Unknown, Bool)] = [
      (.age, supposed.mtime == nil), (.size, supposed.size == nil && hasSize),
      (.owner, supposed.owner == nil && criteria.owners != nil),
    ]
    return rests.filter(\.1).map(\.0)
  }

  // MARK: A folder

  private mutating func judgeTargetFolder() {
    guard let rule = target.ownFolder else {
      _ = settle(.targetFolder, key: target.partitions == nil ? "path" : "partitions.remove_folder")
      return
    }
    judgeEmptyFolder(rule, in: nil)
  }

  private mutating func judgeFolder() {
    guard let rule = target.emptyDirectories else {
      _ = settle(.emptyFoldersStay, key: "remove_empty_directories")
      return
    }
    if let rule = cutoff.ruleThatKeeps(scope) {
      claim.rule = rule
      _ = settle(.never, key: "max_age")
      return
    }
    if !cutoff.mayRemove(scope) {
      _ = settle(.notCovered, key: "include")
      return
    }
    let above = look.flatMap { $0.folders.count >= path.names.count ? $0.folders[path.names.count - 1].status : nil }
    judgeEmptyFolder(rule, in: above?.identity.device)
  }

  /// - Parameter device: that of the folder above.
  private mutating func judgeEmptyFolder(_ rule: EmptyDirectoryRule, in device: UInt64?) {
    let owner = found?.owner ?? supposed.owner
    claim.status.owner = owner
    if let found, case .mountPoint? = cutoff.reasonToStay(found, in: device) {
      _ = settle(.mountPoint, at: path.bytes)
    } else if let owner, cutoff.isOfOthers(owner) {
      let isOwn = target.retention.owners.map { !$0.contains(owner) } ?? false
      claim.rule = isOwn ? nil : cutoff.ruleOfOthers(owner)
      _ = settle(.otherOwner, key: "owner")
    } else {
      judgeEmptyFolder(rule, changedAt: found.map { Timestamp($0.mtime) } ?? supposed.mtime)
      if owner == nil, claim.reason == .emptyFolder, cutoff.asksForOwners { claim.unknown.append(.owner) }
    }
  }

  private mutating func judgeEmptyFolder(_ rule: EmptyDirectoryRule, changedAt time: Timestamp?) {
    let limit = now - rule.minAge
    claim.age = PathExplanation.Age(.mtime, time: time, limit: limit, least: rule.minAge)
    if let time, time >= limit {
      _ = settle(.changedLately, key: "empty_directory_min_age")
    } else {
      _ = settle(
        .emptyFolder, key: length == path.names.count ? "partitions.remove_folder" : "remove_empty_directories")
      if time == nil, rule.minAge > .zero { claim.unknown = [.age] }
    }
  }
}
