/// Room under the caps on deletions.
extension PurgeWorker {
  /// Room under the caps for as many of `group` as there is; trips the guard when there is none for the first one.
  func reserve(_ group: Range<Int>, of victims: VictimList) -> Int {
    if walk.means.caps.isEmpty { return group.count }
    for index in group where !reserve(victims.looks[index].bytes, waiting: index == group.lowerBound) {
      return index - group.lowerBound
    }
    return group.count
  }

  /// Room for one file under every cap, or under none. Only the first of a group waits for others, since whoever waits
  /// must not hold what others wait for.
  private func reserve(_ size: UInt64, waiting: Bool) -> Bool {
    var held: [DeletionCap] = []
    for cap in walk.means.caps {
      if waiting ? cap.reserve(size, unless: { isStoppedWhileWaiting() }) : cap.tryReserve(size) {
        held.append(cap)
        continue
      }
      for other in held { other.settle(reserved: size, deleted: nil) }
      if waiting, !isStopped { reached(cap) }
      return false
    }
    return true
  }

  func extend(by size: UInt64) -> Bool {
    var held: [DeletionCap] = []
    for cap in walk.means.caps {
      if cap.extend(by: size) {
        held.append(cap)
        continue
      }
      for other in held { other.shrink(by: size) }
      reached(cap)
      return false
    }
    return true
  }

  private func reached(_ cap: DeletionCap) {
    // Other walks may share the cap: it is told once.
    if cap.noteRefusal() {
      walk.trip(cap.refusal)
      cap.onReached?(cap.refusal)
    } else {
      walk.stop(.stoppedGuard, message: cap.refusal)
    }
  }
}
