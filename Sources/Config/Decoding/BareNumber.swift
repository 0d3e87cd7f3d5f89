import Plan

/// A number without a unit where a duration is wanted: which units it may have been meant in.
struct BareNumber {
  private let number: Int
  private let unit: String

  /// `unit`: the one that is usual for such values.
  init?(_ text: String, usually unit: String) {
    // More digits than a time in milliseconds has nobody writes.
    guard text.utf8.count <= 13, let number = Int(text) else { return nil }
    (self.number, self.unit) = (number, unit)
  }

  /// What it may mean, with how long that is when the unit is not the usual one; never what no such value would be.
  var meanings: [(text: String, length: String?)] {
    if unit == "mo" { return monthsOrDays }
    guard let plain = BareNumber.plain[unit], number > plain.upTo else { return [("\(number)\(unit)", nil)] }
    return BareNumber.units.compactMap { name, milliseconds in
      let (total, isTooLarge) = number.multipliedReportingOverflow(by: milliseconds)
      guard !isTooLarge, plain.range.contains(total) || name == unit && total <= plain.most else { return nil }
      guard name == unit || BareNumber.isEven(total) else { return nil }
      let length = Duration.milliseconds(total).text
      return ("\(number)\(name)", length == "\(number)\(name)" ? nil : length)
    }
  }

  /// A number of days is thirty, sixty or ninety; any other may be one of either.
  private var monthsOrDays: [(text: String, length: String?)] {
    if number > 0, number % 30 == 0 { return [("\(number)d", nil)] }
    return number <= 120 ? [("\(number)mo", nil), ("\(number)d", nil)] : [("\(number)d", nil)]
  }

  /// In milliseconds.
  private static let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]

  /// Up to which number only the usual unit is meant; which lengths another unit may make of it; what is too long for any.
  private static let plain: [String: (upTo: Int, range: ClosedRange<Int>, most: Int)] = {
    let (second, hour, day) = (1000, 3_600_000, 86_400_000)
    return [
      "d": (366, hour...1096 * day, 3650 * day), "h": (24, 60 * second...7 * day, 7 * day),
      "m": (60, second...day, day), "s": (3600, second...hour, day), "ms": (60_000, second...60 * second, hour),
    ]
  }()

  /// Whether this many milliseconds are whole days, or whole half hours, minutes or seconds of less.
  private static func isEven(_ milliseconds: Int) -> Bool {
    let (minute, hour, day) = (60_000, 3_600_000, 86_400_000)
    if milliseconds >= day { return milliseconds % day == 0 }
    return milliseconds % (milliseconds >= hour ? hour / 2 : milliseconds >= minute ? minute : 1000) == 0
  }
}
