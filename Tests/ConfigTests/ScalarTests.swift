import Plan
import Testing

@testable import Config

@Suite("Values are typed by their key, never by their looks")
struct ScalarTests {
  @Test(
    "Durations of every unit, and combinations from large to small",
    arguments: [
      ("250ms", .milliseconds(250)), ("30s", .seconds(30)), ("15m", .seconds(900)), ("12h", .seconds(43_200)),
      ("30d", .seconds(2_592_000)), ("4w", .seconds(2_419_200)), ("1d12h", .seconds(129_600)),
      ("1w1d1h1m1s1ms", .seconds(694_861) + .milliseconds(1)), ("0s", .zero), ("3652425d", .seconds(315_569_520_000)),
    ] as [(String, Duration)])
  func durations(text: String, expected: Duration) {
    let checked = checkTarget("path: /data/a", "max_age: \(text)")
    #expect(checked.onlyTarget?.retention.maxAge == expected)
  }

  @Test(
    "What is no duration is refused",
    arguments: [
      "1.5h", "30D", "-1d", "+1d", "1h1d", "1d1d", "d", "30 d", "1d ", "1y", "P30D", "1_0d", "ms", "٣d", "true",
    ])
  func noDurations(text: String) {
    #expect(checkTarget("path: /data/a", "max_age: '\(text)'").rules == [.badDuration])
  }

  @Test(
    "A number without a unit is refused with a unit that fits the key",
    arguments: [
      ("defaults: {max_age: 30}", "30d"), ("memory: {sample_interval: 100}", "100ms"), ("run: {time_limit: 4}", "4h"),
      ("run: {progress_interval: 30}", "30s"), ("safety: {max_clock_skew: 5}", "5m"), ("memory: {pause_at: 80}", "80%"),
      ("defaults: {empty_directory_min_age: 1}", "1d"), ("memory: {pause_at: 8}", "8%"),
    ])
  func units(line: String, proposal: String) throws {
    let checked = check("\(line)\nversion: 1\ntargets: [{path: /data/a, max_age: 30d}]\n")
    #expect(checked.rules == [.missingUnit])
    #expect(checked.diagnostics.first?.hint == "did you mean \(proposal)?")
  }

  @Test("Nought as an age may mean all files, or none: the hint has both")
  func noughtAge() {
    let hint = checkTarget("path: /data/a", "max_age: 0").diagnostics.first?.hint
    #expect(hint == "to delete no file, write never; to delete files of every age, write 0s")
  }

  @Test(
    "A number without a unit that more than one unit may be meant for is offered with each, and with how long that is",
    arguments: [
      ("defaults: {max_age: 2592000}", "did you mean 2592000s? that is 30d"),
      ("defaults: {max_age: 86400}", "write which is meant: 86400s (1d) or 86400m (60d)"),
      ("defaults: {max_age: 720}", "write which is meant: 720m (12h), 720h (30d) or 720d"),
      ("run: {time_limit: 14400}", "did you mean 14400s? that is 4h"),
      ("run: {time_limit: 90}", "write which is meant: 90m or 90h"),
      ("safety: {max_clock_skew: 300}", "write which is meant: 300s (5m) or 300m (5h)"),
      ("defaults: {max_age: 99999999999999}", "for instance 30d"),
    ])
  func severalUnits(line: String, hint: String) throws {
    let checked = check("\(line)\nversion: 1\ntargets: [{path: /data/a, max_age: 30d}]\n")
    #expect(checked.rules == [.missingUnit])
    #expect(checked.diagnostics.first?.hint == hint)
  }

  @Test(
    "Sizes of every unit",
    arguments: [
      ("0", 0), ("17", 17), ("1k", 1000), ("2kB", 2000), ("3M", 3_000_000), ("3MB", 3_000_000), ("1G", 1_000_000_000),
      ("1GB", 1_000_000_000), ("1T", 1_000_000_000_000), ("1TB", 1_000_000_000_000), ("1Ki", 1024), ("1KiB", 1024),
      ("1Mi", 1 << 20), ("1MiB", 1 << 20), ("1Gi", 1 << 30), ("1GiB", 1 << 30), ("1Ti", 1 << 40), ("1TiB", 1 << 40),
      ("16777215Ti", 16_777_215 << 40),
    ] as [(String, UInt64)])
  func sizes(text: String, bytes: UInt64) {
    let checked = checkTarget("path: /data/a", "max_age: 1d", "min_size: \(text)")
    #expect(checked.onlyTarget?.retention.minSize == ByteCount(bytes: bytes))
  }

  @Test(
    "What is no size is refused",
    arguments: ["1K", "1KB", "1ki", "1B", "1.5Gi", "-1", "Mi", "1 Mi", "1e3", "0x10", "1Pi"])
  func noSizes(text: String) {
    #expect(checkTarget("path: /data/a", "max_age: 1d", "min_size: '\(text)'").rules == [.badSize])
  }

