import Plan

// The catalogue: every wording of this module is in one of the files here, one static member each. A message begins in lower
// case and names the key; what the user wrote goes through `shown`, so that nothing in it can disturb a terminal. Here is
// what options, keys and values can have wrong with them.

// MARK: - Options and environment

extension Diagnostic {
  static func overrideWithoutValue(at place: SourcePlace) -> Diagnostic {
    .error(
      .overrideWithoutValue, "--set needs KEY=VALUE", at: place, hint: "for instance --set defaults.max_age=60d")
  }

  static func overrideEmptyKey(at place: SourcePlace) -> Diagnostic {
    .error(
      .overrideEmptyKey, "--set: a key is missing here", at: place, hint: "for instance --set defaults.max_age=60d")
  }

  static func overrideUnknownTarget(_ name: String, nearest: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .overrideUnknownTarget, "--set: there is no target \(name.quoted)", at: place, hint: .didYouMean(nearest))
  }

  static func overrideInsideValue(_ key: YAMLKey, at place: SourcePlace, value: SourcePlace) -> Diagnostic {
    .error(
      .overrideInsideValue, "--set: there is no place for \(key.text.quoted) in a value that has no keys", at: place,
      notes: [.valueHere(at: value)], hint: nil)
  }

  /// `meant`: the value in place of it; in quotes where a manifest needs them.
  static func badVariable(_ name: String, expected: String, meant: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .badVariable, "the environment variable \(name) must be \(expected)", at: place,
      hint: .didYouMean(meant.map { "\"\($0.whole)\"" }))
  }

  static func variableWithoutEffect(
    _ name: String, _ replacement: LegacyEnvironment.Replacement, at place: SourcePlace
  ) -> Diagnostic {
    let instead =
      switch replacement {
      case .concurrency: "write concurrency in the config"
      case .memory: "memory is bounded without it"
      case .anotherRun: "a run that was stopped is just started again"
      case .none: "nothing here needs it"
      }
    return .warning(
      .variableWithoutEffect, "the environment variable \(name) has no effect", at: place, hint: "\(instead); unset it")
  }

  static func unknownVariable(_ name: String, nearest: String?, at place: SourcePlace) -> Diagnostic {
    .warning(
      .unknownVariable, "the environment variable \(name.shown) is not known, and has no effect", at: place,
      hint: .didYouMean(nearest) ?? "unset it, and write what it should do in the config")
  }

  static func variableContradicted(
    _ name: String, is value: String, maxAge: String, at place: SourcePlace, variable: SourcePlace
  ) -> Diagnostic {
    .error(
      .variableContradicted,
      "'max_age' is \(maxAge), but no file may be deleted: the environment variable \(name) is \(value)", at: place,
      notes: [.variableHere(at: variable)], hint: "write max_age: never, or unset \(name)")
  }
}

// MARK: - Keys and types

extension Diagnostic {
  static func unknownKey(_ key: YAMLKey, _ meaning: ForeignKeys.Meaning?) -> Diagnostic {
    // Letters of other alphabets look the same.
    let isForeign = !key.text.utf8.allSatisfy(UTF8.isASCII)
    let template = key.text.hasPrefix("x-") ? "what targets share stands under defaults" : nil
    return .error(
      .unknownKey, "unknown key \(key.text.quoted)", at: key.place,
      hint: meaning?.hint(isForeign: isForeign) ?? template)
  }

