/// A scalar's five written forms.
enum WrittenStyle: CaseIterable {
  case plain, singleQuoted, doubleQuoted, literal, folded

  /// Whether the writer knows a way to write this value.
  func canCarry(_ value: [Unicode.Scalar]) -> Bool {
    switch self {
    case .doubleQuoted, .literal: true
    case .folded: !value.contains(separator)
    case .singleQuoted: ScalarWriter.isFoldable(value)
    case .plain: ScalarWriter.isFoldable(value) && ScalarWriter.isPlain(value)
    }
  }
}

private let separator: Unicode.Scalar = "\u{2028}"

/// Writes a value into a manifest in one of many ways, and notes where each of its characters goes.
struct ScalarWriter {
  private(set) var text = ""
  /// Of each character of the value, in bytes of `text`.
  private(set) var places: [Range<Int>] = []
  private let value: [Unicode.Scalar]
  private let lineEnd: String
  /// Of the key.
  private let parent: Int
  /// Of the value's lines.
  private let indentation: Int
  /// In a plain value's indentation, a tab is an error.
  private let indentsWithTabs: Bool
  private var generator: SeededGenerator

  init(_ value: [Unicode.Scalar], _ style: WrittenStyle, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    (self.value, indentsWithTabs) = (value, style != .plain)
    lineEnd = ["\n", "\n", "\r\n", "\r"].randomElement(using: &generator) ?? ""
    parent = .random(in: 1...6, using: &generator)
    indentation = parent + .random(in: 1...9, using: &generator)
    self.generator = generator
    write(style)
  }

  private mutating func write(_ style: WrittenStyle) {
    add("# é🙂\(lineEnd)data:\(lineEnd)\(blanks(parent))other: é\(lineEnd)\(blanks(parent))config.yaml: ")
    if chance(8) { add("&anchor ") }
    switch style {
    case .plain: flow(quote: "")
    case .singleQuoted: flow(quote: "'")
    case .doubleQuoted: doubleQuoted()
    case .literal: block(folded: false)
    case .folded: block(folded: true)
    }
    if text.unicodeScalars.last.map(isBreak) != true { add(chance(3) ? " # comment\(lineEnd)" : lineEnd) }
    if chance(2) { add("\(blanks(parent))next: x\(lineEnd)") }
  }

  // MARK: Plain and single-quoted

  /// Blanks around its line breaks would be lost.
  static func isFoldable(_ value: [Unicode.Scalar]) -> Bool {
    !value.contains(separator)
      && !zip(value, value.dropFirst()).contains { ($0 == "\n" && isBlank($1)) || (isBlank($0) && $1 == "\n") }
  }

  /// Nothing in it is an indicator, and it ends as it begins, with a letter.
  static func isPlain(_ value: [Unicode.Scalar]) -> Bool {
    guard let first = value.first, let last = value.last, first.properties.isAlphabetic, last.properties.isAlphabetic
    else { return false }
    return !zip(value, value.dropFirst()).contains {
      ($0 == ":" && isBlankOrBreak($1)) || (isBlankOrBreak($0) && $1 == "#")
    }
  }

  private mutating func flow(quote: String) {
    add(quote)
    var index = 0
    while index < value.count {
      if value[index] == "\n" {
        index = breaks(from: index)
      } else if canFold(at: index), chance(3) {
        fold()
        index += 1
      } else {
        put(value[index], as: value[index] == "'" && quote == "'" ? "''" : String(value[index]))
        index += 1
      }
    }
    add(quote)
  }

  /// A run of line breaks is written as one more, of which the first is lost.
  private mutating func breaks(from start: Int) -> Int {
    let end = value[start...].firstIndex { $0 != "\n" } ?? value.count
    add(lostBlanks() + lineEnd)
    for _ in start..<end {
      add(lostBlanks())
      put("\n", as: lineEnd)
    }
    add(blanks(indentation))
    return end
  }

  private mutating func fold() {
    add(lostBlanks())
    put(" ", as: lineEnd)
    add(blanks(indentation))
  }

  /// A single blank within a line.
  private func canFold(at index: Int) -> Bool {
    value[index] == " " && index > 0 && index + 1 < value.count
      && !isBlankOrBreak(value[index - 1]) && !isBlankOrBreak(value[index + 1])
  }

  // MARK: Double-quoted

  private mutating func doubleQuoted() {
    add("\"")
    var (index, mustEscape) = (0, false)
    while index < value.count {
      if !mustEscape, canFold(at: index), chance(3) {
        fold()
      } else if !mustEscape, value[index] == "\n", areBreaksApart(at: index), chance(2) {
        index = breaks(from: index) - 1
      } else {
        put(value[index], as: mustEscape || chance(5) ? escape(value[index]) : written(value[index]))
      }
      index += 1
      // What stands behind an escaped line break is indentation unless it is escaped too.
      mustEscape = chance(8)
      if mustEscape { add("\\\(lineEnd)\(lostBlanks())") }
    }
    add("\"")
  }

