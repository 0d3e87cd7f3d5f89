/// Reads a scalar once more, as libyaml does, and notes where each byte of its value comes from.
///
/// Everything is compared with the value libyaml made, so that nothing wrong is noted.
struct ScalarTracer {
  /// This reading came to another value than libyaml's.
  struct Mismatch: Error {}

  private(set) var segments: [ScalarOrigin.Segment] = []
  /// Where the value begins: behind an opening quote, at a block's indicator.
  private(set) var start: Int

  private let style: YAMLScalar.Style
  private let value: [UInt8]
  private let source: ScalarSource
  /// How many of the value's bytes are written.
  private var written = 0
  /// What is read next.
  private var position: Int

  init(_ scalar: YAMLScalar) {
    (style, value, source) = (scalar.style, Array(scalar.text.utf8), ScalarSource(scalar.place))
    (start, position) = (scalar.place.range.lowerBound, scalar.place.range.lowerBound)
  }

  /// To be called once.
  mutating func trace() throws(Mismatch) {
    switch style {
    case .plain: try flow(to: source.end, quote: nil)
    case .quoted: try quoted()
    case .block: try block()
    }
    guard written == value.count, position == source.end else { throw Mismatch() }
  }

  // MARK: Plain and quoted

  private mutating func quoted() throws(Mismatch) {
    guard let quote = source[position], quote == .quote || quote == .doubleQuote else { throw Mismatch() }
    start += 1
    position += 1
    try flow(to: source.end - 1, quote: quote)
    guard source[position] == quote else { throw Mismatch() }
    position += 1
  }

  private mutating func flow(to end: Int, quote: UInt8?) throws(Mismatch) {
    while position < end {
      if source.isGap(at: position) {
        try gap()
      } else if quote == .quote, source[position] == .quote {
        try write(CollectionOfOne(.quote), from: position..<position + 2)
        position += 2
      } else if quote == .doubleQuote, source[position] == .backslash {
        try escape()
      } else {
        try copy(to: source.skip(from: position + 1, to: end) { !$0.isGap(at: $1) && !$0.isQuoteOrBackslash(at: $1) })
      }
    }
  }

  /// Blanks stay as they are within a line, and go around a line break.
  private mutating func gap() throws(Mismatch) {
    let blanksEnd = source.skipBlanks(from: position)
    guard let first = source.lineBreak(at: blanksEnd) else { return try copy(to: blanksEnd) }
    let breaks = first.upperBound..<source.skipGap(from: first.upperBound)
    try fold(first, isAlone: source.lineBreak(at: source.skipBlanks(from: breaks.lowerBound)) == nil)
    try writeBreaks(in: breaks)
    position = breaks.upperBound
  }

  private mutating func escape() throws(Mismatch) {
    if let lineBreak = source.lineBreak(at: position + 1) {
      let breaks = lineBreak.upperBound..<source.skipGap(from: lineBreak.upperBound)
      try writeBreaks(in: breaks)
      position = breaks.upperBound
      return
    }
    guard let (character, count) = source.escape(at: position), let unit = UTF8.encode(character) else {
      throw Mismatch()
    }
    try write(unit, from: position..<position + count)
    position += count
  }

  // MARK: Blocks

  private enum Chomping { case strip, clip, keep }

  private mutating func block() throws(Mismatch) {
    guard let indicator = source[position], indicator == .literal || indicator == .folded else { throw Mismatch() }
    let chomping = header()
    // libyaml counts an indentation indicator from the parent's indentation, which is not known here.
    let indentation = source.depth(from: position) - ScalarSource(value).depth(from: 0)
    var previous: (lineBreak: Range<Int>?, startsBlank: Bool) = (nil, false)
    while true {
      let blankLines = position..<source.skipBlankLines(from: position, indentation: indentation)
      position = blankLines.upperBound
      if position == source.end { return try finish(chomping, last: previous.lineBreak, blankLines: blankLines) }
      position = source.skipSpaces(from: position, atMost: indentation)
      let startsBlank = source.isBlank(at: position)
      if let lineBreak = previous.lineBreak {
        let isFolded = indicator == .folded && !previous.startsBlank && !startsBlank
        try isFolded ? fold(lineBreak, isAlone: blankLines.isEmpty) : writeBreak(lineBreak)
      }
      try writeBreaks(in: blankLines)
      previous = (try line(), startsBlank)
    }
  }

