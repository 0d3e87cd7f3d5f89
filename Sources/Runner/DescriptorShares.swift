/// How a run divides the descriptors it may have open.
struct DescriptorShares: Hashable, Sendable {
  /// Targets at once: no more than there are descriptors for.
  let parallelTargets: Int
  /// For the directories of one of them.
  private let perTarget: Int

  /// Descriptors that are not for directories: log, report, cgroup files, the runtime's own.
  private static let others = 64

  init(limit: Int, parallelTargets: Int) {
    let directories = max(16, limit - DescriptorShares.others)
    // Each needs a few to go down and up a tree at all.
    self.parallelTargets = min(parallelTargets, max(1, directories / 16))
    perTarget = directories / self.parallelTargets
  }

  /// Half is for directories in work. Of the other half each worker needs two at a time, and more when it opens again what
  /// was closed.
  var openDirectories: Int { perTarget / 2 }
  var workers: Int { max(1, perTarget / 8) }

  func reopenedAtOnce(by workers: Int) -> Int {
    let spare = perTarget / 2 - 2 * workers
    return min(32, max(1, spare / workers))
  }
}
