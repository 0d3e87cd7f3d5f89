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