  /// Passes the indicators, the comment and the line break.
  private mutating func header() -> Chomping {
    var chomping = Chomping.clip
    // libyaml takes a comment without a blank before it.
    let indicatorsEnd = source.skip(from: position, to: source.end) { !$0.isGap(at: $1) && $0[$1] != UInt8(ascii: "#") }
    for position in position..<indicatorsEnd {
      if source[position] == UInt8(ascii: "-") { chomping = .strip }
      if source[position] == UInt8(ascii: "+") { chomping = .keep }
    }
    position = source.skipLine(from: indicatorsEnd)
    position = source.lineBreak(at: position)?.upperBound ?? position
    return chomping
  }

  /// The rest of a line; what ends it, nil at the end of the text, is passed.
  private mutating func line() throws(Mismatch) -> Range<Int>? {
    try copy(to: source.skipLine(from: position))
    let lineBreak = source.lineBreak(at: position)
    position = lineBreak?.upperBound ?? position
    return lineBreak
  }

  private mutating func finish(_ chomping: Chomping, last: Range<Int>?, blankLines: Range<Int>) throws(Mismatch) {
    if let last, chomping != .strip { try writeBreak(last) }
    if chomping == .keep { try writeBreaks(in: blankLines) }
  }

  // MARK: Writing

  /// A line break between two lines: a space where it is alone, nothing where others follow.
  private mutating func fold(_ lineBreak: Range<Int>, isAlone: Bool) throws(Mismatch) {
    if source.isSeparator(at: lineBreak.lowerBound) {
      try writeBreak(lineBreak)
    } else if isAlone {
      try write(CollectionOfOne(.space), from: lineBreak)
    }
  }

  /// The line breaks in `range`, not the blanks around them.
  private mutating func writeBreaks(in range: Range<Int>) throws(Mismatch) {
    var position = source.skipBlanks(from: range.lowerBound)
    while position < range.upperBound, let lineBreak = source.lineBreak(at: position) {
      try writeBreak(lineBreak)
      position = source.skipBlanks(from: lineBreak.upperBound)
    }
  }

  private mutating func writeBreak(_ lineBreak: Range<Int>) throws(Mismatch) {
    if source.isSeparator(at: lineBreak.lowerBound) {
      try write(source[lineBreak], from: lineBreak)
    } else {
      try write(CollectionOfOne(.lineFeed), from: lineBreak)
    }
  }

  /// What stands in the source from here to `end` is in the value as it is.
  private mutating func copy(to end: Int) throws(Mismatch) {
    guard end > position else { return }
    let part = source[position..<end]
    guard part.count <= value.count - written, part.elementsEqual(value[written..<written + part.count]) else {
      throw Mismatch()
    }
    note(Segment(value: written, source: position, valueUnit: 1, sourceUnit: 1))
    written += part.count
    position = end
  }

  /// What stands in `range` is in the value as `unit`.
  private mutating func write(_ unit: some Collection<UInt8>, from range: Range<Int>) throws(Mismatch) {
    guard value[written...].starts(with: unit) else { throw Mismatch() }
    note(Segment(value: written, source: range.lowerBound, valueUnit: unit.count, sourceUnit: range.count))
    written += unit.count
  }

  private typealias Segment = ScalarOrigin.Segment

  private mutating func note(_ segment: Segment) {
    if segments.last?.isContinued(by: segment) != true { segments.append(segment) }
  }
}

/// The bytes of a scalar, with words for what they mean to YAML. Nothing stands behind `end`.
private struct ScalarSource {
  let bytes: [UInt8]
  let end: Int

  init(_ place: SourcePlace) { (bytes, end) = (place.source.bytes, place.range.upperBound) }

  init(_ bytes: [UInt8]) { (self.bytes, end) = (bytes, bytes.count) }

  subscript(position: Int) -> UInt8? { position < end ? bytes[position] : nil }

