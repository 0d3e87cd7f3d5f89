import Plan

// The catalogue: what paths and whole plans can have wrong with them, and the notes.

// MARK: - Paths

extension Diagnostic {
  static func relativePath(_ text: String, of key: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .relativePath, "'\(key)' must be absolute, not \(text.quoted)", at: place,
      hint: "begin with '/': nothing is expanded")
  }

  static func pathTooLong(of key: String, limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(.pathTooLong, "'\(key)' is longer than \(limit) bytes", at: place, hint: nil)
  }

  static func nameTooLong(limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(.nameTooLong, "this component is longer than \(limit) bytes", at: place, hint: nil)
  }

  static func emptyComponent(
    of key: String, isAtEnd: Bool, leadingTo path: PathDestination, at place: SourcePlace
  ) -> Diagnostic {
    .error(
      .emptyComponent, "'\(key)' \(isAtEnd ? "ends with a '/'" : "has a '/' too many")\(path.remark)", at: place,
      hint: path.hint("one '/' between components and none at the end"))
  }

  static func dotComponent(
    _ text: String, of key: String, leadingTo path: PathDestination, at place: SourcePlace
  ) -> Diagnostic {
    .error(
      .dotComponent, "'\(key)' must not go through '\(text)'\(path.remark)", at: place,
      hint: path.hint("write the folder that is meant"))
  }

  static func wildcardNotAllowed(of key: String, mayHoldFields: Bool, at place: SourcePlace) -> Diagnostic {
    .error(
      .wildcardNotAllowed,
      mayHoldFields
        ? "'\(key)' must be the path of one file, without wildcards"
        : "'\(key)' must be a plain path, without wildcards and dates", at: place, hint: nil)
  }

  static func doubleStarInPath(at place: SourcePlace) -> Diagnostic {
    .error(
      .doubleStarInPath, "a target's path cannot hold '**'", at: place,
      hint: "a target is walked to any depth anyway; use include to choose files")
  }

  static func unknownDateField(_ text: String, nearest: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .unknownDateField, "unknown date field \(text.quoted)", at: place,
      hint: .didYouMean(nearest) ?? Advice.insteadOfField(text))
  }

  static func strayBrace(isReport: Bool, at place: SourcePlace) -> Diagnostic {
    .error(
      .strayBrace, "a brace without its partner", at: place,
      hint: isReport ? "the fields are \(ReportPath.Field.list)" : "date fields are written {YYYY}, {MM} and {DD}")
  }

  static func unknownReportField(_ text: String, nearest: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .unknownReportField, "unknown field \(text.quoted) in a report's path", at: place,
      hint: .didYouMean(nearest) ?? "the fields are \(ReportPath.Field.list)")
  }

  static func fieldNeedsField(_ field: String, _ other: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .fieldNeedsField, "\(field) needs \(other) in the same path", at: place,
      hint: "for instance \(exampleOfField[field] ?? "{YYYY}-{MM}")")
  }

  private static let exampleOfField = [
    "{DD}": "{YYYY}-{MM}-{DD}", "{HH}": "{YYYY}-{MM}-{DD}/{HH}", "{GGGG}": "{GGGG}-W{WW}", "{WW}": "{GGGG}-W{WW}",
  ]

  static func protectedPath(_ text: String, protected: String, at place: SourcePlace) -> Diagnostic {
    let message =
      text == protected
      ? "\(text.quoted) is a protected path" : "\(text.quoted) touches the protected path '\(protected)'"
    return .error(.protectedPath, message, at: place, hint: ProtectedPaths.advice(about: protected))
  }

  static func outsideAllowedRoots(_ text: String, at place: SourcePlace, roots: SourcePlace) -> Diagnostic {
    .error(
      .outsideAllowedRoots, "\(text.quoted) lies outside safety.allowed_roots", at: place,
      notes: [.rootsHere(at: roots)],
      hint: nil)
  }

  static func partitionsWithoutTemplate(at place: SourcePlace, path: SourcePlace) -> Diagnostic {
    .error(
      .partitionsWithoutTemplate, "'partitions' needs a path with date fields", at: place, notes: [.pathHere(at: path)],
      hint: "for instance /data/{YYYY}-{MM}")
  }

  static func boundsReversed(at place: SourcePlace, to: SourcePlace) -> Diagnostic {
    .error(.boundsReversed, "'from' is later than 'to'", at: place, notes: [.boundHere(at: to)], hint: nil)
  }
}

// MARK: - Plans

extension Diagnostic {
  /// What one target's path is to another's.
  enum Relation: String {
    case same = "is the same folder as"
    case inside = "lies inside"
    case around = "contains"
    case unclear = "can find files that also belong to"
  }

  static func duplicateTargetName(_ name: String, at place: SourcePlace, first: SourcePlace) -> Diagnostic {
    .error(
      .duplicateTargetName, "two targets are named \(name.quoted)", at: place, notes: [.firstHere(at: first)], hint: nil
    )
  }

