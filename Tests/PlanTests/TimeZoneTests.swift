import Foundation
import Testing

@testable import Plan

/// Periods that end by the clocks of a zone, against what Python makes of the same files.
@Suite struct TimeZoneTests {
  /// With and without daylight saving; half hours; changes at midnight, of half an hour, on the other side of the year, against
  /// the sun; rules that have changed within these years.
  static let zones = [
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/Los_Angeles",
    "America/Sao_Paulo", "America/Santiago", "America/Havana", "America/St_Johns", "America/Asuncion", "Africa/Cairo",
    "Africa/Casablanca", "Asia/Kolkata", "Asia/Beirut", "Asia/Gaza", "Asia/Almaty", "Australia/Lord_Howe",
    "Pacific/Auckland", "Pacific/Apia", "America/Scoresbysund", "Pacific/Chatham",
  ]
  static let years = 2024...2027

  private static func rules(_ name: String) throws -> TimeZoneRules {
    let file = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
    return try #require(TimeZoneRules(name: name, file: [UInt8](file)), "\(name)")
  }

  /// Seconds at which the clocks of a zone show for good what a period ends with, found by looking at the clock every quarter
  /// of an hour, in the order of the periods: of hours, days, ISO weeks, months.
  private static let oracle = """
    import sys
    from datetime import datetime, timedelta, timezone
    from zoneinfo import ZoneInfo
    zone = timezone.utc if sys.argv[1] == 'UTC' else ZoneInfo(sys.argv[1])
    first, last = int(sys.argv[2]), int(sys.argv[3])
    epoch = datetime(1970, 1, 1)
    step = 900
    start = int((datetime(first, 1, 1) - timedelta(days=3) - epoch).total_seconds())
    stop = int((datetime(last + 1, 1, 1) + timedelta(days=3) - epoch).total_seconds())
    times = range(start, stop, step)
    walls = [int((datetime.fromtimestamp(t, zone).replace(tzinfo=None) - epoch).total_seconds()) for t in times]
    for i in range(len(walls) - 2, -1, -1):
        walls[i] = min(walls[i], walls[i + 1])
    begin, end = datetime(first, 1, 1), datetime(last + 1, 1, 1)
    def hours():
        here = begin
        while here < end:
            here += timedelta(hours=1)
            yield here
    def months():
        for year in range(first, last + 1):
            for month in range(1, 13):
                yield datetime(year + month // 12, month % 12 + 1, 1)
    def weeks():
        here = begin - timedelta(days=begin.weekday())
        while here < end:
            here += timedelta(days=7)
            yield here
    days = lambda: (h for h in hours() if h.hour == 0)
    for ends in hours, days, weeks, months:
        at = 0
        for moment in ends():
            wall = int((moment - epoch).total_seconds())
            while walls[at] < wall:
                at += 1
            print(times[at])
    """

