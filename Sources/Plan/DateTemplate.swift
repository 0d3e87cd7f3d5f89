/// A component such as `{YYYY}-{MM}` or `backup-{YYYY}{MM}{DD}-*`: date fields of fixed width between fixed text and wildcards.
public struct DateTemplate: Hashable, Sendable {
  public enum Piece: Hashable, Sendable {
    case text(String)
    /// `?`
    case anyByte
    case set(ByteSet)
    /// Any number of bytes.
    case star
    case field(Field)

    public static let year = Piece.field(.year)
    public static let month = Piece.field(.month)
    public static let day = Piece.field(.day)
    public static let hour = Piece.field(.hour)
    public static let weekYear = Piece.field(.weekYear)
    public static let week = Piece.field(.week)
  }

  public enum Field: String, Hashable, Sendable, CaseIterable {
    case year = "{YYYY}"
    case month = "{MM}"
    case day = "{DD}"
    case hour = "{HH}"
    /// The year that an ISO week belongs to.
    case weekYear = "{GGGG}"
    case week = "{WW}"

    /// Digits.
    public var width: Int { self == .year || self == .weekYear ? 4 : 2 }
  }

  public let pieces: [Piece]
  /// What stands between the stars. Fields stand before the first and behind the last star only, so that a name can be read in
  /// one way.
  private let segments: [Segment]

  public init(pieces: [Piece]) {
    self.pieces = pieces
    segments = pieces.split(separator: .star, omittingEmptySubsequences: false).map { Segment(pieces: Array($0)) }
  }

  public var fields: [Field] { pieces.compactMap { if case .field(let field) = $0 { field } else { nil } } }

  var hasWildcard: Bool {
    pieces.contains { piece in
      switch piece {
      case .text, .field: false
      case .anyByte, .set, .star: true
      }
    }
  }

  /// A field that stands between two stars; nil: none does.
  public var fieldBetweenStars: Field? { segments.dropFirst().dropLast().lazy.compactMap(\.firstField).first }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// The fields read from `name`, added to those of the components before it; nil when the name does not match, or
  /// gives a field that stood before another value. A dot at the beginning must be written. What stands for a star beside a field
  /// has no digit next to it, since that would be part of another number; but behind a day or an hour, where a time of day goes on.
  public func match(_ name: [UInt8], adding known: Fields = Fields()) -> Fields? {
    guard let (front, middle, back) = cut(name) else { return nil }
    var fields = known
    guard segments[0].read(front, into: &fields), matchesMiddle(middle) else { return nil }
    guard let back else { return fields }
    let isCutNumber =
      segments[0].endsInNumber && (middle.first ?? back.first).map(DateTemplate.isDigit) == true
      || segments[segments.count - 1].beginsWithField && (middle.last ?? front.last).map(DateTemplate.isDigit) == true
    if isCutNumber { return nil }
    return segments[segments.count - 1].read(back, into: &fields) ? fields : nil
  }

  /// Whether `name` would match with other digits, or another number of them, where the fields stand.
  public func almostMatches(_ name: [UInt8]) -> Bool {
    guard mayBegin(name), var rest = segments[0].takeLoosely(name[...]) else { return false }
    guard segments.count > 1 else { return rest.isEmpty }
    let last = segments[segments.count - 1].reversed
    guard let front = last.takeLoosely(ArraySlice(rest.reversed())) else { return false }
    rest = rest.prefix(front.count)
    return matchesMiddle(rest)
  }

  /// What of a name that matches tells its series: all that stands before its last field, but for the fields.
  public func series(of name: [UInt8]) -> [UInt8] {
    let last = segments[segments.count - 1]
    let fields =
      segments[0].fieldRanges(from: 0) + (segments.count > 1 ? last.fieldRanges(from: name.count - last.width) : [])
    guard let end = fields.last?.lowerBound else { return name }
    return name.indices.prefix(end).filter { index in !fields.contains { $0.contains(index) } }.map { name[$0] }
  }

  private func mayBegin(_ name: [UInt8]) -> Bool {
    let dot = UInt8(ascii: ".")
    guard name.first == dot else { return true }
    if case .text(let text)? = pieces.first { return text.utf8.first == dot }
    return false
  }

