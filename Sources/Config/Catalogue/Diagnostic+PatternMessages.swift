// The catalogue: what the patterns of `include` and `exclude` can have wrong with them.

extension Diagnostic {
  /// Why a pattern changes nothing.
  enum PatternFault {
    case impossible(GlobShape.Impossibility)
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

  static func negatedPattern(_ pattern: String, of key: String, at place: SourcePlace) -> Diagnostic {
    let rest = String(pattern.dropFirst()).inYAML
    return .warning(
      .negatedPattern, "\(pattern.quoted) takes nothing out of '\(key)': the '!' is a character of the names to match",
      at: place,
      hint: key == "include"
        ? "move the rest to exclude: [\(rest)]; for the character itself, write \\!"
        : "a file stays when any pattern of exclude matches it; for the character itself, write \\!")
  }

  static func patternHoldsPath(
    _ pattern: String, of key: String, rest: String, at place: SourcePlace, path: SourcePlace
  ) -> Diagnostic {
    // To exclude everything is never what was meant.
    let meant = key == "exclude" && rest == "**" ? "" : "; did you mean \(rest.inYAML)?"
    return .warning(
      .patternHoldsPath, "'\(key)' has the pattern \(pattern.quoted), which begins with the target's own path",
      at: place, notes: [.pathHere(at: path)], hint: "patterns are relative to that path\(meant)")
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
    case .impossible(.dots(".")): pattern.withoutDots.map { "did you mean \($0.inYAML)?" }
    case .impossible(.dots): "patterns are relative to the target, and cannot lead out of it"
    case .impossible: nil
    case .tooDeep(let needed, _): "write max_depth: \(needed), or leave the pattern out"
    case .excluded: "'exclude' wins over 'include': narrow the one or remove the other"
    }
  }
}

extension GlobShape.Impossibility {
  fileprivate var reason: String {
    switch self {
    case .dots(let name): "no file is named '\(name)'"
    case .emptyName: "no name is empty"
    case .nameTooLong: "no name is longer than \(Limits.name) bytes"
    case .emptySet: "one of its sets has no byte that a name can hold"
    }
  }
}

extension String {
  /// As it can be put into a list: shown, and in quotes, since a pattern may begin with what means something to YAML.
  fileprivate var inYAML: String {
    utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
      ? "'\(whole.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'" : "\"\(whole)\""
  }

  /// The pattern without components that are `.`; nil when nothing is left.
  fileprivate var withoutDots: String? {
    let rest = split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    return rest.isEmpty || rest == self ? nil : rest
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
