/// What libyaml complains of, at the place where the mistake is rather than where it was noticed.
struct YAMLComplaint {
  private let error: YAMLSyntaxError
  private let text: SourceText

  init(_ error: YAMLSyntaxError, in text: SourceText) { (self.error, self.text) = (error, text) }

  var diagnostic: Diagnostic {
    if let missing = missingBlank { return missing }
    guard let context = error.context else { return plain }
    switch (context.text, error.problem) {
    case ("while scanning a simple key", "could not find expected ':'"): return keyWithoutColon(at: context.offset)
    case ("while scanning an alias", _), ("while scanning an anchor", _):
      return .unquotedSign(wholeValue(at: context.offset))
    case ("while parsing a flow sequence", _), ("while parsing a flow mapping", _):
      return comment ?? openBracket(at: context.offset) ?? plain
    default: return plain
    }
  }

  private var plain: Diagnostic {
    let context = error.context.flatMap { context in
      context.offset == error.offset ? nil : (context.text, text.place(context.offset..<context.offset))
    }
    return .syntax(
      error.problem, at: text.place(error.offset..<error.offset), context: context, hint: hint)
  }

  private func restOfLine(from start: Int) -> SourcePlace {
    text.place(start..<text.line(text.lineIndex(of: start)).upperBound)
  }

  /// What stands there without quotes, with what is glued to it in brackets: `[0-9]*.log`.
  private func wholeValue(at start: Int) -> SourcePlace {
    let value = restOfLine(from: start).plainValue
    let before = text.bytes[text.line(text.lineIndex(of: start)).lowerBound..<start]
    guard let last = before.last, "]}".utf8.contains(last),
      let bracket = before.lastIndex(of: last == UInt8(ascii: "]") ? UInt8(ascii: "[") : UInt8(ascii: "{"))
    else { return value }
    return text.place(bracket..<value.range.upperBound)
  }

  /// Noticed on the next line; meant is the word that is no key.
  private func keyWithoutColon(at start: Int) -> Diagnostic {
    let word = restOfLine(from: start)
    let isQuoted = word.text.hasPrefix("\"") || word.text.hasPrefix("'")
    return .syntax(
      isQuoted ? "a key in quotes that does not end on this line" : "a key without ':' and a space behind it", at: word,
      context: nil, hint: isQuoted ? "write it on one line" : "write key: value")
  }

  /// A bracket that nothing closes is noticed where what follows no longer fits.
  private func openBracket(at start: Int) -> Diagnostic? {
    guard text.lineIndex(of: start) < text.lineIndex(of: error.offset), start < text.bytes.count else { return nil }
    let bracket = text.place(start..<start + 1)
    let close = bracket.text == "[" ? "]" : "}"
    // Of a list over many lines it is not told where it should end.
    let isOneLine = restOfLine(from: start).trimmed.range.count > 1
    return .syntax(
      "no '\(close)' closes this", at: bracket, context: ("noticed here", text.place(error.offset..<error.offset)),
      hint: isOneLine ? "is a '\(close)' or a comma missing at the end of this line, or of one below it?" : nil)
  }

  /// JSON has none, though some of its readers take them.
  private var comment: Diagnostic? {
    let line = text.lineIndex(of: error.offset)
    for index in [line, line - 1] where index >= 0 {
      let range = text.line(index)
      for at in range where text.bytes[at...].starts(with: "//".utf8) || text.bytes[at...].starts(with: "/*".utf8) {
        let isBehindBlank = at == range.lowerBound || text.bytes[at - 1] == UInt8(ascii: " ")
        if isBehindBlank {
          return .syntax("this is no comment", at: restOfLine(from: at), context: nil, hint: "comments begin with #")
        }
      }
    }
    return nil
  }

  // MARK: A blank too few

  /// `version:1` and `-path: x` are words to YAML, and what follows them no longer fits.
  private var missingBlank: Diagnostic? {
    guard error.problem == "mapping values are not allowed in this context" else { return nil }
    let last = text.lineIndex(of: error.offset)
    for index in stride(from: last, through: max(0, last - 3), by: -1) {
      let line = text.line(index)
      guard let start = text.bytes[line].firstIndex(where: { $0 != UInt8(ascii: " ") }) else { continue }
      if let finding = missingBlank(from: start, to: line.upperBound) { return finding }
    }
    return nil
  }

  private func missingBlank(from start: Int, to end: Int) -> Diagnostic? {
    let line = text.bytes[start..<end]
    if line.first == UInt8(ascii: "-"), let next = line.dropFirst().first, UInt8.isLetterOrDigit(next) {
      let word = line.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: " ") }
      let place = text.place(start..<word.endIndex)
      return .blankMissing("-", at: place, meant: "- " + place.text.dropFirst())
    }
    let dash = line.prefix { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: " ") }
    let key = line[dash.endIndex...].prefix { UInt8.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
    let value = line[key.endIndex...].dropFirst().prefix { $0 != UInt8(ascii: " ") }
    guard !key.isEmpty, line[key.endIndex...].first == UInt8(ascii: ":"), let first = value.first,
      first != UInt8(ascii: "/") || value.dropFirst().first != first
    else { return nil }
    let place = text.place(key.startIndex..<value.endIndex)
    return .blankMissing(
      ":", at: place,
      meant: text.place(key.startIndex..<key.endIndex + 1).text + " "
        + text.place(key.endIndex + 1..<value.endIndex).text)
  }

  // MARK: Hints

  private var hint: String? {
    if error.problem == "did not find expected <document start>" {
      let isDirective = restOfLine(from: error.offset).text.hasPrefix("%")
      return isDirective ? nil : Diagnostic.Advice.beginning
    }
    guard error.offset < text.bytes.count, "@`%{}[]&*!|>".utf8.contains(text.bytes[error.offset]) else { return nil }
    if restOfLine(from: text.line(text.lineIndex(of: error.offset)).lowerBound).text.hasPrefix("%") {
      return "leave this line out"
    }
    // What begins with one of YAML's own signs needs quotes.
    return "a text that begins with or holds \(UnicodeScalar(text.bytes[error.offset])) needs quotes"
  }
}

extension YAMLSyntaxError {
  /// The text ends within a quoted value.
  var isOpenQuote: Bool {
    context?.text == "while scanning a quoted scalar" && problem == "found unexpected end of stream"
  }
}
