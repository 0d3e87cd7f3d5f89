import Plan
import Testing

@Suite struct TimeTests {
  private func date(_ year: Int, _ month: Int, _ day: Int) throws -> CivilDate {
    try #require(CivilDate(year: year, month: month, day: day))
  }

  @Test func `every day of four centuries comes back from its number`() throws {
    var expected = try date(1900, 1, 1)
    for day in expected.daysSinceEpoch...(try date(2300, 12, 31)).daysSinceEpoch {
      let found = CivilDate(containing: Timestamp(seconds: Int64(day) * 86_400 + 86_399))
      #expect(found == expected)
      #expect(found.daysSinceEpoch == day)
      expected = successor(of: expected)
      if found != CivilDate(containing: Timestamp(seconds: Int64(day) * 86_400)) { Issue.record("\(found)") }
    }
  }

  private func successor(of day: CivilDate) -> CivilDate {
    CivilDate(year: day.year, month: day.month, day: day.day + 1)
      ?? CivilDate(year: day.year, month: day.month + 1, day: 1)
      ?? CivilDate(year: day.year + 1, month: 1, day: 1) ?? day
  }

  @Test func `known days have known numbers`() throws {
    #expect(try date(1970, 1, 1).daysSinceEpoch == 0)
    #expect(try date(2000, 3, 1).daysSinceEpoch == 11_017)
    #expect(try date(2026, 11, 23).startOfDay == Timestamp(seconds: 1_795_392_000))
    #expect(try date(1969, 12, 31).daysSinceEpoch == -1)
  }

  @Test(arguments: [(2026, 2, 29), (2025, 13, 1), (2025, 0, 1), (2025, 1, 0), (1900, 2, 29), (0, 1, 1), (10_000, 1, 1)])
  func `days that do not exist are none`(year: Int, month: Int, day: Int) {
    #expect(CivilDate(year: year, month: month, day: day) == nil)
  }

  @Test func `months earlier is the same day, or the last of a shorter month`() throws {
    #expect(try date(2026, 5, 31).subtracting(months: 3) == date(2026, 2, 28))
    #expect(try date(2024, 5, 31).subtracting(months: 3) == date(2024, 2, 29))
    #expect(try date(2026, 1, 15).subtracting(months: 1) == date(2025, 12, 15))
    #expect(try date(2026, 1, 15).subtracting(months: 25) == date(2023, 12, 15))
  }

  @Test func `time less a duration carries over seconds and saturates`() {
    let time = Timestamp(seconds: 10, nanoseconds: 5)
    #expect(time - .nanoseconds(6) == Timestamp(seconds: 9, nanoseconds: 999_999_999))
    #expect(time - .seconds(11) == Timestamp(seconds: -1, nanoseconds: 5))
    #expect(time - .zero == time)
    #expect(Timestamp(seconds: .min) - .seconds(1) == Timestamp(seconds: .min))
    #expect(time - .seconds(-5) == Timestamp(seconds: 15, nanoseconds: 5))
  }

  @Test func `the time between two moments has the right sign`() {
    let early = Timestamp(seconds: -2, nanoseconds: 500_000_000)
    let late = Timestamp(seconds: 1, nanoseconds: 250_000_000)
    #expect(late.since(early) == .milliseconds(2750))
    #expect(early.since(late) == .milliseconds(-2750))
  }
}

