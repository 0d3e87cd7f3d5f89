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

  /// libyaml's complaint in our words: a tab in the indentation is told apart, since its own words hardly name it.
  static func diagnostic(for error: YAMLSyntaxError, in text: SourceText) -> Diagnostic {
    let place = text.place(error.offset..<error.offset)
    if error.isForbiddenCharacter { return .controlCharacter(at: character(at: error.offset, in: text)) }
    if let tab = indentingTab(near: error.offset, in: text) { return .tabIndentation(at: tab) }
    let context = error.context.map { (text: $0.text, place: text.place($0.offset..<$0.offset)) }
    return .syntax(error.problem, at: place, context: context)
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
