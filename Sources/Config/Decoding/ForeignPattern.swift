import Plan

/// What a pattern has that means something in the language of another program, and nothing of the kind here.
struct ForeignPattern: Hashable {
  enum Kind: Hashable {
    case quotes
    case blank
    case filterRule
    case negation
    case home
    case several([String])
    case variable(String)
    case regularExpression
    case extendedGlob
    case dateFormat(String)
    case placeholder(String)
    case loneBraces(String)
    case backslash
  }

  let kind: Kind
  /// What was probably meant; nil where that cannot be told.
  let meant: String?
  /// `include` or `exclude`.
  let key: String

  /// Nil when there is nothing of the kind.
  init?(in text: String, key: String) {
    guard let (kind, meant) = ForeignPattern.finders.lazy.compactMap({ $0(text) }).first else { return nil }
    let isPossible = meant.map { ForeignPattern.isNative($0, key) } ?? false
    (self.kind, self.meant, self.key) = (kind, isPossible ? meant : nil, key)
  }

  private static func isNative(_ text: String, _ key: String) -> Bool {
    (try? Pattern(text)) != nil && finders.allSatisfy { $0(text) == nil }
  }

  private typealias Found = (Kind, meant: String?)

  // What stands at the ends comes first: within it, the rest would be misread.
  private static let finders: [@Sendable (String) -> Found?] = [
    quotes, blank, filterRule, negation, home, several, variable, extendedGlob, regularExpression, backslash,
    dateFormat, placeholder, loneBraces,
  ]

  // MARK: At the ends

  private static func quotes(_ text: String) -> Found? {
    let pairs: [Character: Character] = ["'": "'", "\"": "\"", "`": "`", "“": "”", "„": "“", "‘": "’", "«": "»"]
    guard text.count > 1, let first = text.first, let last = text.last, pairs[first] == last else { return nil }
    return (.quotes, String(text.dropFirst().dropLast()))
  }

  private static func blank(_ text: String) -> Found? {
    let isEscaped = text.hasSuffix("\\ ")
    guard text.first == " " || text.last == " " && !isEscaped else { return nil }
    return (.blank, text.trimmed)
  }

  private static func filterRule(_ text: String) -> Found? {
    guard text.hasPrefix("- ") || text.hasPrefix("+ ") else { return nil }
    return (.filterRule, String(text.dropFirst(2)).trimmed)
  }

  private static func negation(_ text: String) -> Found? {
    guard text.hasPrefix("!"), !text.hasPrefix("!(") else { return nil }
    return (.negation, String(text.dropFirst()))
  }

  private static func home(_ text: String) -> Found? {
    text == "~" || text.hasPrefix("~/") ? (.home, String(text.dropFirst(2))) : nil
  }

  // MARK: Within

  /// Cut at one of the signs that lists are cut at, each part is a pattern by its looks.
  private static func several(_ text: String) -> Found? {
    for separator: Character in [",", ";", ":", " "] {
      let parts = text.splitOutsideGroups(at: separator).map(\.trimmed).filter { !$0.isEmpty }
      // Blanks are common in names of folders.
      let signs = separator == " " ? "*?[" : "*?[/"
      guard parts.count > 1, parts.allSatisfy({ $0.contains { signs.contains($0) } }) else { continue }
      // Where some are looked for at any depth and some are not, one pattern cannot stand for all.
      let areAlike = Set(parts.map { $0.contains("/") }).count == 1
      return (.several(parts), areAlike ? "{\(parts.joined(separator: ","))}" : nil)
    }
    return nil
  }