@Suite struct PartitionTests {
  private func at(_ year: Int, _ month: Int, _ day: Int, hour: Int64 = 0) throws -> Timestamp {
    Timestamp(seconds: try #require(CivilDate(year: year, month: month, day: day)).startOfDay.seconds + hour * 3600)
  }

  private func chosen(_ rule: PartitionRule, _ now: Timestamp, years: ClosedRange<Int> = 2025...2027) -> [Period] {
    years.flatMap { year in (1...12).compactMap { Period(year: year, month: $0) } }.filter {
      rule.chooses($0, at: now, in: .utc)
    }
  }

  @Test func `three months ago on 23 November 2026 means up to July`() throws {
    let rule = PartitionRule(olderThan: .months(3))
    #expect(try chosen(rule, at(2026, 11, 23)).last == Period(year: 2026, month: 7))
    // August ended on 1 September: it is chosen from 1 December on.
    #expect(try chosen(rule, at(2026, 11, 30, hour: 23)).last == Period(year: 2026, month: 7))
    #expect(try chosen(rule, at(2026, 12, 1)).last == Period(year: 2026, month: 8))
  }

  @Test func `the boundary of a year is no boundary`() throws {
    let rule = PartitionRule(olderThan: .months(1))
    #expect(try chosen(rule, at(2026, 12, 31, hour: 23)).last == Period(year: 2026, month: 10))
    #expect(try chosen(rule, at(2027, 1, 1)).last == Period(year: 2026, month: 11))
    #expect(try chosen(rule, at(2027, 2, 1)).last == Period(year: 2026, month: 12))
  }

  @Test func `a period that has not ended is never chosen`() throws {
    for rule in [PartitionRule(), PartitionRule(olderThan: .duration(.zero)), PartitionRule(olderThan: .months(0))] {
      #expect(try chosen(rule, at(2026, 11, 30, hour: 23)).last == Period(year: 2026, month: 10))
      #expect(try chosen(rule, at(2026, 12, 1)).last == Period(year: 2026, month: 11))
    }
  }

  @Test func `bounds take their own periods in, whatever their grain`() throws {
    let rule = PartitionRule(from: Period(year: 2025, month: 11), to: Period(year: 2026, month: 1))
    #expect(try chosen(rule, at(2026, 11, 23)).map(\.text) == ["2025-11", "2025-12", "2026-01"])
    let year = PartitionRule(from: Period(year: 2025), to: Period(year: 2025))
    #expect(try chosen(year, at(2026, 11, 23)).count == 12)
  }

  @Test func `days and leap days have their length`() throws {
    let day = try #require(Period(year: 2024, month: 2, day: 29))
    #expect(try day.end(in: .utc) == at(2024, 3, 1))
    #expect(try #require(Period(year: 2024)).end(in: .utc) == at(2025, 1, 1))
    #expect(try #require(Period(year: 2023, month: 2)).end(in: .utc) == at(2023, 3, 1))
    #expect(Period(year: 2023, month: 2, day: 29) == nil)
    #expect(Period(year: 2023, month: nil, day: 1) == nil)
  }

  @Test func `a template reads its fields at fixed widths and nothing else`() throws {
    let template = DateTemplate(pieces: [.text("log-"), .year, .text("-"), .month])
    #expect(template.match(Array("log-2026-07".utf8))?.period == Period(year: 2026, month: 7))
    for name in ["log-2026-7", "log-2026-070", "log-2026-07 ", "Log-2026-07", "log-+026-07", "", "log-"] {
      #expect(template.match(Array(name.utf8)) == nil, "\(name)")
    }
    #expect(template.match(Array("log-2026-13".utf8))?.period == nil)
  }

  @Test func `a field that stands twice must agree`() throws {
    let month = DateTemplate(pieces: [.year, .text("-"), .month])
    let known = try #require(DateTemplate(pieces: [.year]).match(Array("2026".utf8)))
    #expect(month.match(Array("2026-07".utf8), adding: known)?.month == 7)
    #expect(month.match(Array("2025-07".utf8), adding: known) == nil)
  }

  @Test func `fields stand beside text and wildcards, and digits are read in one way only`() throws {
    let backup = DateTemplate(pieces: [.text("backup-"), .year, .month, .day, .text("-"), .star])
    let day = Period(year: 2024, month: 1, day: 31)
    #expect(backup.match(Array("backup-20240131-".utf8))?.period == day)
    #expect(backup.match(Array("backup-20240131-a-20250101-".utf8))?.period == day)
    for name in ["backup-20240131", "backup-2024013-x", "backup-202401311-x", "xbackup-20240131-"] {
      #expect(backup.match(Array(name.utf8)) == nil, "\(name)")
    }
    let run = DateTemplate(
      pieces: [.text("run_id=scheduled__"), .year, .text("-"), .month, .text("-"), .day, .text("T"), .star])
    #expect(run.match(Array("run_id=scheduled__2024-01-31T05:00:00+00:00".utf8))?.period == day)
    let behind = DateTemplate(pieces: [.star, .text("-x"), .star, .text("."), .year, .anyByte, .month])
    #expect(behind.match(Array("a-x-xb.2025-01.2024-02".utf8))?.period == Period(year: 2024, month: 2))
    #expect(behind.match(Array("a-yb.2024-02".utf8)) == nil)
    #expect(
      behind.series(of: Array("a-x-xb.2025-01.2024-02".utf8)) == Array("a-x-xb.2025-01.?".utf8.dropLast()) + [
        UInt8(ascii: "-")
      ])
    let between = DateTemplate(pieces: [.text("db-"), .year, .text("-"), .star, .text("-"), .month, .anyByte])
    #expect(between.series(of: Array("db-2024-web-01x".utf8)) == Array("db--web-".utf8))
    let set = DateTemplate(pieces: [.set(ByteSet(0x61...0x63)), .year])
    #expect(set.match(Array("b2024".utf8))?.period == Period(year: 2024))
    #expect(set.match(Array("d2024".utf8)) == nil)
  }

