import Kernel
import Plan
import SystemPackage

/// All folders of a run, found before anything is touched.
struct TargetGathering: Sendable {
  private(set) var folders: FolderList
  /// Those to be walked, in config order.
  private(set) var order: [FolderList.Index] = []
  /// What is done without a walk: disabled, not to be found, overlapping.
  private(set) var settled: [Settled] = []
  /// Patterns of the selection that match nothing that is purged now.
  private(set) var unmatched: [UnmatchedSelection] = []
  /// What looks as if it were meant; of the first few targets that have such.
  private(set) var passedOver: [TargetPassedOver] = []
  /// Folders with dates that are not purged now; of the first few targets that have such.
  private(set) var foldersKept: [FoldersKept] = []
  /// As many as a person looks at.
  private static let mostPassedOver = 200
  private static let mostFoldersKept = 50

  /// A target, or one folder of it, that is not walked.
  struct Settled: Sendable {
    enum Subject: Sendable {
      case target(Int)
      case folder(FolderList.Index)
    }

    enum Reason: Sendable {
      case disabled
      case stoppedSearching
      case searchDidNotReturn
      case tooManyFolders
      case tooManySeries
      case onlyMounts
      /// The fixed part of the path does not exist.
      case missing
      case unsearchable(SearchFailure)
      case overlaps(FolderList.Index)
    }

    var subject: Subject
    var reason: Reason
  }

  private let targets: [Target]
  /// Some folders could not be looked for.
  private var cannotTell = false

  /// Looks for the folders of all targets; a stop ends the search, and what was not searched for is not started.
  init(_ plan: BatchPlan, selection: [Glob], expansion: TargetExpansion) {
    let selection = FolderSelection(selection)
    var folders = FolderList(of: plan.targets)
    var found: [FolderList.Index] = []
    self.init(plan, FolderList(of: []))
    for number in plan.targets.indices { gather(number, selection, expansion, &folders, &found) }
    folders.trim()
    self.folders = folders
    var overlaps = FolderOverlaps(folders, order: found)
    order = overlaps.sorted { folder, other in
      settled.append(Settled(subject: .folder(folder), reason: .overlaps(other)))
    }
    if !cannotTell { unmatched = selection.unmatched }
  }

  /// A run whose search for folders did not come back.
  init(notStarted plan: BatchPlan, selection: [Glob]) {
    let selection = FolderSelection(selection)
    self.init(plan, FolderList(of: plan.targets))
    for (number, target) in targets.enumerated() where selection.includes(target.name, of: target) {
      settle(number, .searchDidNotReturn)
    }
  }

  private init(_ plan: BatchPlan, _ folders: FolderList) { (targets, self.folders) = (plan.targets, folders) }

  private mutating func gather(
    _ number: Int, _ selection: FolderSelection, _ expansion: TargetExpansion, _ list: inout FolderList,
    _ found: inout [FolderList.Index]
  ) {
    let target = targets[number]
    guard target.isEnabled else {
      if selection.takesDisabled(target) { settle(number, .disabled) }
      return
    }
    let isNamed = selection.includes(target.name, of: target)
    // The name of a target with a literal path is its folder's.
    guard isNamed || !target.path.isLiteral else { return }
    do throws(TargetExpansion.Failure) {
      if expansion.isStopped() { throw .stopped }
      let folders = try expansion.find(
        number, target, into: &list,
        isWanted: { list, folder in
          selection.isEverything || selection.includes(list.name(of: folder), of: target)
        },
        onKept: selection.isEverything ? nil : { selection.note($0, isKeptBecause: $1) })
      found += folders.found
      settled += folders.unsearchable.map { Settled(subject: .folder($0.folder), reason: .unsearchable($0.failure)) }
      note(folders.passedOver, of: number)
      if let kept = folders.kept, foldersKept.count < TargetGathering.mostFoldersKept { foldersKept.append(kept) }
    } catch {
      // Which folders there are is not known, so neither is whether the selection means one of them.
      cannotTell = true
      settle(number, Settled.Reason(error))
    }
  }

  private mutating func note(_ passedOver: PassedOver, of target: Int) {
    guard !passedOver.isEmpty, self.passedOver.count < TargetGathering.mostPassedOver else { return }
    self.passedOver.append(TargetPassedOver(target: targets[target].name, passedOver))
  }
}

/// Which targets and folders are selected by `--target`, and which of its patterns have matched.
private final class FolderSelection {
  private let patterns: [Glob]
  private var matched: Set<String> = []
  /// By pattern, the first folder that it means and that is not purged now, with the reason, and how many more.
  private var kept: [String: (sentence: String, others: Int)] = [:]

