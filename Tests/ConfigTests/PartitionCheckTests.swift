import Foundation
import Plan
import Testing

@testable import Config

@Suite("Bounds and ages of partitions against the folders they choose")
struct PartitionCheckTests {
  private static func generator(_ round: UInt64) -> SeededGenerator {
    SeededGenerator(seed: SeededGenerator.newSeed(for: "PartitionCheckTests"))
  }

  /// A path, and all the periods of 2023 to 2026 that it can find, in order.
  private struct Folders {
    let path: String
    let periods: [Period]

    static let all: [Folders] = {
      let numbers = 2023...2026
      let years = numbers.compactMap { Period(year: $0) }
      let months = numbers.flatMap { year in (1...12).compactMap { Period(year: year, month: $0) } }
      let days = numbers.flatMap { year in
        (1...12).flatMap { month in (1...31).compactMap { Period(year: year, month: month, day: $0) } }
      }
      let weeks = numbers.flatMap { year in (1...53).compactMap { Period(weekYear: year, week: $0) } }
      return [
        Folders(path: "/d/{YYYY}", periods: years), Folders(path: "/d/{YYYY}/{MM}", periods: months),
        Folders(path: "/d/{YYYY}-{MM}-{DD}", periods: days), Folders(path: "/d/{GGGG}/w{WW}", periods: weeks),
      ]
    }()
  }

  private static func bound(_ generator: inout SeededGenerator) -> Period? {
    let periods = Folders.all.randomElement(using: &generator)?.periods
    return periods?.filter { $0.text.hasPrefix("2024") || $0.text.hasPrefix("2025") }.randomElement(using: &generator)
  }

  /// When all that the bounds allow is old enough.
  private static let farFuture = Timestamp(seconds: 4_000_000_000)

