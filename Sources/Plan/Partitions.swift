/// The units of the calendar that folders are named by.
public enum CalendarUnit: String, Hashable, Sendable {
  case year, month, week, day, hour

  /// The most time that one of it takes, clocks that are set back included.
  public var longest: Duration {
    switch self {
    case .year: .seconds(366 * 86_400)
    case .month: .seconds(31 * 86_400)
    case .week: .seconds(7 * 86_400)
    case .day: .seconds(86_400)
    case .hour: .seconds(3600)
    }
  }

  /// The one that holds this moment; nil outside the calendar.
  public func period(containing time: WallTime) -> Period? {
    let (date, hour) = (CivilDate(containing: Timestamp(seconds: time.seconds)), time.hour)
    switch self {
    case .year: return Period(year: date.year)
    case .month: return Period(year: date.year, month: date.month)
    case .day: return Period(year: date.year, month: date.month, day: date.day)
    case .hour: return Period(year: date.year, month: date.month, day: date.day, hour: hour)
    case .week:
      let (year, week) = date.week
      return Period(weekYear: year, week: week)
    }
  }
}

/// The calendar period a partition folder holds: a year, a month, an ISO week, a day or an hour, by the clocks of the run's
/// time zone.
public struct Period: Hashable, Comparable, Sendable {
  public let unit: CalendarUnit
  /// What clocks show when it begins.
  public let start: WallTime
  /// What they show when it has ended.
  public let end: WallTime

  /// Nothing that is purged is older than the clock that files are dated by.
  static let years = 1970...9999

  /// Nil when there is no such period (month 13, 30 February, hour 24, a year before 1970, a day without a month).
  public init?(year: Int, month: Int? = nil, day: Int? = nil, hour: Int? = nil) {
    guard month != nil || day == nil, day != nil || hour == nil, Period.years.contains(year),
      let first = CivilDate(year: year, month: month ?? 1, day: day ?? 1), (0...23).contains(hour ?? 0)
    else { return nil }
    unit = hour != nil ? .hour : day != nil ? .day : month != nil ? .month : .year
    start = WallTime(day: first.daysSinceEpoch, hour: hour ?? 0)
    end =
      switch unit {
      case .year: WallTime(day: CivilDate.daysSinceEpoch(year + 1, 1, 1))
      case .month: WallTime(day: first.daysSinceEpoch + CivilDate.daysIn(month: first.month, of: year))
      case .hour: WallTime(seconds: start.seconds + 3600)
      case .day, .week: WallTime(day: first.daysSinceEpoch + 1)
      }
  }

  /// An ISO 8601 week; nil when the year has none of this number.
  public init?(weekYear: Int, week: Int) {
    guard Period.years.contains(weekYear), week >= 1 else { return nil }
    let first = CivilDate.firstDayOfWeeks(of: weekYear) + 7 * (week - 1)
    guard first < CivilDate.firstDayOfWeeks(of: weekYear + 1) else { return nil }
    (unit, start, end) = (.week, WallTime(day: first), WallTime(day: first + 7))
  }

  /// The first moment at which it has ended for good: clocks may be set back to it.
  public func end(in zone: TimeZoneRules) -> Timestamp { zone.end(of: end) }

  public static func < (a: Period, b: Period) -> Bool { (a.start, a.end) < (b.start, b.end) }

  /// As a folder's name or a bound would have it: `2024`, `2024-01`, `2024-W05`, `2024-01-31`, `2024-01-31T05`.
  public var text: String {
    let date = CivilDate(containing: Timestamp(seconds: start.seconds))
    let digits = { (number: Int, width: Int) in
      String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
    }
    if unit == .week {
      let (year, week) = date.week
      return "\(digits(year, 4))-W\(digits(week, 2))"
    }
    var text = digits(date.year, 4)
    if unit != .year { text += "-" + digits(date.month, 2) }
    if unit == .day || unit == .hour { text += "-" + digits(date.day, 2) }
    return unit == .hour ? text + "T" + digits(start.hour, 2) : text
  }
}

/// How long ago a partition's period must have ended.
public enum PartitionAge: Hashable, Sendable {
  case months(Int)
  case duration(Duration)

  /// The latest moment at which a period may have ended to be this old at `now`.
  public func latestEnd(at now: Timestamp, in zone: TimeZoneRules) -> Timestamp {
    switch self {
    case .duration(let duration):
      return now - duration
    case .months(let months):
      let wall = zone.wall(at: now)
      let today = CivilDate(containing: Timestamp(seconds: wall.seconds))
      let timeOfDay = wall.seconds - today.startOfDay.seconds
      let then = WallTime(seconds: today.subtracting(months: months).startOfDay.seconds + timeOfDay)
      return Timestamp(seconds: zone.earliest(of: then).seconds, nanoseconds: now.nanoseconds)
    }
  }
}

/// Which of the existing partition folders become targets, and in which order.
public struct PartitionRule: Hashable, Sendable {
  public enum Order: String, Hashable, Sendable, CaseIterable {
    case oldestFirst = "oldest_first"
    case newestFirst = "newest_first"
  }

  /// Nil: every period that has ended.
  public var olderThan: PartitionAge?
  /// The first period taken, and the last; nil: no bound.
  public var from: Period?
  public var to: Period?
  public var order: Order
  /// The newest existing periods whose folders stay whatever their age, of each series of folders: see `SparedPeriods`.
  public var keepLast = 0
  /// Whether a folder in which nothing is left goes itself.
  public var removesFolder = false

  public init(olderThan: PartitionAge? = nil, from: Period? = nil, to: Period? = nil, order: Order = .oldestFirst) {
    (self.olderThan, self.from, self.to, self.order) = (olderThan, from, to, order)
  }

  /// Why a period is not chosen.
  public enum Objection: Hashable, Sendable {
    case beforeFrom
    case afterTo
    /// A period that has not ended is never chosen, whatever the rule says.
    case notOver
    case tooYoung
  }

  /// Whether `period` is chosen at `now`.
  public func chooses(_ period: Period, at now: Timestamp, in zone: TimeZoneRules) -> Bool {
    objection(to: period, at: now, in: zone) == nil
  }

  /// What speaks against choosing `period` at `now`; nil: nothing.
  public func objection(to period: Period, at now: Timestamp, in zone: TimeZoneRules) -> Objection? {
    if let bound = boundObjection(to: period) { return bound }
    let end = period.end(in: zone)
    if end > now { return .notOver }
    return end <= latestEnd(at: now, in: zone) ? nil : .tooYoung
  }

  /// The latest moment at which a period may have ended to be chosen at `now`.
  public func latestEnd(at now: Timestamp, in zone: TimeZoneRules) -> Timestamp {
    min(olderThan?.latestEnd(at: now, in: zone) ?? now, now)
  }

  /// Whether the whole period lies within them.
  public func isWithinBounds(_ period: Period) -> Bool { boundObjection(to: period) == nil }

  private func boundObjection(to period: Period) -> Objection? {
    if let from, period.start < from.start { return .beforeFrom }
    if let to, period.end > to.end { return .afterTo }
    return nil
  }
}
