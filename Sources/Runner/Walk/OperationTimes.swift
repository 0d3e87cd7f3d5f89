import func Glibc.exp2
import func Glibc.log2

/// How many calls, or round trips, of each kind there were and how long they took.
struct OperationTimes: Sendable {
  struct Sum: Sendable {
    var count: UInt64 = 0
    var nanoseconds: UInt64 = 0
    /// Of each one's nanoseconds, to base 2.
    var logarithms = 0.0

    static func - (a: Sum, b: Sum) -> Sum {
      Sum(
        count: a.count - b.count, nanoseconds: a.nanoseconds - b.nanoseconds, logarithms: a.logarithms - b.logarithms)
    }

    /// The logarithm of a typical call, on which a few very slow answers have little weight.
    var typical: Double { logarithms / Double(count) }
  }

  private var sums = OperationKind.Each<Sum>(repeating: Sum())

  subscript(kind: OperationKind) -> Sum {
    get { sums[kind.index] }
    set { sums[kind.index] = newValue }
  }

  mutating func add(_ kind: OperationKind, nanoseconds: UInt64) {
    sums[kind.index].count += 1
    sums[kind.index].nanoseconds += nanoseconds
    sums[kind.index].logarithms += log2(Double(max(nanoseconds, 1)))
  }

  static func - (a: OperationTimes, b: OperationTimes) -> OperationTimes {
    var difference = OperationTimes()
    for kind in OperationKind.allCases { difference[kind] = a[kind] - b[kind] }
    return difference
  }

  /// Of each kind the quicker typical call, where there were enough to speak of one: the quickest of a few is luck.
  mutating func keepQuickest(of other: OperationTimes) {
    for kind in OperationKind.allCases where other[kind].count >= 8 {
      if self[kind].count == 0 || other[kind].typical < self[kind].typical { self[kind] = other[kind] }
    }
  }

  var count: UInt64 { OperationKind.allCases.reduce(0) { $0 + self[$1].count } }
  var nanoseconds: UInt64 { OperationKind.allCases.reduce(0) { $0 + self[$1].nanoseconds } }

  /// What most of the time was spent waiting for: a typical one, each kind weighted by its time.
  var typical: Duration? {
    let all = Double(nanoseconds)
    guard all > 0 else { return nil }
    let logarithm = OperationKind.allCases.reduce(0.0) { sum, kind in
      self[kind].count == 0 ? sum : sum + self[kind].typical * Double(self[kind].nanoseconds) / all
    }
    // Sums read while others add to them may not belong together.
    return .nanoseconds(Int64(exp2(min(max(logarithm, 0), 62))))
  }

  /// By what factor calls take longer than they did in `earlier`, like compared with like: each kind by its typical call,
  /// weighted by the time spent on it. Nil when nothing can be compared.
  func stretch(over earlier: OperationTimes) -> Double? {
    var (weights, sum) = (0.0, 0.0)
    for kind in OperationKind.allCases where self[kind].count > 0 && earlier[kind].count > 0 {
      let weight = Double(self[kind].nanoseconds)
      weights += weight
      sum += weight * (self[kind].typical - earlier[kind].typical)
    }
    // What is compared must be most of what was done.
    guard weights > 0, weights >= Double(nanoseconds) / 2 else { return nil }
    return exp2(sum / weights)
  }
}