  @Test("A size just above what 64 bits hold is too large", arguments: ["16777216Ti", "18446744073709551616"])
  func largeSizes(text: String) {
    #expect(checkTarget("path: /data/a", "max_age: 1d", "min_size: \(text)").rules == [.numberTooLarge])
  }

  @Test(
    "Numbers that YAML 1.1 would read as octal, sexagesimal or with underscores are refused",
    arguments: ["012", "1:30", "1_0", "0x1F", "0o7", "1e3", ".5"])
  func oddNumbers(text: String) {
    let rules = checkTarget("path: /data/a", "max_age: 1d", "priority: \(text)").rules
    #expect(rules == [text == "012" ? .leadingZero : .notANumber])
  }

  @Test(
    "Texts that YAML 1.1 would turn into other types stay texts",
    arguments: ["no", "on", "012", "1:30", "2024-01", "1e3", "true", "0x10"])
  func texts(text: String) {
    #expect(checkTarget("name: \(text)", "path: /data/a", "max_age: 1d").onlyTarget?.name == text)
  }

  @Test("Only true and false are booleans", arguments: ["yes", "no", "on", "off", "True", "FALSE", "y", "1", "0"])
  func booleans(text: String) {
    #expect(checkTarget("path: /data/a", "max_age: 1d", "one_file_system: \(text)").rules == [.badBoolean])
  }

  @Test("Quotes never change a value's type")
  func quotes() {
    let quoted = checkTarget("path: \"/data/a\"", "max_age: '30d'", "one_file_system: \"false\"", "priority: '5'")
    let plain = checkTarget("path: /data/a", "max_age: 30d", "one_file_system: false", "priority: 5")
    #expect(quoted.plan != nil)
    #expect(quoted.plan == plain.plan)
  }

  @Test("A null must be quoted to be a text", arguments: ["~", "null", "Null", "NULL"])
  func nulls(text: String) {
    #expect(checkTarget("name: \(text)", "path: /data/a", "max_age: 1d").rules == [.nullValue])
    #expect(checkTarget("name: '\(text)'", "path: /data/a", "max_age: 1d").onlyTarget?.name == text)
  }

  @Test(
    "Percentages may have decimals, and lie above 0 and up to 100",
    arguments: [
      ("100%", nil), ("99.5%", nil), ("0%", .outOfRange), ("100.1%", .outOfRange), ("-1%", .badPercentage),
      ("%", .badPercentage), (".5%", .badPercentage), ("1.%", .badPercentage), ("1.2.3%", .badPercentage),
      ("nan%", .badPercentage),
    ]
      as [(String, Diagnostic.Rule?)])
  func percentages(text: String, rule: Diagnostic.Rule?) {
    let checked = check(minimal + "memory: {abort_at: '\(text)'}\n")
    #expect(checked.rules == (rule.map { [$0] } ?? []))
  }

  @Test("Months are calendar months, and only where a period is meant")
  func months() {
    let checked = checkTarget("path: /data/{YYYY}", "max_age: 0s", "partitions: {older_than: 3mo}")
    #expect(checked.onlyTarget?.partitions?.olderThan == .months(3))
    #expect(checkTarget("path: /data/a", "max_age: 3mo").rules == [.monthsNotAllowed])
    #expect(checkTarget("path: /data/a", "max_age: 1mo2d").rules == [.monthsNotAllowed])
  }

  @Test(
    "Periods are years, months and days that exist",
    arguments: [
      ("2024", Period(year: 2024)), ("2024-02", Period(year: 2024, month: 2)),
      ("2024-02-29", Period(year: 2024, month: 2, day: 29)), ("2023-02-29", nil), ("2024-00", nil), ("2024-1", nil),
      ("0000", nil),
      ("2024-", nil), ("20240", nil), ("2024/01", nil),
    ] as [(String, Period?)])
  func periods(text: String, expected: Period?) {
    let checked = checkTarget("path: /data/{YYYY}-{MM}-{DD}", "max_age: 1d", "partitions: {from: \(text)}")
    #expect(checked.onlyTarget?.partitions?.from == expected)
    #expect(checked.rules == (expected == nil ? [.badPeriod] : []))
  }

  @Test("A number that does not fit in 64 bits is out of range, not a crash")
  func hugeNumbers() {
    let huge = String(repeating: "9", count: 400)
    #expect(checkTarget("path: /data/a", "max_age: \(huge)d").rules == [.numberTooLarge])
    #expect(checkTarget("path: /data/a", "max_age: 1d", "priority: -\(huge)").rules == [.outOfRange])
    #expect(checkTarget("path: /data/a", "max_age: 1d", "max_size: \(huge)").rules == [.numberTooLarge])
    #expect(
      checkTarget("path: /data/{YYYY}", "max_age: 1d", "partitions: {older_than: \(huge)mo}").rules == [.numberTooLarge]
    )
  }
}
