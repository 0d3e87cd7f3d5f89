import Plan

/// What memory does while files go by.
public enum MemoryTrend: String, Hashable, Sendable {
  /// It does not depend on the number of files.
  case flat
  /// It grows, but no more than the number of files.
  case linear
  /// Memory per 1000 files rises: this ends in a killed process.
  case growing

  /// A rise of less than this is the allocator's, not the tree's.
  private static let noise = 4.0 * 1_048_576
  /// With fewer there is no trend to be seen: three points for each third, and more files than all directories in work hold.
  private static let fewest = (points: 9, files: UInt64(10_000))

  /// The trend of a run so far; nil while too little was seen.
  ///
  /// What targets have reserved goes up and down with the workers and is bounded by their budgets. So what they had reserved
  /// more than in the beginning is taken off; the most so far, since not all of it goes back to the system at once.
  public static func of(_ points: [MemoryPoint]) -> MemoryTrend? {
    var mostReserved = 0.0
    let leastReserved = Double(points.first?.reserved.bytes ?? 0)
    let explained = points.map { point in
      mostReserved = max(mostReserved, Double(point.reserved.bytes))
      return Point(memory: Double(point.process.bytes) - (mostReserved - leastReserved), files: point.files)
    }
    // The beginning is left out, where everything is used for the first time.
    let points = explained.dropFirst(explained.count / 4)
    guard points.count >= fewest.points, let first = points.first, let last = points.last,
      last.files >= first.files + fewest.files
    else { return nil }
    let thirds = (0..<3).map { third in
      Mean(points.dropFirst(third * points.count / 3).prefix(points.count / 3))
    }
    let rise = thirds[2].memory - thirds[0].memory
    if rise <= max(noise, thirds[0].memory / 10) { return .flat }
    // Slopes do not depend on how much was taken off.
    let (before, after) = (thirds[0].slope(to: thirds[1]), thirds[1].slope(to: thirds[2]))
    return after > max(0, before) * MemoryTrend.steeper ? .growing : .linear
  }
  /// What a further file costs, in the second half against the first; less is chance.
  private static let steeper = 1.25

  private struct Point {
    var memory: Double
    var files: UInt64
  }

  private struct Mean {
    var memory: Double
    var files: Double

    init(_ points: ArraySlice<Point>) {
      let count = Double(points.count)
      memory = points.reduce(0) { $0 + $1.memory } / count
      files = points.reduce(0) { $0 + Double($1.files) } / count
    }

    /// Memory for each file from here to there.
    func slope(to later: Mean) -> Double { later.files > files ? (later.memory - memory) / (later.files - files) : 0 }
  }
}

/// Memory over a run, as a bounded number of points: when there are too many, every other one goes.
struct MemorySeries: Sendable {
  /// Enough for a curve; a report must not grow with the length of a run.
  static let most = 240
  /// So that a run of a second has a trend, too.
  private static let firstInterval: Duration = .milliseconds(100)
  /// A run of ten days has no longer one.
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
