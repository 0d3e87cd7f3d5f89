import Plan

/// Keys that other keys leave without effect, and values that contradict each other, as far as the text tells.
struct EffectChecks {
  private let draft: BatchDraft
  private let targets: [DecodedTarget]
  /// What clocks show there where folders are dated; nil: not known.
  private let now: WallTime?

  init(_ targets: [DecodedTarget], of draft: BatchDraft, at now: Timestamp?) {
    (self.targets, self.draft) = (targets, draft)
    self.now = now.map { draft.run.values.timeZone.wall(at: $0) }
  }

  func run(findings: inout Findings) {
    for target in targets where target.isEnabled {
      if let finding = PathMeaning(target)?.finding { findings.report(finding) }
      checkAge(target, &findings)
      checkNever(target, &findings)
      checkEmptyDirectories(target, &findings)
      checkCaps(target, &findings)
      checkOlderThan(target, &findings)
      if let path = target.path, path.hasTemplate {
        PartitionChecks(target.settings.values.partitions, of: path, at: now)?.run(findings: &findings)
      }
    }
    checkParallelTargets(&findings)
    checkDefaults(&findings)
  }

  // MARK: One target

  /// What is written in a period is, when its folder is chosen, as old as the period is long and `older_than` at most.
  private func checkAge(_ target: DecodedTarget, _ findings: inout Findings) {
    let partitions = target.settings.values.partitions
    guard let unit = target.path?.finestField, let olderThan = partitions.values.olderThan,
      let maxAge = target.settings.values.maxAge?.duration, maxAge > olderThan.longest + unit.longest,
      let given = target.settings.given["max_age"], let other = partitions.given["older_than"]
    else { return }
    let places = given.isOwn ? (given.value, other.value) : (other.value, given.value)
    let note = given.isOwn ? Diagnostic.Note.olderThanHere(at: places.1) : .maxAgeHere(at: places.1)
    findings.report(
      .foldersTooYoung(
        maxAge: maxAge.text, olderThan: other.node.text ?? "", at: places.0, note: note))
  }

  /// What says something of files only.
  private static let keysOfFiles = [
    "age_from", "min_size", "max_size", "symlinks", "max_deletions", "max_deleted_bytes",
  ]

  /// Where no file goes, empty directories are all there is.
  private func checkNever(_ target: DecodedTarget, _ findings: inout Findings) {
    let settings = target.settings
    guard settings.values.maxAge == .never, !settings.failed.contains("max_age"), target.agesOfFiles.isEmpty,
      let age = settings.place(of: "max_age")
    else { return }
    if !settings.values.removesEmptyDirectories, !settings.failed.contains("remove_empty_directories") {
      return findings.report(.nothingToDelete(at: age))
    }
    for key in EffectChecks.keysOfFiles {
      guard let given = settings.given[key], given.isOwn else { continue }
      findings.report(.noFileGoes(key, at: given.key, age: age))
    }
  }

  /// An `m` is a minute, which nobody means of a month's folder.
  private func checkOlderThan(_ target: DecodedTarget, _ findings: inout Findings) {
    let partitions = target.settings.values.partitions
    guard case .duration(let age)? = partitions.values.olderThan, age > .zero, age < .seconds(86_400),
      let unit = target.path?.finestField, unit != .hour, unit != .day || age < .seconds(3600),
      let given = partitions.given["older_than"]
    else { return }
    findings.report(.youngPartitions(given.node.text ?? "", at: given.value))
  }

  /// With files of the target's root only, no directory is looked into, and none is known to be empty.
  private func checkEmptyDirectories(_ target: DecodedTarget, _ findings: inout Findings) {
    guard target.settings.values.removesEmptyDirectories, target.settings.values.maxDepth == 1,
      let given = target.settings.given["remove_empty_directories"], given.isOwn,
      let depth = target.settings.place(of: "max_depth")
    else { return }
    findings.report(.emptyDirectoriesOutOfReach(at: given.key, maxDepth: depth))
  }

  private func checkCaps(_ target: DecodedTarget, _ findings: inout Findings) {
    let (values, safety, run) = (target.settings.values, draft.safety, draft.run)
    check(
      "max_deletions", of: target, values.maxDeletions, "safety", safety.values.maxDeletions,
      at: safety.place(of: "max_deletions"), &findings)
    check(
      "max_deleted_bytes", of: target, values.maxDeletedBytes, "safety", safety.values.maxDeletedBytes,
      at: safety.place(of: "max_deleted_bytes"), &findings)
    check(
      "operations_per_second", of: target, values.operationsPerSecond, "run", run.values.operationsPerSecond,
      at: run.place(of: "operations_per_second"), &findings)
  }

  /// What holds for one target only must be below what holds for all together.
  private func check<Value: Comparable>(
    _ key: String, of target: DecodedTarget, _ own: Value?, _ group: String, _ whole: Value?, at other: SourcePlace?,
    _ findings: inout Findings
  ) {
    guard let own, let whole, own >= whole, let place = target.settings.place(of: key), let other else { return }
    findings.report(.boundNotBelowRuns(key, of: group, at: place, other: other))
  }

  // MARK: All targets

  /// Each target gets its share as if so many ran, also where there are fewer.
  private func checkParallelTargets(_ findings: inout Findings) {
    let enabled = targets.filter(\.isEnabled)
    guard !enabled.isEmpty, draft.run.values.parallelTargets > enabled.count,
      enabled.allSatisfy({ $0.path?.isLiteral == true }), let place = draft.run.place(of: "parallel_targets")
    else { return }
    findings.report(.fewerTargets(enabled.count, than: draft.run.values.parallelTargets, at: place))
  }

  /// A default that every target replaces. `max_age` is left out: it is the net for targets to come, which must have one;
  /// `exclude` is added to.
  private func checkDefaults(_ findings: inout Findings) {
    guard !targets.isEmpty else { return }
    for entry in draft.defaults?.entries ?? [] where !["max_age", "exclude"].contains(entry.key.text) {
      guard TargetSettings.sharedKeys.contains(where: { $0.name == entry.key.text }),
        targets.allSatisfy({ $0.settings.given[entry.key.text]?.isOwn == true })
      else { continue }
      findings.report(.defaultUnused(entry.key.text, at: entry.key.place))
    }
  }
}

extension PartitionAge {
  /// The most time that it can mean.
  fileprivate var longest: Duration {
    switch self {
    case .duration(let duration): duration
    case .months(let months): .seconds(31 * 86_400) * months
    }
  }
}
