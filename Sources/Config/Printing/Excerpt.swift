import Plan

/// The source line of a place, and the marks below it.
struct Excerpt {
  private typealias Pieces = [PrintableText.Piece]

  private(set) var line = ""
  /// Blanks, and the tabs of the line, up to the first mark.
  private(set) var indentation = ""
  private(set) var carets = "^"

  /// UTF-8 needs at most four bytes for a character.
  private static let bytesPerScalar = 4
  private let columns: Int

  /// At most `columns` columns of the line are shown, before the place at most half of them.
  init(_ place: SourcePlace, columns: Int) {
    self.columns = columns
    let whole = place.source.line(place.source.lineIndex(of: place.range.lowerBound))
    let start = min(place.range.lowerBound, whole.upperBound)
    let end = max(start, min(place.range.upperBound, whole.upperBound))
    let bytes = place.source.bytes
    let most = columns * Excerpt.bytesPerScalar
    if Excerpt.isPlain(bytes[whole.clamped(to: start - columns..<start + columns)]) {
      showPlain(bytes, whole, marked: start..<end)
      return
    }
    var before = PrintableText.pieces(of: bytes[max(whole.lowerBound, start - most)..<start])
    var marked = PrintableText.pieces(of: bytes[start..<min(end, start + most)])
    var after = PrintableText.pieces(of: bytes[end..<min(whole.upperBound, end + most)])
    cut(&before, &marked, &after)
    line += Excerpt.printed(before + marked + after) + lineEnd
    indentation += Excerpt.marks(" ", under: before)
    carets = Excerpt.carets(under: marked)
  }

  /// Whether each byte is a character of one column, which nearly all lines are made of.
  private static func isPlain(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { (UInt8(ascii: " ")...UInt8(ascii: "~")).contains($0) }
  }

  /// The same as the general way, without taking characters apart.
  private mutating func showPlain(_ bytes: [UInt8], _ whole: Range<Int>, marked: Range<Int>) {
    var (before, under, after) = (
      marked.lowerBound - whole.lowerBound, marked.count, whole.upperBound - marked.upperBound
    )
    if whole.count > columns {
      let room = max(columns / 2, columns - under - after) - 1
      if before > room { (before, line, indentation) = (room, "…", " ") }
      let rest = columns - before - 2
      if under + after > rest { lineEnd = "…" }
      under = min(under, rest)
      after = min(after, rest - under)
    }
    let start = marked.lowerBound
    line += String(decoding: bytes[start - before..<start + under + after], as: UTF8.self) + lineEnd
    indentation += String(repeating: " ", count: before)
    carets = "^" + String(repeating: "~", count: max(0, under - 1))
  }

  /// What stands behind the last character shown: an ellipsis when the line goes on.
  private var lineEnd = ""

  private mutating func cut(_ before: inout Pieces, _ marked: inout Pieces, _ after: inout Pieces) {
    let widths = (width(before.reversed()), width(marked), width(after))
    if widths.0 + widths.1 + widths.2 <= columns { return }
    // An ellipsis at either end takes a column.
    let room = max(columns / 2, columns - widths.1 - widths.2) - 1
    if widths.0 > room {
      before = Array(Excerpt.prefix(before.reversed(), columns: room).reversed())
      (line, indentation) = ("…", " ")
    }
    let rest = columns - width(before) - 2
    if widths.1 + widths.2 > rest { lineEnd = "…" }
    marked = Excerpt.prefix(marked, columns: rest)
    after = Excerpt.prefix(after, columns: rest - width(marked))
  }

  private static func prefix(_ pieces: some Sequence<PrintableText.Piece>, columns: Int) -> Pieces {
    var room = columns
    return Array(
      pieces.prefix { piece in
        room -= width(piece)
        return room >= 0
      })
  }

  /// No more than it takes to know that it is too wide.
  private func width(_ pieces: some Sequence<PrintableText.Piece>) -> Int {
    var sum = 0
    for piece in pieces where sum <= columns { sum += Excerpt.width(piece) }
    return sum
  }

  /// A tab is taken for as wide as it can be.
  private static func width(_ piece: PrintableText.Piece) -> Int {
    piece == .scalar("\t") ? 8 : PrintableText.width(piece.printed)
  }

  /// Tabs stay: they are harmless, and the user's terminal shows them as the user's editor does.
  private static func printed(_ pieces: Pieces) -> String {
    pieces.map { $0 == .scalar("\t") ? "\t" : $0.printed }.joined()
  }

  /// A mark for each column. A tab is as wide as the terminal makes it: it is copied.
  private static func marks(_ mark: String, under pieces: Pieces) -> String {
    printed(pieces).split(separator: "\t", omittingEmptySubsequences: false)
      .map { String(repeating: mark, count: PrintableText.width(String($0))) }.joined(separator: "\t")
  }

  /// At least one.
  private static func carets(under marked: Pieces) -> String {
    let marks = marks("~", under: marked)
    guard let first = marks.first else { return "^" }
    return first == "\t" ? "^" : "^" + marks.dropFirst()
  }
}
