public import Kernel
public import Plan

/// Says of single paths what a run would do with them, and why. Asks in the order of a run and by the same rules; changes nothing.
///
/// What a run decides by more than one path (caps, limits of time and memory, the server's clock) it does not speak of.
public struct PathExplainer {
  /// What is supposed of a path that does not exist. What is nil is not known.
  public struct Supposition: Hashable, Sendable {
    public var kind: PathExplanation.Kind?
    /// Stands for all times of the file.
    public var mtime: Timestamp?
    public var size: UInt64?
    public var owner: UInt32?

    public init(
      kind: PathExplanation.Kind? = nil, mtime: Timestamp? = nil, size: UInt64? = nil, owner: UInt32? = nil
    ) {
      (self.kind, self.mtime, self.size, self.owner) = (kind, mtime, size, owner)
    }
  }

  let plan: BatchPlan
  let now: Timestamp
  let ownFiles: [FileIdentity]
  /// Nil: nothing is looked at.
  let fileSystem: (any FileSystem)?
  /// Of each target, made when it is needed.
  private var cutoffs: [Int: Cutoff] = [:]
  private var gathered: GatheredFolders?

  /// - Parameters:
  ///   - now: the moment ages are counted from.
  ///   - ownFiles: see `BatchRunner.Settings`.
  ///   - fileSystem: where paths are looked at; nil: none is, and each is supposed not to exist.
  public init(
    _ plan: BatchPlan, now: Timestamp, ownFiles: [FileIdentity] = [],
    fileSystem: (any FileSystem)? = LinuxFileSystem()
  ) {
    (self.plan, self.now, self.ownFiles, self.fileSystem) = (plan, now, ownFiles, fileSystem)
  }

  /// Blocks while the file system is asked: on a server that hangs, for as long.
  ///
  /// - Parameter path: absolute, without `.` and `..`; one that ends with a slash is a folder.
  public mutating func explain(_ path: [UInt8], supposing supposed: Supposition = Supposition()) -> PathExplanation {
    let slash = UInt8(ascii: "/")
    let names = path.split(separator: slash).map { Array($0) }
    let isFolder = path.last == slash
    let look = fileSystem.map { PathLook(names, isFolder: isFolder, on: $0) }
    let whole = AbsolutePath(names)
    var kind = isFolder ? .folder : supposed.kind ?? .file
    var exists = look.map { _ in false }
    if case .found(let status)? = look?.end { (kind, exists) = (PathExplanation.Kind(status.kind), true) }
    let isKnown = exists == true || isFolder || supposed.kind != nil
    var claimants = plan.targets.indices.compactMap { claimant($0, whole, isFolder: isKnown ? kind == .folder : nil) }
    settleFolders(&claimants, look)
    if !isKnown, claimants.contains(where: \.isOwnFolder) { kind = .folder }
    let claims = claimants.map { claimant in
      var inquiry = PathInquiry(claimant, whole, kind, look, supposed, cutoff(of: claimant.claim.target), self)
      return inquiry.run()
    }
    return PathExplanation(path: whole.bytes, kind: kind, exists: exists, claims: claims)
  }

  private mutating func cutoff(of target: Int) -> Cutoff {
    if let known = cutoffs[target] { return known }
    let cutoff = Cutoff(plan.targets[target].retention, now: now)
    cutoffs[target] = cutoff
    return cutoff
  }
}

/// A path, name by name.
struct AbsolutePath {
  let names: [[UInt8]]

  init(_ names: [[UInt8]]) { self.names = names }

  var bytes: [UInt8] { first(names.count) }

  /// What so many of its names lead to.
  func first(_ count: Int) -> [UInt8] {
    count == 0 ? [UInt8(ascii: "/")] : names[..<count].flatMap { [UInt8(ascii: "/")] + $0 }
  }

  /// The names from one place to before another, as a relative path.
  func part(_ range: Range<Int>) -> [UInt8] { Array(names[range].joined(separator: [UInt8(ascii: "/")])) }
}

