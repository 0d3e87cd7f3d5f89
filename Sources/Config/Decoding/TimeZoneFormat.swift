public import Plan

extension Format where Value == TimeZoneRules {
  /// A name only: `BatchDecoder.readTimeZone` has its rules looked up.
  static var timeZone: Format {
    .scalar("a time zone", shape: ValueShape.timeZone) { scalar, subject throws(Diagnostic) in
      guard TimeZoneRules.isName(scalar.text) else {
        throw .unknownTimeZone(scalar.text, nearest: nil, at: scalar.place)
      }
      return scalar.text == TimeZoneRules.utc.name ? .utc : .unread(scalar.text)
    }
  }
}

/// Where the rules of time zones are looked up.
public struct TimeZoneDatabase: Sendable {
  public enum Answer: Hashable, Sendable {
    case rules(TimeZoneRules)
    case unknown
    /// The machine has none.
    case noDatabase
  }

  /// What a machine that has them keeps them in, for messages.
  public var folder: String
  public var answer: @Sendable (_ name: String) -> Answer
  /// All names, for proposals.
  public var names: @Sendable () -> [String]

  public init(
    folder: String, answer: @escaping @Sendable (String) -> Answer, names: @escaping @Sendable () -> [String]
  ) {
    (self.folder, self.answer, self.names) = (folder, answer, names)
  }

  /// Of a machine without any.
  public static let none = TimeZoneDatabase(
    folder: "/usr/share/zoneinfo", answer: { _ in .noDatabase }, names: { [] })
}

extension BatchDecoder {
  /// Fills in the rules of `run.time_zone`. UTC needs no database.
  mutating func readTimeZone(from database: TimeZoneDatabase, findings: inout Findings) {
    let zone = draft.run.values.timeZone
    guard zone != .utc, let place = draft.run.place(of: "time_zone") else { return }
    switch database.answer(zone.name) {
    case .rules(let rules): draft.run.values.timeZone = rules
    case .unknown:
      let nearest = Spelling.nearest(to: zone.name, among: database.names())
      findings.report(.unknownTimeZone(zone.name, nearest: nearest, at: place))
    case .noDatabase: findings.report(.noTimeZones(zone.name, folder: database.folder, at: place))
    }
  }
}
