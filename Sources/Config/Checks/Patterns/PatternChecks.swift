import Plan

/// What `include` and `exclude` say together, as far as it can be known without a disk: a pattern without effect, and
/// patterns that leave no file to go.
struct PatternChecks {
  private let targets: [DecodedTarget]
  /// Some target has its own `max_depth` in place of an inherited one.
  private let replacesMaxDepth: Bool
  private var effort = Effort()
  /// For looking at each pattern of each target by itself, which is cheap.
  private var glances = Effort(2_000_000)
  /// What was compared already: targets that inherit the same lists need no second look.
  private var seen: Set<TargetPatterns.Places> = []
  private var seenLists: Set<SourcePlace> = []
  /// Inherited absolute patterns that speak of something in some target, and those that do not so far.
  private var met: Set<SourcePlace> = []
  private var unmet: [SourcePlace: Diagnostic] = [:]
  /// Those of `exclude` of which it was looked at already how deep they protect.
  private var measured: Set<SourcePlace> = []
  /// More than anyone reads; to print a hundred thousand takes minutes.
  private var reportsLeft = 1000

  init(_ targets: [DecodedTarget]) {
    self.targets = targets
    replacesMaxDepth = targets.contains { $0.settings.given["max_depth"]?.isOwn == true }
  }

  mutating func run(findings: inout Findings) {
    for target in targets where target.isEnabled {
      checkPath(target, &findings)
      let places = TargetPatterns.Places(target)
      guard seen.insert(places).inserted, effort.spend(TargetPatterns.cost(of: target)),
        let patterns = TargetPatterns(target, at: places)
      else { continue }
      check(patterns, &findings)
    }
    for (place, finding) in unmet where !met.contains(place) { report(finding, &findings) }
  }

  private mutating func check(_ target: TargetPatterns, _ findings: inout Findings) {
    let includes = checkIncludes(of: target, &findings)
    let ofRules = target.rules.flatMap(\.includes)
    // Where a rule, or the target, speaks of everything, any exclude is of use.
    let isOfEverything = target.includes.isEmpty || target.rules.contains { $0.includes.isEmpty }
    let excludes = checkExcludes(of: target, against: isOfEverything ? [] : includes.possible + ofRules, &findings)
    checkRules(of: target, &findings)
    checkRepetitions(in: includes.effective, of: "include", at: target.places.include?.place, &findings)
    checkRepetitions(in: excludes, of: "exclude", at: target.places.exclude?.place, &findings)
  }

  private mutating func report(_ finding: Diagnostic, _ findings: inout Findings) {
    guard reportsLeft > 0 else { return }
    reportsLeft -= 1
    findings.report(finding)
  }

  // MARK: include

  /// Why a pattern has no effect, and what is to blame besides the pattern itself.
  private struct Fault {
    let reason: Diagnostic.PatternFault
    var other: TargetPatterns.Given?

    var isTargetsOwn: Bool { other?.isOwn == true }
    var isOfDepth: Bool { if case .tooDeep = reason { true } else { false } }

    /// No other pattern has to do with it.
    var isOfPatternItself: Bool { if case .excluded = reason { false } else { true } }
  }

  /// Returns those that have an effect, and with them those that only an `exclude` takes it from.
  private mutating func checkIncludes(
    of target: TargetPatterns, _ findings: inout Findings
  ) -> (effective: [TargetPatterns.Item], possible: [TargetPatterns.Item]) {
    if target.includes.isEmpty {
      reportExcludedEverything(target, &findings)
      return ([], [])
    }
    let faults = target.includes.map { fault(ofInclude: $0, of: target) }
    if faults.contains(where: { $0 == nil }) || !target.rules.isEmpty {
      for case (let pattern, let fault?) in zip(target.includes, faults) {
        warn(of: fault, pattern, in: "include", &findings)
      }
    } else {
      refuse(target, faults.compactMap { $0 }, &findings)
    }
    let judged = zip(target.includes, faults)
    return (judged.filter { $1 == nil }.map(\.0), judged.filter { $1?.isOfPatternItself != true }.map(\.0))
  }

  private mutating func fault(ofInclude pattern: TargetPatterns.Item, of target: TargetPatterns) -> Fault? {
    if let fault = fault(of: pattern, under: target) { return fault }
    for exclude in target.excludes {
      if effort.isSpent { return nil }
      guard exclude.shape.impossibility == nil, exclude.shape.covers(pattern.shape, effort: &effort) else { continue }
      let given = TargetPatterns.Given(place: exclude.place, isOwn: exclude.isOwn)
      return Fault(reason: .excluded(by: exclude.text), other: given)
    }
    return nil
  }