  static func missingKey(_ key: String, in group: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .missingKey, "\(group): the required key '\(key)' is missing", at: place,
      hint: key == "version" ? "begin with version: 1" : nil)
  }

  static func missingMaxAge(at place: SourcePlace) -> Diagnostic {
    .error(
      .missingMaxAge, "no 'max_age' for this target", at: place,
      hint: "write it here or under defaults, for instance max_age: 30d")
  }

  /// `subject`: a key in quotes, or what has no key in words.
  static func wrongType(
    _ subject: String, expected: String, found: String, example: String?, hint: String? = nil, at place: SourcePlace
  ) -> Diagnostic {
    .error(
      .wrongType, "\(subject) must be \(expected), not \(found)", at: place,
      hint: .didYouMean(example) ?? hint)
  }

  static func emptyValue(_ key: String, isRequired: Bool, at place: SourcePlace) -> Diagnostic {
    .error(
      .emptyValue, "\(key.quoted) has no value", at: place,
      hint: isRequired ? "give it one: the key is required" : "give it one, or leave the key out")
  }

  static func nullValue(_ key: String, isRequired: Bool, at place: SourcePlace) -> Diagnostic {
    .error(
      .nullValue, "\(key.quoted) is null", at: place,
      hint: (isRequired ? "give it a value" : "give it a value or leave the key out")
        + "; a text of this spelling needs quotes")
  }

  static func emptyItem(_ key: String, at place: SourcePlace) -> Diagnostic {
    .error(.emptyItem, "\(key.quoted) has an empty item", at: place, hint: "remove the dash, or write a value after it")
  }

  static func emptyList(_ key: String, hint: String, at place: SourcePlace) -> Diagnostic {
    .error(.emptyList, "\(key.quoted) is an empty list", at: place, hint: hint)
  }

  static func emptyText(_ key: String, at place: SourcePlace) -> Diagnostic {
    .error(.emptyText, "\(key.quoted) is an empty text", at: place, hint: nil)
  }

  static func controlCharacterInText(_ key: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .controlCharacterInText, "\(key.quoted) holds a line end or another control character", at: place,
      hint: "write it on one line, without | or >")
  }

  static func notSupportedYet(_ key: String, off: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .notSupportedYet, "'\(key)' is not supported yet", at: place,
      hint: "leave it out, or write \(off)")
  }

  static func unknownVersion(_ text: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .unknownVersion, "this program does not know version \(text.quoted) of the config", at: place,
      hint: "write version: 1")
  }

  static func noTargets(at place: SourcePlace) -> Diagnostic {
    .error(.noTargets, "there is no target", at: place, hint: "each target is an item: - path: /data/api")
  }

  static func tooManyTargets(limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(
      .tooManyTargets, "there are more than \(limit) targets", at: place,
      hint: "let one target find many folders: its path may hold * or {YYYY}-{MM}")
  }
}

// MARK: - Values

extension Diagnostic {
  static func badBoolean(_ text: String, of key: String, meant: String?, at place: SourcePlace) -> Diagnostic {
    .error(.badBoolean, "'\(key)' must be true or false, not \(text.quoted)", at: place, hint: .didYouMean(meant))
  }

  static func unknownChoice(
    _ text: String, of key: String, choices: [String], nearest: String?, at place: SourcePlace
  ) -> Diagnostic {
    .error(
      .unknownChoice, "'\(key)' must be one of \(choices.joined(separator: ", ")), not \(text.quoted)", at: place,
      hint: .didYouMean(nearest))
  }

  static func notANumber(
    _ text: String, of key: String, expected: String, meant: String? = nil, at place: SourcePlace
  ) -> Diagnostic {
    .error(
      .notANumber, "'\(key)' must be \(expected), not \(text.quoted)", at: place, hint: .didYouMean(meant))
  }

  static func leadingZero(_ text: String, at place: SourcePlace) -> Diagnostic {
    .error(.leadingZero, "the number \(text.quoted) begins with a zero", at: place, hint: "write it without")
  }

  static func outOfRange(
    _ text: String, of key: String, range: String, inMebibytes: String? = nil, meant: String? = nil,
    at place: SourcePlace
  ) -> Diagnostic {
    .error(
      .outOfRange, "'\(key)' must be \(range), not \(text.quoted)", at: place,
      hint: inMebibytes.map { "without a unit, a size is in bytes; did you mean \($0)?" } ?? .didYouMean(meant)
        ?? Advice.insteadOfZero(text, of: key))
  }

  static func numberTooLarge(_ text: String, of key: String, at place: SourcePlace) -> Diagnostic {
    .error(.numberTooLarge, "'\(key)' is too large: \(text.quoted)", at: place, hint: nil)
  }

  /// `meanings`: with each unit that may be meant, and how long that is where the unit is not the usual one.
  static func missingUnit(
    _ text: String, of key: String, meanings: [(text: String, length: String?)], at place: SourcePlace
  ) -> Diagnostic {
    .error(
      .missingUnit, "'\(key)' needs a unit: \(text.quoted)", at: place,
      hint: Advice.insteadOfZero(text, of: key) ?? Advice.oneOf(meanings))
  }