  private static func ends(_ zone: String) throws -> [Int64] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", oracle, zone, "\(years.lowerBound)", "\(years.upperBound)"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { Int64($0) }
  }

  private static var periods: [Period] {
    let start = WallTime(day: CivilDate.daysSinceEpoch(years.lowerBound, 1, 1))
    let end = WallTime(day: CivilDate.daysSinceEpoch(years.upperBound + 1, 1, 1))
    return [CalendarUnit.hour, .day, .week, .month].flatMap { unit in
      sequence(first: unit.period(containing: start)) { last in last.flatMap { unit.period(containing: $0.end) } }
        .lazy.compactMap { $0 }.prefix { $0.start < end }
    }
  }

  private static let canAsk: Bool = {
    let canAsk =
      FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/UTC")
      && (try? ends("Europe/Berlin").isEmpty) == false
    if !canAsk { print("TimeZoneTests: skipped, since there is no tzdata, or no python3 with zoneinfo") }
    return canAsk
  }()

  @Test(.enabled(if: TimeZoneTests.canAsk), arguments: TimeZoneTests.zones)
  func `in every hour of four years, the periods that have ended are those of Python`(zone: String) throws {
    let (rules, expected, periods) = (try Self.rules(zone), try Self.ends(zone), Self.periods)
    try #require(expected.count == periods.count)
    // That all end at the same seconds says it of every hour, and of all moments between.
    let wrong = zip(periods, expected).filter { $0.end(in: rules).seconds != $1 }
    #expect(wrong.isEmpty, "\(zone): \(wrong.prefix(3).map { ($0.text, $0.end(in: rules), $1) })")
  }

  @Test(.enabled(if: TimeZoneTests.canAsk))
  func `the rule behind the last change of a file agrees with the changes that other files spell out`() throws {
    for (zone, rule) in [
      ("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"), ("America/New_York", "EST5EDT,M3.2.0,M11.1.0"),
      ("Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
      ("America/Santiago", "<-04>4<-03>,M9.1.6/24,M4.1.6/24"),
      ("Africa/Cairo", "EET-2EEST,M4.5.5/0,M10.5.4/24"), ("Asia/Kolkata", "IST-5:30"),
    ] {
      let future = try #require(FutureRule(Array(rule.utf8)), "\(rule)")
      let ruled = TimeZoneRules(name: zone, first: 0, changes: [], future: future)
      let filed = try Self.rules(zone)
      for period in Self.periods where period.unit != .hour {
        #expect(period.end(in: ruled) == period.end(in: filed), "\(zone) \(period.text)")
      }
    }
  }

  @Test func `rules as POSIX writes them are read, and others are none`() throws {
    let days = ["J60", "59", "M3.1.0"].map { FutureRule(Array("AAA0BBB,\($0)/0,J300/-1:30".utf8)) }
    #expect(
      days.compactMap { $0?.summer?.begins.day } == [
        .withoutLeapDay(60), .ofYear(59), .ofMonth(3, week: 1, weekday: 0),
      ])
    #expect(days[0]?.summer?.ends.time == -5400)
    // 1 March, in leap years, too; 29 February in them.
    for (rule, day) in [(days[0], 1), (days[1], 29)] {
      let change = try #require(rule?.changes(around: 1_709_251_200).first { $0.at > 1_700_000_000 })
      #expect(CivilDate(containing: Timestamp(seconds: change.at)).day == day)
    }
    for text in [
      "", "A0", "AAA", "AAA25", "AAA0BBB", "AAA0BBB,M3.1.0", "AAA0BBB,M13.1.0,M1.1.0", "AAA0BBB,J0,J1", "AAA0x", "<A0",
    ] {
      #expect(FutureRule(Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test func `what is no file of a time zone is none, cut anywhere or with any byte changed`() throws {
    #expect(TimeZoneRules(name: "x", file: []) == nil)
    #expect(TimeZoneRules(name: "x", file: Array("TZif".utf8)) == nil)
    guard let data = try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin")) else { return }
    let file = [UInt8](data)
    for length in 0..<file.count { #expect(TimeZoneRules(name: "x", file: Array(file.prefix(length))) == nil) }
    // Most of these are still files, of other zones: none may end the program.
    for index in file.indices {
      for byte in [0, 0x7F, 0xFF] as [UInt8] {
        var changed = file
        changed[index] = byte
        _ = TimeZoneRules(name: "x", file: changed)?.end(of: WallTime(seconds: 1_700_000_000))
      }
    }
  }

  @Test(arguments: [
    "../etc/passwd", "/etc/localtime", "Europe/../UTC", "Europe/", "", "a b", "Ümlaut", ".hidden", "a//b",
  ])
  func `what leads elsewhere is no name of a zone`(text: String) { #expect(!TimeZoneRules.isName(text)) }

  @Test(arguments: ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince"])
  func `names of zones are names`(text: String) { #expect(TimeZoneRules.isName(text)) }

  @Test(.enabled(if: TimeZoneTests.canAsk))
  func `three months ago is counted by the clocks of the zone`() throws {
    let berlin = try Self.rules("Europe/Berlin")
    // 00:30 on 1 December in Berlin, the evening before in UTC: August has ended three months ago there only.
    let now = Timestamp(seconds: 1_796_081_400)
    let august = try #require(Period(year: 2026, month: 8))
    let rule = PartitionRule(olderThan: .months(3))
    #expect(rule.chooses(august, at: now, in: berlin))
    #expect(!rule.chooses(august, at: now, in: .utc))
    // 02:30 on 31 March 2024 does not exist in Berlin; a month and more later it is asked for.
    let april = Timestamp(seconds: 1_714_437_000)
    #expect(PartitionAge.months(1).latestEnd(at: april, in: berlin) <= Timestamp(seconds: 1_711_846_800))
  }
}
