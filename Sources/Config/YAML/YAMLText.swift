import Plan

/// What is wrong with a text before, or instead of, its being YAML.
struct YAMLText {
  private let text: SourceText
  private let start: Int
  private let limit: Int

  init(_ text: SourceText, from start: Int, limit: Int) {
    (self.text, self.start, self.limit) = (text, start, limit)
  }

  /// Nil when libyaml may read it.
  var fault: Diagnostic? {
    if text.bytes.count > limit { return .textTooLarge(limit: limit, at: text.place(0..<0)) }
    if let mark = byteOrderMark { return .byteOrderMark(mark.encoding, at: text.place(start..<start + mark.count)) }
    if let nul = text.bytes[start...].firstIndex(of: 0) { return .nulByte(at: text.place(nul..<nul + 1)) }
    let bytes = text.bytes[start...]
    do {
      let span = bytes.span
      _ = try UTF8Span(validating: span)
      return nil
    } catch {
      return .notUTF8(at: text.place(start + error.byteOffsets.lowerBound..<start + error.byteOffsets.upperBound))
    }
  }

  private var byteOrderMark: (encoding: String, count: Int)? {
    let marks: [(encoding: String, bytes: [UInt8])] = [
      ("UTF-8", [0xEF, 0xBB, 0xBF]), ("UTF-16", [0xFF, 0xFE]), ("UTF-16", [0xFE, 0xFF]),
    ]
    return marks.first { text.bytes[start...].starts(with: $0.bytes) }.map { ($0.encoding, $0.bytes.count) }
  }

  /// libyaml's complaint in our words, at the place where the mistake is rather than where it was noticed.
  static func diagnostic(for error: YAMLSyntaxError, in text: SourceText) -> Diagnostic {
    if error.isForbiddenCharacter { return .controlCharacter(at: character(at: error.offset, in: text)) }
    if let marker = conflictMarker(in: text) { return .conflictMarker(at: marker) }
    if let template = helmTemplate(in: text) { return .helmTemplate(at: template) }
    if let tab = indentingTab(near: error.offset, in: text) { return .tabIndentation(at: tab) }
    return complaint(error, in: text)
  }

  private static func complaint(_ error: YAMLSyntaxError, in text: SourceText) -> Diagnostic {
    let place = text.place(error.offset..<error.offset)
    guard let context = error.context else {
      return .syntax(error.problem, at: place, context: nil, hint: hint(at: error.offset, in: text))
    }
    let begin = text.place(context.offset..<context.offset)
    switch (context.text, error.problem) {
    case ("while scanning a simple key", "could not find expected ':'"):
      // Noticed on the next line; meant is the word that is no key.
      let line = text.line(text.lineIndex(of: context.offset))
      return .syntax(
        "a key without ':' and a space behind it", at: text.place(context.offset..<line.upperBound), context: nil,
        hint: "write key: value")
    case ("while scanning an alias", _), ("while scanning an anchor", _):
      let value = text.place(context.offset..<text.line(text.lineIndex(of: context.offset)).upperBound)
      return .unquotedSign(value.plainValue)
    case ("while scanning a quoted scalar", "found unexpected end of stream"):
      let value = text.place(context.offset..<text.line(text.lineIndex(of: context.offset)).upperBound).trimmed
      let quote = value.text.prefix(1)
      return .syntax("this quote is never closed", at: value, context: nil, hint: .didYouMean("\(value.text)\(quote)"))
    default:
      let isElsewhere = context.offset != error.offset
      return .syntax(
        error.problem, at: place, context: isElsewhere ? (context.text, begin) : nil,
        hint: hint(at: error.offset, in: text))
    }
  }

  /// What begins with one of YAML's own signs needs quotes.
  private static func hint(at offset: Int, in text: SourceText) -> String? {
    guard offset < text.bytes.count, "@`%{}[]&*!|>".utf8.contains(text.bytes[offset]) else { return nil }
    return "a text that begins with or holds \(UnicodeScalar(text.bytes[offset])) needs quotes"
  }

  private static func conflictMarker(in text: SourceText) -> SourcePlace? {
    line(in: text) { $0.starts(with: "<<<<<<< ".utf8) || $0.starts(with: ">>>>>>> ".utf8) }
  }

  /// The first of Helm's actions that no YAML reader takes: at the beginning of a line.
  private static func helmTemplate(in text: SourceText) -> SourcePlace? {
    line(in: text) { $0.drop { $0 == UInt8(ascii: " ") }.starts(with: "{{".utf8) }
  }

  private static func line(in text: SourceText, where isMeant: (ArraySlice<UInt8>) -> Bool) -> SourcePlace? {
    for index in text.lineStarts.indices {
      let line = text.line(index)
      guard isMeant(text.bytes[line]) else { continue }
      return text.place((text.bytes[line].firstIndex { $0 != UInt8(ascii: " ") } ?? line.lowerBound)..<line.upperBound)
    }
    return nil
  }

  private static func indentingTab(near offset: Int, in text: SourceText) -> SourcePlace? {
    let line = text.line(text.lineIndex(of: offset))
    // A dash or a question mark indents what follows it.
    let indentation = text.bytes[line].prefix { " \t-?".utf8.contains($0) }
    guard let tab = indentation.firstIndex(of: UInt8(ascii: "\t")), tab <= offset, offset <= indentation.endIndex
    else { return nil }
    let end = indentation[tab...].firstIndex { $0 != UInt8(ascii: "\t") } ?? indentation.endIndex
    return text.place(tab..<end)
  }

  private static func character(at offset: Int, in text: SourceText) -> SourcePlace {
    let end = text.bytes.indices.first { $0 > offset && !UTF8.isContinuation(text.bytes[$0]) } ?? text.bytes.count
    return text.place(offset..<end)
  }
}
