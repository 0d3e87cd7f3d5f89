/// What a value that is none of ours means to other programs.
enum ForeignValues {
  /// For what says nothing but that there is no bound.
  private static let wordsForNone = [
    "none", "no", "off", "unlimited", "infinite", "infinity", "inf", "forever", "never", "null", "nil", "-1", "any",
    "all", "everything", "nothing", "default", "auto", "false", "max",
  ]

  static func isNone(_ text: String) -> Bool { wordsForNone.contains(text.lowercased()) }

  /// The word that stands for no bound where such a value is wanted, as in "a size or unlimited", when `text` says so
  /// elsewhere.
  static func word(meantBy text: String, for subject: Subject) -> String? {
    let words = subject.noun.split(separator: " ").suffix(2)
    guard isNone(text), words.count == 2, words.first == "or", let word = words.last, word != "months" else {
      return nil
    }
    return String(word)
  }

  /// The items of a list that was written as one text: cut at commas, semicolons, or, where each part can only be a pattern, a
  /// path or a number, at blanks or colons.
  static func items(_ text: String) -> [String] {
    for separator: Character in [",", ";"] where text.contains(separator) { return text.items(cutAt: separator) }
    let words = text.items(cutAt: " ")
    if words.count > 1, words.allSatisfy({ $0.contains { "*?[/.".contains($0) } || $0.allSatisfy(\.isNumber) }) {
      return words
    }
    let paths = text.items(cutAt: ":")
    return paths.count > 1 && paths.allSatisfy { $0.hasPrefix("/") } ? paths : [text]
  }

  // MARK: Durations

  /// The same as this schema writes durations, in units that `Durations` reads: without signs, words around it, decimals, or
  /// the letters of ISO 8601.
  static func plainDuration(_ text: String) -> String {
    var rest = text.trimmedOfBlanks[...]
    for start in ["-mtime ", "-atime ", "-ctime ", "now-", "older than ", "+", "-"] where rest.hasPrefix(start) {
      rest = rest.dropFirst(start.count)
      // `find` counts in days.
      if start.hasSuffix("time "), let last = rest.last, last.isNumber { rest += "d" }
    }
    if rest.hasPrefix("+") { rest = rest.dropFirst() }
    for end in [" ago", " old"] where rest.hasSuffix(end) { rest = rest.dropLast(end.count) }
    return iso8601(rest) ?? withoutDecimals(String(rest))
  }

  /// `P1M`, `PT12H`: an M before the T is months.
  private static func iso8601(_ text: Substring) -> String? {
    guard text.first == "P", text.count > 2 else { return nil }
    let parts = text.dropFirst().split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    let date = parts[0].map { $0 == "M" ? "mo" : $0.lowercased() }.joined()
    return date + (parts.count == 2 ? parts[1].lowercased() : "")
  }

  /// `1.5d` as `36h`; unchanged when it is not one number with a unit, or comes out even in none.
  private static func withoutDecimals(_ text: String) -> String {
    let units = [("w", "d", 7), ("d", "h", 24), ("h", "m", 60), ("m", "s", 60), ("s", "ms", 1000)]
    guard let (mantissa, scale, unit) = decimal(text) else { return text }
    if mantissa % scale == 0 { return "\(mantissa / scale)\(unit)" }
    guard let (_, smaller, count) = units.first(where: { $0.0 == unit }), mantissa * count % scale == 0 else {
      return text
    }
    return "\(mantissa * count / scale)\(smaller)"
  }

  /// `1.50Gi` as 150, 100 and Gi; nil without a point.
  static func decimal(_ text: String) -> (mantissa: Int, scale: Int, unit: String)? {
    let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, (1...3).contains(parts[1].count), parts[0].count < 7,
      let mantissa = Int(parts[0] + parts[1])
    else { return nil }
    let scale = [10, 100, 1000][parts[1].count - 1]
    return (mantissa, scale, text.dropFirst(number.count).filter { $0 != " " })
  }

  // MARK: Numbers and sizes

  /// The whole number that is written with separators, an exponent or a letter for thousands; nil: it is something else.
  static func number(_ text: String) -> String? {
    let plain = text.filter { !"_,' ".contains($0) }.lowercased()
    let body = plain.hasPrefix("+") ? String(plain.dropFirst()) : plain
    let digits = body.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    guard let zeros = zeros(of: body.dropFirst(digits.count)), zeros <= 12 else { return nil }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first, !whole.isEmpty, parts.count <= 2 else { return nil }
    let decimals = parts.count == 2 ? parts[1] : ""
    guard decimals.count <= zeros else { return nil }
    let all = whole + decimals + String(repeating: "0", count: zeros - decimals.count)
    return Int(all).flatMap { $0 > 0 ? "\($0)" : nil }
  }

  private static func zeros(of suffix: Substring) -> Int? {
    switch suffix {
    case "": 0
    case "k": 3
    case "m", "mio": 6
    case "g", "b": 9
    default: suffix.hasPrefix("e") ? Int(suffix.dropFirst().drop { $0 == "+" }) : nil
    }
  }

  /// `+100M` as `100M`, `1.5Gi` as `1536Mi`.
  static func plainSize(_ text: String) -> String {
    let trimmed = text.trimmedOfBlanks
    let plain = trimmed.hasPrefix("+") ? String(trimmed.dropFirst()) : trimmed
    let smaller = [
      "k": ("", 1000), "M": ("k", 1000), "G": ("M", 1000), "T": ("G", 1000), "Ki": ("", 1024), "Mi": ("Ki", 1024),
      "Gi": ("Mi", 1024), "Ti": ("Gi", 1024),
    ]
    guard let (mantissa, scale, unit) = decimal(plain) else { return plain }
    if mantissa % scale == 0 { return "\(mantissa / scale)\(unit)" }
    guard let (name, count) = smaller[unit] else { return plain }
    return mantissa * count % scale == 0 ? "\(mantissa * count / scale)\(name)" : plain
  }
}

extension String {
  /// Without what is empty, and without blanks around each.
  fileprivate func items(cutAt separator: Character) -> [String] {
    split(separator: separator).map { String($0).trimmedOfBlanks }.filter { !$0.isEmpty }
  }

  /// Without spaces of any kind at its ends.
  fileprivate var trimmedOfBlanks: String {
    let isBlank = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    var rest = unicodeScalars[...]
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
  }
}