  /// What a pattern of either list can have wrong with it.
  private func fault(of pattern: TargetPatterns.Item, under target: TargetPatterns) -> Fault? {
    if let impossibility = pattern.shape.impossibility { return Fault(reason: .impossible(impossibility)) }
    guard let maxDepth = target.maxDepth, pattern.shape.leastDepth > maxDepth else { return nil }
    return Fault(
      reason: .tooDeep(needed: pattern.shape.leastDepth, maxDepth: maxDepth), other: target.places.maxDepth)
  }

  /// What a target inherits is no slip where the target itself, or another one, replaces the other half of the matter.
  private mutating func warn(
    of fault: Fault, _ pattern: TargetPatterns.Item, in key: String, _ findings: inout Findings
  ) {
    if !pattern.isOwn, fault.isTargetsOwn || fault.isOfDepth && replacesMaxDepth { return }
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
      guard exclude.shape.impossibility == nil, exclude.shape.coversEverything(effort: &effort) else { continue }
      return report(.everythingExcluded(exclude.text, at: exclude.place), &findings)
    }
  }

  // MARK: rules

  private mutating func checkRules(of target: TargetPatterns, _ findings: inout Findings) {
    for (number, rule) in target.rules.enumerated() {
      for pattern in rule.includes {
        guard let fault = fault(ofInclude: pattern, of: target) else { continue }
        warn(of: fault, pattern, in: "rules[\(number)].include", &findings)
      }
      let decided = target.rules[..<number].first { covers($0, rule) }
      if let decided, target.places.rules?.isOwn == true {
        report(.ruleWithoutEffect(number, at: rule.place, by: decided.place), &findings)
      }
    }
  }

  private mutating func covers(_ earlier: TargetPatterns.Rule, _ rule: TargetPatterns.Rule) -> Bool {
    guard earlier.excludes.isEmpty else { return false }
    if earlier.includes.isEmpty { return true }
    return !rule.includes.isEmpty
      && rule.includes.allSatisfy { pattern in
        earlier.includes.contains { !effort.isSpent && $0.shape.covers(pattern.shape, effort: &effort) }
      }
  }

  // MARK: exclude

  /// Returns those that have an effect.
  private mutating func checkExcludes(
    of target: TargetPatterns, against includes: [TargetPatterns.Item], _ findings: inout Findings
  ) -> [TargetPatterns.Item] {
    var effective: [TargetPatterns.Item] = []
    for exclude in target.excludes {
      if let fault = fault(of: exclude, under: target) {
        warn(of: fault, exclude, in: "exclude", &findings)
      } else if let include = includes.first, exclude.isOwn, !meets(exclude, includes) {
        report(.excludeMeetsNothing(exclude.text, at: exclude.place, include: include.place), &findings)
      } else {
        effective.append(exclude)
      }
    }
    return effective
  }

  private mutating func meets(_ exclude: TargetPatterns.Item, _ includes: [TargetPatterns.Item]) -> Bool {
    for include in includes {
      if effort.isSpent || exclude.shape.canMeet(include.shape, effort: &effort) { return true }
    }
    return false
  }

  // MARK: Either list

  private mutating func checkRepetitions(
    in patterns: [TargetPatterns.Item], of key: String, at list: SourcePlace?, _ findings: inout Findings
  ) {
    guard let list, seenLists.insert(list).inserted else { return }
    // What the target adds to what it inherits is to blame; what it inherits was looked at by itself.
    let isToBlame = { (pattern: TargetPatterns.Item) in
      pattern.isOwn || !patterns.contains { $0.isOwn }
    }
    var first: [String: SourcePlace] = [:]
    var different: [TargetPatterns.Item] = []
    for pattern in patterns {
      if let place = first[pattern.text] {
        if isToBlame(pattern) {
          report(.patternRepeated(pattern.text, of: key, at: pattern.place, first: place), &findings)
        }
      } else {
        first[pattern.text] = pattern.place
        different.append(pattern)
      }
    }
    if different.count > 1, let all = different.first(where: { $0.shape.coversEverything(effort: &effort) }) {
      return report(.patternOfEverything(all.text, of: key, at: all.place), &findings)
    }
    for index in different.indices where isToBlame(different[index]) {
      checkCovered(index, in: different, of: key, &findings)
    }
  }

  private mutating func checkCovered(
    _ index: Int, in patterns: [TargetPatterns.Item], of key: String, _ findings: inout Findings
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

  // MARK: The target's path

  private mutating func checkPath(_ target: DecodedTarget, _ findings: inout Findings) {
    guard let path = target.path else { return }
    let values = target.settings.values
    let ofRules = values.rules.flatMap(\.allPatterns)
    for (key, patterns) in [("include", values.include), ("exclude", values.exclude), ("rules", ofRules)] {
      for placed in patterns {
        guard glances.spend(1) else { return }
        if key == "exclude" { checkDepth(placed, &findings) }
        if placed.pattern.isAbsolute {
          checkAbsolute(placed, of: key, target, path, &findings)
        } else if path.isLiteral {
          checkOwnPath(placed, of: key, target, path, &findings)
        } else if key == "exclude" {
          checkFolderBeside(placed, target, path, &findings)
        }
      }
    }
  }

  /// For `find -path` and `fnmatch`, a star at the beginning goes through any number of folders. Here it is one, and the star at
  /// the end, which adds nothing to the folder's name, tells that this is not known.
  private mutating func checkDepth(_ placed: PlacedPattern, _ findings: inout Findings) {
    let parts = placed.text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 2, parts.first == "*", parts.last == "*", !parts.contains("**"),
      measured.insert(placed.place).inserted
    else { return }
    let middle = parts.dropFirst().dropLast()
    // Any names there speak of a depth, and of nothing that may lie deeper, too.
    if middle.allSatisfy({ $0.contains("*") && $0.allSatisfy { $0 == "*" || $0 == "?" } }) { return }
    report(.patternOfOneDepth(placed.text, middle.joined(separator: "/"), at: placed.place), &findings)
  }

  /// Patterns without a slash at the beginning are relative to the target: one that repeats its path looks for that path once
  /// more inside. A path of one component may well have a folder of its own name.
  private mutating func checkOwnPath(
    _ placed: PlacedPattern, of key: String, _ target: DecodedTarget, _ path: PathPattern, _ findings: inout Findings
  ) {
    guard path.components.count > 1, let rest = placed.text.below(path.text.dropFirst()) else { return }
    report(
      .patternHoldsPath(placed.text, of: key, rest: rest, at: placed.place, path: target.pathPlace), &findings)
  }

  /// An absolute pattern must speak of something in the target; one that targets inherit, in one of them.
  private mutating func checkAbsolute(
    _ placed: PlacedPattern, of key: String, _ target: DecodedTarget, _ path: PathPattern, _ findings: inout Findings
  ) {
    if met.contains(placed.place) { return }
    let given = target.settings.given[key]
    let isInherited = given?.isOwn != true || given?.value.holds(placed.place) != true
    if PatternShape(ofPaths: placed.pattern).canMeet(PatternShape(ofPaths: path.asPattern), effort: &effort) {
      if isInherited { met.insert(placed.place) }
    } else if isInherited {
      unmet[placed.place] = .patternOutsideTarget(placed.text, of: key, at: placed.place, path: target.pathPlace)
    } else {
      report(.patternOutsideTarget(placed.text, of: key, at: placed.place, path: target.pathPlace), &findings)
    }
  }

  /// A name at the beginning of a relative pattern that could be one of the folders that the path stands for.
  private mutating func checkFolderBeside(
    _ placed: PlacedPattern, _ target: DecodedTarget, _ path: PathPattern, _ findings: inout Findings
  ) {
    let parts = placed.text.split(separator: "/", omittingEmptySubsequences: false)
    guard placed.pattern.anchor == .target, let name = parts.first.map({ String($0) }), Glob.isLiteral(name),
      !name.contains("{"), let last = path.components.last.map({ NameShape($0) }), last.literal == nil,
      last.canEqual(NameShape(literal: Array(name.utf8)))
    else { return }
    let folders = path.text.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    report(
      .patternOfFolderBeside(
        placed.text, absolute: (folders + "/" + placed.text.withoutAllBelow, "\(folders)/*/\(placed.text)"),
        at: placed.place, path: target.pathPlace), &findings)
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

  /// Without what says that all in a folder is meant.
  fileprivate var withoutAllBelow: String { hasSuffix("/**") ? String(dropLast(3)) : self }
}

extension PathPattern {
  /// The pattern that matches the same folders.
  fileprivate var asPattern: Pattern { Pattern(path: components.map { NameShape($0).parts }) }
}