  static func overlappingTargets(
    _ path: String, _ relation: Relation, _ otherPath: String, example: String?, at place: SourcePlace,
    other: SourcePlace
  ) -> Diagnostic {
    let instance = example.map { ", for instance in \($0.quoted)" } ?? ""
    return .error(
      .overlappingTargets, "\(path.quoted) \(relation.rawValue) another target, \(otherPath.quoted)\(instance)",
      at: place,
      notes: [.otherTargetHere(at: other)],
      hint: hintOnOverlap(path, relation, otherPath))
  }

  private static func hintOnOverlap(_ path: String, _ relation: Relation, _ otherPath: String) -> String {
    let each = "every file must belong to one target only: "
    return switch relation {
    case .inside: each + "in the other target, exclude: [\(path.inYAML)]; or make one target of both, with rules"
    case .around: each + "exclude: [\(otherPath.inYAML)] here; or make one target of both, with rules"
    case .same: each + "make one target of both; rules gives several ages in one folder"
    case .unclear:
      each
        + "exclude the folders of the one from the other, by absolute patterns; or make one target of both, with rules"
    }
  }

  static func tooManyPatterns(at place: SourcePlace) -> Diagnostic {
    .error(
      .tooManyPatterns, "the paths up to here have too many wildcards and dates to be compared with each other",
      at: place,
      hint: "one pattern can find many folders: /data/*/tmp")
  }

  static func sizesReversed(at place: SourcePlace, max: SourcePlace) -> Diagnostic {
    .error(
      .sizesReversed, "'min_size' is larger than 'max_size': no file could be deleted", at: place,
      notes: [.maxSizeHere(at: max)],
      hint: nil)
  }

  static func thresholdsReversed(
    _ lower: String, _ lowerText: String, _ upper: String, _ upperText: String, builtIn: String?,
    abort: String, at place: SourcePlace, other: SourcePlace?
  ) -> Diagnostic {
    .error(
      .thresholdsReversed, "'\(lower)' (\(lowerText)) must be below '\(upper)' (\(upperText))", at: place,
      notes: other.map { [.thresholdHere(at: $0)] } ?? [],
      hint: builtIn.map { "'\($0)' is built in as \($0 == upper ? upperText : lowerText): write it, too" }
        ?? "resume_at, pause_at and abort_at (\(abort)) must rise in this order")
  }

  static func thresholdAboveLimit(
    _ key: String, _ size: String, limit: String, at place: SourcePlace, containerPlace: SourcePlace?
  ) -> Diagnostic {
    .error(
      .thresholdAboveLimit, "'\(key)' (\(size)) is above the limit of \(limit): the kernel would act before the guard",
      at: place, notes: .containerLimit(at: containerPlace), hint: "write a percentage to follow the container's limit")
  }

  /// `limit` is nil where it is not known: then `pause_at` is a size.
  static func memoryTooSmall(pause: String, base: String, limit: String?, at place: SourcePlace) -> Diagnostic {
    let remark = limit.map { " of a limit of \($0)" } ?? ""
    return .error(
      .memoryTooSmall,
      "pause_at (\(pause)\(remark)) leaves no room above the \(base) that the program itself takes: no target could go on",
      at: place, hint: "give it 64Mi or more; plan tells how much")
  }

  static func budgetsDoNotFit(
    count: Int, sum: String, available: String, limit: String, each: String?, enough: String?, at place: SourcePlace,
    others: [SourcePlace], containerPlace: SourcePlace?
  ) -> Diagnostic {
    let budgets = count == 1 ? "the largest memory budget needs" : "the \(count) largest memory budgets need"
    return .error(
      .budgetsDoNotFit,
      "\(budgets) \(sum), but pause_at leaves \(available) of \(limit) for \(count == 1 ? "it" : "them")", at: place,
      notes: others.map { .budgetHere(at: $0) } + .containerLimit(at: containerPlace),
      hint:
        "\(each.map { "write at most \($0)\(count == 1 ? "" : " for each")" } ?? "raise pause_at")"
        + "\(count == 1 ? "" : ", lower run.parallel_targets"), or raise the limit\(enough.map { " to \($0)" } ?? "")"
    )
  }

  static func moreTargetsThanConcurrency(
    _ count: Int, ceiling: Int, at place: SourcePlace, other: SourcePlace?
  ) -> Diagnostic {
    .error(
      .moreTargetsThanConcurrency, "\(count) targets at once need more than run.concurrency, which is \(ceiling)",
      at: place,
      notes: other.map { [.ceilingHere(at: $0)] } ?? [], hint: nil)
  }
}

// MARK: - Warnings

