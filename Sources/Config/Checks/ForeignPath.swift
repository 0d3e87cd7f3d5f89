import Plan

/// What of a path other programs fill in: the fields of dates as shells, templates and `strftime` write them, and variables.
struct ForeignPath {
  /// The first such part, as written.
  let placeholder: String
  /// The path with the fields of dates as they are written here, and a star for minutes and seconds, which have none; nil when it
  /// holds what only its writer knows, or could not be written so.
  let meant: String?

  /// Nil when there is none.
  init?(_ text: String) {
    let hasSigns = text.utf8.contains { "$%<{".utf8.contains($0) }
    guard hasSigns || ForeignPath.years.contains(where: text.contains) else { return nil }
    var reader = Reader(text)
    reader.read()
    guard let first = reader.first else { return nil }
    (placeholder, meant) = (first, reader.meant.flatMap { ForeignPath.isPossible($0) ? $0 : nil })
  }

  /// Whether a path can be written so, and has nothing foreign any more.
  private static func isPossible(_ text: String) -> Bool {
    // What is a part of a path is tried with the whole of it.
    guard text.hasPrefix("/") else { return true }
    var reader = Reader(text)
    reader.read()
    if reader.first != nil { return false }
    let source = SourceText(name: "", bytes: Array(text.utf8))
    let scalar = YAMLScalar(text: text, style: .plain, place: source.place(0..<source.bytes.count))
    return (try? PathReader(scalar, of: "path").pattern()) != nil
  }

  /// One pair of braces, of which more can be told where it stands than in the whole path.
  var isPlainField: Bool { meant == nil && placeholder.hasPrefix("{") && !placeholder.hasPrefix("{{") }

  /// What tells that bare words are dates.
  fileprivate static let years = ["YYYY", "yyyy", "GGGG", "gggg"]
  /// The same in our language.
  fileprivate static let ownYears = ["{YYYY}", "{GGGG}"]

  /// What stands for a field of dates between the signs of some language, or alone where `isAlone`.
  fileprivate static let words = [
    "YYYY": "{YYYY}", "yyyy": "{YYYY}", "YEAR": "{YYYY}", "year": "{YYYY}", "MM": "{MM}", "mm": "{MM}", "MONTH": "{MM}",
    "month": "{MM}", "DD": "{DD}", "dd": "{DD}", "DAY": "{DD}", "day": "{DD}", "HH": "{HH}", "hh": "{HH}",
    "HOUR": "{HH}", "hour": "{HH}", "GGGG": "{GGGG}", "gggg": "{GGGG}", "WW": "{WW}", "ww": "{WW}", "WEEK": "{WW}",
    "week": "{WW}",
  ]
  /// Those of them that stand without any signs.
  fileprivate static let bareWords = [
    "YYYY", "yyyy", "GGGG", "gggg", "MM", "mm", "DD", "dd", "HH", "hh", "WW", "ww",
  ]
  /// Of `strftime`. Weeks that are not those of ISO 8601 have no field.
  fileprivate static let conversions: [Character: String] = [
    "Y": "{YYYY}", "m": "{MM}", "d": "{DD}", "F": "{YYYY}-{MM}-{DD}", "H": "{HH}", "G": "{GGGG}", "V": "{WW}",
  ]
  fileprivate static let brackets = [
    ("${", "}"), ("$(", ")"), ("{{", "}}"), ("%(", ")s"), ("%{+", "}"), ("<", ">"), ("{", "}"),
  ]
}

/// Goes through a path once.
private struct Reader {
  private(set) var result = ""
  private(set) var first: String?
  private(set) var isKnown = true
  private var rest: Substring
  /// Right behind a letter that a format has as such.
  private var isBehindQuoted = false
  /// Whether single letters behind a percent sign, and bare words, mean dates: only beside a year.
  private let hasConversions, hasWords: Bool
  /// Whether a field of ours says the year, in front of which words are just names.
  private let hasOwnYear: Bool
  /// An `mm` beside it is minutes.
  private let hasCapitalMonth: Bool

