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

  /// The same finding, pointing at `place`.
  func moved(to place: SourcePlace) -> Diagnostic {
    Diagnostic(severity: severity, rule: rule, message: message, place: place, notes: notes, hint: hint)
  }
}

/// The findings of one check, in the order in which they were made.
struct Findings {
  private(set) var all: [Diagnostic] = []

  mutating func report(_ finding: Diagnostic) { all.append(finding) }

  var hasErrors: Bool { all.contains { $0.severity == .error } }

  /// What `body` returns, or nil when it throws; then the finding is reported.
  mutating func attempt<Value>(_ body: () throws(Diagnostic) -> Value) -> Value? {
    do {
      return try body()
    } catch {
      report(error)
      return nil
    }
  }

  /// Each finding once, in source order: the text `first` before all others, which keep their order.
  func ordered(first: SourceText) -> [Diagnostic] {
    var seen: Set<Key> = []
    let unique = all.filter { seen.insert(Key(finding: $0)).inserted }
    let inText = unique.filter { $0.place.source == first }.enumerated().sorted {
      ($0.element.place.range.lowerBound, $0.offset) < ($1.element.place.range.lowerBound, $1.offset)
    }
    return inText.map(\.element) + unique.filter { $0.place.source != first }
  }

  /// What makes two findings the same to a reader. Leaves out the text itself, which would be hashed whole.
  private struct Key: Hashable {
    let source: String
    let range: Range<Int>
    let message: String

    init(finding: Diagnostic) {
      (source, range, message) = (finding.place.source.name, finding.place.range, finding.message)
    }
  }
}