  private func cut(_ name: [UInt8]) -> (front: ArraySlice<UInt8>, middle: ArraySlice<UInt8>, back: ArraySlice<UInt8>?)?
  {
    guard mayBegin(name) else { return nil }
    let front = segments[0].width
    guard segments.count > 1 else { return name.count == front ? (name[...], [], nil) : nil }
    let back = segments[segments.count - 1].width
    guard name.count >= front + back else { return nil }
    return (name[..<front], name[front..<name.count - back], name[(name.count - back)...])
  }

  /// What stands between the first star and the last: each part as early as it can.
  private func matchesMiddle(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    for segment in segments.dropFirst().dropLast() where segment.width > 0 {
      while true {
        guard rest.count >= segment.width else { return false }
        var fields = Fields()
        if segment.read(rest.prefix(segment.width), into: &fields) { break }
        rest = rest.dropFirst()
      }
      rest = rest.dropFirst(segment.width)
    }
    return true
  }
}

/// Elements of which every name that matches has as many bytes.
private struct Segment: Hashable, Sendable {
  enum Element: Hashable, Sendable {
    case byte(UInt8)
    case anyByte
    case set(ByteSet)
    case field(DateTemplate.Field)

    var isField: Bool { if case .field = self { true } else { false } }
    var width: Int { if case .field(let field) = self { field.width } else { 1 } }
  }

  let elements: [Element]
  let width: Int

  init(_ elements: [Element]) {
    self.elements = elements
    width = elements.reduce(0) { $0 + $1.width }
  }

  init(pieces: some Sequence<DateTemplate.Piece>) { self.init(pieces.flatMap(\.elements)) }

  /// For reading from the end.
  var reversed: Segment { Segment(elements.reversed()) }

  var firstField: DateTemplate.Field? {
    elements.lazy.compactMap { if case .field(let field) = $0 { field } else { nil } }.first
  }

  var beginsWithField: Bool { elements.first?.isField == true }
  /// With a field that is a number of its own when more digits follow.
  var endsInNumber: Bool {
    guard case .field(let field)? = elements.last else { return false }
    return field != .day && field != .hour
  }

  /// Where its fields stand in a name in which it begins at `start`.
  func fieldRanges(from start: Int) -> [Range<Int>] {
    var at = start
    return elements.compactMap { element in
      defer { at += element.width }
      return element.isField ? at..<at + element.width : nil
    }
  }

  /// `bytes` are as many as its width.
  func read(_ bytes: ArraySlice<UInt8>, into fields: inout DateTemplate.Fields) -> Bool {
    var rest = bytes
    for element in elements {
      let taken = rest.prefix(element.width)
      rest = rest.dropFirst(element.width)
      if case .field(let field) = element {
        guard fields.take(taken, for: field) else { return false }
      } else {
        guard let byte = taken.first, takes(element, byte) else { return false }
      }
    }
    return true
  }

  /// What is left when each run of fields has taken all digits that stand there, one at least; nil when it does not match.
  func takeLoosely(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var (rest, isBehindField) = (bytes, false)
    for element in elements {
      if !element.isField {
        guard let byte = rest.first, takes(element, byte) else { return nil }
        rest = rest.dropFirst()
      } else if !isBehindField {
        let digits = rest.prefix { DateTemplate.isDigit($0) }
        if digits.isEmpty { return nil }
        rest = rest.dropFirst(digits.count)
      }
      isBehindField = element.isField
    }
    return rest
  }

  private func takes(_ element: Element, _ byte: UInt8) -> Bool {
    switch element {
    case .byte(let wanted): byte == wanted
    case .anyByte: true
    case .set(let set): set.contains(byte)
    case .field: false
    }
  }
}

extension DateTemplate.Piece {
  fileprivate var elements: [Segment.Element] {
    switch self {
    case .text(let text): text.utf8.map { .byte($0) }
    case .anyByte: [.anyByte]
    case .set(let set): [.set(set)]
    case .star: []
    case .field(let field): [.field(field)]
    }
  }
}
