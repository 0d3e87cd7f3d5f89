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
  /// Folders that match, and those among them that are old enough, within bounds and not kept by `keep_last`.
  private(set) var matching = 0
  private(set) var chosen = 0

  init(
    _ expansion: TargetExpansion, _ number: Int, _ target: Target, isWanted: @escaping TargetExpansion.IsWanted,
    onKept: TargetExpansion.OnKept?
  ) {
    (self.expansion, self.number, self.target) = (expansion, number, target)
    (self.isWanted, self.onKept) = (isWanted, onKept)
  }

  mutating func found(
    _ tail: [UInt8], _ identity: FileIdentity, _ fields: DateTemplate.Fields
  ) throws(TargetExpansion.Failure) {
    matching += 1
    if let rule = target.partitions {
      guard let period = fields.period else { return }
      if let reason = self.reason(toKeep: period, by: rule, at: tail) { return tell(reason, of: tail) }
    }
    chosen += 1
    if let folder = add(tail, identity) { folders.found.append(folder) }
    try checkCount()
  }

  /// In a few words; nil: nothing keeps it.
  private func reason(toKeep period: Period, by rule: PartitionRule, at tail: [UInt8]) -> String? {
    let unit = period.unit.rawValue
    switch rule.objection(to: period, at: expansion.now, in: expansion.timeZone) {
    case .beforeFrom: return "its \(unit) is before 'from'"
    case .afterTo: return "its \(unit) is after 'to'"
    case .notOver: return "its \(unit) is not over"
    case .tooYoung: return "its \(unit) ended less than older_than ago"
    case nil: return spared?.contains(period, at: tail) == true ? "keep_last keeps it" : nil
    }
  }

  private mutating func tell(_ reason: String, of tail: [UInt8]) {
    guard let onKept else { return }
    let folder = list.append(tail, identity: nil, of: number)
    onKept(list.name(of: folder), reason)
    list.removeAll(from: Int(folder))
  }

  mutating func unsearchable(_ tail: [UInt8], _ error: Errno) throws(TargetExpansion.Failure) {
    let folder = list.append(tail, identity: nil, of: number)
    let (name, path) = (list.name(of: folder), PrintableText.path(list.path(of: folder)))
    expansion.onEvent(.failure(PurgeFailure(target: name, operation: .expandTarget, path: path, errno: error)))
    if isWanted(list, folder) {
      folders.unsearchable.append((folder, error))
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
