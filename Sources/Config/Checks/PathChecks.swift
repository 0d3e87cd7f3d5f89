import Plan

/// What the targets' paths say together, as far as it can be known without a disk.
struct PathChecks {
  private struct Placed {
    let target: DecodedTarget
    let path: PathPattern
    let shapes: [NameShape]
    /// The protected folder it touches.
    let protected: String?
  }

  private let targets: [Placed]
  /// Those whose path could not be read.
  private let unreadable: [DecodedTarget]
  private let safety: Section<SafetyPlan>
  private let report: Section<ReportPlan>
  private let limits: YAMLLimits

  init(
    _ targets: [DecodedTarget], safety: Section<SafetyPlan>, report: Section<ReportPlan>, limits: YAMLLimits
  ) {
    (self.safety, self.report, self.limits) = (safety, report, limits)
    unreadable = targets.filter { $0.path == nil }
    self.targets = targets.compactMap { target in
      guard let path = target.path else { return nil }
      let shapes = path.components.map { NameShape($0) }
      return Placed(target: target, path: path, shapes: shapes, protected: ProtectedPaths.reached(by: shapes))
    }
  }

  /// In the order in which a reader would fear them.
  func run(findings: inout Findings) {
    checkProtectedPaths(&findings)
    checkAllowedRoots(&findings)
    checkOverlaps(&findings)
    checkReport(&findings)
  }

  private func checkReport(_ findings: inout Findings) {
    guard let file = report.values.file, let place = report.place(of: "file") else { return }
    if let finding = PathChecks.finding(aboutReport: file, at: place, beside: targets.map(\.target)) {
      findings.report(finding)
    }
  }

  /// What targets have against a report with this path: it is a folder, or would be deleted once it is old.
  static func finding(
    aboutReport file: ReportPath, at place: SourcePlace, beside targets: [DecodedTarget]
  ) -> Diagnostic? {
    let names = file.example.split(separator: "/")
    let shapes = names.map { NameShape(literal: Array($0.utf8)) }
    for target in targets where target.isEnabled {
      guard let path = target.path else { continue }
      if path.literalPrefix.starts(with: names.map { String($0) }) {
        return .reportIsFolder(file.text, at: place, folder: target.pathPlace)
      }
      let rest = names.dropFirst(path.components.count).joined(separator: "/")
      guard path.components.count < names.count, target.mayDelete(rest),
        path.components.map({ NameShape($0) }).canOverlap(shapes)
      else { continue }
      return .reportInsideTarget(path.text, at: place, target: target.pathPlace)
    }
    return nil
  }

  private func checkProtectedPaths(_ findings: inout Findings) {
    for one in targets {
      guard let protected = one.protected else { continue }
      findings.report(.protectedPath(one.path.text, protected: protected, at: one.target.pathPlace))
    }
  }

  private func checkAllowedRoots(_ findings: inout Findings) {
    guard !safety.values.allowedRoots.isEmpty, let place = safety.place(of: "allowed_roots") else { return }
    let roots = safety.values.allowedRoots.map { $0.split(separator: "/") }
    for one in targets where !roots.contains(where: { PathChecks.isInside(one.path, $0) }) {
      findings.report(.outsideAllowedRoots(one.path.text, at: one.target.pathPlace, roots: place))
    }
    // What is wrong with a path may be mended, and still lead there.
    for target in unreadable {
      guard let meant = target.settings.given["path"]?.node.text.flatMap(PathDestination.ofPlainPath) else { continue }
      let names = meant.split(separator: "/")
      if roots.contains(where: { names.starts(with: $0) { $0.utf8.elementsEqual($1.utf8) } }) { continue }
      findings.report(.outsideAllowedRoots(meant, at: target.pathPlace, roots: place))
    }
  }

  /// Whether all that the pattern can find is the folder with these names or lies in it.
  private static func isInside(_ path: PathPattern, _ names: [Substring]) -> Bool {
    guard path.components.count >= names.count else { return false }
    return zip(path.components, names).allSatisfy { component, name in
      guard case .literal(let text) = component else { return false }
      // As bytes: to Swift, an é of one character and one of two are the same text, to a file system they are not.
      return text.utf8.elementsEqual(name.utf8)
    }
  }