extension Diagnostic {
  static func rareSampling(_ interval: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .rareSampling, "memory can run out between two looks that are \(interval.shown) apart", at: place,
      hint: "a look takes microseconds: leave sample_interval out, or write at most 1s")
  }

  static func reportIsFolder(_ path: String, at place: SourcePlace, folder: SourcePlace) -> Diagnostic {
    .error(
      .reportIsFolder, "\(path.quoted) is a folder: a report is a file", at: place, notes: [.folderHere(at: folder)],
      hint: "name a file in a folder that is no target")
  }

  static func reportInsideTarget(_ path: String, at place: SourcePlace, target: SourcePlace) -> Diagnostic {
    .warning(
      .reportInsideTarget, "the report lies in a target, \(path.quoted): once it is old, it is deleted, too", at: place,
      notes: [.targetHere(at: target)], hint: "write it elsewhere")
  }

  static func youngMaxAge(at place: SourcePlace) -> Diagnostic {
    .warning(
      .youngMaxAge, "'max_age' is under a day: files of today are deleted", at: place,
      hint: "is the unit right? days are written 30d")
  }

  static func youngFolders(_ unit: CalendarUnit, hasPartitions: Bool, at place: SourcePlace) -> Diagnostic {
    .warning(
      .youngFolders,
      "'max_age' is under a day, and no 'older_than' spares young folders: each is emptied as soon as its \(unit.rawValue) is over",
      at: place,
      hint: "is that meant? if not, write \(unit.olderThan(in: hasPartitions))")
  }

  static func disabledTarget(_ name: String?, at place: SourcePlace) -> Diagnostic {
    .warning(.disabledTarget, "the target\(name.map { " \($0.quoted)" } ?? "") is disabled", at: place, hint: nil)
  }

  static func concurrencyOverCeiling(
    _ count: Int, ceiling: Int, share: Int, at place: SourcePlace, other: SourcePlace?
  ) -> Diagnostic {
    .warning(
      .concurrencyOverCeiling,
      share < ceiling && count <= ceiling
        ? "a concurrency of \(count) is over the share of each of the parallel_targets in run.concurrency, which is \(share)"
        : "a concurrency of \(count) is over run.concurrency, which is \(ceiling)", at: place,
      notes: other.map { [.ceilingHere(at: $0)] } ?? [], hint: nil)
  }

  static func limitAboveContainer(
    _ limit: String, container: String, at place: SourcePlace, containerPlace: SourcePlace?
  ) -> Diagnostic {
    .warning(
      .limitAboveContainer, "memory.limit (\(limit)) is above the container's limit, \(container)",
      at: place, notes: .containerLimit(at: containerPlace),
      hint: "the kernel would act before the guard; write auto to follow the container")
  }

  static func keyWithoutEffect(_ key: String, needs other: String, at place: SourcePlace) -> Diagnostic {
    .warning(.keyWithoutEffect, "'\(key)' has no effect: '\(other)' is not true here", at: place, hint: nil)
  }
}

// MARK: - Notes

extension Diagnostic.Note {
  static func context(_ text: String, at place: SourcePlace) -> Self {
    Self(rule: .context, message: text.shown, place: place)
  }
  static func firstHere(at place: SourcePlace) -> Self {
    Self(rule: .firstHere, message: "the first one is here", place: place)
  }
  static func valueHere(at place: SourcePlace) -> Self {
    Self(rule: .valueHere, message: "the value is here", place: place)
  }
  static func rootsHere(at place: SourcePlace) -> Self {
    Self(rule: .rootsHere, message: "the allowed roots are here", place: place)
  }
  static func pathHere(at place: SourcePlace) -> Self {
    Self(rule: .pathHere, message: "the path is here", place: place)
  }
  static func boundHere(at place: SourcePlace) -> Self { Self(rule: .boundHere, message: "'to' is here", place: place) }
  static func otherTargetHere(at place: SourcePlace) -> Self {
    Self(rule: .otherTargetHere, message: "the other target is here", place: place)
  }
  static func targetHere(at place: SourcePlace) -> Self {
    Self(rule: .targetHere, message: "the target is here", place: place)
  }
  static func folderHere(at place: SourcePlace) -> Self {
    Self(rule: .folderHere, message: "the folder is here", place: place)
  }
  static func maxSizeHere(at place: SourcePlace) -> Self {
    Self(rule: .maxSizeHere, message: "'max_size' is here", place: place)
  }
  static func thresholdHere(at place: SourcePlace) -> Self {
    Self(rule: .thresholdHere, message: "the other threshold is here", place: place)
  }
  static func budgetHere(at place: SourcePlace) -> Self {
    Self(rule: .budgetHere, message: "another of these budgets is here", place: place)
  }
  static func ceilingHere(at place: SourcePlace) -> Self {
    Self(rule: .ceilingHere, message: "run.concurrency is here", place: place)
  }
}

extension CalendarUnit {
  /// What keeps some folders of this unit.
  fileprivate func olderThan(in partitions: Bool) -> String {
    let age =
      switch self {
      case .year: "older_than: 12mo"
      case .month: "older_than: 3mo"
      case .week: "older_than: 4w"
      case .day: "older_than: 7d"
      case .hour: "older_than: 1d"
      }
    return partitions ? "\(age) in partitions" : "partitions: {\(age)}"
  }
}

// MARK: - Where a path leads

extension PathDestination {
  /// Empty unless it leads where no target may be.
  var remark: String {
    guard let protected else { return "" }
    let relation = path == protected ? "a protected path" : "which touches the protected path '\(protected)'"
    return ": that is \(path.shown), \(relation)"
  }

  /// With the path as it should be written, when it may be written at all.
  func hint(_ advice: String) -> String {
    protected.map { ProtectedPaths.advice(about: $0) } ?? "\(advice): \(path.whole)"
  }
}
