import Plan

/// What those targets ask for together that want most of something, as many as may run at once.
struct ParallelDemand<Amount: Comparable> {
  /// What each of them asks for, the most first.
  private(set) var amounts: [Amount] = []
  /// Where the config says the first of them.
  let place: SourcePlace
  /// Where it says the others, each place once.
  private(set) var otherPlaces: [SourcePlace] = []

  /// Nil when none asks.
  ///
  /// - Parameter wish: what one target asks for, for each of its folders; nil: nothing.
  init?(of targets: [DecodedTarget], parallel: Int, _ wish: (DecodedTarget) -> (amount: Amount, place: SourcePlace)?) {
    let wishes = targets.compactMap { target in wish(target).map { (target, $0.amount, $0.place) } }
      .sorted { $0.1 > $1.1 }
    guard let first = wishes.first else { return nil }
    place = first.2
    for (target, amount, place) in wishes where amounts.count < parallel {
      let folders = target.folders(atMost: parallel - amounts.count)
      amounts += Array(repeating: amount, count: folders)
      if place != self.place, !otherPlaces.contains(place) { otherPlaces.append(place) }
    }
  }
}

extension DecodedTarget {
  /// How many folders its path may find: a pattern as many as run at once, one of dates as many as have room in its bounds.
  fileprivate func folders(atMost most: Int) -> Int {
    guard let path, !path.isLiteral else { return 1 }
    guard !path.hasWildcard, let unit = path.finestField, let from = partitions?.from, let to = partitions?.to else {
      return most
    }
    var (count, period) = (0, unit.period(containing: from.start))
    while let here = period, here.start < to.end, count < most {
      count += 1
      period = unit.period(containing: here.end)
    }
    return max(1, count)
  }
}
