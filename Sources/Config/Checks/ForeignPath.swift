/// What of a path other programs fill in: the fields of dates as shells, templates and `strftime` write them, and variables.
struct ForeignPath {
  /// The first such part, as written.
  let placeholder: String
  /// The path with the fields of dates as they are written here; nil when it holds what only its writer knows.
  let meant: String?

  /// Nil when there is none.
  init?(_ text: String) {
    let hasSigns = text.utf8.contains { "$%<{".utf8.contains($0) }
    guard hasSigns || ["YYYY", "yyyy"].contains(where: text.contains) else { return nil }
    var reader = Reader(text)
    reader.read()
    guard let first = reader.first else { return nil }
    (placeholder, meant) = (first, reader.isKnown && reader.hasFieldsInOrder ? reader.result : nil)
  }

  /// What stands for a field of dates between the signs of some language, or alone where `isAlone`.
  fileprivate static let words = [
    "YYYY": "{YYYY}", "yyyy": "{YYYY}", "YEAR": "{YYYY}", "year": "{YYYY}", "MM": "{MM}", "mm": "{MM}", "MONTH": "{MM}",
    "month": "{MM}", "DD": "{DD}", "dd": "{DD}", "DAY": "{DD}", "day": "{DD}",
  ]
  /// Those of them that stand without any signs.
  fileprivate static let bareWords = ["YYYY", "yyyy", "MM", "mm", "DD", "dd"]
  /// Of `strftime`.
  fileprivate static let conversions: [Character: String] = [
    "Y": "{YYYY}", "m": "{MM}", "d": "{DD}", "F": "{YYYY}-{MM}-{DD}", "G": "{YYYY}",
  ]
  fileprivate static let brackets = [("${", "}"), ("$(", ")"), ("{{", "}}"), ("%(", ")s"), ("<", ">"), ("{", "}")]
}

/// Goes through a path once.
private struct Reader {
  private(set) var result = ""
  private(set) var first: String?
  private(set) var isKnown = true
  private var rest: Substring
  /// Whether single letters behind a percent sign, and bare words, mean dates: only beside a year.
  private let hasConversions, hasWords: Bool

  init(_ text: String) {
    rest = text[...]
    hasConversions = ["%Y", "%F", "%G"].contains { text.contains($0) }
    hasWords = ["YYYY", "yyyy"].contains { text.contains($0) }
  }

  var hasFieldsInOrder: Bool {
    (!result.contains("{DD}") || result.contains("{MM}")) && (!result.contains("{MM}") || result.contains("{YYYY}"))
  }

  mutating func read() {
    while !rest.isEmpty {
      if takeBracketed() || takeVariable() || takeConversion() || takeWords() { continue }
      result.append(rest.removeFirst())
    }
  }

  /// The fields that this stands for; nil: what it stands for is not known.
  private mutating func take(_ count: Int, as meaning: String?) -> Bool {
    if first == nil { first = String(rest.prefix(count)) }
    if meaning == nil { isKnown = false }
    result += meaning ?? String(rest.prefix(count))
    rest = rest.dropFirst(count)
    return true
  }

  private mutating func takeBracketed() -> Bool {
    for (open, close) in ForeignPath.brackets where rest.hasPrefix(open) {
      guard let inner = rest.dropFirst(open.count).prefix(before: close) else { continue }
      let count = open.count + inner.count + close.count
      let word = inner.trimmingPrefix { $0 == " " || $0 == "." }.prefix { $0 != " " }
      // Ours are no placeholders, nor is what fields have wrong with them, which is told elsewhere.
      if open == "{", ForeignPath.words[String(inner)] == "{\(inner)}" || ForeignPath.words[String(inner)] == nil {
        result += rest.prefix(count)
        rest = rest.dropFirst(count)
        return true
      }
      return take(count, as: ForeignPath.words[String(word)] ?? dates(ofCommand: inner))
    }
    return false
  }

  /// `date +%Y/%m`
  private func dates(ofCommand text: Substring) -> String? {
    guard text.hasPrefix("date "), let plus = text.firstIndex(of: "+") else { return nil }
    let format = text[text.index(after: plus)...].filter { $0 != "'" && $0 != "\"" }
    return ForeignPath(format)?.meant
  }

  private mutating func takeVariable() -> Bool {
    guard rest.first == "$" else { return false }
    let name = rest.dropFirst().prefix { $0.isASCII && $0.isLetter || $0.isNumber || $0 == "_" }
    guard let letter = name.first, !letter.isNumber else { return false }
    return take(1 + name.count, as: ForeignPath.words[String(name)])
  }

  private mutating func takeConversion() -> Bool {
    guard hasConversions, rest.first == "%", let letter = rest.dropFirst().first, letter.isLetter else { return false }
    return take(2, as: ForeignPath.conversions[letter])
  }

  /// `YYYY`, `yyyyMMdd`, but not as a part of a longer word.
  private mutating func takeWords() -> Bool {
    let isInside = result.last?.isLetter ?? false
    let letters = rest.prefix { $0.isLetter }
    guard hasWords, !isInside, !letters.isEmpty else { return false }
    var (left, meaning) = (letters, "")
    while let word = ForeignPath.bareWords.first(where: { left.hasPrefix($0) }) {
      meaning += ForeignPath.words[word] ?? ""
      left = left.dropFirst(word.count)
    }
    return left.isEmpty ? take(letters.count, as: meaning) : false
  }
}

extension Substring {
  /// What stands before the first `end`; nil when there is none.
  fileprivate func prefix(before end: String) -> Substring? {
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(end) { return self[..<at] }
      at = index(after: at)
    }
    return nil
  }
}
