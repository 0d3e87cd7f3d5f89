/// Where a report goes: a path in which `{run_id}` and date fields may stand for the run that it tells of, so that the next run
/// does not take its place.
public struct ReportPath: Hashable, Sendable {
  public enum Field: Hashable, Sendable, CaseIterable {
    case runID
    /// Of when the run began, by the clocks of its time zone.
    case date(DateTemplate.Field)

    public static let allCases = [Field.runID] + DateTemplate.Field.allCases.map { .date($0) }

    /// All of them, for a sentence.
    public static let list: String = {
      let texts = allCases.map(\.text)
      return texts.dropLast().joined(separator: ", ") + " and " + texts.suffix(1).joined()
    }()

    /// As it is written.
    public var text: String {
      switch self {
      case .runID: "{run_id}"
      case .date(let field): field.rawValue
      }
    }
  }

  public struct Malformed: Error, Hashable {
    public enum Reason: Hashable, Sendable {
      case unknownField(String)
      /// A brace without its partner.
      case strayBrace
    }

    public let reason: Reason
    /// In bytes of the text.
    public let range: Range<Int>
  }

  private enum Piece: Hashable, Sendable {
    case text(String)
    case field(Field)
  }

  /// As it was written.
  public let text: String
  private let pieces: [Piece]

  /// Whether it names a file is for others to say: here, only what stands in braces counts.
  public init(_ text: String) throws(Malformed) {
    self.text = text
    let bytes = Array(text.utf8)
    var (pieces, at): ([Piece], Int) = ([], 0)
    while at < bytes.count {
      let brace = bytes[at...].firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") } ?? bytes.count
      if brace > at { pieces.append(.text(String(decoding: bytes[at..<brace], as: UTF8.self))) }
      guard brace < bytes.count else { break }
      guard bytes[brace] == UInt8(ascii: "{"), let last = ReportPath.end(of: brace, in: bytes) else {
        throw Malformed(reason: .strayBrace, range: brace..<brace + 1)
      }
      let field = String(decoding: bytes[brace...last], as: UTF8.self)
      guard let known = Field.allCases.first(where: { $0.text == field }) else {
        throw Malformed(reason: .unknownField(field), range: brace..<last + 1)
      }
      pieces.append(.field(known))
      at = last + 1
    }
    self.pieces = pieces
  }

  /// The brace that closes this one; nil: the component ends before, or another field begins.
  private static func end(of brace: Int, in bytes: [UInt8]) -> Int? {
    let stop = bytes[(brace + 1)...].firstIndex { "{}/".utf8.contains($0) }
    return stop.flatMap { bytes[$0] == UInt8(ascii: "}") ? $0 : nil }
  }

  public var hasFields: Bool { pieces.contains { if case .field = $0 { true } else { false } } }

  /// The folder above the first component with a field: what every report lies in, with all that is between, must be there before
  /// the run. Without a field, the path itself.
  public var fixedPart: String {
    guard case .text(let head)? = pieces.first, hasFields else { return hasFields ? "" : text }
    let folder = head.utf8.lastIndex(of: UInt8(ascii: "/")).map { head[..<$0] } ?? ""
    return folder.isEmpty && head.hasPrefix("/") ? "/" : String(folder)
  }

  /// The path for one run, which began at `start`.
  public func resolved(runID: String, at start: Timestamp, in zone: TimeZoneRules) -> String {
    let wall = zone.wall(at: start)
    let date = CivilDate(containing: Timestamp(seconds: wall.seconds))
    return pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .field(.runID): runID
      case .field(.date(let field)): ReportPath.digits(of: field, date, wall)
      }
    }.joined()
  }

  /// The path of some run, to be compared with other paths.
  public var example: String {
    resolved(runID: "20260101T000000Z-000000", at: Timestamp(seconds: 1_767_225_600), in: .utc)
  }

  private static func digits(of field: DateTemplate.Field, _ date: CivilDate, _ wall: WallTime) -> String {
    let number =
      switch field {
      case .year: date.year
      case .month: date.month
      case .day: date.day
      case .hour: wall.hour
      case .weekYear: date.week.year
      case .week: date.week.week
      }
    let digits = String(number)
    return String(repeating: "0", count: max(0, field.width - digits.count)) + digits
  }
}