/// A target that has a path in one of its folders, and what is known of that before the folder is entered.
struct Claimant {
  var claim: PathExplanation.Claim
  let path: AbsolutePath
  /// Names that lead to the folder.
  let length: Int
  let isOwnFolder: Bool
  /// False when the claim is settled: what is in the folder does not matter.
  var isOpen = true
  /// `keep_last` may keep the folder: which are the newest, only the folders themselves tell.
  var mayBeSpared = false

  mutating func settle(_ reason: PathExplanation.Reason, key: String? = nil, remark: String? = nil) {
    claim.reason = reason
    claim.key = key.map { TargetKey(target: claim.target, $0) }
    claim.remark = remark
    isOpen = false
  }
}

// MARK: - Which folders

extension PathExplainer {
  /// Nil when the path is in none of the target's folders. `isFolder`: nil when that is not known.
  private func claimant(_ number: Int, _ path: AbsolutePath, isFolder: Bool?) -> Claimant? {
    let target = plan.targets[number]
    let length = target.path.components.count
    guard path.names.count >= length else { return nil }
    let isOwnFolder = path.names.count == length
    // A file beside the folders is none of them.
    if isOwnFolder, isFolder == false { return nil }
    var (fields, isDate) = (DateTemplate.Fields(), true)
    for (component, name) in zip(target.path.components, path.names) {
      switch component.match(name, adding: fields) {
      case .none: return nil
      case .almost: isDate = false
      case .whole(let more): fields = more
      }
    }
    let folder = path.first(length)
    let claim = PathExplanation.Claim(target: number, name: target.name, folder: folder, reason: .unreadable)
    var claimant = Claimant(claim: claim, path: path, length: length, isOwnFolder: isOwnFolder)
    if !isDate || (target.partitions != nil && fields.period == nil) {
      claimant.settle(.noDate, key: "path")
    } else if !target.isEnabled {
      claimant.settle(.disabled, key: "enabled")
    } else if let rule = target.partitions, let period = fields.period {
      judge(period, by: rule, &claimant)
    }
    return claimant
  }

  private func judge(_ period: Period, by rule: PartitionRule, _ claimant: inout Claimant) {
    let zone = plan.run.timeZone
    claimant.claim.period = PathExplanation.DatedPeriod(
      period, end: period.end(in: zone), latestEnd: rule.latestEnd(at: now, in: zone))
    switch rule.objection(to: period, at: now, in: zone) {
    case .beforeFrom: claimant.settle(.beforeFrom, key: "partitions.from")
    case .afterTo: claimant.settle(.afterTo, key: "partitions.to")
    case .notOver: claimant.settle(.periodNotOver, key: "path")
    case .tooYoung: claimant.settle(.periodTooYoung, key: "partitions.older_than")
    case nil: break
    }
  }

  /// Settles the claims of folders that a run would not take for what there is besides them: other folders, other targets.
  private mutating func settleFolders(_ claimants: inout [Claimant], _ look: PathLook?) {
    var isSupposed = false
    for index in claimants.indices where claimants[index].isOpen {
      if let look, look.folders.count > claimants[index].length {
        settleStandingFolder(&claimants[index], look.folders)
      } else {
        isSupposed = true
        claimants[index].mayBeSpared = plan.targets[claimants[index].claim.target].partitions?.keepLast ?? 0 > 0
      }
    }
    if isSupposed { refuseOverlaps(among: claimants.indices.filter { claimants[$0].isOpen }, &claimants) }
  }

