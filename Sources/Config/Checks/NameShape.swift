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
  /// What every name that it matches begins with.
  let head: [UInt8]

  init(_ component: PathPattern.Component) {
    switch component {
    case .literal(let name): self.init(literal: Array(name.utf8))
    case .wildcard(let glob): self.init(glob.tokens.map(NameShape.element))
    case .template(let template): self.init(template.pieces.flatMap(NameShape.elements))
    }
  }

  init(literal name: [UInt8]) { (content, head) = (.literal(name), name) }

  private init(_ elements: [Element]) {
    content = .pattern(elements)
    var head: [UInt8] = []
    for element in elements {
      guard case .oneOf(let set) = element, let byte = set.only else { break }
      head.append(byte)
    }
    self.head = head
  }

  /// The same as a part of a pattern.
  var parts: [Pattern.Part] {
    switch content {
    case .literal(let name): name.map { .one(ByteSet($0...$0)) }
    case .pattern(let elements):
      elements.map { element in
        switch element {
        case .oneOf(let bytes): .one(bytes)
        case .any: .star
        }
      }
    }
  }

  /// The one name it matches; nil when there are several.
  var literal: [UInt8]? {
    if case .literal(let name) = content { name } else { nil }
  }

  /// Whether some name matches both.
  func canEqual(_ other: NameShape) -> Bool {
    var effort = Effort()
    return canEqual(other, effort: &effort)
  }

  /// The same; true too when telling would take more than `effort` allows.
  func canEqual(_ other: NameShape, effort: inout Effort) -> Bool {
    switch (content, other.content) {
    case (.literal(let name), .literal(let otherName)): return name == otherName
    case (.literal(let name), .pattern(let elements)), (.pattern(let elements), .literal(let name)):
      return NameShape.matches(elements, count: name.count, &effort) { $1.contains(name[$0]) }
    case (.pattern(let elements), .pattern(let others)): return NameShape.canEqual(elements, others, &effort)
    }
  }

  private static func canEqual(
    _ elements: [Element], _ others: [Element], _ effort: inout Effort
  ) -> Bool {
    guard let fixed = sets(of: others) else {
      guard let fixed = sets(of: elements) else {
        // Between their beginnings and ends, the stars of each take whatever the other wants.
        guard effort.spend(1 + min(elements.count, others.count) / 2) else { return true }
        return agree(elements, others) && agree(elements.reversed(), others.reversed())
      }
      return matches(others, count: fixed.count, &effort) { $1.meets(fixed[$0]) }
    }
    return matches(elements, count: fixed.count, &effort) { $1.meets(fixed[$0]) }
  }

  /// Nil when there is a star among them.
  private static func sets(of elements: [Element]) -> [ByteSet]? {
    if elements.contains(where: { if case .any = $0 { true } else { false } }) { return nil }
    var sets: [ByteSet] = []
    for element in elements {
      guard case .oneOf(let set) = element else { return nil }
      sets.append(set)
    }
    return sets
  }

  /// Whether what stands before the first star of both can be the same.
  private static func agree(_ a: some Sequence<Element>, _ b: some Sequence<Element>) -> Bool {
    for pair in zip(a, b) {
      guard case (.oneOf(let bytes), .oneOf(let others)) = pair else { return true }
      if !bytes.meets(others) { return false }
    }
    return true
  }

  /// Whether the pattern matches something of `count` bytes, of which `fits` tells what each can be. Each star takes as
  /// little as it can; when that turns out too little, the last one takes a byte more.
  private static func matches(
    _ elements: [Element], count: Int, _ effort: inout Effort, fits: (_ byte: Int, ByteSet) -> Bool
  ) -> Bool {
    var steps = 0
    defer { _ = effort.spend(1 + steps) }
    var (element, byte) = (0, 0)
    var star: (element: Int, byte: Int)?
    while byte < count {
      steps += 1
      if element < elements.count, case .any = elements[element] {
        star = (element, byte)
        element += 1
      } else if element < elements.count, case .oneOf(let set) = elements[element], fits(byte, set) {
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

  // MARK: Elements

  private static let digits = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
  private static let anyByte = ByteSet(UInt8.min...UInt8.max)

  private static func elements(of piece: DateTemplate.Piece) -> [Element] {
    switch piece {
    case .text(let text): text.utf8.map { .oneOf(ByteSet($0...$0)) }
    case .field(let field): Array(repeating: .oneOf(digits), count: field.width)
    case .anyByte: [.oneOf(anyByte)]
    case .set(let bytes): [.oneOf(bytes)]
    case .star: [.any]
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
