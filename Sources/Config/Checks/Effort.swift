/// Steps that all comparisons of one check may take together, so that no config, however made, costs more than a moment.
struct Effort {
  private var left: Int

  init(_ steps: Int = 500_000) { left = steps }

  var isSpent: Bool { left == 0 }

  /// False when no more than so many are left; then none is taken any more.
  mutating func spend(_ steps: Int) -> Bool {
    left = max(0, left - steps)
    return left > 0
  }
}
