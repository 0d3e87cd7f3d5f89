/// Points in time as RFC 3339 text.
public enum RFC3339 {
  /// `time` in UTC, e.g. `2026-11-23T06:34:35.120Z`, cut off after `fractionDigits` (0 ... 9).
  ///
  /// RFC 3339 knows the years 1 to 9999 only; a time outside is shown as the first or the last moment within.
  public static func text(_ time: Timestamp, fractionDigits: Int = 0) -> String {
    let time = min(max(time, first), last)
    let day = CivilDate(containing: time)
    let second = Int(time.seconds - day.startOfDay.seconds)
    let clock = [second / 3600, second / 60 % 60, second % 60].map { padded($0, to: 2) }.joined(separator: ":")
    let date = "\(padded(day.year, to: 4))-\(padded(day.month, to: 2))-\(padded(day.day, to: 2))"
    let fraction = padded(Int(time.nanoseconds), to: 9).prefix(fractionDigits)
    return "\(date)T\(clock)\(fraction.isEmpty ? "" : ".")\(fraction)Z"
  }

  /// The time that `text` names; nil when it is not RFC 3339. Digits beyond the nanosecond are dropped.
  public static func timestamp(_ text: String) -> Timestamp? {
    var reader = DigitReader(text)
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
      let dayOfMonth = reader.number(2), reader.take("Tt"),
      let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
      let second = reader.number(2), let nanoseconds = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
    else { return nil }
    // A leap second is 60: the moment after it.
    guard let day = CivilDate(year: year, month: month, day: dayOfMonth), hour < 24, minute < 60, second <= 60 else {
      return nil
    }
    let secondOfDay = hour * 3600 + minute * 60 + second
    return Timestamp(seconds: day.startOfDay.seconds + Int64(secondOfDay - offset), nanoseconds: nanoseconds)
  }

  private static let first = Timestamp(seconds: -62_135_596_800)
  private static let last = Timestamp(seconds: 253_402_300_799, nanoseconds: 999_999_999)

  private static func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}

/// Takes ASCII digits and signs from the front of a text.
private struct DigitReader {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  /// Takes one byte when it is among `choices`.
  mutating func take(_ choices: String) -> Bool {
    guard let byte = rest.first, choices.utf8.contains(byte) else { return false }
    rest.removeFirst()
    return true
  }

  /// Exactly `count` digits.
  mutating func number(_ count: Int) -> Int? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Nanoseconds from `.` and digits; 0 when there is no point, nil when no digit follows it.
  mutating func fraction() -> UInt32? {
    guard take(".") else { return 0 }
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty else { return nil }
    rest = rest.dropFirst(digits.count)
    let nine = Array(digits.prefix(9)) + [UInt8](repeating: 0x30, count: max(0, 9 - digits.count))
    return nine.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
  }

  /// Seconds east of UTC, from `Z` or `+HH:MM`.
  mutating func offset() -> Int? {
    if take("Zz") { return 0 }
    let sign = rest.first == UInt8(ascii: "-") ? -1 : 1
    guard take("+-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else {
      return nil
    }
    return sign * (hours * 3600 + minutes * 60)
  }
}
