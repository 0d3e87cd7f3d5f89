import Kernel
import Plan
import SystemPackage

/// Collects the folders of one target that are to be taken.
struct FolderCollector: FolderVisitor {
  private let expansion: TargetExpansion
  private let number: Int
  private let target: Target
  private let isWanted: TargetExpansion.IsWanted
  private let onKept: TargetExpansion.OnKept?
  /// Nil: `keep_last` keeps nothing.
  var spared: SparedPeriods?
  var list = FolderList(of: [])

  private(set) var folders = TargetExpansion.Folders()
  /// Those that match and are not chosen.
  private(set) var kept: FoldersKept
  /// Folders that match, and those among them that are old enough, within bounds and not kept by `keep_last`.
  private(set) var matching = 0
  private(set) var chosen = 0

  init(
    _ expansion: TargetExpansion, _ number: Int, _ target: Target, isWanted: @escaping TargetExpansion.IsWanted,
    onKept: TargetExpansion.OnKept?
  ) {
    (self.expansion, self.number, self.target) = (expansion, number, target)
    (self.isWanted, self.onKept) = (isWanted, onKept)
    kept = FoldersKept(target: target.name)
  }

  mutating func found(
    _ tail: [UInt8], _ identity: FileIdentity, _ fields: DateTemplate.Fields
  ) throws(TargetExpansion.Failure) {
    matching += 1
    if let rule = target.partitions {
      guard let period = fields.period else { return }
      if let reason = reason(toKeep: period, by: rule, at: tail) { return keep(tail, for: reason) }
    }
    chosen += 1
    if let folder = add(tail, identity) { folders.found.append(folder) }
    try checkCount()
  }

  /// For the summary, and in a few words; nil: nothing keeps it.
  private func reason(
    toKeep period: Period, by rule: PartitionRule, at tail: [UInt8]
  ) -> (FoldersKept.Reason, words: String)? {
    let unit = period.unit.rawValue
    return switch rule.objection(to: period, at: expansion.now, in: expansion.timeZone) {
    case .beforeFrom: (.outsideBounds, "its \(unit) is before 'from'")
    case .afterTo: (.outsideBounds, "its \(unit) is after 'to'")
    case .notOver: (.tooYoung, "its \(unit) is not over")
    case .tooYoung: (.tooYoung, "its \(unit) ended less than older_than ago")
    case nil: spared?.contains(period, at: tail) == true ? (.keepLast, "keep_last keeps it") : nil
    }
  }

  private mutating func keep(_ tail: [UInt8], for reason: (FoldersKept.Reason, words: String)) {
    let head = target.path.literalPath
    kept.folders[reason.0, default: PathSamples()].note(PrintableText.path(FolderCollector.path(head, tail)))
    guard let onKept else { return }
    let folder = list.append(tail, identity: nil, of: number)
    onKept(list.name(of: folder), reason.words)
    list.removeAll(from: Int(folder))
  }

  private static func path(_ head: [UInt8], _ tail: [UInt8]) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    return head.last == slash ? head + tail : head + [slash] + tail
  }

  mutating func unsearchable(_ tail: [UInt8], _ failure: SearchFailure) throws(TargetExpansion.Failure) {
    let folder = list.append(tail, identity: nil, of: number)
    let (name, path) = (list.name(of: folder), PrintableText.path(list.path(of: folder)))
    expansion.onEvent(.failure(PurgeFailure(target: name, operation: .expandTarget, path: path, errno: failure.errno)))
    if isWanted(list, folder) {
      folders.unsearchable.append((folder, failure))
    } else {
      list.removeAll(from: Int(folder))
    }
    try checkCount()
  }

  /// Nil when it is not wanted.
  private mutating func add(_ tail: [UInt8], _ identity: FileIdentity) -> FolderList.Index? {
    let folder = list.append(tail, identity: identity, of: number)
    if isWanted(list, folder) { return folder }
    list.removeAll(from: Int(folder))
    return nil
  }

  private func checkCount() throws(TargetExpansion.Failure) {
    guard folders.found.count + folders.unsearchable.count <= TargetExpansion.maxFolders, !list.isTooLong else {
      throw .tooMany
    }
  }
}