  static func badDuration(
    _ text: String, of subject: Subject, meant: String?, mayBeMonths: Bool, at place: SourcePlace
  ) -> Diagnostic {
    let months = mayBeMonths ? "; months stand alone: 3mo" : ""
    return .error(
      .badDuration, "'\(subject.key)' must be \(subject.noun), not \(text.quoted)", at: place,
      hint: .didYouMean(meant) ?? Advice.insteadOfNoAge(text, of: subject)
        ?? "whole numbers with ms, s, m, h, d or w, from large to small: 250ms, 30d, 1d12h\(months)")
  }

  /// `days`: about as long; nil when that is no number.
  static func monthsNotAllowed(_ text: String, of key: String, days: Int?, at place: SourcePlace) -> Diagnostic {
    .error(
      .monthsNotAllowed, "'\(key)' cannot be given in months, which differ in length: \(text.quoted)", at: place,
      hint: "give it in days: \(days ?? 90)d")
  }

  static func badSize(_ text: String, of subject: Subject, meant: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .badSize, "'\(subject.key)' must be \(subject.noun), not \(text.quoted)", at: place,
      hint: .didYouMean(meant) ?? "a whole number of bytes, or with k, M, G, T, Ki, Mi, Gi or Ti: 256Mi")
  }

  static func tooManyItems(_ key: String, limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(.tooManyItems, "'\(key)' has more than \(limit) items", at: place, hint: nil)
  }

  static func badPercentage(_ text: String, of key: String, at place: SourcePlace) -> Diagnostic {
    .error(.badPercentage, "'\(key)' must be a percentage, not \(text.quoted)", at: place, hint: "for instance 80%")
  }

  static func badPeriod(_ text: String, of key: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .badPeriod, "'\(key)' must be a year, month, week or day of the calendar from 1970 on, not \(text.quoted)",
      at: place, hint: "for instance 2024, 2024-01, 2024-W05 or 2024-01-31")
  }

  static func slashOfNoFolder(_ kind: String, at place: SourcePlace, path: SourcePlace) -> Diagnostic {
    .error(
      .slashOfNoFolder, "'kind' is \(kind), and 'path' ends with a slash, as only a folder's does", at: place,
      notes: [.pathHere(at: path)], hint: "remove the slash, or 'kind'")
  }

  static func badTime(_ text: String, of key: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .badTime, "'\(key)' must be a time as in RFC 3339, not \(text.quoted)", at: place,
      hint: "for instance 2026-11-23T06:00:00Z")
  }

  /// `start` is the byte of the scalar at which the pattern begins.
  static func badGlob(_ fault: Glob.Malformed, in scalar: YAMLScalar, from start: Int = 0) -> Diagnostic {
    // What is wrong begins there; how far it goes, only its reason knows.
    let length = [.doubleStarInsideComponent, .notASCIIInSet].contains(fault.reason) ? 2 : 1
    return badGlob(fault.reason, at: scalar.place(at: start + fault.offset, length: length))
  }

  static func badGlob(_ reason: Glob.Malformed.Reason, at place: SourcePlace) -> Diagnostic {
    switch reason {
    case .empty: .error(.globEmpty, "the pattern is empty", at: place, hint: "remove it; \"**\" matches everything")
    case .unclosedSet:
      .error(.globUnclosedSet, "no ']' closes this set", at: place, hint: "for the character itself, write \\[")
    case .emptyRange: .error(.globEmptyRange, "this range ends before it begins", at: place, hint: nil)
    case .notASCIIInSet: setNotASCII(at: place)
    case .danglingEscape:
      .error(.globDanglingEscape, "nothing follows this '\\'", at: place, hint: "for the character itself, write \\\\")
    case .doubleStarInsideComponent:
      .error(
        .globDoubleStar, "'**' must be a whole component", at: place,
        hint: "'*' stays within a component; '**/' stands for any folders")
    case .emptyComponent, .leadingSlash:
      .error(
        .globEmptyComponent, "the pattern has an empty component", at: place,
        hint: "to match what is inside, end with /**")
    }
  }
}

extension YAMLScalar {
  /// The place of so many bytes, as far as there are so many.
  func place(at offset: Int, length: Int) -> SourcePlace {
    place(ofBytes: min(offset, text.utf8.count)..<min(offset + length, text.utf8.count))
  }
}
