import Report
import Testing

@Suite struct DisplayTextTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ｱ", 1), ("한글", 4), ("👩‍👩‍👧", 2), ("❤️", 2), ("🇩🇪", 2),
  ])
  func `Width is what a terminal shows`(_ text: String, _ columns: Int) {
    #expect(DisplayText.width(text) == columns)
  }

  @Test func `A short text is not shortened`() {
    #expect(DisplayText.shortened("monthly/2026-07", to: 15) == "monthly/2026-07")
  }

  @Test(arguments: [
    ("a-long-name/2026-07", 12, "a-long…26-07"), ("abcdef", 2, "a…"), ("abcdef", 1, "…"), ("abcdef", 0, ""),
    ("日本語の長い名前", 7, "日…前"),
  ])
  func `A long text loses its middle`(_ text: String, _ limit: Int, _ shortened: String) {
    #expect(DisplayText.shortened(text, to: limit) == shortened)
  }

  @Test(arguments: 0..<40)
  func `A shortened text is never wider than its limit`(_ limit: Int) {
    for text in [
      "日本語の長い名前 with latin", "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧 family", "plain text that is rather long, as names go", "e\u{301}e\u{301}e\u{301}",
    ] {
      #expect(DisplayText.width(DisplayText.shortened(text, to: limit)) <= limit)
    }
  }

  @Test func `Control and directional characters are escaped byte by byte`() {
    #expect(DisplayText.printable("a\u{1B}[31mb\nc\u{202E}d\u{7F}") == #"a\x1B[31mb\x0Ac\xE2\x80\xAEd\x7F"#)
  }

  @Test func `A line separator cannot break a line`() {
    #expect(DisplayText.printable("a\u{2028}b\u{85}c") == #"a\xE2\x80\xA8b\xC2\x85c"#)
  }

  @Test func `Letters of any script stay as they are`() {
    let text = "Ünïcode 日本 👩‍👩‍👧 \\x41"
    #expect(DisplayText.printable(text) == text)
  }
}
