/// One finding in a config.
public struct Diagnostic: Error, Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable { case error, warning }

  public let severity: Severity
  /// Which wording of the catalogue this is: stable, for machines.
  public let rule: Rule
  /// One line, without a full stop.
  public let message: String
  public let place: SourcePlace
  /// Other places that have to do with it.
  public let notes: [Note]
  /// What to write instead, or how to find out.
  public let hint: String?

  public struct Note: Hashable, Sendable {
    public let rule: NoteRule
    public let message: String
    public let place: SourcePlace
  }
}

extension Diagnostic {
  /// The same with all places in the texts that the user gave. What cannot be read there is shown decoded in a note.
  var located: Diagnostic {
    let decoded = place.source.embedding?.isEncoded == true ? [Note.decodedHere(at: place)] : []
    let notes = notes.map { Note(rule: $0.rule, message: $0.message, place: $0.place.outermost) }
    return Diagnostic(
      severity: severity, rule: rule, message: message, place: place.outermost, notes: decoded + notes, hint: hint)
  }
}

/// The findings of one check, in the order in which they were made.
struct Findings {
  private(set) var all: [Diagnostic] = []
  private(set) var errorCount = 0

  mutating func report(_ finding: Diagnostic) {
    all.append(finding)
    if finding.severity == .error { errorCount += 1 }
  }

  var hasErrors: Bool { errorCount > 0 }

  /// What `body` returns, or nil when it throws; then the finding is reported.
  mutating func attempt<Value>(_ body: () throws(Diagnostic) -> Value) -> Value? {
    do {
      return try body()
    } catch {
      report(error)
      return nil
    }
  }

  /// In source order: those about the text `first`, each once, before all others, which keep their order.
  func ordered(first: SourceText) -> [Diagnostic] {
    // What an alias repeats is found as often as it is repeated.
    var seen: Set<Key> = []
    let inText = all.filter { $0.place.source == first && seen.insert(Key(finding: $0)).inserted }
    let sorted = inText.enumerated().sorted {
      ($0.element.place.range.lowerBound, $0.offset) < ($1.element.place.range.lowerBound, $1.offset)
    }
    return sorted.map(\.element) + all.filter { $0.place.source != first }
  }

  /// What makes two findings about one text the same to a reader.
  private struct Key: Hashable {
    let range: Range<Int>
    let message: String

    init(finding: Diagnostic) { (range, message) = (finding.place.range, finding.message) }
  }
}
