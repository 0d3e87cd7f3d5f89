import Plan
import Testing

@Suite struct PrintableTextTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ｱ", 1), ("한글", 4), ("\u{1112}\u{1161}\u{11AB}", 2),
    ("❤️", 2), ("🇩🇪", 2), ("👍🏽", 2), ("☝🏽", 2), ("👩\u{200D}👧", 2), ("กำ", 2), ("क्ष", 2),
  ])
  func `Width is what a terminal shows`(_ text: String, _ columns: Int) {
    #expect(PrintableText.width(text) == columns)
  }

  @Test func `A short text is not shortened`() {
    #expect(PrintableText.shortened("monthly/2026-07", to: 15) == "monthly/2026-07")
  }

  @Test(arguments: [
    ("a-long-name/2026-07", 12, "a-long…26-07"), ("abcdef", 2, "a…"), ("abcdef", 1, "…"), ("abcdef", 0, ""),
    ("日本語の長い名前", 7, "日…前"),
  ])
  func `A long text loses its middle`(_ text: String, _ limit: Int, _ shortened: String) {
    #expect(PrintableText.shortened(text, to: limit) == shortened)
  }

  @Test(arguments: 0..<40)
  func `A shortened text is never wider than its limit`(_ limit: Int) {
    for text in [
      "日本語の長い名前 with latin", "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧 family", "plain text that is rather long, as names go", "e\u{301}e\u{301}e\u{301}",
    ] {
      #expect(PrintableText.width(PrintableText.shortened(text, to: limit)) <= limit)
    }
  }

  @Test(arguments: [
    ("a\u{1B}[31mb\nc\td\u{7F}", #"a\x1b[31mb\x0ac\x09d\x7f"#), ("a\u{2028}b\u{85}c", #"a\xe2\x80\xa8b\xc2\x85c"#),
    ("a\u{202E}b\u{FEFF}c", #"a\xe2\x80\xaeb\xef\xbb\xbfc"#), ("👩\u{200D}👧", #"👩\xe2\x80\x8d👧"#),
    ("\u{E000}\u{378}", #"\xee\x80\x80\xcd\xb8"#),
  ])
  func `What does something else than show itself is escaped byte by byte`(_ text: String, _ escaped: String) {
    #expect(PrintableText.escaped(text) == escaped)
    #expect(PrintableText.path(text.utf8) == escaped)
  }

  @Test func `Letters of any script, emoji and backslashes stay as they are`() {
    let text = "Ünïcode e\u{301} 日本 กำ ❤️ 👍🏽 🇩🇪 \\x41"
    #expect(PrintableText.escaped(text) == text)
  }

  @Test(
    arguments: [
      ([0x61, 0xFF, 0x62], #"a\xffb"#), ([0xE6, 0x97], #"\xe6\x97"#), ([0xED, 0xA0, 0x80], #"\xed\xa0\x80"#),
      ([0xC0, 0xAF], #"\xc0\xaf"#), ([0xF5, 0x80, 0x80, 0x80], #"\xf5\x80\x80\x80"#), ([0xEF, 0xBF, 0xBD], "\u{FFFD}"),
      ([], ""),
    ] as [([UInt8], String)])
  func `In a path, bytes that are no UTF-8 are escaped`(_ bytes: [UInt8], _ shown: String) {
    #expect(PrintableText.path(bytes) == shown)
  }

  @Test func `No two paths look the same`() {
    #expect(PrintableText.path(#"\x1b"#.utf8) == #"\\x1b"#)
    #expect(PrintableText.path("\u{1B}".utf8) == #"\x1b"#)
  }
}
