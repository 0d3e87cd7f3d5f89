import Plan

/// A pattern and where it stands.
struct PlacedPattern: Sendable {
  let pattern: Pattern
  let place: SourcePlace

  var text: String { pattern.text }
}

extension Format where Value == PlacedPattern {
  static var pattern: Format {
    .scalar("a pattern", shape: ValueShape.text) { scalar, subject throws(Diagnostic) in
      if let foreign = ForeignPattern(in: scalar.text, key: subject.key) {
        throw .foreignPattern(foreign, at: scalar.place)
      }
      do throws(Pattern.Malformed) {
        return PlacedPattern(pattern: try Pattern(scalar.text), place: scalar.place)
      } catch {
        throw .badPattern(error, in: scalar)
      }
    }
  }
}