  private func areBreaksApart(at index: Int) -> Bool {
    let next = value[index...].first { $0 != "\n" }
    return (index == 0 || !isBlankOrBreak(value[index - 1])) && next.map(isBlankOrBreak) != true
  }

  private mutating func written(_ character: Unicode.Scalar) -> String {
    isBreak(character) || character == "\"" || character == "\\" ? escape(character) : String(character)
  }

  private mutating func escape(_ character: Unicode.Scalar) -> String {
    let code = String(character.value, radix: 16, uppercase: chance(2))
    let names: [Unicode.Scalar: String] = [
      "\n": "n", "\t": "t", " ": " ", "\"": "\"", "\\": "\\", "\u{A0}": "_", separator: "L",
    ]
    var forms = ["U" + String(repeating: "0", count: 8 - code.count) + code]
    if code.count <= 4 { forms.append("u" + String(repeating: "0", count: 4 - code.count) + code) }
    if code.count <= 2 { forms.append("x" + String(repeating: "0", count: 2 - code.count) + code) }
    if let name = names[character] { forms += [name, name] }
    return "\\" + (forms.randomElement(using: &generator) ?? "")
  }

  // MARK: Literal and folded

  private mutating func block(folded: Bool) {
    let trailing = value.reversed().prefix { isBreak($0) }.count
    let mustKeep = trailing > 1 || trailing == value.count && trailing > 0
    let chomping = trailing == 0 ? "-" : mustKeep || chance(3) ? "+" : ""
    header(folded ? ">" : "|", chomping)
    folded ? foldedLines(to: value.count - trailing) : literalLines(to: value.count - trailing)
    for character in value.suffix(trailing) { putBreak(character) }
    if trailing == 0 { add(lineEnd) }
    if chomping != "+" { for _ in 0..<Int.random(in: 0...2, using: &generator) { add(lostSpaces() + lineEnd) } }
    if chance(3) { add("\(blanks(parent - 1))# a comment\(lineEnd)") }
  }

  private mutating func header(_ indicator: String, _ chomping: String) {
    let mustIndicate = value.first { !isBreak($0) }.map(isBlank) == true
    let depth = mustIndicate || chance(4) ? "\(indentation - parent)" : ""
    add(indicator + (chance(2) ? depth + chomping : chomping + depth))
    add((chance(4) ? " # comment: |" : chance(4) ? " \t" : "") + lineEnd)
  }

  private mutating func literalLines(to end: Int) {
    for index in 0..<end {
      let startsLine = index == 0 || isBreak(value[index - 1])
      if isBreak(value[index]), startsLine { add(lostSpaces()) }
      if !isBreak(value[index]), startsLine { add(blanks(indentation)) }
      put(value[index], as: value[index] == "\n" ? lineEnd : String(value[index]))
    }
  }

  private mutating func foldedLines(to end: Int) {
    var (index, wasIndented) = (0, true)
    while index < end {
      let text = value[index...].firstIndex { $0 != "\n" } ?? end
      let isIndented = isBlank(value[text])
      // Between two lines that are not indented further, one line break more is written, and lost.
      if !wasIndented, !isIndented { add(lineEnd) }
      for _ in index..<text { putBreak("\n") }
      add(blanks(indentation))
      index = foldedLine(from: text, to: end)
      wasIndented = isIndented
    }
  }

  private mutating func foldedLine(from start: Int, to end: Int) -> Int {
    var index = start
    while index < end, value[index] != "\n" {
      if !isBlank(value[start]), index + 1 < end, value[index] == " ", !isBlankOrBreak(value[index + 1]), chance(3) {
        put(" ", as: lineEnd)
        add(blanks(indentation))
      } else {
        put(value[index], as: String(value[index]))
      }
      index += 1
    }
    return index
  }

  /// The line break of a line without text, if nothing stands before it.
  private mutating func putBreak(_ character: Unicode.Scalar) {
    if text.unicodeScalars.last.map(isBreak) == true { add(lostSpaces()) }
    put(character, as: character == "\n" ? lineEnd : String(character))
  }

  // MARK: Output

  private mutating func add(_ more: String) { text += more }

  private mutating func put(_ character: Unicode.Scalar, as written: String) {
    let start = text.utf8.count
    text += written
    places.append(start..<text.utf8.count)
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

  private mutating func lostSpaces() -> String { blanks(.random(in: 0...indentation, using: &generator)) }

  private mutating func lostBlanks() -> String { lostSpaces() + (indentsWithTabs && chance(6) ? "\t" : "") }

  /// Once in `count` times.
  private mutating func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }
}

private func isBlank(_ character: Unicode.Scalar) -> Bool { character == " " || character == "\t" }

private func isBreak(_ character: Unicode.Scalar) -> Bool {
  character == "\n" || character == "\r" || character == separator
}

private func isBlankOrBreak(_ character: Unicode.Scalar) -> Bool { isBlank(character) || isBreak(character) }
