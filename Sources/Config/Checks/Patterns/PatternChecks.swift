import Plan

/// What `include` and `exclude` say together, as far as it can be known without a disk: a pattern without effect, and
/// patterns that leave no file to go.
struct PatternChecks {
  private let targets: [DecodedTarget]
  /// The keys of `defaults` that some target has instead of the inherited ones.
  private let overridden: Set<String>
  private var effort = GlobShape.Effort()
  /// For looking for the target's path in patterns, which is cheap, but done for every target.
  private var glances = GlobShape.Effort(2_000_000)
  /// What was compared already: targets that inherit the same lists need no second look.
  private var seen: Set<TargetPatterns.Places> = []
  private var seenLists: Set<SourcePlace> = []
  /// More than anyone reads; to print a hundred thousand takes minutes.
  private var reportsLeft = 1000

  init(_ targets: [DecodedTarget]) {
    self.targets = targets
    overridden = Set(
      ["exclude", "max_depth"].filter { key in targets.contains { $0.settings.given[key]?.isOwn == true } })
  }

  mutating func run(findings: inout Findings) {
    for target in targets where target.isEnabled {
      checkOwnPath(target, &findings)
      checkNegation(target, &findings)
      let places = TargetPatterns.Places(target)
      guard seen.insert(places).inserted, effort.spend(TargetPatterns.cost(of: target)),
        let patterns = TargetPatterns(target, at: places)
      else { continue }
      check(patterns, &findings)
    }
  }

  private mutating func check(_ target: TargetPatterns, _ findings: inout Findings) {
    let includes = checkIncludes(of: target, &findings)
    let excludes = checkExcludes(of: target, against: includes.possible, &findings)
    checkRepetitions(in: includes.effective, of: "include", at: target.places.include?.place, &findings)
    checkRepetitions(in: excludes, of: "exclude", at: target.places.exclude?.place, &findings)
  }

  private mutating func report(_ finding: Diagnostic, _ findings: inout Findings) {
    guard reportsLeft > 0 else { return }
    reportsLeft -= 1
    findings.report(finding)
  }

  // MARK: include

  /// Why a pattern has no effect, and what is to blame besides the pattern itself: a value of `otherKey`.
  private struct Fault {
    let reason: Diagnostic.PatternFault
    var other: TargetPatterns.Given?
    var otherKey = ""

    var isTargetsOwn: Bool { other?.isOwn == true }

    /// No other pattern has to do with it.
    var isOfPatternItself: Bool { if case .excluded = reason { false } else { true } }
  }

  /// Returns those that have an effect, and with them those that only an `exclude` takes it from.
  private mutating func checkIncludes(
    of target: TargetPatterns, _ findings: inout Findings
  ) -> (effective: [PlacedPattern], possible: [PlacedPattern]) {
    if target.includes.isEmpty {
      reportExcludedEverything(target, &findings)
      return ([], [])
    }
    let faults = target.includes.map { fault(ofInclude: $0, of: target) }
    // Where no file is left, there are still empty directories, which no pattern of `include` keeps.
    if faults.contains(where: { $0 == nil }) || target.places.removesEmptyDirectories {
      for case (let pattern, let fault?) in zip(target.includes, faults) {
        warn(of: fault, pattern, in: "include", isOwn: target.ownsInclude, &findings)
      }
    } else {
      refuse(target, faults.compactMap { $0 }, &findings)
    }
    let judged = zip(target.includes, faults)
    return (judged.filter { $1 == nil }.map(\.0), judged.filter { $1?.isOfPatternItself != true }.map(\.0))
  }

  private mutating func fault(ofInclude pattern: PlacedPattern, of target: TargetPatterns) -> Fault? {
    if let fault = fault(of: pattern, under: target) { return fault }
    for exclude in target.excludes {
      if effort.isSpent { return nil }
      guard exclude.shape.impossibility == nil, exclude.shape.covers(pattern.shape, effort: &effort) else { continue }
      let given = TargetPatterns.Given(place: exclude.place, isOwn: target.ownsExclude)
      return Fault(reason: .excluded(by: exclude.text), other: given, otherKey: "exclude")
    }
    return nil
  }

  /// What a pattern of either list can have wrong with it.
  private func fault(of pattern: PlacedPattern, under target: TargetPatterns) -> Fault? {
    if let impossibility = pattern.shape.impossibility { return Fault(reason: .impossible(impossibility)) }
    guard let maxDepth = target.maxDepth, pattern.shape.leastDepth > maxDepth else { return nil }
    return Fault(
      reason: .tooDeep(needed: pattern.shape.leastDepth, maxDepth: maxDepth), other: target.places.maxDepth,
      otherKey: "max_depth")
  }

  /// What a target inherits is no slip where the target itself, or another one, replaces the other half of the matter.
  private mutating func warn(
    of fault: Fault, _ pattern: PlacedPattern, in key: String, isOwn: Bool, _ findings: inout Findings
  ) {
    if !isOwn, fault.isTargetsOwn || overridden.contains(fault.otherKey) { return }
    report(
      .patternWithoutEffect(pattern.text, of: key, fault.reason, at: pattern.place, other: fault.other?.place),
      &findings)
  }

