import Kernel
import Plan
import SystemPackage

/// Some of the folders that a pattern finds, and how many there are. Which periods are old enough is another matter, and
/// changes every day.
struct FolderSample: FolderVisitor {
  /// Folders that one pattern finds are mostly alike, and each costs a dozen round trips.
  static let most = 16

  private let target: Target
  private let now: Timestamp
  /// Absolute, like all paths here.
  private(set) var paths: [[UInt8]] = []
  private(set) var unsearchable: [(path: [UInt8], errno: Errno)] = []
  private(set) var found = 0
  /// Those that a run would take today.
  private var taken = 0

  init(of target: Target, now: Timestamp) { (self.target, self.now) = (target, now) }

  mutating func found(
    _ tail: [UInt8], _ identity: FileIdentity, _ fields: DateTemplate.Fields
  ) throws(TargetExpansion.Failure) {
    found += 1
    if paths.count < FolderSample.most { paths.append(path(to: tail)) }
    if let rule = target.partitions {
      // One hour more or less makes no odds here: in UTC.
      guard let period = fields.period, rule.chooses(period, at: now, in: .utc) else { return }
    }
    taken += 1
    try checkCount()
  }

  mutating func unsearchable(_ tail: [UInt8], _ failure: SearchFailure) throws(TargetExpansion.Failure) {
    taken += 1
    if unsearchable.count < FolderSample.most { unsearchable.append((path(to: tail), failure.errno)) }
    try checkCount()
  }

  private func path(to tail: [UInt8]) -> [UInt8] { target.path.literalPath + [UInt8(ascii: "/")] + tail }

  private func checkCount() throws(TargetExpansion.Failure) {
    if taken > TargetExpansion.maxFolders { throw .tooMany }
  }
}
