// The standard library has Unicode's normal forms under this name only; nothing else without Foundation has.
@_spi(_Unicode) import Swift

/// A pattern of `include`, `exclude` or a rule: which files and folders it speaks of. The language of .gitignore as far as it goes,
/// matched on bytes.
///
/// Without a slash, but for one at the end, it matches the name of a file or folder at any depth; with one inside, the path
/// relative to the target's folder; with one at the beginning, the absolute path. A slash at the end: folders only. `*` and `?`
/// stay within a component, `**` as a whole component stands for any number of components, `[a-z]` and `[!a-z]` are sets of
/// bytes, `{a,b}` alternatives within a component, and `\` takes the next byte literally. Whatever matches a folder speaks of all below it.
public struct Pattern: Hashable, Sendable {
  /// What it was made from.
  public let text: String
  /// It matches folders only.
  public let isForFolders: Bool
  package let anchor: Anchor
  package let parts: [Part]

  /// Where a path must begin that it matches.
  package enum Anchor: Hashable, Sendable {
    /// At any component.
    case anyDepth
    /// At the target's folder.
    case target
    /// At the root of the file system.
    case root
  }

  package indirect enum Part: Hashable, Sendable {
    /// One of these bytes, no slash unless it is the only one.
    case one(ByteSet)
    /// Any number of bytes, no slash among them.
    case star
    /// Nothing, or whole components with the slash that follows.
    case directories
    /// One or more components.
    case everythingInside
    case alternatives([[Part]])
  }

  /// Why a text is no pattern; `offset` counts UTF-8 bytes from its beginning.
  public struct Malformed: Error, Hashable {
    public enum Reason: Hashable, Sendable {
      case empty
      case unclosedSet
      case emptyRange
      case unclosedBrace
      /// More than eight within each other.
      case bracesTooDeep
      case danglingEscape
      case doubleStarInsideComponent
      case doubleStarInBraces
      /// Where a pattern begins, and whether it is of folders only, holds for all of its alternatives.
      case slashInBraces
      case escapedSlash
      case emptyComponent
      /// A set that holds part of a character of several bytes.
      case notASCIIInSet
      /// `.` or `..`, which no path has.
      case dotComponent
    }
    public let reason: Reason
    public let offset: Int
  }

  public init(_ text: String) throws(Malformed) {
    var parser = PatternParser(Array(text.utf8))
    self.text = text
    (anchor, isForFolders, parts) = try parser.parse()
  }

  /// Of the folder whose path has these components.
  package init(path components: [[Part]], anchor: Anchor = .root) {
    let slash = ByteSet(UInt8(ascii: "/")...UInt8(ascii: "/"))
    text = ""
    isForFolders = true
    self.anchor = anchor
    parts = Array(components.joined(separator: [.one(slash)]))
  }

  /// It begins with a slash.
  public var isAbsolute: Bool { anchor == .root }

  /// It in both forms in which file systems keep letters with marks, composed and decomposed, where these differ.
  package var normalForms: [Pattern] {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return [self] }
    var forms: [Pattern] = [self]
    for form in [String(text._nfc), String(text._nfd)] {
      // Strings are equal whatever their form.
      if forms.contains(where: { $0.text.utf8.elementsEqual(form.utf8) }) { continue }
      if let pattern = try? Pattern(form) { forms.append(pattern) }
    }
    return forms
  }
}

extension String {
  fileprivate init(_ scalars: some Sequence<Unicode.Scalar>) {
    self = String(String.UnicodeScalarView(scalars))
  }
}

/// Reads a pattern's text from left to right.
private struct PatternParser {
  private let text: [UInt8]
  private var at = 0
  /// The end of what is to be read, without a slash that means folders only.
  private var end: Int

  init(_ text: [UInt8]) { (self.text, end) = (text, text.count) }

  mutating func parse() throws(Pattern.Malformed) -> (Pattern.Anchor, isForFolders: Bool, [Pattern.Part]) {
    let isAbsolute = text.first == Self.slash
    if isAbsolute { at = 1 }
    let isForFolders = end > at && text[end - 1] == Self.slash && !isEscaped(end - 1)
    if isForFolders { end -= 1 }
    guard at < end else { throw fault(text.isEmpty ? .empty : .emptyComponent, at: 0) }
    try refuseDots()
    let parts = try sequence(depth: 0)
    let isAnchored = parts.contains { $0 == .directories || $0 == .everythingInside } || hasSlash
    return (isAbsolute ? .root : isAnchored ? .target : .anyDepth, isForFolders, parts)
  }

  private var hasSlash = false

  private func refuseDots() throws(Pattern.Malformed) {
    var start = at
    for index in at...end where index == end || text[index] == Self.slash {
      let component = text[start..<index]
      if component.elementsEqual(".".utf8) || component.elementsEqual("..".utf8) {
        throw fault(.dotComponent, at: start)
      }
      start = index + 1
    }
  }

  /// Whether an odd number of backslashes stands before it.
  private func isEscaped(_ index: Int) -> Bool {
    text[..<index].reversed().prefix { $0 == Self.backslash }.count % 2 == 1
  }