  init(_ patterns: [Glob]) { self.patterns = patterns }

  var isEverything: Bool { patterns.isEmpty }
  var unmatched: [UnmatchedSelection] {
    patterns.map(\.pattern).filter { !matched.contains($0) }.map { pattern in
      let reason = kept[pattern].map { $0.others > 0 ? "\($0.sentence) (and \($0.others) more)" : $0.sentence }
      return UnmatchedSelection(pattern, reason: reason)
    }
  }

  func note(_ name: String, isKeptBecause reason: String) {
    note(name, "target \(name) is not purged now: \(reason)")
  }

  private func note(_ name: String, _ sentence: String) {
    for pattern in patterns where pattern.matches(name) {
      if kept[pattern.pattern] != nil {
        kept[pattern.pattern]?.others += 1
      } else {
        kept[pattern.pattern] = (sentence, 0)
      }
    }
  }

  /// A pattern that means nothing else has not matched.
  func takesDisabled(_ target: Target) -> Bool {
    note(target.name, "target \(target.name) is disabled")
    return isEverything || patterns.contains { $0.matches(target.name) }
  }

  /// By the name of a folder or of its target.
  func includes(_ name: String, of target: Target) -> Bool {
    if isEverything { return true }
    let matching = patterns.filter { $0.matches(name) || $0.matches(target.name) }.map(\.pattern)
    matched.formUnion(matching)
    return !matching.isEmpty
  }
}

// MARK: - What is done without a walk

extension TargetGathering {
  private mutating func settle(_ target: Int, _ reason: Settled.Reason) {
    settled.append(Settled(subject: .target(target), reason: reason))
  }

  var outcomes: some Sequence<TargetOutcome> { settled.lazy.map(outcome) }

  private func outcome(of settled: Settled) -> TargetOutcome {
    let (name, path) = nameAndPath(of: settled.subject)
    if case .unsearchable(let failure) = settled.reason { return .unsearchable(name: name, path: path, failure) }
    if case .missing = settled.reason { return missing(settled.subject, name: name, path: path) }
    let (ending, sentence): (Ending, String) =
      switch settled.reason {
      case .disabled: (.skipped, "disabled")
      case .stoppedSearching: (.notStarted, "stopped while folders were looked for")
      case .searchDidNotReturn: (.notStarted, "the search for folders did not come back")
      case .tooManyFolders: (.failed, "more than \(TargetExpansion.maxFolders) folders match \(path)")
      case .tooManySeries:
        (.failed, "keep_last has the newest folders of too many series to keep in mind below \(path)")
      case .onlyMounts:
        (
          .failed,
          "all folders that match \(path) are mount points, and it stays on one file system: one_file_system: false takes them"
        )
      case .overlaps(let other): (.failed, TargetGathering.overlapSentence(with: folders.name(of: other)))
      case .unsearchable, .missing: (.failed, "")
      }
    return TargetOutcome(name: name, path: path, ending: ending, reason: sentence)
  }

  static func overlapSentence(with name: String) -> String { "overlaps with the target \(name)" }

  private func missing(_ subject: Settled.Subject, name: String, path: String) -> TargetOutcome {
    let fixed =
      if case .target(let number) = subject { PrintableText.path(targets[number].path.literalPath) } else { path }
    let error = Errno.noSuchFileOrDirectory
    return .failed(
      name: name, path: path, error, because: "the folder \(fixed) does not exist (\(ErrnoName.of(error)))")
  }

  private func nameAndPath(of subject: Settled.Subject) -> (name: String, path: String) {
    switch subject {
    case .target(let number): (targets[number].name, targets[number].path.text)
    case .folder(let folder): (folders.name(of: folder), PrintableText.path(folders.path(of: folder)))
    }
  }

  /// Bytes that the run holds on to for its folders.
  var footprint: Int {
    folders.footprint + order.capacity * MemoryLayout<FolderList.Index>.stride
      + settled.capacity * MemoryLayout<Settled>.stride
  }
}

extension TargetGathering.Settled.Reason {
  fileprivate init(_ failure: TargetExpansion.Failure) {
    switch failure {
    case .stopped: self = .stoppedSearching
    case .missing: self = .missing
    case .tooMany: self = .tooManyFolders
    case .tooManySeries: self = .tooManySeries
    case .onlyMounts: self = .onlyMounts
    case .system(let failure): self = .unsearchable(failure)
    }
  }
}
