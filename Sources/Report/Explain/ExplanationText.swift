public import Plan

/// Explanations for people: a line for each path, and below it what decides.
public struct ExplanationText {
  /// The key that a value really comes from, since a rule may leave it to its target, and where that stands, as `purge.yaml:3:12`; nil:
  /// it is built in.
  public typealias Placing = (TargetKey) -> (key: TargetKey, at: String?)

  private let placing: Placing

  public init(placing: @escaping Placing) { self.placing = placing }

  /// Ends with a newline.
  public func text(of explanation: PathExplanation) -> String {
    "\(ExplanationText.headline(of: explanation))\n"
      + lines(of: explanation).map { "  \($0)\n" }.joined()
  }

  static func headline(of explanation: PathExplanation) -> String {
    let remark = explanation.exists == false ? " (it does not exist; judged as \(noun(for: explanation.kind)))" : ""
    return "\(PrintableText.path(explanation.path)): \(verdict(on: explanation))\(remark)"
  }

  private static func noun(for kind: PathExplanation.Kind) -> String {
    switch kind {
    case .file: "a file"
    case .folder: "an empty folder"
    case .symlink: "a symbolic link"
    case .special: "a special file"
    }
  }

  /// As in "would be deleted".
  static func verdict(on explanation: PathExplanation) -> String {
    switch explanation.verdict {
    case .delete: explanation.kind == .folder ? "would be deleted when nothing is left in it" : "would be deleted"
    case .keep: "is kept"
    case .depends: explanation.reason == .unreadable ? "cannot be told" : "depends"
    }
  }

  private func lines(of explanation: PathExplanation) -> [String] {
    if explanation.claims.isEmpty { return [ExplanationText.noTarget] }
    return explanation.claims.flatMap { claim in
      let target = "target \(PrintableText.escaped(claim.name))\(cited(TargetKey(target: claim.target, "name")))"
      return [target] + evidence(of: claim).map { explanation.claims.count > 1 ? "  " + $0 : $0 }
    }
  }

  private static let noTarget = "no target covers it"

  private func evidence(of claim: PathExplanation.Claim) -> [String] {
    var lines: [String] = []
    if let rule = claim.rule { lines.append("rules[\(rule)] decides\(chosen(by: claim))") }
    if claim.rule == nil, claim.reason == .expired, claim.pattern != nil {
      lines.append("it is included\(chosen(by: claim))")
    }
    lines.append(Self.sentence(claim) + cited(claim.key))
    return lines
  }

  private func chosen(by claim: PathExplanation.Claim) -> String {
    guard let pattern = claim.pattern else { return "" }
    return ": \(Self.quoted(pattern))\(cited(TargetKey(pattern, target: claim.target)))"
  }

  // MARK: Places

  private func cited(_ key: TargetKey?) -> String {
    guard let key else { return "" }
    let placed = placing(key)
    let name = key.name == "name" ? "" : "\(placed.key.path), "
    return " (\(name)\(placed.at ?? "as built in"))"
  }
}

extension TargetKey {
  /// Within the target: `rules[0].max_age`.
  var path: String { (rule.map { "rules[\($0)]." } ?? "") + name }
}

// MARK: - Sentences

extension ExplanationText {
  static func quoted(_ pattern: Selection.Source) -> String {
    "\(pattern.key.rawValue) \"\(PrintableText.escaped(pattern.pattern.text))\""
  }