  /// `folders` are those on the way to the path.
  private mutating func settleStandingFolder(_ claimant: inout Claimant, _ folders: [PathLook.Folder]) {
    let target = plan.targets[claimant.claim.target]
    let fixed = target.path.literalPrefix.count
    if target.oneFileSystem, fixed < claimant.length {
      for count in fixed + 1...claimant.length
      where folders[count].status.isMountPoint(in: folders[count - 1].status.identity.device) {
        claimant.settle(.otherFileSystem, key: "one_file_system")
        claimant.claim.place = claimant.path.first(count)
        return
      }
    }
    let gathered = gathered ?? GatheredFolders(self)
    self.gathered = gathered
    let mayBeSpared = plan.targets[claimant.claim.target].partitions?.keepLast ?? 0 > 0
    switch gathered.fate(of: claimant.claim.folder, target: claimant.claim.target, mayBeSpared: mayBeSpared) {
    case .taken: break
    case .spared: claimant.settle(.keepLast, key: "partitions.keep_last")
    case .overlaps(let remark): claimant.settle(.overlap, key: "path", remark: remark)
    case .fails(let remark): claimant.settle(.targetFails, key: "path", remark: remark)
    }
  }

  /// What would be refused if all of these folders were there.
  private func refuseOverlaps(among indices: [Int], _ claimants: inout [Claimant]) {
    var (folders, order) = (FolderList(of: plan.targets), [FolderList.Index]())
    for index in indices {
      let claim = claimants[index].claim
      let path = plan.targets[claim.target].path
      let tail = AbsolutePath(claim.folder.split(separator: UInt8(ascii: "/")).map { Array($0) })
      order.append(
        path.isLiteral
          ? folders.append(literalOf: claim.target)
          : folders.append(
            tail.part(path.literalPrefix.count..<tail.names.count), identity: nil, of: claim.target))
    }
    var overlaps = FolderOverlaps(folders, order: order)
    _ = overlaps.sorted { folder, other in
      guard let place = order.firstIndex(of: folder) else { return }
      claimants[indices[place]].settle(
        .overlap, key: "path", remark: TargetGathering.overlapSentence(with: folders.name(of: other)))
    }
  }
}

/// What a run on this host would make of the folders there are.
struct GatheredFolders {
  enum Fate {
    case taken
    /// It matches, is old enough and within bounds, and is not taken: `keep_last` keeps it.
    case spared
    case overlaps(String)
    case fails(String)
  }

  private struct Place: Hashable {
    let target: Int
    let path: [UInt8]
  }

  private var fates: [Place: Fate] = [:]
  private var failures: [Int: String] = [:]

  init(_ explainer: PathExplainer) {
    guard let fileSystem = explainer.fileSystem else { return }
    let expansion = TargetExpansion(
      fileSystem: fileSystem, now: explainer.now, timeZone: explainer.plan.run.timeZone, isStopped: { false },
      onEvent: { _ in })
    let gathering = TargetGathering(explainer.plan, selection: [], expansion: expansion)
    for folder in gathering.order { fates[place(of: folder, gathering)] = .taken }
    for (settled, outcome) in zip(gathering.settled, gathering.outcomes) {
      switch (settled.subject, settled.reason) {
      case (.folder(let folder), .overlaps): fates[place(of: folder, gathering)] = .overlaps(outcome.reason ?? "")
      case (.folder(let folder), _): fates[place(of: folder, gathering)] = .fails(outcome.reason ?? "")
      case (.target(let number), _): failures[number] = outcome.reason
      }
    }
  }

  private func place(of folder: FolderList.Index, _ gathering: TargetGathering) -> Place {
    Place(target: gathering.folders.target(of: folder), path: gathering.folders.path(of: folder))
  }

  /// - Parameter mayBeSpared: whether `keep_last` keeps folders of the target.
  func fate(of path: [UInt8], target: Int, mayBeSpared: Bool) -> Fate {
    if let fate = fates[Place(target: target, path: path)] { return fate }
    if let failure = failures[target] { return .fails(failure) }
    var above = path[...]
    while let slash = above.lastIndex(of: UInt8(ascii: "/")), slash > above.startIndex {
      above = above[..<slash]
      if case .fails(let why)? = fates[Place(target: target, path: Array(above))] { return .fails(why) }
    }
    return mayBeSpared ? .spared : .fails("the search for folders did not find it")
  }
}

extension PathExplanation.Kind {
  init(_ kind: FileKind) {
    self =
      switch kind {
      case .file: .file
      case .directory: .folder
      case .symlink: .symlink
      case .special: .special
      }
  }
}