  @Test func `digits that a star would take from beside a field make another number, and no date`() {
    let cases: [([DateTemplate.Piece], good: [String], bad: [String])] = [
      ([.year, .star], ["2024", "2024-x", "2024x1"], ["20241", "201512", "20240131"]),
      ([.star, .year], ["2024", "order-1999", "v1-2024"], ["order-91999", "12024"]),
      ([.year, .star, .month], ["2024-01", "2024x05-12"], ["202401", "20245-01", "2024-101"]),
      ([.year, .month, .day, .star], ["20240131", "20240131120000", "20240131-1"], ["2024013"]),
      ([.year, .text("-"), .month, .text("-"), .day, .text("T"), .hour, .star], ["2024-01-31T0530"], []),
      ([.year, .month, .star], ["202401", "202401-x"], ["20240131"]),
      ([.text("a"), .star, .text("-"), .year, .text("b")], ["a1-2024b", "a-2024b"], ["a-12024b"]),
    ]
    for (pieces, good, bad) in cases {
      let template = DateTemplate(pieces: pieces)
      for name in good { #expect(template.match(Array(name.utf8))?.period != nil, "\(name)") }
      for name in bad { #expect(template.match(Array(name.utf8)) == nil, "\(name)") }
    }
    #expect(DateTemplate(pieces: [.year, .star]).almostMatches(Array("20240131".utf8)))
  }

  @Test func `an hour may stand above its day`() {
    let hour = DateTemplate(pieces: [.hour])
    let month = DateTemplate(pieces: [.year, .text("-"), .month]).match(Array("2024-01".utf8))
    let above = month.flatMap { hour.match(Array("05".utf8), adding: $0) }
    #expect(above?.arePossible == true)
    let whole = above.flatMap { DateTemplate(pieces: [.day]).match(Array("31".utf8), adding: $0) }
    #expect(whole?.period == Period(year: 2024, month: 1, day: 31, hour: 5))
  }

  @Test func `a name that would match with other digits is a near miss`() throws {
    let month = DateTemplate(pieces: [.year, .text("-"), .month])
    for name in ["2024-1", "2024-001", "24-01", "2024-13"] { #expect(month.almostMatches(Array(name.utf8)), "\(name)") }
    for name in ["2024_02", "2024-02.bak", "2024-", "2024-W05", " 2024-01", "2024"] {
      #expect(!month.almostMatches(Array(name.utf8)), "\(name)")
    }
    let joined = DateTemplate(pieces: [.star, .text("é-"), .year, .month, .day, .text(".d")])
    #expect(joined.almostMatches(Array("xé-2024131.d".utf8)))
    #expect(joined.almostMatches(Array("é-1.d".utf8)))
    #expect(!joined.almostMatches(Array("xé-.d".utf8)))
    #expect(!joined.almostMatches(Array("2024131.d".utf8)))
  }

  @Test func `hours and ISO weeks are periods, and years before 1970 are none`() throws {
    let hour = DateTemplate(pieces: [.year, .month, .day, .text("T"), .hour])
    let found = try #require(hour.match(Array("20240131T23".utf8))?.period)
    #expect(found == Period(year: 2024, month: 1, day: 31, hour: 23))
    #expect(try found.end(in: .utc) == at(2024, 2, 1))
    #expect(found.text == "2024-01-31T23")
    #expect(hour.match(Array("20240131T24".utf8))?.period == nil)
    let week = DateTemplate(pieces: [.weekYear, .text("-W"), .week])
    let last = try #require(week.match(Array("2020-W53".utf8))?.period)
    #expect(last.unit == .week && last.text == "2020-W53")
    #expect(try last.end(in: .utc) == at(2021, 1, 4))
    for name in ["2021-W53", "2024-W00", "2024-W54"] { #expect(week.match(Array(name.utf8))?.period == nil, "\(name)") }
    for year in [0, 42, 1969] {
      #expect(
        Period(year: year) == nil && Period(year: year, month: 7) == nil && Period(weekYear: year, week: 3) == nil)
    }
    #expect(Period(year: 1970) != nil && Period(year: 9999, month: 12, day: 31) != nil)
  }

  @Test func `every week of the calendar follows the one before, and holds the days that say so`() throws {
    var week = try #require(Period(weekYear: 1970, week: 1))
    for _ in 0..<20_000 {
      let next = try #require(CalendarUnit.week.period(containing: week.end))
      #expect(next.start == week.end && CalendarUnit.week.period(containing: next.end.before) == next)
      week = next
    }
  }
}
