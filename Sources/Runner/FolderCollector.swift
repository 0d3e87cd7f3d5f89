import Kernel
import Plan
import SystemPackage

/// Collects the folders of one target that are to be taken.
struct FolderCollector: FolderVisitor {
  private let expansion: TargetExpansion
  private let number: Int
  private let target: Target
  private let isWanted: TargetExpansion.IsWanted
  /// Nil: `keep_last` keeps nothing.
  var spared: SparedPeriods?
  var list = FolderList(of: [])

  private(set) var folders = TargetExpansion.Folders()
  /// Folders that match, and those among them that are old enough, within bounds and not kept by `keep_last`.
  private(set) var matching = 0
  private(set) var chosen = 0

  init(
    _ expansion: TargetExpansion, _ number: Int, _ target: Target, isWanted: @escaping TargetExpansion.IsWanted
  ) {
    (self.expansion, self.number, self.target, self.isWanted) = (expansion, number, target, isWanted)
  }

  mutating func found(
    _ tail: [UInt8], _ identity: FileIdentity, _ fields: DateTemplate.Fields
  ) throws(TargetExpansion.Failure) {
    matching += 1
    if let rule = target.partitions {
      guard let period = fields.period, rule.chooses(period, at: expansion.now, in: expansion.timeZone),
        spared?.contains(period, at: tail) != true
      else { return }
    }
    chosen += 1
    if let folder = add(tail, identity) { folders.found.append(folder) }
    try checkCount()
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
