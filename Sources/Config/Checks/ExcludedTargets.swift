import Plan

/// Whether, of two targets that overlap, one excludes all folders that are the other's, so that each file belongs to one only.
struct ExcludedTargets {
  private var effort = Effort(2_000_000)

  mutating func spares(_ a: DecodedTarget, _ b: DecodedTarget) -> Bool { excludes(b, from: a) || excludes(a, from: b) }

  private mutating func excludes(_ inner: DecodedTarget, from outer: DecodedTarget) -> Bool {
    inner.path.map { excludes($0.components.map { NameShape($0) }, from: outer) } ?? false
  }

  /// Whether the target excludes all folders with paths of these shapes.
  mutating func excludes(_ path: [NameShape], from outer: DecodedTarget) -> Bool {
    guard let outerPath = outer.path, path.count >= outerPath.components.count,
      !outer.settings.failed.contains("exclude")
    else { return false }
    let shapes = path.map(\.parts)
    let below = Array(shapes.dropFirst(outerPath.components.count))
    for exclude in outer.settings.values.exclude {
      if exclude.pattern.isAbsolute {
        let all = PatternShape(ofPaths: Pattern(path: shapes))
        if PatternShape(ofPaths: exclude.pattern).covers(all, effort: &effort) { return true }
      } else if !below.isEmpty, let shape = PatternShape(exclude.pattern, in: nil),
        let all = PatternShape(Pattern(path: below, anchor: .target), in: nil)
      {
        if shape.covers(all, effort: &effort) { return true }
      }
    }
    return false
  }
}
