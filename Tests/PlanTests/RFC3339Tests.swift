import Plan
import Testing

@Suite struct RFC3339Tests {
  @Test(arguments: [
    (0, UInt32(0), 0, "1970-01-01T00:00:00Z"),
    (1_795_415_675, 120_999_999, 3, "2026-11-23T06:34:35.120Z"),
    (-1, 999_999_999, 9, "1969-12-31T23:59:59.999999999Z"),
    (951_782_400, 0, 0, "2000-02-29T00:00:00Z"),
  ])
  func `A time is written in UTC and cut, not rounded`(
    _ seconds: Int, _ nanoseconds: UInt32, _ digits: Int, _ text: String
  ) {
    let time = Timestamp(seconds: Int64(seconds), nanoseconds: nanoseconds)
    #expect(RFC3339.text(time, fractionDigits: digits) == text)
  }

  @Test func `Times outside the years 1 to 9999 are written as the nearest one inside`() {
    #expect(RFC3339.text(Timestamp(seconds: .min)) == "0001-01-01T00:00:00Z")
    #expect(RFC3339.text(Timestamp(seconds: .max), fractionDigits: 3) == "9999-12-31T23:59:59.999Z")
  }

  @Test(arguments: [
    ("2026-11-23T06:34:35Z", 1_795_415_675, UInt32(0)),
    ("2026-11-23t06:34:35z", 1_795_415_675, 0),
    ("2026-11-23T06:34:35.5Z", 1_795_415_675, 500_000_000),
    ("2026-11-23T06:34:35.1234567899Z", 1_795_415_675, 123_456_789),
    ("2026-11-23T07:34:35+01:00", 1_795_415_675, 0),
    ("2026-11-23T01:04:35-05:30", 1_795_415_675, 0),
    ("2016-12-31T23:59:60Z", 1_483_228_800, 0),
  ])
  func `A time is read with its fraction and offset`(_ text: String, _ seconds: Int, _ nanoseconds: UInt32) {
    #expect(RFC3339.timestamp(text) == Timestamp(seconds: Int64(seconds), nanoseconds: nanoseconds))
  }

  @Test(arguments: [
    "", "now", "2026-11-23", "2026-11-23T06:34:35", "2026-11-23 06:34:35Z", "2026-11-23T07:14Z", "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T07:60:00Z", "2026-11-23T07:14:61Z",
    "2026-11-23T06:34:35.Z",
    "2026-11-23T06:34:35+1:00", "2026-11-23T06:34:35+24:00", "2026-11-23T06:34:35ZZ", "0000-01-01T00:00:00Z",
    "２０２６-11-23T06:34:35Z", "-026-11-23T06:34:35Z",
  ])
  func `What is not RFC 3339 is refused`(_ text: String) {
    #expect(RFC3339.timestamp(text) == nil)
  }

  @Test func `Reading what was written gives the same time`() {
    var seconds: Int64 = -62_135_596_800
    while seconds < 253_402_300_800 {
      let time = Timestamp(seconds: seconds, nanoseconds: UInt32(seconds.magnitude % 1_000_000_000))
      #expect(RFC3339.timestamp(RFC3339.text(time, fractionDigits: 9)) == time)
      seconds += 86_400 * 997 + 12_345
    }
  }
}
