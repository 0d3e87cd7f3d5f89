import Plan

/// What memory does while files go by.
public enum MemoryTrend: String, Hashable, Sendable {
  /// It does not depend on the number of files.
  case flat
  /// It grows, but no more than the number of files.
  case linear
  /// Memory per 1000 files rises: this ends in a killed process.
  case growing

  /// Less than this is the allocator's, not the tree's.
  private static let noise = 4.0 * 1_048_576
  /// In fewer points, or with fewer files, there is no trend to be seen.
  private static let fewest = (points: 9, files: UInt64(10_000))

  /// The trend of a run so far; nil while too little was seen.
  ///
  /// What targets have reserved goes up and down with the workers and is bounded by their budgets. So it is taken off: what
  /// is judged is memory that nothing explains.
  public static func of(_ points: [MemoryPoint]) -> MemoryTrend? {
    // The beginning is left out, where everything is used for the first time.
    let points = points.dropFirst(points.count / 4)
    guard points.count >= fewest.points, let first = points.first, let last = points.last,
      last.files >= first.files + fewest.files
    else { return nil }
    let thirds = (0..<3).map { third in
      Mean(points.dropFirst(third * points.count / 3).prefix(points.count / 3))
    }
    let rise = thirds[2].memory - thirds[0].memory
    if rise <= max(noise, thirds[0].memory / 10) { return .flat }
    return thirds[2].perFile > thirds[1].perFile * 1.05 ? .growing : .linear
  }

  private struct Mean {
    var memory: Double
    var files: Double

    init(_ points: ArraySlice<MemoryPoint>) {
      let count = Double(points.count)
      memory = points.reduce(0) { $0 + Double(($1.process - $1.reserved).bytes) } / count
      files = points.reduce(0) { $0 + Double($1.files) } / count
    }

    var perFile: Double { files > 0 ? memory / files : 0 }
  }
}

/// Memory over a run, as a bounded number of points: when there are too many, every other one goes.
struct MemorySeries: Sendable {
  static let most = 240
  private static let firstInterval: Duration = .milliseconds(100)
  private static let longestInterval: Duration = .seconds(3600)

  private(set) var points: [MemoryPoint] = []
  private(set) var interval = MemorySeries.firstInterval

  mutating func note(_ point: MemoryPoint) {
    points.append(point)
    guard points.count >= MemorySeries.most else { return }
    points = points.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    interval = min(interval * 2, MemorySeries.longestInterval)
  }
}
