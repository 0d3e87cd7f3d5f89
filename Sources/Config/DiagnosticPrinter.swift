import Plan

/// Prints findings the way compilers do: place, message, source line, caret range, notes.
public struct DiagnosticPrinter: Sendable {
  /// Whether to use terminal colours.
  public let colour: Bool

  public init(colour: Bool) { self.colour = colour }

  /// The finding as text, ending with a newline. Lines and columns count from 1, columns in Unicode scalars.
  public func text(of diagnostic: Diagnostic) -> String {
    let label = diagnostic.severity.rawValue
    var text = finding(label, diagnostic.severity.colour, diagnostic.message, at: diagnostic.place)
    if let hint = diagnostic.hint { text += "  \(painted("hint:", .bold)) \(hint)\n" }
    for note in diagnostic.notes { text += finding("note", .cyan, note.message, at: note.place) }
    return text
  }

  private func finding(_ label: String, _ labelColour: Colour, _ message: String, at place: SourcePlace) -> String {
    let start = place.start
    let location = "\(PrintableText.escaped(place.source.name)):\(start.line):\(start.column):"
    let excerpt = Excerpt(place)
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

  /// How many characters of a line are shown: one line of a wide terminal. Before the place stands at most half of them.
  private static let longest = 100
  /// UTF-8 needs at most four bytes for a character.
  private static let bytesPerScalar = 4

  init(_ place: SourcePlace) {
    let whole = place.source.line(place.source.lineIndex(of: place.range.lowerBound))
    let start = min(place.range.lowerBound, whole.upperBound)
    let end = max(start, min(place.range.upperBound, whole.upperBound))
    let bytes = place.source.bytes
    var before = PrintableText.pieces(
      of: bytes[max(whole.lowerBound, start - Excerpt.longest * Excerpt.bytesPerScalar)..<start])
    var marked = PrintableText.pieces(of: bytes[start..<min(end, start + Excerpt.longest * Excerpt.bytesPerScalar)])
    var after = PrintableText.pieces(
      of: bytes[end..<min(whole.upperBound, end + Excerpt.longest * Excerpt.bytesPerScalar)])
    cut(&before, &marked, &after, isWhole: whole.count <= Excerpt.longest)
    line += Excerpt.printed(before + marked + after) + lineEnd
    indentation += Excerpt.marks(" ", under: before)
    carets = Excerpt.carets(under: marked)
  }

  /// What stands behind the last character shown: an ellipsis when the line goes on.
  private var lineEnd = ""

  private mutating func cut(
    _ before: inout Pieces, _ marked: inout Pieces, _ after: inout Pieces, isWhole: Bool
  ) {
    if isWhole || before.count + marked.count + after.count <= Excerpt.longest { return }
    let room = max(Excerpt.longest / 2, Excerpt.longest - marked.count - after.count)
    if before.count > room {
      before.removeFirst(before.count - room)
      (line, indentation) = ("…", " ")
    }
    let rest = Excerpt.longest - before.count
    if marked.count + after.count > rest { lineEnd = "…" }
    marked.removeLast(max(0, marked.count - rest))
    after.removeLast(max(0, after.count - (rest - marked.count)))
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
