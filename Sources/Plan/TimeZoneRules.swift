/// What the clocks of one time zone have shown and will show: a calendar's days begin and end by it.
public struct TimeZoneRules: Hashable, Sendable {
  /// IANA name, such as `Europe/Berlin`.
  public let name: String
  /// Seconds east of Greenwich before the first change.
  let first: Int64
  /// In the order of time.
  let changes: [Change]
  /// What holds after the last change; nil: nothing changes any more.
  let future: FutureRule?

  /// From `at` on, in seconds since 1970, clocks are `offset` seconds ahead of UTC.
  struct Change: Hashable, Sendable {
    var at: Int64
    var offset: Int64
  }

  public static let utc = TimeZoneRules(name: "UTC", first: 0, changes: [], future: nil)

  /// Of which only the name is known: the rules are to be looked up.
  public static func unread(_ name: String) -> TimeZoneRules {
    TimeZoneRules(name: name, first: 0, changes: [], future: nil)
  }

  /// No zone is further from Greenwich (RFC 9636 allows 26 hours).
  private static let furthest: Int64 = 27 * 3600

  /// How far clocks are ahead of UTC at a moment, in seconds.
  func offset(at time: Int64) -> Int64 {
    let after = changes.partitioningIndex { $0.at > time }
    guard after == changes.count, let future else { return after == 0 ? first : changes[after - 1].offset }
    let last = changes.last.map(\.at) ?? .min
    return future.changes(around: time).last { $0.at <= time && $0.at > last }?.offset
      ?? changes.last?.offset ?? future.offset(before: time)
  }

  /// The moment from which on clocks never show less than `wall` any more, which is counted like seconds since 1970. Where clocks
  /// are set back, that is after the second time they show it; where they skip it, when they do.
  func end(of wall: WallTime) -> Timestamp {
    // Before this they show less for sure, and after the last change within reach more.
    let start = wall.seconds - TimeZoneRules.furthest
    var segments = [Change(at: start, offset: offset(at: start))]
    segments += changes(from: start, to: wall.seconds + TimeZoneRules.furthest)
    let last = segments.lastIndex { $0.at + $0.offset < wall.seconds } ?? 0
    let reached = wall.seconds - segments[last].offset
    return Timestamp(seconds: last + 1 < segments.count ? min(reached, segments[last + 1].at) : reached)
  }

  /// What clocks show at a moment.
  public func wall(at time: Timestamp) -> WallTime { WallTime(seconds: time.seconds + offset(at: time.seconds)) }

  /// The first moment at which clocks show `wall`, or would where they skip it.
  func earliest(of wall: WallTime) -> Timestamp {
    let offsets = [-1, 1].map { offset(at: wall.seconds + $0 * TimeZoneRules.furthest) }
    let near = changes(from: wall.seconds - TimeZoneRules.furthest, to: wall.seconds + TimeZoneRules.furthest)
    let all = offsets + near.map(\.offset)
    let shown = all.map { wall.seconds - $0 }.filter { $0 + offset(at: $0) == wall.seconds }
    return Timestamp(seconds: shown.min() ?? wall.seconds - (all.max() ?? 0))
  }

  private func changes(from start: Int64, to end: Int64) -> [Change] {
    let lower = changes.partitioningIndex { $0.at > start }
    let upper = changes.partitioningIndex { $0.at > end }
    let last = changes.last.map(\.at) ?? .min
    let ruled = future?.changes(around: start + (end - start) / 2) ?? []
    return changes[lower..<upper] + ruled.filter { $0.at > max(start, last) && $0.at <= end }
  }
}

extension [TimeZoneRules.Change] {
  /// The first index for which `isBehind` holds, which must hold for all after it, too.
  fileprivate func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// How clocks change year after year, without an end.
struct FutureRule: Hashable, Sendable {
  /// Seconds east of Greenwich.
  var standard: Int64
  /// Nil: clocks do not change.
  var summer: Summer?

  struct Summer: Hashable, Sendable {
    var offset: Int64
    var begins: Moment
    var ends: Moment
  }

  /// A moment of each year, by the clocks that it changes.
  struct Moment: Hashable, Sendable {
    var day: Day
    /// Seconds from the day's midnight on; also negative, or more than a day.
    var time: Int64
  }

  enum Day: Hashable, Sendable {
    /// 1 to 365; 29 February is not counted.
    case withoutLeapDay(Int)
    /// 0 to 365; 29 February is counted.
    case ofYear(Int)
    /// The first, second … last (5) of a weekday (0: Sunday) in a month.
    case ofMonth(Int, week: Int, weekday: Int)
  }

  /// Those of the year of `time` and of the years beside it, in the order of time.
  func changes(around time: Int64) -> [TimeZoneRules.Change] {
    guard let summer else { return [] }
    let year = CivilDate(containing: Timestamp(seconds: time)).year
    return (year - 1...year + 1).flatMap { year in
      [
        TimeZoneRules.Change(at: summer.begins.wall(in: year) - standard, offset: summer.offset),
        TimeZoneRules.Change(at: summer.ends.wall(in: year) - summer.offset, offset: standard),
      ]
    }.sorted { $0.at < $1.at }
  }

  /// For a zone of which nothing else is known.
  func offset(before time: Int64) -> Int64 { changes(around: time).last { $0.at <= time }?.offset ?? standard }
}

extension FutureRule.Moment {
  fileprivate func wall(in year: Int) -> Int64 { Int64(day.sinceEpoch(in: year)) * 86_400 + time }
}

extension FutureRule.Day {
  /// Days from 1970-01-01 to this day of a year.
  fileprivate func sinceEpoch(in year: Int) -> Int {
    switch self {
    case .ofYear(let day): return CivilDate.daysSinceEpoch(year, 1, 1) + day
    case .withoutLeapDay(let day):
      let isBehind = day >= 60 && CivilDate.daysIn(month: 2, of: year) == 29
      return CivilDate.daysSinceEpoch(year, 1, 1) + day - (isBehind ? 0 : 1)
    case .ofMonth(let month, let week, let weekday):
      let first = CivilDate.daysSinceEpoch(year, month, 1)
      // 1970-01-01 was a Thursday.
      let offset = (weekday - (first + 4) % 7 + 14) % 7
      let day = offset + 7 * (week - 1)
      return first + (day < CivilDate.daysIn(month: month, of: year) ? day : day - 7)
    }
  }
}

/// What a clock on the wall shows, counted as seconds since 1970 would be if it showed UTC.
public struct WallTime: Hashable, Comparable, Sendable {
  public let seconds: Int64

  public init(seconds: Int64) { self.seconds = seconds }

  /// `day` counts from 1970-01-01.
  init(day: Int, hour: Int = 0) { seconds = Int64(day) * 86_400 + Int64(hour) * 3600 }

  var hour: Int { Int((seconds % 86_400 + 86_400) % 86_400 / 3600) }

  /// The second before.
  public var before: WallTime { WallTime(seconds: seconds - 1) }

  public static func < (a: WallTime, b: WallTime) -> Bool { a.seconds < b.seconds }
}
