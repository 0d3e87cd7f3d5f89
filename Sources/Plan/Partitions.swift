/// The calendar period a partition folder holds: a year, a month or a day, in UTC.
public struct Period: Hashable, Comparable, Sendable {
  public let year: Int
  public let month: Int?
  public let day: Int?

  /// Nil when there is no such period (month 13, 30 February, year 0, a day without a month).
  public init?(year: Int, month: Int? = nil, day: Int? = nil) {
    guard month != nil || day == nil, CivilDate(year: year, month: month ?? 1, day: day ?? 1) != nil else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Its first moment.
  public var start: Timestamp { firstDay.startOfDay }

  /// The first moment after it.
  public var end: Timestamp {
    guard let month else { return Timestamp(seconds: start.seconds + (isLeapYear ? 366 : 365) * 86_400) }
    let days = day == nil ? CivilDate.daysIn(month: month, of: year) : 1
    return Timestamp(seconds: start.seconds + Int64(days) * 86_400)
  }

  public static func < (a: Period, b: Period) -> Bool { (a.start, a.end) < (b.start, b.end) }

  private var isLeapYear: Bool { CivilDate.daysIn(month: 2, of: year) == 29 }

  private var firstDay: CivilDate {
    // The initializer has checked that this day exists.
    CivilDate(year: year, month: month ?? 1, day: day ?? 1) ?? CivilDate(containing: Timestamp(seconds: 0))
  }
}

/// How long ago a partition's period must have ended.
public enum PartitionAge: Hashable, Sendable {
  case months(Int)
  case duration(Duration)

  /// The latest moment at which a period may have ended to be this old at `now`.
  public func latestEnd(at now: Timestamp) -> Timestamp {
    switch self {
    case .duration(let duration):
      return now - duration
    case .months(let months):
      let today = CivilDate(containing: now)
      let timeOfDay = now.since(today.startOfDay)
      return today.subtracting(months: months).startOfDay - (.zero - timeOfDay)
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

  public init(olderThan: PartitionAge? = nil, from: Period? = nil, to: Period? = nil, order: Order = .oldestFirst) {
    (self.olderThan, self.from, self.to, self.order) = (olderThan, from, to, order)
  }

  /// Whether `period` is chosen at `now`. A period that has not ended is never chosen, whatever the rule says.
  public func chooses(_ period: Period, at now: Timestamp) -> Bool {
    let latestEnd = olderThan?.latestEnd(at: now) ?? now
    guard period.end <= min(latestEnd, now) else { return false }
    if let from, period.start < from.start { return false }
    if let to, period.end > to.end { return false }
    return true
  }
}
