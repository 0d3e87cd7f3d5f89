import Kernel
import Plan
import SystemPackage

/// What `keep_last` keeps: the newest periods that have folders, whatever their age.
///
/// Of each series for itself, since that deletes less: folders belong to one when all that stands in components of its own, or
/// in front of the date or within it, is the same. In `/data/*/db-{YYYY}-{MM}-*` each folder of `/data` has its own newest months, and all
/// folders of such a month stay. A folder named for a time to come takes no place.
struct SparedPeriods: FolderVisitor {
  private let components: [PathPattern.Component]
  private let count: Int
  private let now: WallTime
  /// When these begin, the newest first; `count` of each series at most.
  private var newest: [[UInt8]: [WallTime]] = [:]
  private var held = 0

  /// Begins of periods, over all series; as many as eight bytes each are 4 MB.
  private static let most = 25 * TargetExpansion.maxFolders

  init(_ count: Int, of path: PathPattern, at now: WallTime) {
    components = Array(path.components.dropFirst(path.literalPrefix.count))
    (self.count, self.now) = (count, now)
  }

  mutating func found(
    _ tail: [UInt8], _ identity: FileIdentity, _ fields: DateTemplate.Fields
  ) throws(TargetExpansion.Failure) {
    guard let start = fields.period?.start, start <= now else { return }
    let series = series(of: tail)
    var periods = newest[series] ?? []
    let place = periods.firstIndex { $0 <= start } ?? periods.count
    guard place < count, place == periods.count || periods[place] != start else { return }
    periods.insert(start, at: place)
    if periods.count > count { periods.removeLast() } else { held += 1 }
    newest[series] = periods
    guard newest.count <= TargetExpansion.maxFolders, held <= SparedPeriods.most else { throw .tooManySeries }
  }

  /// What cannot be searched has no folders that anybody would delete.
  mutating func unsearchable(_ tail: [UInt8], _ failure: SearchFailure) {}

  /// Whether a folder of this period stays: also when there are fewer than are to be kept.
  func contains(_ period: Period, at tail: [UInt8]) -> Bool {
    let periods = newest[series(of: tail)] ?? []
    guard let oldest = periods.last, periods.count == count else { return true }
    return period.start >= oldest
  }

  private func series(of tail: [UInt8]) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    let names = tail.split(separator: slash).map { Array($0) }
    return Array(
      zip(components, names).map { component, name in
        if case .template(let template) = component { template.series(of: name) } else { name }
      }.joined(separator: [slash]))
  }
}