  /// What decides, without the place in the config.
  static func sentence(_ claim: PathExplanation.Claim) -> String {
    let place = claim.place.map { PrintableText.path($0) } ?? ""
    let remark = claim.remark ?? ""
    switch claim.reason {
    case .expired: return expired(claim)
    case .emptyFolder: return emptyFolder(claim)
    case .notInAnyTarget: return noTarget
    case .disabled: return "the target is disabled"
    case .noDate: return "\(PrintableText.path(claim.folder)) is no valid date, so a run leaves it alone"
    case .periodNotOver: return "\(period(claim)) is not over\(claim.period.map { ": it ends \(time($0.end))" } ?? "")"
    case .periodTooYoung:
      return "\(period(claim)) ended \(time(claim.period?.end)), later than \(time(claim.period?.latestEnd))"
    case .beforeFrom: return "\(period(claim)) is before the first period taken"
    case .afterTo: return "\(period(claim)) is after the last period taken"
    case .keepLast:
      return "the newest folders are kept, and this is one of them"
    case .overlap: return "the target's folder \(remark), so it is not walked"
    case .targetFails: return "the target fails: \(remark)"
    case .held: return place.isEmpty ? "a .purge-hold is kept" : "a .purge-hold stands in \(place)"
    case .excluded: return "\(claim.pattern.map(quoted) ?? "exclude") matches \(place)"
    case .notIncluded: return "no pattern of include \(place.isEmpty ? "matches it" : "can match in \(place)")"
    case .tooDeep: return "it lies deeper than max_depth"
    case .lostAndFound: return "\(place) is left alone wherever it stands"
    case .otherFileSystem: return "\(place) is another file system"
    case .behindSymlink: return "\(place) is a symbolic link, and none is followed"
    case .belowFile: return "\(place) is no folder"
    case .unreadable: return "\(place) cannot be looked at: \(remark)"
    case .symlink: return "symbolic links are kept"
    case .special: return "it is neither a file, nor a folder, nor a symbolic link"
    case .never: return "nothing is deleted, however old (max_age: never)"
    case .tooNew: return tooNew(claim)
    case .tooSmall: return "it is too small: \(size(claim))"
    case .tooLarge: return "it is too large: \(size(claim))"
    case .otherOwner: return "its owner is another user\(claim.status.owner.map { ": \($0)" } ?? "")"
    case .birthTimeUnknown: return "its file system keeps no birth time"
    case .accessTimeUnknown: return "its file system keeps no access time"
    case .nfsPlaceholder: return "it is a file that is removed and still open, as an NFS client keeps it"
    case .ownFile: return "it is a file of the run itself"
    case .mountPoint: return "something is mounted on it"
    case .targetFolder: return "the target's own folder is kept"
    case .emptyFoldersStay: return "empty folders are kept"
    case .notCovered: return "include covers files in it, and not the folder"
    case .changedLately: return "it was changed \(time(claim.age?.time)), not before \(time(claim.age?.limit))"
    }
  }

  private static func expired(_ claim: PathExplanation.Claim) -> String {
    guard let age = claim.age else { return "it is old enough" }
    if !claim.unknown.isEmpty { return "it would be deleted if \(conditions(claim))" }
    return "older than \(duration(age.least)): its \(source(age)), \(time(age.time)), is before \(time(age.limit))"
  }

  private static func tooNew(_ claim: PathExplanation.Claim) -> String {
    guard let age = claim.age, let time = age.time else { return "it is too new" }
    let then = time - (.zero - age.least)
    return "not older than \(duration(age.least)): its \(source(age)), \(Self.time(time)), is not before "
      + "\(Self.time(age.limit)); it would be deleted after \(Self.time(then))"
  }

  private static func emptyFolder(_ claim: PathExplanation.Claim) -> String {
    if !claim.unknown.isEmpty { return "it would be deleted if it is empty, and \(conditions(claim))" }
    guard let age = claim.age, age.least > .zero else { return "empty folders are deleted" }
    return "empty folders are deleted: it was changed \(time(age.time)), before \(time(age.limit))"
  }

  private static func conditions(_ claim: PathExplanation.Claim) -> String {
    claim.unknown.map { unknown in
      switch unknown {
      case .age: claim.age.map { "its \(source($0)) is before \(time($0.limit))" } ?? "it is old enough"
      case .size: "its size is within bounds"
      case .owner: "its owner is one of those asked for"
      case .newestFolders: "its folder is none of the newest, which keep_last keeps"
      }
    }.joined(separator: ", and ")
  }

  private static func source(_ age: PathExplanation.Age) -> String {
    age.source == .newest ? "newest time" : age.source == .birth ? "birth time" : age.source.rawValue
  }

  private static func period(_ claim: PathExplanation.Claim) -> String {
    claim.period?.period.text ?? "its period"
  }

  private static func size(_ claim: PathExplanation.Claim) -> String {
    claim.status.size.map { ByteCount(bytes: $0).text } ?? ""
  }

  private static func time(_ time: Timestamp?) -> String { time.map { RFC3339.text($0) } ?? "" }

  /// As a config has it where it is whole days.
  private static func duration(_ duration: Duration) -> String {
    let (seconds, rest) = duration.components
    return rest == 0 && seconds % 86_400 == 0 ? "\(seconds / 86_400)d" : HumanText.duration(duration)
  }
}