  /// No pattern of `include` is left. When the target inherits them, what it has of its own is to blame.
  private mutating func refuse(_ target: TargetPatterns, _ faults: [Fault], _ findings: inout Findings) {
    let blamesTarget = !target.ownsInclude && faults.contains(where: \.isTargetsOwn)
    for (pattern, fault) in zip(target.includes, faults) where !blamesTarget || fault.isTargetsOwn {
      if blamesTarget, let place = fault.other?.place {
        report(.nothingIncluded(pattern.text, fault.reason, at: place, include: pattern.place), &findings)
      } else {
        report(
          .nothingIncluded(pattern.text, fault.reason, at: pattern.place, other: fault.other?.place), &findings)
      }
    }
  }

  private mutating func reportExcludedEverything(_ target: TargetPatterns, _ findings: inout Findings) {
    for exclude in target.excludes {
      guard exclude.shape.impossibility == nil, exclude.shape.covers(.everything, effort: &effort) else { continue }
      return report(.everythingExcluded(exclude.text, at: exclude.place), &findings)
    }
  }

  // MARK: exclude

  /// Returns those that have an effect.
  private mutating func checkExcludes(
    of target: TargetPatterns, against includes: [PlacedPattern], _ findings: inout Findings
  ) -> [PlacedPattern] {
    var effective: [PlacedPattern] = []
    // `keep` beside `keep/**` means the folder, as people write it by habit.
    let folders = target.excludedFolders
    for exclude in target.excludes {
      if let fault = fault(of: exclude, under: target) {
        warn(of: fault, exclude, in: "exclude", isOwn: target.ownsExclude, &findings)
      } else if let include = includes.first, target.mayWasteExcludes, !folders.contains(exclude.text),
        !exclude.text.hasPrefix("!"), !meets(exclude, includes)
      {
        report(.excludeMeetsNothing(exclude.text, at: exclude.place, include: include.place), &findings)
      } else {
        effective.append(exclude)
      }
    }
    return effective
  }

  private mutating func meets(_ exclude: PlacedPattern, _ includes: [PlacedPattern]) -> Bool {
    for include in includes {
      if effort.isSpent || exclude.shape.canMeet(include.shape, effort: &effort) { return true }
    }
    return false
  }

  // MARK: Either list

  private mutating func checkRepetitions(
    in patterns: [PlacedPattern], of key: String, at list: SourcePlace?, _ findings: inout Findings
  ) {
    guard let list, seenLists.insert(list).inserted else { return }
    var first: [String: SourcePlace] = [:]
    var different: [PlacedPattern] = []
    // Those that were meant to take something out are reported for that.
    for pattern in patterns where !pattern.text.hasPrefix("!") {
      if let place = first[pattern.text] {
        report(.patternRepeated(pattern.text, of: key, at: pattern.place, first: place), &findings)
      } else {
        first[pattern.text] = pattern.place
        different.append(pattern)
      }
    }
    if different.count > 1, let all = different.first(where: { $0.shape.covers(.everything, effort: &effort) }) {
      return report(.patternOfEverything(all.text, of: key, at: all.place), &findings)
    }
    for index in different.indices { checkCovered(index, in: different, of: key, &findings) }
  }

  private mutating func checkCovered(
    _ index: Int, in patterns: [PlacedPattern], of key: String, _ findings: inout Findings
  ) {
    let pattern = patterns[index]
    for (otherIndex, other) in patterns.enumerated() where otherIndex != index {
      if effort.isSpent { return }
      guard other.shape.covers(pattern.shape, effort: &effort) else { continue }
      // Of two that match the same paths, the later one is the one too many.
      if otherIndex > index, pattern.shape.covers(other.shape, effort: &effort) { continue }
      return report(
        .patternCovered(pattern.text, of: key, by: other.text, at: pattern.place, other: other.place), &findings)
    }
  }

  // MARK: Negation

  /// In the lists of other programs a `!` takes out what an earlier pattern has taken in.
  private mutating func checkNegation(_ target: DecodedTarget, _ findings: inout Findings) {
    for key in ["include", "exclude"] {
      for item in target.settings.given[key]?.node.items ?? [] where glances.spend(1) {
        guard let text = item.text, text.hasPrefix("!") else { continue }
        report(.negatedPattern(text, of: key, at: item.place), &findings)
      }
    }
  }

  // MARK: The target's path

  /// Patterns are relative to the target: one that repeats its path looks for that path once more inside. A path of one
  /// component may well have a folder of its own name.
  private mutating func checkOwnPath(_ target: DecodedTarget, _ findings: inout Findings) {
    guard let path = target.path, path.isLiteral, path.components.count > 1 else { return }
    let values = target.settings.values
    for (key, globs) in [("include", values.include), ("exclude", values.exclude)] {
      for (index, glob) in globs.enumerated() {
        guard glances.spend(1) else { return }
        guard let rest = glob.pattern.below(path.text.dropFirst()),
          let items = target.settings.given[key]?.node.items, items.count == globs.count,
          items[index].text == glob.pattern
        else { continue }
        report(
          .patternHoldsPath(glob.pattern, of: key, rest: rest, at: items[index].place, path: target.pathPlace),
          &findings)
      }
    }
  }
}

extension String {
  /// What follows `folder` and a slash; `**` when nothing does; nil when this begins otherwise.
  fileprivate func below(_ folder: Substring) -> String? {
    guard utf8.starts(with: folder.utf8) else { return nil }
    let rest = utf8.dropFirst(folder.utf8.count)
    if rest.isEmpty { return "**" }
    return rest.first == UInt8(ascii: "/") ? String(decoding: rest.dropFirst(), as: UTF8.self) : nil
  }
}
