import Plan

// The catalogue: texts that are no patterns, or patterns of another program.

extension Diagnostic {
  static func badPattern(_ fault: Pattern.Malformed, in scalar: YAMLScalar) -> Diagnostic {
    let place = scalar.place(at: fault.offset, length: fault.reason.length)
    switch fault.reason {
    case .empty: return badGlob(.empty, at: place)
    case .unclosedSet: return badGlob(.unclosedSet, at: place)
    case .emptyRange: return badGlob(.emptyRange, at: place)
    case .danglingEscape: return badGlob(.danglingEscape, at: place)
    case .doubleStarInsideComponent: return badGlob(.doubleStarInsideComponent, at: place)
    case .emptyComponent: return badGlob(.emptyComponent, at: place)
    case .dotComponent: return patternDots(scalar.text, at: scalar.place)
    case .unclosedBrace:
      return .error(
        .patternUnclosedBrace, "no '}' closes this '{'", at: place, hint: "for the character itself, write \\{")
    case .bracesTooDeep:
      return .error(.patternBracesTooDeep, "braces stand in each other more than eight deep", at: place, hint: nil)
    case .doubleStarInBraces:
      return .error(
        .patternDoubleStarInBraces, "'**' must not stand in braces", at: place,
        hint: "write a pattern for each alternative")
    case .slashInBraces:
      return .error(
        .patternSlashInBraces, "a '/' must not stand in braces", at: place, hint: "write a pattern for each alternative"
      )
    case .escapedSlash:
      return .error(
        .patternEscapedSlash, "a '\\' before a '/' means nothing: no name holds a slash", at: place,
        hint: "remove the \\")
    case .notASCIIInSet:
      // Of all other characters there is no list.
      let isNegated = Array(scalar.text.utf8).isInNegatedSet(fault.offset)
      return setNotASCII(at: place, hint: isNegated ? nil : "write alternatives, for instance {ä,ö}")
    }
  }

  /// Of a pattern, or a wildcard of a path.
  static func setNotASCII(at place: SourcePlace, hint: String? = "write a target for each") -> Diagnostic {
    .error(.patternSetNotASCII, "a set holds single bytes, and this character has several", at: place, hint: hint)
  }

  private static func patternDots(_ text: String, at place: SourcePlace) -> Diagnostic {
    let meant = text.withoutDots
    // At any depth, an include deletes more, and a rule's exclude may leave more to one that does.
    let widens = meant?.dropLast().contains("/") == false
    return .error(
      .patternDots, "no file or folder has this name", at: place,
      hint: widens
        ? "a name alone is looked for at any depth; for the target's own folder only, write the absolute path"
        : meant.map { "did you mean \($0.inYAML)?" }
          ?? "patterns are relative to the target, and cannot lead out of it")
  }

  static func foreignPattern(_ foreign: ForeignPattern, at place: SourcePlace) -> Diagnostic {
    .error(.foreignPattern, foreign.message, at: place, hint: foreign.hint)
  }
}

extension [UInt8] {
  /// Whether the byte stands in a set of a pattern that is one of all others.
  fileprivate func isInNegatedSet(_ offset: Int) -> Bool {
    var (at, set): (Int, (members: Int, isNegated: Bool)?) = (0, nil)
    while at < Swift.min(offset, count) {
      switch self[at] {
      case UInt8(ascii: "\\"): at += 1
      case UInt8(ascii: "[") where set == nil:
        let isNegated = at + 1 < count && "!^".utf8.contains(self[at + 1])
        if isNegated { at += 1 }
        set = (at + 1, isNegated)
      case UInt8(ascii: "]"): if let members = set?.members, at > members { set = nil }
      default: break
      }
      at += 1
    }
    return set?.isNegated ?? false
  }
}

extension Pattern.Malformed.Reason {
  fileprivate var length: Int {
    switch self {
    case .doubleStarInsideComponent, .doubleStarInBraces, .notASCIIInSet, .escapedSlash: 2
    default: 1
    }
  }
}

extension ForeignPattern {
  fileprivate var message: String {
    switch kind {
    case .quotes: "the quotes at the ends are part of this pattern"
    case .blank: "the blank at an end is part of this pattern"
    case .filterRule: "this looks like a line of a filter list: the sign and the blank are part of the pattern"
    case .negation: "a '!' takes nothing out of '\(key)'"
    case .home: "'~' is no home folder here"
    case .several(let parts): "this looks like \(parts.count) patterns in one text"
    case .variable(let name): "\(name.quoted) is not filled in: patterns know no variables"
    case .regularExpression: "this looks like a regular expression, and is read as a pattern"
    case .extendedGlob: "this looks like a shell's extended pattern, which is not known here"
    case .dateFormat(let field): "\(field.quoted) is not filled in: patterns know no dates"
    case .placeholder(let name): "\(name.quoted) looks like a placeholder"
    case .loneBraces(let braces): "\(braces.quoted) is no list of alternatives"
    case .backslash: "a '\\' takes the next character literally, and parts no folders"
    }
  }

  fileprivate var hint: String {
    switch kind {
    case .negation where key == "exclude":
      "a file stays when any pattern of exclude matches it; for the character itself, write \\!"
    case .negation: "move the rest to exclude" + (meant.map { ": [\($0.inYAML)]" } ?? "") + "; or write \\!"
    case .several(let parts) where meant == nil:
      "write each as an item of its own: \(parts.map(\.inYAML).joined(separator: ", "))"
    default: meant.map { "did you mean \($0.inYAML)?" } ?? literally ?? ""
    }
  }

  /// How to say that the text is meant as it stands.
  private var literally: String? {
    switch kind {
    case .quotes, .several, .negation, .filterRule: nil
    case .blank: "for the blank itself, write [ ]"
    case .home: "for the character itself, write \\~"
    case .variable: "write its value; for the character itself, \\$"
    case .regularExpression: "'*' stands for any characters, {a,b} for alternatives"
    case .extendedGlob: "write {a,b} for alternatives"
    case .dateFormat: "for the character itself, write \\%"
    case .placeholder: "write what it stands for; for the character itself, \\<"
    case .loneBraces: "for the characters themselves, write \\{ and \\}"
    case .backslash: "for the character itself, write \\\\"
    }
  }
}

extension String {
  /// As it can be put into a list: shown, and in quotes, since a pattern may begin with what means something to YAML.
  var inYAML: String {
    utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
      ? "'\(whole.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'" : "\"\(whole)\""
  }

  /// The pattern without components that are `.`; nil when nothing is left.
  fileprivate var withoutDots: String? {
    let rest = split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    return rest.isEmpty || rest == self || rest.hasPrefix("..") ? nil : rest + (hasSuffix("/") ? "/" : "")
  }
}
