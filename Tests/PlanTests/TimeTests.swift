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
    years.flatMap { year in (1...12).compactMap { Period(year: year, month: $0) } }.filter { rule.chooses($0, at: now) }
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
    #expect(try chosen(rule, at(2026, 11, 23)).map(\.month) == [11, 12, 1])
    let year = PartitionRule(from: Period(year: 2025), to: Period(year: 2025))
    #expect(try chosen(year, at(2026, 11, 23)).count == 12)
  }

  @Test func `days and leap days have their length`() throws {
    let day = try #require(Period(year: 2024, month: 2, day: 29))
    #expect(try day.end == at(2024, 3, 1))
    #expect(try #require(Period(year: 2024)).end == at(2025, 1, 1))
    #expect(try #require(Period(year: 2023, month: 2)).end == at(2023, 3, 1))
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
}