  @Test("What is said of the bounds is what they choose", arguments: 0..<4)
  func bounds(round: UInt64) throws {
    var generator = Self.generator(round)
    var counts = (nothing: 0, cut: 0, silent: 0)
    for _ in 0..<300 {
      let folders = Folders.all.randomElement(using: &generator) ?? Folders.all[0]
      // Within 2024 and 2025, so that the folders before and after are there to be refused.
      guard let from = Self.bound(&generator), let to = Self.bound(&generator), from.start < to.end else { continue }
      let chosen = folders.periods.filter {
        PartitionRule(from: from, to: to).chooses($0, at: Self.farFuture, in: .utc)
      }
      let range = "{from: \(from.text), to: \(to.text)}"
      let checked = checkTarget("path: '\(folders.path)'", "max_age: 1d", "partitions: \(range)")
      #expect((checked.rules == [.boundsHoldNoPeriod]) == chosen.isEmpty, "\(folders.path) \(range)")
      guard let first = chosen.first, let last = chosen.last else {
        counts.nothing += 1
        continue
      }
      let messages = checked.diagnostics.map(\.message)
      let isCut = (from: first.start > from.start, to: last.end < to.end)
      if isCut.from || isCut.to { counts.cut += 1 } else { counts.silent += 1 }
      #expect(checked.rules == [isCut.from, isCut.to].filter { $0 }.map { _ in .boundCutsPeriod })
      if isCut.from { #expect(messages.first?.hasSuffix("the first one is \(first.text)") == true) }
      if isCut.to { #expect(messages.last?.hasSuffix("the last one is \(last.text)") == true) }
    }
    #expect(counts.nothing > 0 && counts.cut > 0 && counts.silent > 0, "\(counts)")
  }

  @Test("A first period that has not begun is told, and never without knowing the time", arguments: 0..<2)
  func future(round: UInt64) throws {
    var generator = Self.generator(round)
    var warnings = 0
    for _ in 0..<200 {
      let folders = Folders.all.randomElement(using: &generator) ?? Folders.all[0]
      guard let from = Self.bound(&generator) else { continue }
      let now = Timestamp(seconds: Int64.random(in: 1_640_000_000...1_800_000_000, using: &generator))
      let text = targetText(["path: '\(folders.path)'", "max_age: 1d", "partitions: {from: \(from.text)}"])
      let first = folders.periods.first { PartitionRule(from: from).isWithinBounds($0) }
      let hasBegun = try #require(first).start <= TimeZoneRules.utc.wall(at: now)
      #expect(check(text, now: now).rules.contains(.boundInFuture) == !hasBegun, "\(folders.path) \(from.text) \(now)")
      #expect(!check(text).rules.contains(.boundInFuture))
      if !hasBegun { warnings += 1 }
    }
    #expect(warnings > 10)
  }

  @Test("The time is that by the clocks of the config's zone")
  func futureByZone() {
    let fixed = TimeZoneRules(name: "Etc/GMT-2", file: Self.twoHoursAhead)
    var settings = CheckSettings()
    settings.timeZones = TimeZoneDatabase(
      folder: "", answer: { _ in fixed.map { .rules($0) } ?? .unknown }, names: { [] })
    func rules(_ time: String) -> [Diagnostic.Rule] {
      settings.now = Timestamp(iso8601: time)
      let text =
        "version: 1\nrun: {time_zone: Etc/GMT-2}\n"
        + "targets: [{path: '/d/{YYYY}-{MM}', max_age: 1d, partitions: {from: 2026-12}}]\n"
      return CheckedConfiguration.check(SourceText(name: "config.yaml", bytes: Array(text.utf8)), settings).rules
    }
    #expect(rules("2026-11-30T21:59:59Z") == [.boundInFuture])
    #expect(rules("2026-11-30T22:00:00Z") == [])
  }

  /// A compiled zone without changes: version 1, one type of time, `UTC+2`, and the footer that says the same.
  private static let twoHoursAhead: [UInt8] = {
    let header = Array("TZif2".utf8) + Array(repeating: 0, count: 15)
    let counts: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
    let data: [UInt8] = [0, 0, 0x1C, 0x20, 0, 0] + Array("CET\0".utf8)
    return header + counts + data + header + counts + data + Array("\n<+02>-2\n".utf8)
  }()

  @Test(
    "Young files are warned of unless older_than, or two kept periods, spare what was written in the last one",
    arguments: [
      ("{}", true), ("{keep_last: 0}", true), ("{keep_last: 2}", false), ("{keep_last: 3, to: 2030-12}", false),
      // The period that has not ended has a folder, too, and stays anyway: the last one that has ended goes.
      ("{keep_last: 1}", true), ("{keep_last: 1, older_than: 1mo}", false), ("{older_than: 0d}", true),
    ])
  func youngFolders(partitions: String, isWarned: Bool) {
    let checked = checkTarget("path: '/d/{YYYY}-{MM}'", "max_age: 0s", "partitions: \(partitions)")
    #expect(checked.rules == (isWarned ? [.youngFolders] : []))
  }

  @Test("Folders are said to be walked in vain only when nothing written in their time could go", arguments: 0..<2)
  func ages(round: UInt64) throws {
    var generator = Self.generator(round)
    let day = Duration.seconds(86_400)
    var warnings = 0
    for _ in 0..<60 {
      let folders = Folders.all.randomElement(using: &generator) ?? Folders.all[0]
      let (age, older) = (Int.random(in: 0...500, using: &generator), Int.random(in: 0...120, using: &generator))
      let checked = checkTarget(
        "path: '\(folders.path)'", "max_age: \(age)d", "partitions: {older_than: \(older)d}")
      if checked.rules.isEmpty { continue }
      warnings += 1
      #expect(checked.rules == [.foldersTooYoung])
      for period in folders.periods {
        let chosenFrom = period.end(in: .utc) - (.zero - day * older)
        #expect(PartitionRule(olderThan: .duration(day * older)).chooses(period, at: chosenFrom, in: .utc))
        #expect(
          chosenFrom.since(Timestamp(seconds: period.start.seconds)) < day * age, "\(folders.path) \(age) \(older)")
      }
    }
    #expect(warnings > 3)
  }

  @Test("An age that the folders' age implies is no contradiction")
  func agreeingAges() {
    func rules(_ path: String, _ older: String, _ age: String) -> [Diagnostic.Rule] {
      checkTarget("path: '\(path)'", "max_age: \(age)", "partitions: {older_than: \(older)}").rules
    }
    #expect(rules("/d/{YYYY}", "1mo", "1w") == [])
    #expect(rules("/d/{YYYY}-{MM}", "3mo", "120d") == [])
    #expect(rules("/d/{YYYY}-{MM}", "3mo", "125d") == [.foldersTooYoung])
    #expect(rules("/d/{YYYY}-{MM}-{DD}", "30d", "31d") == [])
    #expect(rules("/d/{YYYY}-{MM}-{DD}", "30d", "32d") == [.foldersTooYoung])
  }
}
