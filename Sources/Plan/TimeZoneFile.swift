/// Reads the compiled form of time zones (TZif, RFC 9636), as `/usr/share/zoneinfo` has them.
///
/// Not the C library's: it knows one zone for the whole process, takes one that it does not find for UTC, and leaves open
/// what it makes of times that clocks skip or show twice.
extension TimeZoneRules {
  /// Nil when these bytes are no such file, are of the first version, which ends in 2037, or count leap seconds.
  public init?(name: String, file: [UInt8]) {
    var reader = TimeZoneReader(file)
    // The first block has times of 32 bits for old programs.
    guard let old = reader.header(), old.version >= 2, reader.skip(old.size(ofTime: 4)),
      let header = reader.header(), header.leapSeconds == 0, let (first, changes) = reader.block(header),
      let footer = reader.footer()
    else { return nil }
    let future: FutureRule? = if case .rule(let rule) = footer { rule } else { nil }
    self.init(name: name, first: first, changes: changes, future: future)
  }

  /// Whether a text has the form of a zone's name: it leads to no other file.
  public static func isName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return text.utf8.count <= 64
      && parts.allSatisfy { part in
        !part.isEmpty
          && part.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || "_+-".utf8.contains(byte)
          }
      }
  }
}

private struct TimeZoneReader {
  struct Header {
    var version: Int
    var universal, standard, leapSeconds, times, types, names: Int

    func size(ofTime width: Int) -> Int {
      times * (width + 1) + types * 6 + names + leapSeconds * (width + 4) + standard + universal
    }
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func header() -> Header? {
    guard rest.count >= 44, rest.starts(with: "TZif".utf8) else { return nil }
    let version = rest[rest.startIndex + 4]
    rest = rest.dropFirst(20)
    let counts = (0..<6).map { _ in Int(number(4)) }
    // Far more than any zone has.
    guard counts.allSatisfy({ (0...100_000).contains($0) }) else { return nil }
    return Header(
      version: version == 0 ? 1 : Int(version) - 0x30, universal: counts[0], standard: counts[1],
      leapSeconds: counts[2], times: counts[3], types: counts[4], names: counts[5])
  }

  mutating func skip(_ count: Int) -> Bool {
    guard rest.count >= count else { return false }
    rest = rest.dropFirst(count)
    return true
  }

  mutating func block(_ header: Header) -> (first: Int64, [TimeZoneRules.Change])? {
    guard header.types > 0, rest.count >= header.size(ofTime: 8) else { return nil }
    let times = (0..<header.times).map { _ in number(8) }
    let kinds = (0..<header.times).map { _ in Int(number(1)) & 0xFF }
    let offsets = (0..<header.types).map { _ in
      defer { rest = rest.dropFirst(2) }
      return number(4)
    }
    guard kinds.allSatisfy({ $0 < offsets.count }), offsets.allSatisfy({ abs($0) <= 26 * 3600 }),
      zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }),
      skip(header.names + header.leapSeconds * 12 + header.standard + header.universal)
    else { return nil }
    return (offsets[0], zip(times, kinds).map { TimeZoneRules.Change(at: $0, offset: offsets[$1]) })
  }

  enum Footer {
    case empty
    case rule(FutureRule)
  }

  /// Nil when it cannot be read.
  mutating func footer() -> Footer? {
    guard rest.count >= 2, rest.first == 0x0A, rest.last == 0x0A else { return nil }
    let text = Array(rest.dropFirst().dropLast())
    return text.isEmpty ? .empty : FutureRule(text).map { .rule($0) }
  }

  /// A signed number, its highest byte first.
  private mutating func number(_ width: Int) -> Int64 {
    let bits = rest.prefix(width).reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(width)
    let unused = 64 - 8 * width
    return (Int64(truncatingIfNeeded: bits) << unused) >> unused
  }
}

extension FutureRule {
  /// Reads the form of the variable TZ in POSIX, with the hours that RFC 9636 allows beyond: `CET-1CEST,M3.5.0,M10.5.0/3`.
  init?(_ text: [UInt8]) {
    var reader = FutureRuleReader(text)
    guard reader.name(), let west = reader.time(hours: 24) else { return nil }
    standard = -west
    if reader.isAtEnd { return }
    guard reader.name() else { return nil }
    let offset = reader.isAt(",") ? standard + 3600 : reader.time(hours: 24).map { -$0 }
    guard let offset, let begins = reader.moment(), let ends = reader.moment(), reader.isAtEnd else { return nil }
    summer = Summer(offset: offset, begins: begins, ends: ends)
  }
}

private struct FutureRuleReader {
  private var rest: ArraySlice<UInt8>

  init(_ text: [UInt8]) { rest = text[...] }

  var isAtEnd: Bool { rest.isEmpty }

  func isAt(_ character: Unicode.Scalar) -> Bool { rest.first == UInt8(ascii: character) }

  /// What clocks are called then, which is of no interest: letters, or anything between `<` and `>`.
  mutating func name() -> Bool {
    if take("<") {
      guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
      rest = rest[(end + 1)...]
      return true
    }
    let letters = rest.prefix { (0x41...0x5A).contains($0 & 0xDF) }
    rest = rest.dropFirst(letters.count)
    return letters.count >= 3
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  mutating func time(hours: Int) -> Int64? {
    let sign: Int64 = take("-") ? -1 : 1
    if sign > 0 { _ = take("+") }
    guard let hour = number(0...hours) else { return nil }
    var seconds = Int64(hour) * 3600
    for unit in [60, 1] as [Int64] where take(":") {
      guard let part = number(0...59) else { return nil }
      seconds += Int64(part) * unit
    }
    return sign * seconds
  }

  /// `,date[/time]`; two o'clock when no time is given.
  mutating func moment() -> FutureRule.Moment? {
    guard take(","), let day = day() else { return nil }
    guard take("/") else { return FutureRule.Moment(day: day, time: 2 * 3600) }
    return time(hours: 167).map { FutureRule.Moment(day: day, time: $0) }
  }

  private mutating func day() -> FutureRule.Day? {
    if take("J") { return number(1...365).map { .withoutLeapDay($0) } }
    guard take("M") else { return number(0...365).map { .ofYear($0) } }
    guard let month = number(1...12), take("."), let week = number(1...5), take("."), let weekday = number(0...6) else {
      return nil
    }
    return .ofMonth(month, week: week, weekday: weekday)
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard isAt(character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int? {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard (1...4).contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return range.contains(value) ? value : nil
  }
}
