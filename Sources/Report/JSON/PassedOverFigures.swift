import Plan
import Runner

/// What one target's path may have been meant to find, and did not take.
struct PassedOverFigures: Hashable, Sendable, Encodable {
  let target: String
  let symbolicLinks: UInt64
  let firstSymbolicLink: String?
  let almostDates: UInt64
  let firstAlmostDate: String?
  let mountPoints: UInt64
  let firstMountPoint: String?

  init(_ target: TargetPassedOver) {
    let (links, almost) = (target.passedOver.links, target.passedOver.nearMisses)
    self.target = target.target
    (symbolicLinks, almostDates) = (links.count, almost.count)
    firstSymbolicLink = links.count > 0 ? PrintableText.path(links.first) : nil
    mountPoints = target.passedOver.mounts.count
    firstMountPoint = mountPoints > 0 ? PrintableText.path(target.passedOver.mounts.first) : nil
    firstAlmostDate = almost.count > 0 ? PrintableText.path(almost.first) : nil
  }

  private enum CodingKeys: String, CodingKey {
    case target
    case symbolicLinks = "symbolic_links"
    case firstSymbolicLink = "first_symbolic_link"
    case almostDates = "almost_dates"
    case firstAlmostDate = "first_almost_date"
    case mountPoints = "mount_points"
    case firstMountPoint = "first_mount_point"
  }
}
