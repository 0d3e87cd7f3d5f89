import Testing

@testable import Config

@Suite("A finding points at the offending token")
struct RangeTests {
  @Test("Each of the eight mistakes of the golden is found, and its range cut out of the source is the mistake")
  func eightMistakes() throws {
    let golden = try #require(Golden.all.first { $0.name == "eight-mistakes" })
    let tokens = try golden.findings().map(\.place.text)
    #expect(tokens == ["512MB5", "80", "paralel_targets", "data/api", "90", "[", "api", "yes"])
  }

  @Test(
    "The place is the value or the key itself, whatever stands around it",
    arguments: [
      (["path: /data/a", "max_age: 30x # a comment"], "30x"),
      (["path: /data/a", "max_age:    \"30x\"   "], "\"30x\""),
      (["path: /data/a", "max_age: '30x'"], "'30x'"),
      (["path: /data/a", "max_age: &age 30x"], "30x"),
      (["path: /data/é🙂", "max_age: 30x"], "30x"),
      (["path: /data/a", "max_age: 30d", "é🙂日本語: 1"], "é🙂日本語"),
      (["path: /data/a", "max_age: 30d", "\"quoted key\": 1"], "\"quoted key\""),
      (["path: /data/é/../b", "max_age: 30d"], ".."),
      (["path: /data/é/{YYYX}", "max_age: 30d"], "{YYYX}"),
      (["path: \"/data/é/{YYYX}\"", "max_age: 30d"], "{YYYX}"),
      (["path: /data/a", "max_age: 30d", "include: [\"é**\"]"], "**"),
      (["path: /data/a", "max_age: 30d", "include: [\"\\u00e9**\"]"], "**"),
      (["path: /data/a", "max_age: 30d", "exclude: &list [a, 'b[']"], "["),
    ] as [([String], String)])
  func token(keys: [String], token: String) {
    #expect(offendingToken(check(targetText(keys))) == token)
  }

  @Test("Lines and columns count from 1, columns in Unicode scalars, whatever ends the lines")
  func columns() throws {
    for end in ["\n", "\r\n", "\r"] {
      let text = "version: 1\ntargets:\n  - {name: é🙂, path: x, max_age: 1d}\n".replacing("\n", with: end)
      let place = try #require(check(text).diagnostics.first?.place)
      #expect(place.start == SourcePlace.Position(line: 3, column: 22))
      #expect(place.end == SourcePlace.Position(line: 3, column: 23))
    }
  }

  @Test("A bad value that an alias repeats is reported once, where it stands")
  func alias() {
    let checked = check("version: 1\ndefaults: {max_age: &age 3x}\ntargets:\n  - {path: /data/a, max_age: *age}\n")
    #expect(checked.rules == [.badDuration])
    #expect(offendingToken(checked) == "3x")
  }

  @Test("Findings come in source order, whatever order they were made in")
  func order() {
    let checked = check("targets:\n  - {path: /data/a, max_age: 3x}\nrun: {concurrency: 0}\nversion: 3\n")
    #expect(checked.rules == [.badDuration, .outOfRange, .unknownVersion])
  }
}
