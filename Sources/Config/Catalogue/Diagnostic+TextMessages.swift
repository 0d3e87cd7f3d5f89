// The catalogue: what a text can have wrong with it before anyone asks what it says.

extension Diagnostic {
  static func textTooLarge(limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(.textTooLarge, "the config is larger than \(limit) bytes", at: place, hint: "a ConfigMap cannot hold more")
  }

  static func byteOrderMark(_ encoding: String, isAtStart: Bool, at place: SourcePlace) -> Diagnostic {
    .error(
      .byteOrderMark,
      isAtStart
        ? "the text begins with a byte order mark of \(encoding)"
        : "a byte order mark of \(encoding) stands in the middle of the text", at: place,
      hint: isAtStart ? "save it as UTF-8 without a byte order mark" : "remove it")
  }

  static func nulByte(at place: SourcePlace) -> Diagnostic {
    .error(.nulByte, "the text holds a NUL byte", at: place, hint: "is this a text, and is it saved as UTF-8?")
  }

  static func notUTF8(at place: SourcePlace) -> Diagnostic {
    .error(.notUTF8, "these bytes are not UTF-8", at: place, hint: "save the text as UTF-8")
  }

  static func controlCharacter(at place: SourcePlace) -> Diagnostic {
    .error(
      .controlCharacter, "YAML does not allow the character \(place.codePoint)", at: place, hint: "remove it")
  }

  static func invisibleCharacter(at place: SourcePlace) -> Diagnostic {
    .error(
      .invisibleCharacter,
      "the character \(place.codePoint) cannot be seen, and makes the text read otherwise than it is",
      at: place, hint: "remove it; within a value, write it as an escape in double quotes")
  }

  static func invisibleInComment(at place: SourcePlace) -> Diagnostic {
    .warning(
      .invisibleInComment, "the character \(place.codePoint) in this comment cannot be seen", at: place,
      hint: "remove it")
  }

  static func foreignBlank(at place: SourcePlace) -> Diagnostic {
    .error(
      .foreignBlank, "the character \(place.codePoint) looks like a space, and is none", at: place,
      hint: "write a space in its place, or nothing; within a value, put the value in quotes")
  }

  static func typographicQuotes(_ text: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .typographicQuotes, "these are quotes of a word processor, which are letters to YAML", at: place,
      hint: .didYouMean(YAMLScalar.flowText(text, isPlain: false)))
  }

  static func hiddenLineEnd(at place: SourcePlace) -> Diagnostic {
    .error(
      .hiddenLineEnd, "the character \(place.codePoint) ends a line for YAML, though editors do not show it so",
      at: place,
      hint: "replace it by a line end or a space")
  }

  static func conflictMarker(at place: SourcePlace) -> Diagnostic {
    .error(
      .conflictMarker, "a merge conflict is not resolved here", at: place,
      hint: "keep one side, and remove the lines with <<<<<<<, ======= and >>>>>>>")
  }

  static func tabIndentation(at place: SourcePlace) -> Diagnostic {
    .error(.tabIndentation, "YAML does not allow tabs in the indentation", at: place, hint: "indent with spaces")
  }

  static func syntax(
    _ problem: String, at place: SourcePlace, context: (text: String, place: SourcePlace)?, hint: String? = nil
  ) -> Diagnostic {
    let notes = context.map { [Note.context($0.text, at: $0.place)] } ?? []
    return .error(.syntax, "not YAML: \(problem.shown)", at: place, notes: notes, hint: hint)
  }

  /// `sign` needs a blank behind it.
  static func blankMissing(_ sign: String, at place: SourcePlace, meant: String) -> Diagnostic {
    .error(
      .blankMissing, "not YAML: a space must follow the '\(sign)'", at: place, hint: .didYouMean(meant))
  }

  static func unquotedSign(_ value: SourcePlace) -> Diagnostic {
    .error(
      .unquotedSign, "a value that begins with '\(value.text.prefix(1))' needs quotes", at: value,
      hint: .didYouMean(YAMLScalar.flowText(value.text, isPlain: false)))
  }

  static func emptyDocument(at place: SourcePlace) -> Diagnostic {
    .error(.emptyDocument, "there is no config in this text", at: place, hint: "begin with version: 1")
  }

  static func emptyFirstDocument(at place: SourcePlace) -> Diagnostic {
    .error(
      .emptyFirstDocument, "the config is the second document: the first one is empty", at: place,
      hint: "remove this line or the one with --- before it")
  }

  static func severalDocuments(at place: SourcePlace) -> Diagnostic {
    .error(.severalDocuments, "a config is one document; here a second one begins", at: place, hint: nil)
  }

  static func nestingTooDeep(limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(.nestingTooDeep, "nested more than \(limit) levels deep", at: place, hint: nil)
  }

  static func tooManyNodes(limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(.tooManyNodes, "the text holds more than \(limit) values", at: place, hint: nil)
  }

  static func aliasExpansion(_ name: String, limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(
      .aliasExpansion, "with the alias *\(name.shown) written out, the text holds more than \(limit) values",
      at: place,
      hint: nil)
  }

  static func unknownAnchor(_ name: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .unknownAnchor, "no anchor &\(name.shown) ends before this alias", at: place,
      hint: "a text that begins with '*' needs quotes; an alias can repeat only what stands before it")
  }

  static func explicitTag(at place: SourcePlace) -> Diagnostic {
    .error(
      .explicitTag, "tags are not allowed", at: place,
      hint: "leave it out: the key gives the value its type; a text that begins with '!' needs quotes")
  }

  static func duplicateKey(_ key: YAMLKey, first: SourcePlace) -> Diagnostic {
    .error(
      .duplicateKey, "the key \(key.text.quoted) is here twice", at: key.place, notes: [.firstHere(at: first)],
      hint: nil)
  }

  static func separatorMissing(at place: SourcePlace, first: SourcePlace) -> Diagnostic {
    .error(
      .separatorMissing, "a second object begins here, in the document of the first", at: place,
      notes: [.firstHere(at: first)], hint: "write a line with --- before it")
  }

  static func keyNotText(at place: SourcePlace) -> Diagnostic {
    .error(
      .keyNotText, "a key must be a word", at: place,
      hint: place.text.hasPrefix("{") ? "is this a template? check what it makes, not itself" : nil)
  }

  static func mergeKey(at place: SourcePlace) -> Diagnostic {
    .error(.mergeKey, "merge keys are not allowed", at: place, hint: "write what targets share under defaults")
  }
}
