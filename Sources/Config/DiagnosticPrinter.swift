/// Prints findings the way compilers do: place, message, source line, caret range, notes.
public struct DiagnosticPrinter: Sendable {
  /// Whether to use terminal colours.
  public let colour: Bool

  public init(colour: Bool) { self.colour = colour }

  /// The finding as text, ending with a newline.
  public func text(of diagnostic: Diagnostic) -> String { "" }
}
