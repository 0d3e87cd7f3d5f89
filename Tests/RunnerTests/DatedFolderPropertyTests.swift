import Foundation
import Kernel
import Plan
import Testing

@testable import Runner

/// Dated folders of random trees against a reckoning by texts and the calendar of Foundation.
@Suite(.serialized) struct DatedFolderPropertyTests {
  /// A path pattern, in the program's form and as a regular expression: series, year, month, and day if it has one.
  private struct Shape {
    var names: String
    var expression: String
    var components: [PathPattern.Component]

    var hasDay: Bool { names.contains("D") }

    init(_ names: String, _ expression: String, _ components: [[DateTemplate.Piece]]) throws {
      (self.names, self.expression) = (names, expression)
      self.components = try components.map { pieces in
        let template = DateTemplate(pieces: pieces)
        return template.fields.isEmpty ? .wildcard(try Glob("s*")) : .template(template)
      }
    }

    static func all() throws -> [Shape] {
      let month: [DateTemplate.Piece] = [.year, .text("-"), .month]
      let day = month + [.text("-"), .day]
      let series: [DateTemplate.Piece] = [.text("s"), .star]
      return [
        try Shape("Y-M", #"()(\d{4})-(\d\d)"#, [month]),
        try Shape("Y-M-D", #"()(\d{4})-(\d\d)-(\d\d)"#, [day]),
        try Shape("Y/M/D", #"()(\d{4})/(\d\d)/(\d\d)"#, [[.year], [.month], [.day]]),
        try Shape("S/Y-M", #"(s[^/]*)/(\d{4})-(\d\d)"#, [series, month]),
        try Shape("S/Y/M-D", #"(s[^/]*)/(\d{4})/(\d\d)-(\d\d)"#, [series, [.year], [.month, .text("-"), .day]]),
        try Shape(
          "db-YMD-S", #"(db-)(\d{4})(\d\d)(\d\d)-[^/]*"#,
          [[.text("db-"), .year, .month, .day, .text("-"), .star]]),
        try Shape("S-Y-M", #"([^/.][^/]*-)(\d{4})-(\d\d)"#, [[.star, .text("-")] + month]),
      ]
    }

    /// Of a period near 2026, or of none.
    func name(using random: inout SeededGenerator) -> String {
      var text = ""
      for letter in names {
        let number: ClosedRange<Int>
        switch letter {
        case "S":
          text += ["sa", "sb", "s", "other", ".s"].randomElement(using: &random) ?? "s"
          continue
        case "Y": number = 2024...2026
        case "M": number = 1...12
        case "D": number = 1...31
        default:
          text.append(letter)
          continue
        }
        let isOdd = Int.random(in: 0..<40, using: &random) == 0
        let value =
          isOdd ? [0, 1, 13, 42].randomElement(using: &random) ?? 0 : number.randomElement(using: &random) ?? 1
        text += digits(value, isOdd && Bool.random(using: &random) ? 1 : letter == "Y" ? 4 : 2)
      }
      return text
    }
  }

  private struct Clock {
    let calendar: Calendar
    let rules: TimeZoneRules
    let now: Date

    /// On a day within three years, often at its very beginning or end.
    init(using random: inout SeededGenerator) throws {
      // Clocks of these do not change at midnight, where Foundation means something else; TimeZoneTests has those that do.
      let name =
        ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland"]
        .randomElement(using: &random) ?? "UTC"
      guard let file = TimeZoneFiles.bytes(of: name) else { try Test.cancel("no tzdata") }
      rules = try #require(TimeZoneRules(name: name, file: file))
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = try #require(TimeZone(identifier: name))
      self.calendar = calendar
      let day = Bool.random(using: &random) ? 1 : Int.random(in: 1...31, using: &random)
      let second = [0, 1, 45_296, 86_399].randomElement(using: &random) ?? 0
      now = try #require(
        calendar.date(
          from: DateComponents(
            year: 2025, month: Int.random(in: 1...24, using: &random), day: day, hour: second / 3600,
            minute: second / 60 % 60, second: second % 60)))
    }

    var timestamp: Timestamp { Timestamp(seconds: Int64(now.timeIntervalSince1970)) }

    var today: String {
      let parts = calendar.dateComponents([.year, .month, .day], from: now)
      return [(parts.year, 4), (parts.month, 2), (parts.day, 2)].map { digits($0 ?? 0, $1) }.joined(separator: "-")
    }

    func exists(_ date: [Int]) -> Bool {
      date[0] >= 1970
        && DateComponents(year: date[0], month: date[1], day: date.count > 2 ? date[2] : 1).isValidDate(in: calendar)
    }

    func end(_ date: [Int]) -> Date? {
      let hasDay = date.count > 2
      return calendar.date(
        from: DateComponents(year: date[0], month: date[1] + (hasDay ? 0 : 1), day: hasDay ? date[2] + 1 : 1))
    }

    func latestEnd(_ age: PartitionAge?) -> Date? {
      switch age {
      case nil: now
      case .months(let count): min(now, calendar.date(byAdding: .month, value: -count, to: now) ?? now)
      case .duration(let duration): now.addingTimeInterval(-duration.inSeconds)
      }
    }
  }

  @Test(arguments: 0..<PropertyTests.entries / 500)
  func `what is taken of dated folders, and what is left of them, is what a naive reckoning says`(round: Int) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let (clock, shape) = (try Clock(using: &random), try #require(Shape.all().randomElement(using: &random)))
    let tree = ScratchTree()
    fill(tree, shape, clock, using: &random)
    let target = randomTarget(tree, shape, using: &random)
    let (expected, taken) = try reckon(tree, target, shape, clock)
    let outcome = purge([target], workers: [1, 4, 32].randomElement(using: &random) ?? 1, now: clock.timestamp) {
      $0.run.timeZone = clock.rules
      $0.run.parallelTargets = Int.random(in: 1...3, using: &random)
      // The moment of the run is made up.
      $0.safety.maxClockSkew = .seconds(10 * 366 * 86_400)
    }
    let rule = try #require(target.partitions)
    #expect(tree.contents == expected, "seed \(seed): \(shape.names) at \(clock.now) in \(clock.rules.name), \(rule)")
    #expect(outcome.books.count == taken, "seed \(seed)")
    #expect(outcome.totals.imbalance(in: .purge) == nil, "seed \(seed)")
  }

  /// About 500 entries.
  private func fill(_ tree: ScratchTree, _ shape: Shape, _ clock: Clock, using random: inout SeededGenerator) {
    let offset = (Fixture.now.asSeconds - clock.timestamp.asSeconds) / 86_400
    tree.file("elsewhere/f")
    for _ in 0..<70 {
      let folder = shape.name(using: &random)
      let kind = Int.random(in: 0..<20, using: &random)
      if tree.exists(folder) { continue }
      if kind == 0 {
        tree.file(folder)
        continue
      }
      if kind == 1, !folder.contains("/") {
        makeSymlink("elsewhere", tree.path + "/" + folder)
        continue
      }
      tree.directory(folder)
      for index in 0..<Int.random(in: 0...9, using: &random) {
        let below = ["", "", "a/", "b/c/"].randomElement(using: &random) ?? ""
        tree.file("\(folder)/\(below)f\(index)", days: offset + Double.random(in: -1..<12, using: &random))
      }
      if Int.random(in: 0..<8, using: &random) == 0 { tree.directory(folder + "/empty") }
      if Int.random(in: 0..<12, using: &random) == 0 { makeSymlink("/gone", "\(tree.path)/\(folder)/link") }
    }
    for entry in walkTree(tree.path).reversed() where entry.isDirectory {
      tree.age(tree.path + "/" + entry.path, days: offset + Double.random(in: 0..<3, using: &random))
    }
  }

  private func randomTarget(_ tree: ScratchTree, _ shape: Shape, using random: inout SeededGenerator) -> Target {
    let ages: [Duration] = [.zero, .zero, .seconds(86_400), .seconds(7 * 86_400)]
    var target = makeTarget(tree.path, maxAge: ages.randomElement(using: &random) ?? .zero)
    target.path = PathPattern(
      text: "\(tree.path)/\(shape.names)", components: target.path.components + shape.components)
    func bound() -> Period? {
      guard Int.random(in: 0..<4, using: &random) == 0 else { return nil }
      let day = shape.hasDay && Bool.random(using: &random) ? Int.random(in: 1...28, using: &random) : nil
      return Period(
        year: Int.random(in: 2024...2026, using: &random), month: Int.random(in: 1...12, using: &random), day: day)
    }
    var rule = PartitionRule(from: bound(), to: bound())
    switch Int.random(in: 0..<3, using: &random) {
    case 0: rule.olderThan = .months(Int.random(in: 1...8, using: &random))
    case 1: rule.olderThan = .duration(.seconds(Int.random(in: 0...200, using: &random) * 86_400))
    default: break
    }
    rule.order = Bool.random(using: &random) ? .oldestFirst : .newestFirst
    rule.keepLast = Bool.random(using: &random) ? 0 : Int.random(in: 1...6, using: &random)
    rule.removesFolder = Bool.random(using: &random)
    target.partitions = rule
    let empty = EmptyDirectoryRule(minAge: .seconds(86_400))
    target.ownFolder = rule.removesFolder ? empty : nil
    target.emptyDirectories = Bool.random(using: &random) ? empty : nil
    return target
  }

  private func reckon(
    _ tree: ScratchTree, _ target: Target, _ shape: Shape, _ clock: Clock
  ) throws -> (left: [String], taken: Int) {
    let rule = try #require(target.partitions)
    let folders = try dated(tree, shape).filter { clock.exists($0.date) }
    let latest = try #require(clock.latestEnd(rule.olderThan))
    var (left, taken) = (Set(tree.contents), 0)
    for folder in folders {
      guard let end = clock.end(folder.date), end <= latest, folder.text.isWithin(rule) else { continue }
      let periods = Set(folders.filter { $0.series == folder.series && clock.today >= $0.text }.map(\.text))
      if periods.sorted().suffix(rule.keepLast).contains(folder.text) { continue }
      taken += 1
      left = left.filter { !$0.hasPrefix(folder.entry.path + "/") }
      let below = naiveRemainder(of: tree.path + "/" + folder.entry.path, target, now: clock.timestamp)
      left.formUnion(below.map { folder.entry.path + "/" + $0 })
      let isOld = folder.entry.mtime.asSeconds < clock.timestamp.asSeconds - 86_400
      if below.isEmpty, rule.removesFolder, isOld { left.remove(folder.entry.path) }
    }
    return (left.sorted(), taken)
  }

  private func dated(
    _ tree: ScratchTree, _ shape: Shape
  ) throws -> [(entry: TreeEntry, series: String, date: [Int], text: String)] {
    let expression = try Regex(shape.expression)
    return walkTree(tree.path).filter(\.isDirectory).compactMap { entry in
      guard let match = entry.path.wholeMatch(of: expression) else { return nil }
      let parts = match.output.map { String($0.substring ?? "") }
      let date = parts[2...].compactMap { Int($0) }
      return (entry, parts[1], date, parts[2...].joined(separator: "-"))
    }
  }
}

private func digits(_ number: Int, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, width - text.count)) + text
}

extension String {
  /// Of a date as text: a bound by month takes all its days in.
  fileprivate func isWithin(_ rule: PartitionRule) -> Bool {
    let isBehind = rule.from.map { prefix($0.text.count) >= $0.text } ?? true
    return isBehind && (rule.to.map { prefix($0.text.count) <= $0.text } ?? true)
  }
}
