// The catalogue: what the patterns of `include` and `exclude` can have wrong with them.

extension Diagnostic {
  /// Why a pattern changes nothing.
  enum PatternFault {
    case impossible(PatternShape.Impossibility)
    case tooDeep(needed: Int, maxDepth: Int)
    /// By this pattern.
    case excluded(by: String)
  }

  static func nothingIncluded(
    _ pattern: String, _ fault: PatternFault, at place: SourcePlace, other: SourcePlace? = nil,
    include: SourcePlace? = nil
  ) -> Diagnostic {
    let notes = include.map { [Note.includeHere(at: $0)] } ?? fault.notes(at: other)
    return .error(
      .nothingIncluded, "no file could be deleted: \(fault.sentence(about: pattern))", at: place, notes: notes,
      hint: fault.hint(for: pattern))
  }

  static func patternWithoutEffect(
    _ pattern: String, of key: String, _ fault: PatternFault, at place: SourcePlace, other: SourcePlace?
  ) -> Diagnostic {
    .warning(
      .patternWithoutEffect, "'\(key)' has a pattern without effect: \(fault.sentence(about: pattern))", at: place,
      notes: fault.notes(at: other), hint: fault.hint(for: pattern))
  }

  static func everythingExcluded(_ pattern: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .everythingExcluded, "no file could be deleted: 'exclude' has \(pattern.quoted), which matches every file",
      at: place,
      hint: "to switch a target off, write enabled: false")
  }

  static func excludeMeetsNothing(_ pattern: String, at place: SourcePlace, include: SourcePlace) -> Diagnostic {
    .warning(
      .excludeMeetsNothing,
      "'exclude' has a pattern without effect: no path matches both \(pattern.quoted) and a pattern of 'include'",
      at: place, notes: [.includeHere(at: include)], hint: "what 'include' does not match stays anyway")
  }

  static func patternRepeated(
    _ pattern: String, of key: String, at place: SourcePlace, first: SourcePlace
  ) -> Diagnostic {
    .warning(
      .patternRepeated, "'\(key)' has the pattern \(pattern.quoted) twice", at: place, notes: [.firstHere(at: first)],
      hint: "leave out one of the two")
  }

  static func patternCovered(
    _ pattern: String, of key: String, by other: String, at place: SourcePlace, other otherPlace: SourcePlace
  ) -> Diagnostic {
    .warning(
      .patternCovered,
      "'\(key)' has a pattern without effect: \(other.quoted) matches all that \(pattern.quoted) does", at: place,
      notes: [.otherPatternHere(at: otherPlace)], hint: "leave out \(pattern.inYAML)")
  }

  static func patternOfEverything(_ pattern: String, of key: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .patternOfEverything,
      "'\(key)' has \(pattern.quoted), which matches every file: its other patterns have no effect",
      at: place, hint: "leave out this one, or all the others")
  }

  static func patternHoldsPath(
    _ pattern: String, of key: String, rest: String, at place: SourcePlace, path: SourcePlace
  ) -> Diagnostic {
    // To exclude everything is never what was meant.
    let meant = key == "exclude" && rest == "**" ? "" : "; did you mean \(rest.inYAML)?"
    return .warning(
      .patternHoldsPath, "'\(key)' has the pattern \(pattern.quoted), which begins with the target's own path",
      at: place, notes: [.pathHere(at: path)],
      hint: "a pattern that begins with no '/' is relative to that path\(meant)")
  }

  static func ruleWithoutEffect(_ number: Int, at place: SourcePlace, by other: SourcePlace) -> Diagnostic {
    .warning(
      .ruleWithoutEffect, "rules[\(number)] never decides: an earlier rule speaks of all its files", at: place,
      notes: [.otherPatternHere(at: other)],
      hint: "the first rule that matches a file decides: put the narrower one first")
  }

  static func excludeOfDefaultsHolds(
    _ pattern: String, at place: SourcePlace, inherited: SourcePlace
  ) -> Diagnostic {
    .warning(
      .excludeOfDefaultsHolds, "an empty 'exclude' takes nothing back: that of defaults protects here, too",
      at: place, notes: [.excludeHere(at: inherited)],
      hint: "leave it out, or move \(pattern.inYAML) from defaults to the targets that need it")
  }

  /// `name`: what stands between the stars.
  static func patternOfOneDepth(_ pattern: String, _ name: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .patternOfOneDepth, "'exclude' has \(pattern.quoted), in which the first '*' stands for exactly one folder",
      at: place,
      hint: "did you mean \("**/\(name)/".inYAML)? that is at any depth; for this one alone, \("*/\(name)/".inYAML)")
  }

  static func patternOutsideTarget(
    _ pattern: String, of key: String, at place: SourcePlace, path: SourcePlace
  ) -> Diagnostic {
    .error(
      .patternOutsideTarget, "'\(key)' has \(pattern.quoted), which can match nothing in the target's folders",
      at: place, notes: [.pathHere(at: path)],
      hint: "a pattern with a '/' at its beginning is an absolute path; without, it is relative to the target's folder")
  }

  static func patternOfFolderBeside(
    _ pattern: String, absolute: (folder: String, inEach: String), at place: SourcePlace, path: SourcePlace
  ) -> Diagnostic {
    .warning(
      .patternOfFolderBeside,
      "'exclude' has \(pattern.quoted), which is looked for in each folder that the path stands for",
      at: place, notes: [.pathHere(at: path)],
      hint: "to spare one of these folders, write \(absolute.folder.inYAML); "
        + "for what lies in each, \(absolute.inEach.inYAML)")
  }
}

extension Diagnostic.PatternFault {
  func sentence(about pattern: String) -> String {
    switch self {
    case .impossible(let impossibility): "\(pattern.quoted) matches no file, since \(impossibility.reason)"
    case .tooDeep(let needed, let maxDepth):
      "\(pattern.quoted) needs \(needed) levels, but 'max_depth' is \(maxDepth)"
    case .excluded(let other): "'exclude' has \(other.quoted), which matches all that \(pattern.quoted) does"
    }
  }

  func notes(at place: SourcePlace?) -> [Diagnostic.Note] {
    guard let place else { return [] }
    switch self {
    case .impossible: return []
    case .tooDeep: return [.maxDepthHere(at: place)]
    case .excluded: return [.excludeHere(at: place)]
    }
  }

  func hint(for pattern: String) -> String? {
    switch self {
    case .impossible: nil
    case .tooDeep(let needed, _): "write max_depth: \(needed), or leave the pattern out"
    case .excluded: "'exclude' wins over 'include': narrow the one or remove the other"
    }
  }
}

extension PatternShape.Impossibility {
  fileprivate var reason: String {
    switch self {
    case .nameTooLong: "no name is longer than \(Limits.name) bytes"
    case .emptySet: "one of its sets has no byte that a name can hold"
    }
  }
}

extension Diagnostic.Note {
  static func includeHere(at place: SourcePlace) -> Self {
    Self(rule: .includeHere, message: "the pattern of 'include' is here", place: place)
  }
  static func excludeHere(at place: SourcePlace) -> Self {
    Self(rule: .excludeHere, message: "the pattern of 'exclude' is here", place: place)
  }
  static func maxDepthHere(at place: SourcePlace) -> Self {
    Self(rule: .maxDepthHere, message: "'max_depth' is here", place: place)
  }
  static func otherPatternHere(at place: SourcePlace) -> Self {
    Self(rule: .otherPatternHere, message: "the other pattern is here", place: place)
  }
}
