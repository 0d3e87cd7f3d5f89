import Plan

/// The set of names a path component can match, in a form in which two of them can be compared.
struct NameShape: Sendable {
  private enum Element: Sendable {
    case oneOf(ByteSet)
    /// Any number of any bytes.
    case any
  }

  private enum Content: Sendable {
    /// One name only.
    case literal([UInt8])
    case pattern([Element])
  }

  private let content: Content

  init(_ component: PathPattern.Component) {
    switch component {
    case .literal(let name): content = .literal(Array(name.utf8))
    case .wildcard(let glob): content = .pattern(glob.tokens.map(NameShape.element))
    case .template(let template): content = .pattern(template.pieces.flatMap(NameShape.elements))
    }
  }

  init(literal name: [UInt8]) { content = .literal(name) }

  /// The one name it matches; nil when there are several.
  var literal: [UInt8]? {
    if case .literal(let name) = content { name } else { nil }
  }

  /// Whether some name matches both.
  func canEqual(_ other: NameShape) -> Bool {
    switch (content, other.content) {
    case (.literal(let name), .literal(let otherName)): return name == otherName
    case (.literal(let name), .pattern(let elements)), (.pattern(let elements), .literal(let name)):
      return NameShape.matches(elements, name)
    case (.pattern(let elements), .pattern(let others)): return NameShape.canEqual(elements, others)
    }
  }

  private static func canEqual(_ elements: [Element], _ others: [Element]) -> Bool {
    // Most pairs differ before their first star or behind their last; telling so costs no memory.
    guard agree(elements, others), agree(elements.reversed(), others.reversed()) else { return false }
    var reachable = closure([true] + Array(repeating: false, count: others.count), others)
    for element in elements { reachable = advance(reachable, over: element, others) }
    return reachable[others.count]
  }

  /// Each star takes as little as it can; when that turns out too little, the last one takes a byte more.
  private static func matches(_ elements: [Element], _ name: [UInt8]) -> Bool {
    var (element, byte) = (0, 0)
    var star: (element: Int, byte: Int)?
    while byte < name.count {
      if element < elements.count, case .any = elements[element] {
        star = (element, byte)
        element += 1
      } else if element < elements.count, case .oneOf(let set) = elements[element], set.contains(name[byte]) {
        (element, byte) = (element + 1, byte + 1)
      } else if let last = star {
        star = (last.element, last.byte + 1)
        (element, byte) = (last.element + 1, last.byte + 1)
      } else {
        return false
      }
    }
    return elements[element...].allSatisfy { if case .any = $0 { true } else { false } }
  }

  /// Whether what stands before the first star of both can be the same.
  private static func agree(_ a: some Sequence<Element>, _ b: some Sequence<Element>) -> Bool {
    for pair in zip(a, b) {
      guard case (.oneOf(let bytes), .oneOf(let others)) = pair else { return true }
      if !bytes.meets(others) { return false }
    }
    return true
  }

  /// `reachable[j]` says whether what was read so far of one side can be what stands before element j of the other.
  private static func advance(_ reachable: [Bool], over element: Element, _ other: [Element]) -> [Bool] {
    switch element {
    case .any:
      // It can stand for whatever the other side still has, up to any point behind the first reachable one.
      let first = reachable.firstIndex(of: true) ?? reachable.count
      return reachable.indices.map { $0 >= first }
    case .oneOf(let bytes):
      var next = [Bool](repeating: false, count: reachable.count)
      for (index, theirs) in other.enumerated() where reachable[index] {
        switch theirs {
        case .any: next[index] = true
        case .oneOf(let others): if others.meets(bytes) { next[index + 1] = true }
        }
      }
      return closure(next, other)
    }
  }

  /// Adds the points reached by letting a star of the other side stand for nothing.
  private static func closure(_ reachable: [Bool], _ other: [Element]) -> [Bool] {
    var closed = reachable
    for (index, element) in other.enumerated() where closed[index] {
      if case .any = element { closed[index + 1] = true }
    }
    return closed
  }

  // MARK: Elements

  private static let digits = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
  private static let anyByte = ByteSet(UInt8.min...UInt8.max)

  private static func elements(of piece: DateTemplate.Piece) -> [Element] {
    switch piece {
    case .text(let text): text.utf8.map { .oneOf(ByteSet($0...$0)) }
    case .year: Array(repeating: .oneOf(digits), count: 4)
    case .month, .day: Array(repeating: .oneOf(digits), count: 2)
    }
  }

  private static func element(of token: Glob.Token) -> Element {
    switch token {
    case .byte(let byte): .oneOf(ByteSet(byte...byte))
    case .anyByte: .oneOf(anyByte)
    case .set(let bytes): .oneOf(bytes)
    // No name holds a slash: what may cross one is like a star here.
    case .star, .anyDirectories, .everythingInside: .any
    }
  }
}

extension [NameShape] {
  /// Whether a folder of one can be, or lie inside, a folder of the other.
  func canOverlap(_ other: [NameShape]) -> Bool { zip(self, other).allSatisfy { $0.canEqual($1) } }
}