  /// Each target is reported with the first one before it that it overlaps. Those that touch a protected path would meet
  /// many, and are refused anyway; those that are disabled meet nobody.
  private func checkOverlaps(_ findings: inout Findings) {
    let allowed = targets.filter { $0.target.isEnabled && $0.protected == nil }
    var index = OverlapIndex(
      allowed.map { (shapes: $0.shapes, components: $0.path.components) }, comparisons: limits.comparisons)
    var exclusions = ExcludedTargets()
    for (number, one) in allowed.enumerated() {
      let first = index.firstOverlap(of: one.shapes, before: number) {
        PathChecks.mayShareFolders(one.target, allowed[$0].target) && !exclusions.spares(one.target, allowed[$0].target)
      }
      if index.isExhausted { return findings.report(.tooManyPatterns(at: one.target.pathPlace)) }
      if let first {
        let other = allowed[first]
        findings.report(
          .overlappingTargets(
            one.path.text, PathChecks.relation(of: one.path, to: other.path), other.path.text,
            example: PathChecks.example(one.path, other.path), at: one.target.pathPlace, other: other.target.pathPlace))
      }
    }
  }

  /// Whether two targets whose paths can find the same folders do so: dates and their bounds may keep them apart.
  static func mayShareFolders(_ a: DecodedTarget, _ b: DecodedTarget) -> Bool {
    guard let path = a.path, let other = b.path else { return true }
    if let rule = a.partitions, let otherRule = b.partitions {
      return !PathChecks.haveSameDates(path, other) || !Partitions.areDisjoint(rule, otherRule)
    }
    if let rule = a.partitions, other.isLiteral { return rule.mayChoose(other, by: path) }
    if let rule = b.partitions, path.isLiteral { return rule.mayChoose(path, by: other) }
    return true
  }

  /// Whether the dates of the one that is not longer stand in the other, too, so that a folder of both has one period, or
  /// one inside the other.
  private static func haveSameDates(_ path: PathPattern, _ other: PathPattern) -> Bool {
    zip(path.components, other.components).allSatisfy { one, another in
      switch (one, another) {
      case (.template(let dates), .template(let otherDates)): dates == otherDates
      case (.template, _), (_, .template): false
      case (.literal, _), (.wildcard, _): true
      }
    }
  }

  /// A folder of both, when each component of one or the other is a name.
  private static func example(_ path: PathPattern, _ other: PathPattern) -> String? {
    let (short, long) = path.components.count < other.components.count ? (path, other) : (other, path)
    if short.isLiteral, long.isLiteral { return nil }
    var names: [String] = []
    for (index, component) in long.components.enumerated() {
      if case .literal(let name) = component {
        names.append(name)
      } else if index < short.components.count, case .literal(let name) = short.components[index] {
        names.append(name)
      } else {
        return nil
      }
    }
    return "/" + names.joined(separator: "/")
  }

  private static func relation(of path: PathPattern, to other: PathPattern) -> Diagnostic.Relation {
    guard path.isLiteral, other.isLiteral else { return .unclear }
    if path.components.count == other.components.count { return .same }
    return path.components.count > other.components.count ? .inside : .around
  }
}

extension PartitionRule {
  /// Whether, at some time, the folder that `template` finds on the way to `path` is taken. True too when the path ends
  /// before the last date.
  fileprivate func mayChoose(_ path: PathPattern, by template: PathPattern) -> Bool {
    var fields = DateTemplate.Fields()
    for (index, component) in template.components.enumerated() {
      guard case .template(let dates) = component else { continue }
      guard index < path.components.count, case .literal(let name) = path.components[index] else { return true }
      guard let more = dates.match(Array(name.utf8), adding: fields) else { return false }
      fields = more
    }
    return fields.period.map(isWithinBounds) ?? false
  }
}

extension DecodedTarget {
  /// Whether `include` and `exclude` let a file with this path in the target go.
  fileprivate func mayDelete(_ path: String) -> Bool {
    guard let target else { return true }
    let root = self.path.flatMap { $0.isLiteral ? $0.text : nil } ?? "/"
    let choice = Selection(target.retention).choice(ofFileAt: Array(path.utf8), in: Array(root.utf8))
    if case .by = choice { return true }
    return false
  }
}
