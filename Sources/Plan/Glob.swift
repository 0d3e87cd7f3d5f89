/// A shell pattern, matched on bytes: `*` and `?` stay within a path component, `[a-z]` and `[!a-z]` are sets of bytes,
/// `\` takes the next byte literally, and `**` as a whole component crosses components.
///
/// `**/x` matches `x` at any depth, the top included; `a/**` matches everything inside `a`, but not `a` itself. A leading
/// dot is nothing special: a purge that overlooked hidden files would not be complete.
public struct Glob: Hashable, Sendable {
  /// The text this pattern was made from.
  public let pattern: String
  /// What it consists of, for comparing patterns with each other.
  package let tokens: [Token]

  /// Why a text is no pattern; `offset` counts UTF-8 bytes from its beginning.
  public struct Malformed: Error, Hashable {
    public enum Reason: Hashable, Sendable {
      case empty
      case unclosedSet
      case emptyRange
      /// A set that holds part of a character of several bytes.
      case notASCIIInSet
      case danglingEscape
      case doubleStarInsideComponent
      case leadingSlash
      case emptyComponent
    }
    public let reason: Reason
    public let offset: Int
  }

  package enum Token: Hashable, Sendable {
    case byte(UInt8)
    /// Any but a slash.
    case anyByte
    /// The slash is in none.
    case set(ByteSet)
    /// Any number of bytes, no slash among them.
    case star
    /// `**/`: nothing, or any number of whole components with their slash.
    case anyDirectories
    /// A final `**`: everything that is left, at least one byte.
    case everythingInside
  }

  public init(_ pattern: String) throws(Malformed) {
    self.pattern = pattern
    self.tokens = try Glob.parse(Array(pattern.utf8))
  }

  /// Whether the pattern means just one name: no `*`, `?`, `[` and no escape.
  public static func isLiteral(_ text: String) -> Bool {
    !text.utf8.contains { "*?[\\".utf8.contains($0) }
  }

  /// Whether the whole of `path` matches. Time: at most (length of pattern) × (length of path)², never exponential.
  public func matches(_ path: Span<UInt8>) -> Bool {
    var here = Place(token: 0, at: 0)
    var retries = Retries()
    while here.token < tokens.count || here.at < path.count {
      guard let next = step(from: here, on: path, &retries) ?? retries.next(on: path) else { return false }
      here = next
    }
    return true
  }

  /// So many tokens have matched so many bytes.
  private struct Place {
    var token: Int
    var at: Int
  }

  /// Where to go on after a mismatch: the last `*` may take one byte more (never a slash), else the last `**/` one
  /// component more. Earlier ones need no second look, since what follows them has matched as early as it can.
  private struct Retries {
    var star: Place?
    var directories: Place?

    mutating func next(on path: Span<UInt8>) -> Place? {
      if let last = star, last.at < path.count, path[last.at] != Glob.slash {
        star = Place(token: last.token, at: last.at + 1)
        return star
      }
      star = nil
      guard let last = directories, let at = Glob.componentAfter(last.at, in: path) else { return nil }
      directories = Place(token: last.token, at: at)
      return directories
    }
  }

  /// The place after the next token, or nil when it does not match here.
  private func step(from here: Place, on path: Span<UInt8>, _ retries: inout Retries) -> Place? {
    guard here.token < tokens.count else { return nil }
    let after = Place(token: here.token + 1, at: here.at)
    switch tokens[here.token] {
    case .star:
      retries.star = after
      return after
    case .anyDirectories:
      retries = Retries(star: nil, directories: after)
      return after
    case .everythingInside:
      return here.at < path.count ? Place(token: tokens.count, at: path.count) : nil
    case .byte, .anyByte, .set:
      guard here.at < path.count, takes(tokens[here.token], path[here.at]) else { return nil }
      return Place(token: here.token + 1, at: here.at + 1)
    }
  }

  private func takes(_ token: Token, _ byte: UInt8) -> Bool {
    switch token {
    case .byte(let wanted): byte == wanted
    case .anyByte: byte != Glob.slash
    case .set(let set): set.contains(byte)
    case .star, .anyDirectories, .everythingInside: false
    }
  }

