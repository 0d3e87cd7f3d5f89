import Plan

/// Values that are legal, and leave nothing to be deleted, or all, when hardly anyone means that.
struct PlausibilityChecks {
  private let draft: BatchDraft
  private let targets: [DecodedTarget]

  init(_ targets: [DecodedTarget], of draft: BatchDraft) { (self.targets, self.draft) = (targets, draft) }

  func run(findings: inout Findings) {
    for target in targets where target.isEnabled {
      checkAge(target, &findings)
      checkSizes(target, &findings)
      checkEmptyDirectories(target, &findings)
    }
    checkCap(
      "max_deleted_bytes", draft.safety.values.maxDeletedBytes, draft.safety.given["max_deleted_bytes"], &findings)
    checkTimes(&findings)
    checkRoots(&findings)
    checkReport(&findings)
    checkNames(&findings)
  }

  /// No file system is so old.
  private static let longest = Duration.seconds(50 * 366 * 86_400)

  private func checkAge(_ target: DecodedTarget, _ findings: inout Findings) {
    if let age = target.settings.values.maxAge?.duration, age > PlausibilityChecks.longest, age < Durations.longest,
      let given = target.settings.given["max_age"], let text = given.node.text
    {
      findings.report(.hugeAge("max_age", meant: BareNumber.meaning(ofDays: text), at: given.value))
    }
    let partitions = target.settings.values.partitions
    guard let age = partitions.values.olderThan, age.least > PlausibilityChecks.longest,
      let given = partitions.given["older_than"], let text = given.node.text
    else { return }
    findings.report(.hugeAge("older_than", meant: BareNumber.meaning(ofDays: text), at: given.value))
  }

  private func checkSizes(_ target: DecodedTarget, _ findings: inout Findings) {
    let (values, given) = (target.settings.values, target.settings.given)
    if values.maxSize?.bytes == 0, let place = given["max_size"]?.value {
      findings.report(.onlyEmptyFiles(at: place))
    } else if let size = values.maxSize, size.bytes < 1024 {
      checkCap("max_size", size, given["max_size"], &findings)
    }
    checkCap("max_deleted_bytes", values.maxDeletedBytes, given["max_deleted_bytes"], &findings)
  }

  /// Without a unit, a number of bytes: few who write one mean less than a mebibyte.
  private func checkCap<Values>(
    _ key: String, _ size: ByteCount?, _ given: Section<Values>.Given?, _ findings: inout Findings
  ) {
    guard let size, size < .mebibytes(1), let given, let text = given.node.text, text.utf8.allSatisfy(Digits.isDigit)
    else { return }
    findings.report(.smallSize(key, text, at: given.value))
  }

  private func checkEmptyDirectories(_ target: DecodedTarget, _ findings: inout Findings) {
    guard target.settings.values.removesEmptyDirectories, target.settings.values.emptyDirectories.minAge == .zero,
      let place = target.settings.place(of: "empty_directory_min_age")
    else { return }
    findings.report(.youngEmptyDirectories(at: place))
  }

  /// Very short runs, and those that are over before they would tell how they get on.
  private func checkTimes(_ findings: inout Findings) {
    let run = draft.run
    guard let limit = run.values.timeLimit, let given = run.given["time_limit"] else { return }
    if limit < .seconds(60) {
      findings.report(.shortTimeLimit(given.node.text ?? "", at: given.value))
    } else if limit <= run.values.progressInterval, let place = run.place(of: "progress_interval") {
      findings.report(.progressNeverLogged(at: place, timeLimit: given.value))
    }
  }

  /// Roots that allow everything, that another one holds, or in which no target may lie.
  private func checkRoots(_ findings: inout Findings) {
    guard let items = draft.safety.given["allowed_roots"]?.node.items, !draft.safety.failed.contains("allowed_roots")
    else { return }
    let roots = zip(draft.safety.values.allowedRoots, items).map {
      (text: $0, names: $0.split(separator: "/"), $1.place)
    }
    for (index, root) in roots.enumerated() {
      let outer = roots.enumerated().first { other in
        other.offset != index && !other.element.names.isEmpty && root.names.starts(with: other.element.names)
          && (other.offset < index || other.element.names.count < root.names.count)
      }
      if root.names.isEmpty {
        findings.report(.rootOfEverything(at: root.2))
      } else if let outer {
        findings.report(.rootInside(root.text, outer.element.text, at: root.2))
      } else if let protected = ProtectedPaths.tree(holding: root.names.map { NameShape(.literal(String($0))) }) {
        findings.report(.rootProtected(root.text, protected, at: root.2))
      }
    }
  }

  /// The report's name is taken as it is, but for its fields.
  private func checkReport(_ findings: inout Findings) {
    guard let file = draft.report.values.file, let place = draft.report.place(of: "file"),
      let foreign = ForeignPath(file.example)
    else { return }
    findings.report(.placeholderInPath(foreign.placeholder, of: "file", meant: nil, at: place))
  }

  /// The folders of a pattern are called by its target's name and theirs: another target may not be called so, too.
  private func checkNames(_ findings: inout Findings) {
    let patterns = targets.filter { $0.path?.isLiteral == false && $0.settings.values.name != nil }
    guard !patterns.isEmpty else { return }
    let byName = Dictionary(patterns.map { ($0.name ?? "", $0) }) { first, _ in first }
    for target in targets {
      guard let name = target.name, let slash = name.firstIndex(of: "/"), let other = byName[String(name[..<slash])],
        let path = other.path, path.mayName(name[name.index(after: slash)...])
      else { continue }
      findings.report(.duplicateTargetName(name, at: target.namePlace, first: other.namePlace))
    }
  }
}

extension PathPattern {
  /// Whether a folder that it finds may be called so beside its target's name: by what is not literal at the path's beginning.
  fileprivate func mayName(_ tail: Substring) -> Bool {
    let names = tail.split(separator: "/", omittingEmptySubsequences: false)
    let rest = components.dropFirst(literalPrefix.count)
    guard names.count == rest.count else { return false }
    return zip(names, rest).allSatisfy { NameShape(.literal(String($0))).canEqual(NameShape($1)) }
  }
}

extension BareNumber {
  /// What a number with a `d` may mean that is too long in days; nil for other texts.
  fileprivate static func meaning(ofDays text: String) -> String? {
    guard text.hasSuffix("d"), let number = BareNumber(String(text.dropLast()), usually: "d") else { return nil }
    return number.meanings.count == 1 ? number.meanings[0].text : nil
  }
}

extension PartitionAge {
  /// The least time that it can mean.
  fileprivate var least: Duration {
    switch self {
    case .duration(let duration): duration
    case .months(let months): .seconds(28 * 86_400) * months
    }
  }
}
