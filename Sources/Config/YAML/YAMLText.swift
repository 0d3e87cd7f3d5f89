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
    if let mark = byteOrderMark {
      return .byteOrderMark(mark.encoding, isAtStart: true, at: text.place(start..<start + mark.count))
    }
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
    // Two files put together have one in the middle.
    let mark = line(in: text) { $0.starts(with: [0xEF, 0xBB, 0xBF]) }
    if let mark { return .byteOrderMark("UTF-8", isAtStart: false, at: text.place(mark.range.prefix(3))) }
    if let template = template(in: text) { return .helmTemplate(at: template) }
    if let blank = DeceptiveCharacters.blankBesideStructure(in: text) { return .foreignBlank(at: blank) }
    if error.isOpenQuote { return openQuote(error, in: text) }
    if let tab = indentingTab(near: error.offset, in: text) { return .tabIndentation(at: tab) }
    return YAMLComplaint(error, in: text).diagnostic
  }

  private static func openQuote(_ error: YAMLSyntaxError, in text: SourceText) -> Diagnostic {
    let start = error.context?.offset ?? error.offset
    let value = text.place(start..<text.line(text.lineIndex(of: start)).upperBound).trimmed
    return .syntax(
      "this quote is never closed", at: value, context: nil,
      hint: .didYouMean("\(value.text)\(value.text.prefix(1))"))
  }

  private static func conflictMarker(in text: SourceText) -> SourcePlace? {
    line(in: text) { $0.starts(with: "<<<<<<< ".utf8) || $0.starts(with: ">>>>>>> ".utf8) }
  }

  /// The first action of a template that no YAML reader takes: at the beginning of a line.
  private static func template(in text: SourceText) -> SourcePlace? {
    line(in: text) { line in
      let rest = line.drop { $0 == UInt8(ascii: " ") }
      return ["{{", "{%", "<%"].contains { rest.starts(with: $0.utf8) }
    }
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
    if text.bytes[line].starts(with: "---".utf8) { return nil }
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
