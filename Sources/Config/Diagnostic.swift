/// One finding in a config.
public struct Diagnostic: Error, Hashable, Sendable {
  /// An error keeps a config from being used, a warning does not.
  public enum Severity: String, Hashable, Sendable { case error, warning }

  public internal(set) var severity: Severity
  /// Which wording of the catalogue this is: stable, for machines.
  public let rule: Rule
  /// One line, without a full stop.
  public let message: String
  public let place: SourcePlace
  /// Other places that have to do with it.
  public let notes: [Note]
  /// What to write instead, or how to find out.
  public let hint: String?

  /// Another place, and what it has to do with the finding.
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

/// The findings of one check, each once, in the order in which they were made.
struct Findings {
  private(set) var all: [Diagnostic] = []
  private(set) var errorCount = 0
  private(set) var warningCount = 0
  private var seen: Set<Key> = []

  /// More than this of one text nobody reads: they are counted, and no longer kept.
  static let mostKept = 10_000

  mutating func report(_ finding: Diagnostic) {
    // What an alias or a default repeats is found as often as it is repeated.
    if all.count < Findings.mostKept, !seen.insert(Key(finding)).inserted { return }
    let isFirstError = finding.severity == .error && !hasErrors
    switch finding.severity {
    case .error: errorCount += 1
    case .warning: warningCount += 1
    }
    if all.count < Findings.mostKept {
      all.append(finding)
    } else if isFirstError {
      // Among all that is kept, something must say why there is no plan.
      all[all.count - 1] = finding
    }
  }

  var hasErrors: Bool { errorCount > 0 }

  /// How many are no longer kept.
  var unkeptCount: Int { errorCount + warningCount - all.count }

  /// What `body` returns, or nil when it throws; then the finding is reported.
  mutating func attempt<Value>(_ body: () throws(Diagnostic) -> Value) -> Value? {
    do {
      return try body()
    } catch {
      report(error)
      return nil
    }
  }

  /// Those about the first of the texts, in its order, then those about the next, then all others as they were made.
  func ordered(by sources: SourceText...) -> [Diagnostic] {
    var rest = all
    var ordered: [Diagnostic] = []
    for source in sources {
      ordered += rest.enumerated().filter { $0.element.place.source == source }.sorted {
        ($0.element.place.range.lowerBound, $0.offset) < ($1.element.place.range.lowerBound, $1.offset)
      }.map(\.element)
      rest.removeAll { $0.place.source == source }
    }
    return ordered + rest
  }

  /// What makes two findings the same to a reader.
  private struct Key: Hashable {
    let source: ObjectIdentifier
    let range: Range<Int>
    let message: String

    init(_ finding: Diagnostic) {
      source = ObjectIdentifier(finding.place.source)
      (range, message) = (finding.place.range, finding.message)
    }
  }
}
