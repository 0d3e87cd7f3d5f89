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