  private static func variable(_ text: String) -> Found? {
    guard let range = text.firstRange(of: /\$(\{[^}]*\}?|\([^)]*\)?|[A-Za-z_][A-Za-z0-9_]*)/),
      !text.isEscaped(range.lowerBound)
    else { return nil }
    return (.variable(String(text[range])), nil)
  }

  private static func extendedGlob(_ text: String) -> Found? {
    guard let range = text.firstRange(of: /[@+?*!]\([^()]*\)/), !text.isEscaped(range.lowerBound) else { return nil }
    let inner = text[range].dropFirst(2).dropLast()
    let alternatives = inner.replacing("|", with: ",")
    let braces = inner.contains("|") ? "{\(alternatives)}" : String(alternatives)
    return (.extendedGlob, text.hasPrefix("!(") ? nil : text.replacingCharacters(in: range, with: braces))
  }

  private static func regularExpression(_ text: String) -> Found? {
    let ends = text.hasPrefix("^") || text.hasSuffix("$") && !text.hasSuffix("\\$")
    guard ends || text.hasUnescaped("|") || text.contains(/\\[.dwsbDWSB+()]/) || text.contains(".*\\") else {
      return nil
    }
    var meant = text.replacing(/^\^/, with: "").replacing(/\$$/, with: "")
    for (expression, glob) in [(".*", "*"), (".+", "?*"), ("\\.", "."), ("\\d", "[0-9]"), ("(", "{"), (")", "}")] {
      meant = meant.replacing(expression, with: glob)
    }
    meant = meant.replacing("|", with: ",")
    if meant.contains(","), !meant.contains("{") { meant = "{\(meant)}" }
    return (.regularExpression, meant)
  }

  /// Before what needs none it is another program's, or parts the folders of a path.
  private static func backslash(_ text: String) -> Found? {
    guard text.contains(/[A-Za-z0-9._-]\\[A-Za-z0-9_]/) || text.contains(/[A-Za-z0-9._-]\\\*\*?$/) else {
      return nil
    }
    return (.backslash, text.replacing("\\", with: "/"))
  }

  private static func dateFormat(_ text: String) -> Found? {
    guard let range = text.firstRange(of: /%[YymdeHMSjVGgFBb]/), !text.isEscaped(range.lowerBound) else { return nil }
    var meant = text
    for (field, digits) in [("%Y", 4), ("%G", 4), ("%m", 2), ("%d", 2), ("%H", 2), ("%M", 2), ("%S", 2), ("%V", 2)] {
      meant = meant.replacing(field, with: String(repeating: "[0-9]", count: digits))
    }
    meant = meant.replacing("%F", with: "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]")
    return (.dateFormat(String(text[range])), meant)
  }

  private static func placeholder(_ text: String) -> Found? {
    text.firstRange(of: /<[A-Za-z][A-Za-z0-9_ -]*>/).map { (.placeholder(String(text[$0])), nil) }
  }

  private static func loneBraces(_ text: String) -> Found? {
    guard let range = text.firstRange(of: /\{\{?[^{},]*\}\}?/), !text.isEscaped(range.lowerBound) else { return nil }
    var meant = text.replacing("{{", with: "{").replacing("}}", with: "}")
    for (field, digits) in [("{YYYY}", 4), ("{GGGG}", 4), ("{MM}", 2), ("{DD}", 2), ("{HH}", 2), ("{WW}", 2)] {
      meant = meant.replacing(field, with: String(repeating: "[0-9]", count: digits))
    }
    return (.loneBraces(String(text[range])), meant == text ? nil : meant)
  }
}

extension String {
  fileprivate var trimmed: String {
    String(trimmingPrefix { $0 == " " }.reversed().trimmingPrefix { $0 == " " }.reversed())
  }

  fileprivate func isEscaped(_ index: Index) -> Bool {
    self[..<index].reversed().prefix { $0 == "\\" }.count % 2 == 1
  }

  fileprivate func hasUnescaped(_ sign: Character) -> Bool {
    indices.contains { self[$0] == sign && !isEscaped($0) }
  }

  fileprivate func replacingCharacters(in range: Range<Index>, with other: String) -> String {
    self[..<range.lowerBound] + other + self[range.upperBound...]
  }

  /// Cut at each such sign that stands neither in brackets nor behind a backslash.
  fileprivate func splitOutsideGroups(at separator: Character) -> [String] {
    var parts = [""]
    var depth = 0
    for index in indices {
      switch self[index] {
      case "{", "[", "(": depth += 1
      case "}", "]", ")": depth -= 1
      case separator where depth == 0 && !isEscaped(index):
        parts.append("")
        continue
      default: break
      }
      parts[parts.count - 1].append(self[index])
    }
    return parts
  }
}