  init(_ text: String) {
    rest = text[...]
    hasConversions = ["%Y", "%F", "%G"].contains { text.contains($0) }
    hasWords = ForeignPath.years.contains { text.contains($0) }
    hasOwnYear = ForeignPath.ownYears.contains { year in
      text.ranges(of: year).contains { range in
        range.lowerBound == text.startIndex || !"${%".contains(text[text.index(before: range.lowerBound)])
      }
    }
    hasCapitalMonth = text.contains("MM")
  }

  /// Nil when it is not known what all of it stands for, or when such fields do not go together.
  var meant: String? {
    guard isKnown else { return nil }
    // Weeks have a year of their own, for which many write the calendar's.
    let text = result.contains("{WW}") ? result.replacing("{YYYY}", with: "{GGGG}") : result
    let needs = [
      ("{HH}", "{DD}"), ("{DD}", "{MM}"), ("{MM}", "{YYYY}"), ("{WW}", "{GGGG}"), ("{GGGG}", "{WW}"),
    ]
    let isWhole = needs.allSatisfy { field, other in !text.contains(field) || text.contains(other) }
    return isWhole && !(text.contains("{WW}") && text.contains("{MM}")) ? text : nil
  }

  mutating func read() {
    while !rest.isEmpty {
      if takeQuoted() || takeBracketed() || takeVariable() || takeConversion() || takeWords() { continue }
      isBehindQuoted = false
      result.append(rest.removeFirst())
    }
  }

  /// The fields that this stands for; nil: what it stands for is not known.
  private mutating func take(_ count: Int, as meaning: String?) -> Bool {
    if first == nil { first = String(rest.prefix(count)) }
    if meaning == nil { isKnown = false }
    isBehindQuoted = false
    add(meaning ?? String(rest.prefix(count)), to: &result)
    rest = rest.dropFirst(count)
    return true
  }

  /// One star behind another would mean something else.
  private func add(_ meaning: String, to text: inout String) {
    text += text.last == "*" && meaning.first == "*" ? meaning.dropFirst() : meaning[...]
  }

  /// Whether an hour stands behind the last year, so that what follows is smaller than that.
  private static func isWithinHour(_ text: String) -> Bool {
    let day = ForeignPath.ownYears.compactMap { text.ranges(of: $0).last?.upperBound }.max() ?? text.startIndex
    return text[day...].contains("{HH}")
  }

  /// Letters as such between the words of a format: `YYYY-[W]WW`, `yyyy-'W'ww`.
  private mutating func takeQuoted() -> Bool {
    guard hasWords else { return false }
    for (open, close) in [("[W]", "W"), ("'W'", "W"), ("[T]", "T"), ("'T'", "T")] where rest.hasPrefix(open) {
      result += close
      rest = rest.dropFirst(open.count)
      isBehindQuoted = true
      return true
    }
    return false
  }

  private mutating func takeBracketed() -> Bool {
    for (open, close) in ForeignPath.brackets where rest.hasPrefix(open) {
      guard let inner = rest.dropFirst(open.count).prefix(before: close) else { continue }
      let count = open.count + inner.count + close.count
      let word = inner.trimmingPrefix { $0 == " " || $0 == "." }.prefix { $0 != " " }
      let isOurs = open == "{" && ForeignPath.words[String(inner)] == "{\(inner)}"
      let format = isOurs ? nil : fields(of: inner)
      // Nor is it a placeholder what fields have wrong with them, which is told elsewhere.
      if isOurs || open == "{" && ForeignPath.words[String(inner)] == nil && format == nil {
        result += rest.prefix(count)
        rest = rest.dropFirst(count)
        return true
      }
      return take(count, as: meaning(of: word) ?? dates(ofCommand: inner) ?? format)
    }
    return false
  }

  private func meaning(of word: Substring) -> String? {
    word == "mm" && hasCapitalMonth ? nil : ForeignPath.words[String(word)]
  }

