import Plan

/// Prints findings the way compilers do: place, message, source line, caret range, notes.
public struct DiagnosticPrinter: Sendable {
  /// Whether to use terminal colours.
  public let colour: Bool
  /// Columns of the terminal; source lines are cut to it.
  public let width: Int

  public init(colour: Bool, width: Int = 102) {
    // Where there is less room, the line is of no use to anyone.
    (self.colour, self.width) = (colour, max(40, width))
  }

  /// The finding as text, ending with a newline. Lines and columns count from 1, columns in Unicode scalars.
  public func text(of diagnostic: Diagnostic) -> String {
    let diagnostic = diagnostic.located
    let label = diagnostic.severity.rawValue
    var text = finding(label, diagnostic.severity.colour, diagnostic.message, at: diagnostic.place)
    if let hint = diagnostic.hint { text += "  \(painted("hint:", .bold)) \(hint)\n" }
    for note in diagnostic.notes { text += finding("note", .cyan, note.message, at: note.place) }
    return text
  }

  private func finding(_ label: String, _ labelColour: Colour, _ message: String, at place: SourcePlace) -> String {
    let start = place.start
    let location = "\(PrintableText.escaped(place.source.name)):\(start.line):\(start.column):"
    let excerpt = Excerpt(place, columns: width - 2)
    let header = "\(painted(location, .bold)) \(painted("\(label):", labelColour)) \(message)\n"
    return header + "  \(excerpt.line)\n" + "  \(excerpt.indentation)\(painted(excerpt.carets, .green))\n"
  }

  fileprivate enum Colour: String {
    case bold = "1"
    case red = "1;31"
    case magenta = "1;35"
    case cyan = "1;36"
    case green = "1;32"
  }

  private func painted(_ text: String, _ colour: Colour) -> String {
    self.colour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}

extension Diagnostic.Severity {
  fileprivate var colour: DiagnosticPrinter.Colour {
    switch self {
    case .error: .red
    case .warning: .magenta
    }
  }
}

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
    var before = PrintableText.pieces(of: bytes[max(whole.lowerBound, start - most)..<start])
    var marked = PrintableText.pieces(of: bytes[start..<min(end, start + most)])
    var after = PrintableText.pieces(of: bytes[end..<min(whole.upperBound, end + most)])
    cut(&before, &marked, &after)
    line += Excerpt.printed(before + marked + after) + lineEnd
    indentation += Excerpt.marks(" ", under: before)
    carets = Excerpt.carets(under: marked)
  }

  /// What stands behind the last character shown: an ellipsis when the line goes on.
  private var lineEnd = ""

  private mutating func cut(_ before: inout Pieces, _ marked: inout Pieces, _ after: inout Pieces) {
    let widths = (Excerpt.width(before), Excerpt.width(marked), Excerpt.width(after))
    if widths.0 + widths.1 + widths.2 <= columns { return }
    // An ellipsis at either end takes a column.
    let room = max(columns / 2, columns - widths.1 - widths.2) - 1
    if widths.0 > room {
      before = Array(Excerpt.prefix(before.reversed(), columns: room).reversed())
      (line, indentation) = ("…", " ")
    }
    let rest = columns - Excerpt.width(before) - 2
    if widths.1 + widths.2 > rest { lineEnd = "…" }
    marked = Excerpt.prefix(marked, columns: rest)
    after = Excerpt.prefix(after, columns: rest - Excerpt.width(marked))
  }

  private static func prefix(_ pieces: some Sequence<PrintableText.Piece>, columns: Int) -> Pieces {
    var room = columns
    return Array(
      pieces.prefix { piece in
        room -= width(piece)
        return room >= 0
      })
  }

  private static func width(_ pieces: Pieces) -> Int { pieces.reduce(0) { $0 + width($1) } }

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