  /// Whether `text` as UTF-8 matches.
  public func matches(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return matches(bytes.span)
  }

  /// Whether the name of a folder matches a component of a path: as in a shell, a dot at its beginning must be written.
  public func matchesName(_ name: [UInt8]) -> Bool {
    let dot = UInt8(ascii: ".")
    return (name.first != dot || tokens.first == .byte(dot)) && matches(name.span)
  }

  fileprivate static let slash = UInt8(ascii: "/")

  fileprivate static func componentAfter(_ start: Int, in path: Span<UInt8>) -> Int? {
    var at = start
    while at < path.count {
      if path[at] == slash { return at + 1 }
      at += 1
    }
    return nil
  }
}

// MARK: - Parsing

extension Glob {
  private static func parse(_ text: [UInt8]) throws(Malformed) -> [Token] {
    guard let first = text.first else { throw Malformed(reason: .empty, offset: 0) }
    if first == slash { throw Malformed(reason: .leadingSlash, offset: 0) }
    var tokens: [Token] = []
    var at = 0
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: "*") where at + 1 < text.count && text[at + 1] == UInt8(ascii: "*"):
        at = try appendDoubleStar(to: &tokens, text, at)
      case UInt8(ascii: "*"):
        tokens.append(.star)
        at += 1
      case UInt8(ascii: "?"):
        tokens.append(.anyByte)
        at += 1
      case UInt8(ascii: "["):
        let (set, end) = try parseSet(text, at)
        tokens.append(.set(set))
        at = end
      case UInt8(ascii: "\\"):
        guard at + 1 < text.count else { throw Malformed(reason: .danglingEscape, offset: at) }
        tokens.append(.byte(text[at + 1]))
        at += 2
      case slash where at + 1 == text.count || text[at + 1] == slash:
        throw Malformed(reason: .emptyComponent, offset: at)
      default:
        tokens.append(.byte(text[at]))
        at += 1
      }
    }
    return tokens
  }

  /// Returns where the pattern goes on.
  private static func appendDoubleStar(
    to tokens: inout [Token], _ text: [UInt8], _ at: Int
  ) throws(Malformed) -> Int {
    let startsComponent = at == 0 || text[at - 1] == slash
    let end = at + 2
    guard startsComponent, end == text.count || text[end] == slash else {
      throw Malformed(reason: .doubleStarInsideComponent, offset: at)
    }
    if end == text.count {
      tokens.append(.everythingInside)
      return end
    }
    if end + 1 == text.count || text[end + 1] == slash { throw Malformed(reason: .emptyComponent, offset: end) }
    tokens.append(.anyDirectories)
    return end + 1
  }

  private static func parseSet(_ text: [UInt8], _ start: Int) throws(Malformed) -> (ByteSet, Int) {
    var at = start + 1
    var set = ByteSet()
    let negated = at < text.count && (text[at] == UInt8(ascii: "!") || text[at] == UInt8(ascii: "^"))
    if negated { at += 1 }
    // A `]` right after the opening stands for itself, as in POSIX.
    let firstMember = at
    while at < text.count, text[at] != UInt8(ascii: "]") || at == firstMember {
      var low = text[at]
      if low == UInt8(ascii: "\\"), at + 1 < text.count {
        at += 1
        low = text[at]
      }
      if at + 2 < text.count, text[at + 1] == UInt8(ascii: "-"), text[at + 2] != UInt8(ascii: "]") {
        let isEscaped = text[at + 2] == UInt8(ascii: "\\") && at + 3 < text.count
        let high = text[isEscaped ? at + 3 : at + 2]
        if max(low, high) >= 0x80 { throw Malformed(reason: .notASCIIInSet, offset: at) }
        guard low <= high else { throw Malformed(reason: .emptyRange, offset: at) }
        for byte in low...high { set.insert(byte) }
        at += isEscaped ? 4 : 3
      } else {
        if low >= 0x80 { throw Malformed(reason: .notASCIIInSet, offset: at) }
        set.insert(low)
        at += 1
      }
    }
    guard at < text.count else { throw Malformed(reason: .unclosedSet, offset: start) }
    if negated { set = set.inverted }
    set.remove(slash)
    return (set, at + 1)
  }
}
