import Testing

@testable import Plan

@Suite struct ReportPathTests {
  private let start = RFC3339.timestamp("2026-12-31T23:30:00Z") ?? Timestamp(seconds: 0)

  private func resolved(_ text: String) throws -> String {
    try ReportPath(text).resolved(runID: "20261231T233000Z-abc123", at: start, in: .utc)
  }

  @Test func `fields stand for the run's id and its start`() throws {
    #expect(try resolved("/report/purge.json") == "/report/purge.json")
    #expect(
      try resolved("/report/{YYYY}/purge-{YYYY}-{MM}-{DD}T{HH}-{run_id}.json")
        == "/report/2026/purge-2026-12-31T23-20261231T233000Z-abc123.json")
    #expect(try resolved("/report/{GGGG}-W{WW}.json") == "/report/2026-W53.json")
    #expect(try resolved("{run_id}") == "20261231T233000Z-abc123")
  }

  @Test func `the start is told by the clocks of the run's zone`() throws {
    let berlin = TimeZoneRules(name: "Europe/Berlin", first: 3600, changes: [], future: nil)
    let path = try ReportPath("/r/{YYYY}-{MM}-{DD}-{HH}")
    #expect(path.resolved(runID: "x", at: start, in: berlin) == "/r/2027-01-01-00")
  }

  @Test(
    arguments: [
      ("/r/{YYYY", .strayBrace, 3..<4), ("/r/YYYY}", .strayBrace, 7..<8), ("/r/{YYYY/{MM}}", .strayBrace, 3..<4),
      ("/r/{{YYYY}}", .strayBrace, 3..<4), ("/é/{yyyy}", .unknownField("{yyyy}"), 4..<10),
      ("/r/{}", .unknownField("{}"), 3..<5), ("/r/{YYYY}{mm}", .unknownField("{mm}"), 9..<13),
    ] as [(String, ReportPath.Malformed.Reason, Range<Int>)])
  func `what is no field is refused at its place`(
    _ text: String, _ reason: ReportPath.Malformed.Reason, _ range: Range<Int>
  ) {
    #expect { try ReportPath(text) } throws: { error in
      let error = error as? ReportPath.Malformed
      return error?.reason == reason && error?.range == range
    }
  }

  @Test(arguments: [
    ("/report/purge.json", "/report/purge.json"), ("/report/x/purge-{run_id}.json", "/report/x"),
    ("/report/{YYYY}/{MM}/purge.json", "/report"), ("/{run_id}.json", "/"), ("purge-{run_id}.json", ""),
    ("{YYYY}/x", ""), ("reports/{YYYY}/x", "reports"),
  ])
  func `what stands above the first field is the folder that must be there`(_ text: String, _ folder: String) throws {
    #expect(try ReportPath(text).fixedPart == folder)
  }
}