  /// `date +%Y/%m`
  private func dates(ofCommand text: Substring) -> String? {
    guard text.hasPrefix("date "), let plus = text.firstIndex(of: "+") else { return nil }
    let rest = text[text.index(after: plus)...]
    // Further options may follow; a blank in the format is in quotes.
    let isQuoted = text.contains { $0 == "'" || $0 == "\"" }
    return ForeignPath((isQuoted ? rest : rest.prefix { $0 != " " }).filter { $0 != "'" && $0 != "\"" })?.meant
  }

  /// A whole format between two signs: `<YYYY-MM-DD>`, `{yyyyMMdd}`, `{%Y}`.
  private func fields(of format: Substring) -> String? {
    if hasConversions, format.count == 2, format.first == "%", let letter = format.last {
      return ForeignPath.conversions[letter]
    }
    guard format.utf8.count <= 32, !format.contains(where: { "{}<>()$".contains($0) }),
      let meant = ForeignPath(String(format))?.meant
    else { return nil }
    // What else has letters is a name of something.
    let others = meant.replacing(/\{[A-Z]+\}/, with: "")
    return others.allSatisfy { !$0.isLetter || $0 == "T" || $0 == "W" } ? meant : nil
  }

  private mutating func takeVariable() -> Bool {
    guard rest.first == "$" else { return false }
    let name = rest.dropFirst().prefix { $0.isASCII && $0.isLetter || $0.isNumber || $0 == "_" }
    guard let letter = name.first, !letter.isNumber else { return false }
    return take(1 + name.count, as: meaning(of: name))
  }

  private mutating func takeConversion() -> Bool {
    guard hasConversions, rest.first == "%", let letter = rest.dropFirst().first, letter.isLetter else { return false }
    let isPartOfHour = "MS".contains(letter) && Reader.isWithinHour(result)
    return take(2, as: isPartOfHour ? "*" : ForeignPath.conversions[letter])
  }

  /// `YYYY`, `yyyyMMdd`, `YYYYMMDDTHHmmss`, but not as a part of a longer word.
  private mutating func takeWords() -> Bool {
    let isInside = result.last?.isLetter ?? false
    let letters = rest.prefix { $0.isLetter }
    guard hasWords, !isInside || isBehindQuoted, !letters.isEmpty else { return false }
    var (left, fields, isKnown) = (letters, "", true)
    while !left.isEmpty {
      if let part = datePart(of: left, behind: fields) {
        isKnown = isKnown && part.meaning != nil
        add(part.meaning ?? String(left.prefix(part.count)), to: &fields)
        left = left.dropFirst(part.count)
      } else if fields.hasPrefix("{YYYY}{") {
        // Nobody calls a folder so: it is a date, and something more.
        return take(letters.count, as: nil)
      } else {
        return false
      }
    }
    return fields.contains { "{*".contains($0) } || !isKnown ? take(letters.count, as: isKnown ? fields : nil) : false
  }

  /// What letters of a word that begins with these `fields` go on with: how many of them have a meaning together, and which, if
  /// that is known. Nil: they are no date.
  private func datePart(of left: Substring, behind fields: String) -> (count: Int, meaning: String?)? {
    let before = result + fields
    let isWithinHour = Reader.isWithinHour(before)
    // `Www`, which may be all in capitals.
    if !left.hasPrefix("WWW"), let word = ForeignPath.bareWords.first(where: { left.hasPrefix($0) }) {
      if hasOwnYear, !ForeignPath.ownYears.contains(where: { before.contains($0) }) { return nil }
      let isMinute = isWithinHour && word.lowercased() == "mm"
      return (word.count, isMinute ? "*" : meaning(of: left.prefix(word.count)))
    }
    guard let sign = left.first else { return nil }
    let alike = left.prefix { $0 == sign }.count
    if isWithinHour, "Ssf".contains(sign), alike > 1, first != nil || !fields.isEmpty { return (alike, "*") }
    let isSign = (sign == "T" || sign == "W") && left.count > 1 || isWithinHour && left == "Z"
    return isSign && before.contains("{") ? (1, String(sign)) : nil
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
