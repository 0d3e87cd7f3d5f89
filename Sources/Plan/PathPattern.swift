/// An absolute path whose components may be wildcards or date templates; it says which folders become targets.
public struct PathPattern: Hashable, Sendable {
  public enum Component: Hashable, Sendable {
    case literal(String)
    case wildcard(Glob)
    case template(DateTemplate)
  }

  /// As the user wrote it.
  public let text: String
  /// From the root downwards; never empty.
  public let components: [Component]

  public init(text: String, components: [Component]) {
    (self.text, self.components) = (text, components)
  }

  /// Whether it names exactly one folder.
  public var isLiteral: Bool { literalPrefix.count == components.count }

  public var hasTemplate: Bool {
    components.contains { if case .template = $0 { true } else { false } }
  }

  /// The components before the first wildcard or template.
  public var literalPrefix: [String] {
    var prefix: [String] = []
    for case .literal(let name) in components.prefix(while: { if case .literal = $0 { true } else { false } }) {
      prefix.append(name)
    }
    return prefix
  }

  /// The path of the folder that `literalPrefix` leads to, as the file system has it; the folder itself when the pattern
  /// is literal.
  public var literalPath: [UInt8] { literalPrefix.flatMap { [UInt8(ascii: "/")] + Array($0.utf8) } }
}

/// A component such as `{YYYY}-{MM}`: fixed text and date fields of fixed width.
public struct DateTemplate: Hashable, Sendable {
  public enum Piece: Hashable, Sendable {
    case text(String)
    /// Four digits.
    case year
    /// Two digits.
    case month
    /// Two digits.
    case day
  }

  public let pieces: [Piece]

  public init(pieces: [Piece]) { self.pieces = pieces }

  /// What the date fields in a folder's name say.
  public struct Fields: Hashable, Sendable {
    public var year: Int?
    public var month: Int?
    public var day: Int?

    public init(year: Int? = nil, month: Int? = nil, day: Int? = nil) {
      (self.year, self.month, self.day) = (year, month, day)
    }

    /// The period named by the fields; nil when they name none that exists.
    public var period: Period? {
      year.flatMap { Period(year: $0, month: month, day: day) }
    }
  }

  /// The fields read from `name`, added to those of the components before it; nil when the name does not match, or
  /// gives a field that stood before another value.
  public func match(_ name: [UInt8], adding known: Fields = Fields()) -> Fields? {
    var fields = known
    var rest = name[...]
    for piece in pieces {
      switch piece {
      case .text(let text):
        guard rest.starts(with: text.utf8) else { return nil }
        rest = rest.dropFirst(text.utf8.count)
      case .year:
        guard DateTemplate.take(4, from: &rest, into: &fields.year) else { return nil }
      case .month:
        guard DateTemplate.take(2, from: &rest, into: &fields.month) else { return nil }
      case .day:
        guard DateTemplate.take(2, from: &rest, into: &fields.day) else { return nil }
      }
    }
    return rest.isEmpty ? fields : nil
  }

  private static func take(_ digits: Int, from rest: inout ArraySlice<UInt8>, into field: inout Int?) -> Bool {
    let taken = rest.prefix(digits)
    guard taken.count == digits, taken.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
    let value = taken.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    guard field == nil || field == value else { return false }
    field = value
    rest = rest.dropFirst(digits)
    return true
  }
}
