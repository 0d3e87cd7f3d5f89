/// A day of the proleptic Gregorian calendar, by whichever clocks. Folders are named by such days, their months, weeks or years.
public struct CivilDate: Hashable, Comparable, Sendable {
  public let year: Int
  public let month: Int
  public let day: Int

  /// Nil when the day does not exist (month 13, 30 February) or the year is outside 1 ... 9999.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month),
      (1...CivilDate.daysIn(month: month, of: year)).contains(day)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  private init(unchecked year: Int, _ month: Int, _ day: Int) {
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// The day in UTC that contains `time`.
  public init(containing time: Timestamp) {
    let days = Int(time.seconds.dividedDown(by: 86_400))
    // Days are counted from 1 March 0000, so that the leap day ends each 400-year era.
    let shifted = days + 719_468
    let era = shifted.dividedDown(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    self.init(
      unchecked: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  /// Days since 1970-01-01.
  public var daysSinceEpoch: Int { CivilDate.daysSinceEpoch(year, month, day) }

  /// The same for a year outside 1 ... 9999, too.
  static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let marchYear = month <= 2 ? year - 1 : year
    let era = marchYear.dividedDown(by: 400)
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// 00:00:00 UTC of this day.
  public var startOfDay: Timestamp { Timestamp(seconds: Int64(daysSinceEpoch) * 86_400) }

  /// The same day of the month `months` earlier, or that month's last day when it is shorter (31 May − 3 months = 28 February).
  public func subtracting(months: Int) -> CivilDate {
    let total = year * 12 + (month - 1) - months
    let (newYear, newMonth) = (total.dividedDown(by: 12), total - total.dividedDown(by: 12) * 12 + 1)
    return CivilDate(unchecked: newYear, newMonth, min(day, CivilDate.daysIn(month: newMonth, of: newYear)))
  }

  /// The ISO 8601 week that it lies in, and the year that week belongs to.
  var week: (year: Int, week: Int) {
    let monday = daysSinceEpoch - CivilDate.daysAfterMonday(daysSinceEpoch)
    // A week belongs to the year that its Thursday lies in.
    let year = CivilDate(containing: Timestamp(seconds: Int64(monday + 3) * 86_400)).year
    return (year, (monday - CivilDate.firstDayOfWeeks(of: year)) / 7 + 1)
  }

  /// The Monday of a year's first week, in days since 1970-01-01: that week has 4 January in it.
  static func firstDayOfWeeks(of year: Int) -> Int {
    let fourth = daysSinceEpoch(year, 1, 4)
    return fourth - daysAfterMonday(fourth)
  }

  /// 1970-01-01 was a Thursday.
  private static func daysAfterMonday(_ day: Int) -> Int { (day + 3) - (day + 3).dividedDown(by: 7) * 7 }

  public static func < (a: CivilDate, b: CivilDate) -> Bool {
    (a.year, a.month, a.day) < (b.year, b.month, b.day)
  }

  static func daysIn(month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension BinaryInteger {
  /// Division that rounds towards minus infinity, so that days before 1970 come out right.
  func dividedDown(by divisor: Self) -> Self {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
