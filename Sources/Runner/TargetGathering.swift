import Plan

/// All folders of a run, found before anything is touched.
struct TargetGathering: Sendable {
  /// Higher priority first, else in config order.
  private(set) var targets: [ResolvedTarget] = []
  /// Targets that are done without a walk: disabled, not to be found, overlapping.
  private(set) var outcomes: [TargetOutcome] = []
  /// Patterns of the selection that match nothing.
  private(set) var unmatched: [String] = []

  private let selection: [Glob]
  private var matched: Set<String> = []
  /// Some folders could not be looked for.
  private var cannotTell = false

  /// Looks for the folders of all targets; a stop ends the search, and what was not searched for is not started.
  init(_ plan: BatchPlan, selection: [Glob], expansion: TargetExpansion) {
    self.selection = selection
    var found: [ResolvedTarget] = []
    for target in plan.targets { gather(target, expansion, &found) }
    targets = withoutOverlaps(found).enumerated()
      .sorted { ($1.element.spec.priority, $0.offset) < ($0.element.spec.priority, $1.offset) }.map(\.element)
    if !cannotTell { unmatched = selection.map(\.pattern).filter { !matched.contains($0) } }
  }

  /// A run whose search for folders did not come back.
  init(notStarted plan: BatchPlan, selection: [Glob], reason: String) {
    self.selection = selection
    for target in plan.targets where isSelected(target.name, of: target) { notStarted(target, reason) }
  }

  private mutating func gather(_ target: Target, _ expansion: TargetExpansion, _ found: inout [ResolvedTarget]) {
    let isNamed = isSelected(target.name, of: target)
    guard target.isEnabled else {
      if isNamed { add(target, .skipped, "disabled") }
      return
    }
    do throws(TargetExpansion.Failure) {
      if expansion.isStopped() { throw .stopped }
      let folders = try expansion.folders(of: target)
      for folder in folders.found where isSelected(folder.name, of: target) { found.append(folder) }
      for folder in folders.unsearchable where isSelected(folder.name, of: target) { outcomes.append(folder) }
    } catch {
      // Which folders there are is not known, so neither is whether the selection means one of them.
      cannotTell = true
      switch error {
      case .stopped: notStarted(target, "stopped while folders were looked for")
      case .tooMany:
        add(target, .failed, "more than \(TargetExpansion.maxFolders) folders match \(target.path.text)")
      case .system(let errno):
        outcomes.append(.unsearchable(name: target.name, path: target.path.text, errno))
      }
    }
  }

  private mutating func add(_ target: Target, _ ending: Ending, _ reason: String) {
    outcomes.append(TargetOutcome(name: target.name, path: target.path.text, ending: ending, reason: reason))
  }

  private mutating func notStarted(_ target: Target, _ reason: String) { add(target, .notStarted, reason) }

  private mutating func isSelected(_ name: String, of target: Target) -> Bool {
    if selection.isEmpty { return true }
    let matching = selection.filter { $0.matches(name) || $0.matches(target.name) }.map(\.pattern)
    matched.formUnion(matching)
    return !matching.isEmpty
  }

  /// Two targets must never walk the same tree. What the config check could not know shows when patterns are expanded:
  /// then the one that comes later in the config is refused.
  private mutating func withoutOverlaps(_ targets: [ResolvedTarget]) -> [ResolvedTarget] {
    // By path: the target that has it, or one that lies below it.
    var owners: [[UInt8]: String] = [:]
    var inhabitants: [[UInt8]: String] = [:]
    var kept: [ResolvedTarget] = []
    for target in targets {
      let ancestors = TargetGathering.ancestors(of: target.path)
      let inside = (ancestors + [target.path]).lazy.compactMap { owners[$0] }.first
      if let other = inside ?? inhabitants[target.path] {
        let reason = "overlaps with the target \(other)"
        outcomes.append(
          TargetOutcome(name: target.name, path: PrintableText.path(target.path), ending: .failed, reason: reason))
        continue
      }
      owners[target.path] = target.name
      for ancestor in ancestors { inhabitants[ancestor] = target.name }
      kept.append(target)
    }
    return kept
  }

  private static func ancestors(of path: [UInt8]) -> [[UInt8]] {
    path.indices.dropFirst().filter { path[$0] == UInt8(ascii: "/") }.map { Array(path[..<$0]) }
  }
}
