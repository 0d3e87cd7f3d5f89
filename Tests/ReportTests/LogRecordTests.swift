import Foundation
import Plan
import Report
import Testing

@Suite struct LogRecordTests {
  private func record(_ line: LogLine) -> LogRecord {
    LogRecord(time: Samples.start, logger: "efs-purge-batch", line: line)
  }

  private func json(_ line: LogLine) -> String { String(decoding: record(line).json, as: UTF8.self) }

  private func text(_ line: LogLine) -> String { String(decoding: record(line).text, as: UTF8.self) }

  @Test func `A JSON line has time, level in upper case, message, logger and fields in this order`() {
    #expect(
      json(LogLine(.warning, "Stopping", ["b": 1, "a": "x"])) == """
        {"timestamp": "2026-11-23T06:34:35.120Z", "level": "WARNING", "message": "Stopping", \
        "logger": "efs-purge-batch", "extra_fields": {"a": "x", "b": 1}}\n
        """)
  }

  @Test func `Values keep their JSON types`() {
    let line = LogLine(
      .info, "m",
      [
        "count": .count(.max), "integer": -3, "number": .number(1.5), "flag": true, "none": .number(.nan),
        "list": .list([1, "two"]), "object": .object(["k": .object([:])]),
      ])
    #expect(
      json(line).contains(
        #"{"count": 18446744073709551615, "flag": true, "integer": -3, "list": [1, "two"], "none": null, "number": 1.5, "object": {"k": {}}}"#
      ))
  }

  @Test func `Whatever a text holds, the line stays one line of valid JSON and gives the text back`() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let hostile = String(decoding: bytes, as: UTF8.self)
      let line = record(LogLine(.error, hostile, [hostile: .string(hostile)])).json
      #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1, "bytes: \(bytes)")
      let read = try object(line)
      #expect(read["message"] as? String == hostile, "bytes: \(bytes)")
      #expect((read["extra_fields"] as? [String: String])?.values.first == hostile, "bytes: \(bytes)")
    }
  }

  @Test func `A text line begins with the time of day and puts the target first`() {
    let line = LogLine(.info, "Progress update", ["files": .count(12), "target": "api", "dry_run": false])
    #expect(text(line) == "06:34:35Z INFO    Progress update target=api dry_run=false files=12\n")
  }

  @Test func `A text line leaves out the run's id, zeros and empty objects, but no flag and no empty text`() {
    let kept: LogValue = .object(["too_new": .count(3), "excluded": .count(0)])
    let fields: [String: LogValue] = [
      "run_id": "r", "a": .count(0), "b": 0, "c": .number(0), "d": .object([:]), "e": .object(["x": 0]), "f": .list([]),
      "kept": kept, "off": false, "reason": "",
    ]
    #expect(text(LogLine(.info, "m", fields)) == #"06:34:35Z INFO    m kept={"too_new": 3} off=false reason="""# + "\n")
  }

  @Test func `A text value with blanks is quoted`() {
    #expect(
      text(LogLine(.error, "m", ["a": "two words", "b": "", "c": "q\"q"])).hasSuffix(
        #" a="two words" b="" c="q\"q""# + "\n"))
  }

  @Test func `A text line cannot steer the terminal`() {
    let line = text(LogLine(.error, "m", ["path": "/a\n\u{1B}[2J\u{202E}"]))
    #expect(line == "06:34:35Z ERROR   m path=" + #"/a\x0a\x1b[2J\xe2\x80\xae"# + "\n")
  }

  @Test func `Levels are ordered from trace to error`() {
    #expect(LogLine.Level.allCases == LogLine.Level.allCases.sorted())
  }
}