  /// Up to the end, or in braces to what ends an alternative.
  private mutating func sequence(depth: Int) throws(Pattern.Malformed) -> [Pattern.Part] {
    var parts: [Pattern.Part] = []
    while at < end {
      if depth > 0, text[at] == Self.comma || text[at] == Self.closingBrace { break }
      try append(to: &parts, depth: depth)
    }
    return parts
  }

  private mutating func append(to parts: inout [Pattern.Part], depth: Int) throws(Pattern.Malformed) {
    switch text[at] {
    case Self.star where at + 1 < end && text[at + 1] == Self.star:
      try appendDoubleStar(to: &parts, depth: depth)
    case Self.star:
      if parts.last != .star { parts.append(.star) }
      at += 1
    case UInt8(ascii: "?"):
      parts.append(.one(Self.anyByte))
      at += 1
    case UInt8(ascii: "["): parts.append(.one(try set()))
    case Self.openingBrace: parts.append(.alternatives(try alternatives(depth: depth)))
    case Self.backslash:
      guard at + 1 < end else { throw fault(.danglingEscape, at: at) }
      if text[at + 1] == Self.slash { throw fault(.escapedSlash, at: at) }
      parts.append(.one(ByteSet(text[at + 1]...text[at + 1])))
      at += 2
    default: try appendByte(to: &parts, depth: depth)
    }
  }

  private mutating func appendByte(to parts: inout [Pattern.Part], depth: Int) throws(Pattern.Malformed) {
    if text[at] == Self.slash {
      if depth > 0 { throw fault(.slashInBraces, at: at) }
      guard at + 1 < end, text[at + 1] != Self.slash, at > 0 else { throw fault(.emptyComponent, at: at) }
      hasSlash = true
    }
    parts.append(.one(ByteSet(text[at]...text[at])))
    at += 1
  }

  private mutating func appendDoubleStar(
    to parts: inout [Pattern.Part], depth: Int
  ) throws(Pattern.Malformed) {
    let start = at
    guard depth == 0 else { throw fault(.doubleStarInBraces, at: start) }
    let startsComponent = start == 0 || text[start - 1] == Self.slash && !isEscaped(start - 1)
    at += 2
    guard startsComponent, at == end || text[at] == Self.slash else {
      throw fault(.doubleStarInsideComponent, at: start)
    }
    if at == end { return parts.append(.everythingInside) }
    guard at + 1 < end, text[at + 1] != Self.slash else { throw fault(.emptyComponent, at: at) }
    at += 1
    if parts.last != .directories { parts.append(.directories) }
  }

  private mutating func alternatives(depth: Int) throws(Pattern.Malformed) -> [[Pattern.Part]] {
    let start = at
    guard depth < Self.deepest else { throw fault(.bracesTooDeep, at: start) }
    var alternatives: [[Pattern.Part]] = []
    repeat {
      at += 1
      alternatives.append(try sequence(depth: depth + 1))
      guard at < end else { throw fault(.unclosedBrace, at: start) }
    } while text[at] == Self.comma
    at += 1
    return alternatives
  }

  private mutating func set() throws(Pattern.Malformed) -> ByteSet {
    let start = at
    var set = ByteSet()
    at += 1
    let isNegated = at < end && (text[at] == UInt8(ascii: "!") || text[at] == UInt8(ascii: "^"))
    if isNegated { at += 1 }
    // A `]` right after the opening stands for itself, as in POSIX.
    let firstMember = at
    while at < end, text[at] != UInt8(ascii: "]") || at == firstMember { try insertMember(into: &set) }
    guard at < end else { throw fault(.unclosedSet, at: start) }
    at += 1
    if isNegated { set = set.inverted }
    set.remove(Self.slash)
    return set
  }

  private mutating func insertMember(into set: inout ByteSet) throws(Pattern.Malformed) {
    let start = at
    if text[at] >= 0x80 { throw fault(.notASCIIInSet, at: at) }
    let low = member()
    guard at + 1 < end, text[at] == UInt8(ascii: "-"), text[at + 1] != UInt8(ascii: "]") else { return set.insert(low) }
    at += 1
    let high = member()
    guard low <= high else { throw fault(.emptyRange, at: start) }
    for byte in low...high { set.insert(byte) }
  }

  private mutating func member() -> UInt8 {
    if text[at] == Self.backslash, at + 1 < end { at += 1 }
    defer { at += 1 }
    return text[at]
  }

  private func fault(_ reason: Pattern.Malformed.Reason, at offset: Int) -> Pattern.Malformed {
    Pattern.Malformed(reason: reason, offset: offset)
  }

  private static let deepest = 8
  private static let slash = UInt8(ascii: "/")
  private static let star = UInt8(ascii: "*")
  private static let backslash = UInt8(ascii: "\\")
  private static let comma = UInt8(ascii: ",")
  private static let openingBrace = UInt8(ascii: "{")
  private static let closingBrace = UInt8(ascii: "}")
  /// All but the slash.
  private static let anyByte: ByteSet = {
    var set = ByteSet(0...255)
    set.remove(slash)
    return set
  }()
}