  subscript(range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

  func isBlank(at position: Int) -> Bool { self[position] == .space || self[position] == .tab }

  func isGap(at position: Int) -> Bool { isBlank(at: position) || lineBreak(at: position) != nil }

  func isQuoteOrBackslash(at position: Int) -> Bool {
    self[position] == .quote || self[position] == .doubleQuote || self[position] == .backslash
  }

  /// LF, CR LF, CR, and as YAML 1.1 has it NEL (U+0085), LS (U+2028) and PS (U+2029).
  func lineBreak(at position: Int) -> Range<Int>? {
    switch self[position] {
    case .lineFeed: position..<position + 1
    case .carriageReturn: position..<position + (self[position + 1] == .lineFeed ? 2 : 1)
    case 0xC2 where self[position + 1] == 0x85: position..<position + 2
    case 0xE2 where isSeparator(at: position): position..<position + 3
    default: nil
    }
  }

  /// LS or PS: the line breaks that stay what they are, and are not folded.
  func isSeparator(at position: Int) -> Bool {
    self[position] == 0xE2 && self[position + 1] == 0x80
      && (self[position + 2] == 0xA8 || self[position + 2] == 0xA9)
  }

  /// The first position from `start` on where the condition does not hold; `end` at most.
  func skip(from start: Int, to end: Int, while condition: (ScalarSource, Int) -> Bool) -> Int {
    var position = start
    while position < end, condition(self, position) { position += 1 }
    return position
  }

  func skipBlanks(from start: Int) -> Int { skip(from: start, to: end) { $0.isBlank(at: $1) } }

  func skipSpaces(from start: Int, atMost count: Int) -> Int {
    skip(from: start, to: min(end, start + count)) { $0[$1] == .space }
  }

  func skipLine(from start: Int) -> Int { skip(from: start, to: end) { $0.lineBreak(at: $1) == nil } }

  /// To the first byte that is neither a blank nor part of a line break.
  func skipGap(from start: Int) -> Int {
    var position = skipBlanks(from: start)
    while let lineBreak = lineBreak(at: position) { position = skipBlanks(from: lineBreak.upperBound) }
    return position
  }

  /// To the start of the first line that has more than `indentation` spaces.
  func skipBlankLines(from start: Int, indentation: Int) -> Int {
    var position = start
    while let lineBreak = lineBreak(at: skipSpaces(from: position, atMost: indentation)) {
      position = lineBreak.upperBound
    }
    return position
  }

  /// How many spaces stand before the first line's text, blank lines aside; before the longest line's end if all are blank.
  func depth(from start: Int) -> Int {
    var (longest, position) = (0, start)
    while position < end {
      let text = skipSpaces(from: position, atMost: end)
      longest = max(longest, text - position)
      guard let lineBreak = lineBreak(at: text) else { return text < end ? text - position : longest }
      position = lineBreak.upperBound
    }
    return longest
  }

  /// What the escape at this backslash stands for, and how long it is.
  func escape(at position: Int) -> (character: Unicode.Scalar, count: Int)? {
    guard let code = self[position + 1] else { return nil }
    switch code {
    case UInt8(ascii: "x"): return hexadecimal(at: position + 2, digits: 2)
    case UInt8(ascii: "u"): return hexadecimal(at: position + 2, digits: 4)
    case UInt8(ascii: "U"): return hexadecimal(at: position + 2, digits: 8)
    default: return ScalarSource.characters[code].map { ($0, 2) }
    }
  }

  private func hexadecimal(at start: Int, digits: Int) -> (character: Unicode.Scalar, count: Int)? {
    guard start + digits <= end else { return nil }
    let text = String(decoding: bytes[start..<start + digits], as: UTF8.self)
    return UInt32(text, radix: 16).flatMap(Unicode.Scalar.init).map { ($0, digits + 2) }
  }

  private static let characters: [UInt8: Unicode.Scalar] = [
    UInt8(ascii: "0"): "\0", UInt8(ascii: "a"): "\u{07}", UInt8(ascii: "b"): "\u{08}", UInt8(ascii: "t"): "\t",
    .tab: "\t", UInt8(ascii: "n"): "\n", UInt8(ascii: "v"): "\u{0B}", UInt8(ascii: "f"): "\u{0C}",
    UInt8(ascii: "r"): "\r", UInt8(ascii: "e"): "\u{1B}", .space: " ", .doubleQuote: "\"", UInt8(ascii: "/"): "/",
    .backslash: "\\", UInt8(ascii: "N"): "\u{85}", UInt8(ascii: "_"): "\u{A0}", UInt8(ascii: "L"): "\u{2028}",
    UInt8(ascii: "P"): "\u{2029}",
  ]
}

extension UInt8 {
  fileprivate static let space = UInt8(ascii: " ")
  fileprivate static let tab = UInt8(ascii: "\t")
  fileprivate static let lineFeed = UInt8(ascii: "\n")
  fileprivate static let carriageReturn = UInt8(ascii: "\r")
  fileprivate static let quote = UInt8(ascii: "'")
  fileprivate static let doubleQuote = UInt8(ascii: "\"")
  fileprivate static let backslash = UInt8(ascii: "\\")
  fileprivate static let literal = UInt8(ascii: "|")
  fileprivate static let folded = UInt8(ascii: ">")
}
