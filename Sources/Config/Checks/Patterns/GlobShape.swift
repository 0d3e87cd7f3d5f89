import Plan

/// The set of paths a pattern can match, in a form in which two of them can be compared. Paths are those of files below a
/// target: names between single slashes, none of them empty, `.` or `..`.
struct GlobShape: Sendable {
  private let tokens: [Glob.Token]
  /// The fewest components a path that matches can have.
  let leastDepth: Int
  /// The most; nil: any number.
  let greatestDepth: Int?
  /// Why no path of a file can match; nil: some can.
  let impossibility: Impossibility?

  enum Impossibility: Hashable, Sendable {
    /// A component that is `.` or `..`, and nothing else.
    case dots(String)
    case emptyName
    case nameTooLong
    /// A set in which no byte is that a name can hold.
    case emptySet
  }

  init(_ glob: Glob) { self.init(glob.tokens) }

  /// Of every path.
  static let everything = GlobShape([.everythingInside])

  private init(_ tokens: [Glob.Token]) {
    self.tokens = tokens
    leastDepth = 1 + tokens.count { $0 == GlobShape.slash }
    let crosses = tokens.contains { $0 == .anyDirectories || $0 == .everythingInside }
    greatestDepth = crosses ? nil : leastDepth
    impossibility = GlobShape.names(in: tokens).lazy.compactMap { GlobShape.impossibility(of: $0) }.first
  }

  /// Whether some path matches both. True too when telling would take more than `effort` allows.
  func canMeet(_ other: GlobShape, effort: inout Effort) -> Bool {
    guard effort.spend(glance(at: other)) else { return true }
    guard agrees(with: other) else { return false }
    var search = Search(first: Meeting(mine: 0, theirs: 0, name: .start))
    while let here = search.next() {
      guard effort.spend(1) else { return true }
      if here.mine == end, here.theirs == other.end, here.name == .inside { return true }
      for next in moves(from: here, other) { search.add(next) }
    }
    return false
  }

  /// Whether every path that matches `other` matches this too. False too when telling would take more than `effort` allows.
  func covers(_ other: GlobShape, effort: inout Effort) -> Bool {
    guard effort.spend(glance(at: other)) else { return false }
    if tokens == other.tokens { return true }
    guard agrees(with: other) else { return false }
    var search = Search(first: Pursuit(theirs: 0, mine: closure(of: [0]), name: .start))
    while let here = search.next() {
      if here.theirs == other.end, here.name == .inside, !here.mine.contains(end) { return false }
      for next in moves(from: here, other) {
        guard effort.spend(1 + next.mine.count) else { return false }
        search.add(next)
      }
    }
    return true
  }

  /// What comparing the texts of the two may take at most, in steps.
  private func glance(at other: GlobShape) -> Int { 1 + min(tokens.count, other.tokens.count) / 8 }

  /// Steps that all comparisons of one check may take together, so that no config, however made, costs more than a moment.
  struct Effort {
    private var left: Int

    init(_ steps: Int = 500_000) { left = steps }

    var isSpent: Bool { left == 0 }

    /// False when no more than so many are left; then none is taken any more.
    mutating func spend(_ steps: Int) -> Bool {
      left = max(0, left - steps)
      return left > 0
    }
  }

  // MARK: Bytes

  private static let slash = Glob.Token.byte(UInt8(ascii: "/"))
  private static let slashes = ByteSet(UInt8(ascii: "/")...UInt8(ascii: "/"))
  private static let dots = ByteSet(UInt8(ascii: ".")...UInt8(ascii: "."))
  private static let anyByte = ByteSet(UInt8.min...UInt8.max)
  private static let anyButSlash = slashes.inverted
  /// What a name can hold.
  private static let nameBytes = slashes.inverted.intersection(ByteSet(0...0).inverted)

  /// Nil for what may stand for any number of bytes.
  private static func bytes(of token: Glob.Token) -> ByteSet? {
    switch token {
    case .byte(let byte): ByteSet(byte...byte)
    case .anyByte: anyButSlash
    case .set(let bytes): bytes
    case .star, .anyDirectories, .everythingInside: nil
    }
  }

  /// Whether the depths, and what stands before the first star of both and behind the last, can be the same: most pairs
  /// differ there, and telling so costs next to nothing.
  private func agrees(with other: GlobShape) -> Bool {
    leastDepth <= other.greatestDepth ?? .max && other.leastDepth <= greatestDepth ?? .max
      && GlobShape.agree(tokens, other.tokens) && GlobShape.agree(tokens.reversed(), other.tokens.reversed())
  }

  private static func agree(_ a: some Sequence<Glob.Token>, _ b: some Sequence<Glob.Token>) -> Bool {
    for (mine, theirs) in zip(a, b) {
      guard let bytes = bytes(of: mine), let others = GlobShape.bytes(of: theirs) else { return true }
      if !bytes.meets(others) { return false }
    }
    return true
  }
}

// MARK: - Names

extension GlobShape {

  /// The tokens of each component. `**` stands for whole ones, of which there may be any.
  private static func names(in tokens: [Glob.Token]) -> [ArraySlice<Glob.Token>] {
    var names: [ArraySlice<Glob.Token>] = []
    var start = 0
    for (index, token) in tokens.enumerated() {
      switch token {
      case slash:
        names.append(tokens[start..<index])
        start = index + 1
      case .anyDirectories: start = index + 1
      default: break
      }
    }
    return names + [tokens[start...]]
  }

  private static func impossibility(of name: ArraySlice<Glob.Token>) -> Impossibility? {
    let fixed = name.compactMap { bytes(of: $0) }
    if fixed.contains(where: { !$0.meets(nameBytes) }) { return .emptySet }
    if fixed.count > Limits.name { return .nameTooLong }
    // A star makes the name longer where it must be.
    guard fixed.count == name.count else { return nil }
    if fixed.isEmpty { return .emptyName }
    let areDots = fixed.allSatisfy { $0.intersection(nameBytes) == dots }
    return areDots && fixed.count <= 2 ? .dots(String(repeating: ".", count: fixed.count)) : nil
  }

  /// How much of a component has been read.
  private enum Name: Hashable {
    case start, dot, twoDots
    /// Enough to be a name.
    case inside

    private static let rest = nameBytes.intersection(dots.inverted)

    /// What may follow. A slash may follow a name only.
    var moves: [(bytes: ByteSet, to: Name)] {
      switch self {
      case .start: [(Name.rest, .inside), (dots, .dot)]
      case .dot: [(Name.rest, .inside), (dots, .twoDots)]
      case .twoDots: [(nameBytes, .inside)]
      case .inside: [(nameBytes, .inside), (slashes, .start)]
      }
    }
  }
}

// MARK: - The pattern as an automaton

extension GlobShape {
  /// Twice the number of tokens that have matched, plus 1 in the middle of a component that a `**/` stands for.
  private typealias State = Int
  private typealias Move = (bytes: ByteSet, to: State)

  private var end: State { 2 * tokens.count }

  /// By reading one byte.
  private func moves(from state: State) -> [Move] {
    if state == end { return tokens.last == .everythingInside ? [(GlobShape.anyByte, end)] : [] }
    if state % 2 == 1 { return [(GlobShape.anyButSlash, state), (GlobShape.slashes, state - 1)] }
    let token = tokens[state / 2]
    switch token {
    case .star: return [(GlobShape.anyButSlash, state)]
    case .anyDirectories: return [(GlobShape.anyButSlash, state + 1)]
    case .everythingInside: return [(GlobShape.anyByte, end)]
    case .byte, .anyByte, .set: return GlobShape.bytes(of: token).map { [($0, state + 2)] } ?? []
    }
  }

  /// Where the state leads without reading anything: past what may stand for nothing.
  private func skip(from state: State) -> State? {
    guard state < end, state % 2 == 0 else { return nil }
    switch tokens[state / 2] {
    case .star, .anyDirectories: return state + 2
    case .byte, .anyByte, .set, .everythingInside: return nil
    }
  }

  /// These and all that they lead to without reading anything, each once, in ascending order.
  private func closure(of states: [State]) -> [State] {
    var all = Set(states)
    for state in states {
      var at = state
      while let next = skip(from: at), all.insert(next).inserted { at = next }
    }
    return all.sorted()
  }

  /// Depth first: most answers are near.
  private struct Search<Point: Hashable> {
    private var seen: Set<Point>
    private var open: [Point]

    init(first: Point) { (seen, open) = ([first], [first]) }

    mutating func next() -> Point? { open.popLast() }

    mutating func add(_ point: Point) {
      if seen.insert(point).inserted { open.append(point) }
    }
  }

  /// Both patterns have read the same bytes, which end inside a name of this kind.
  private struct Meeting: Hashable {
    var mine: State
    var theirs: State
    var name: Name
  }

  private func moves(from here: Meeting, _ other: GlobShape) -> [Meeting] {
    var next: [Meeting] = []
    for mine in moves(from: here.mine) {
      for theirs in other.moves(from: here.theirs) {
        let common = mine.bytes.intersection(theirs.bytes)
        for name in here.name.moves where common.meets(name.bytes) {
          next.append(Meeting(mine: mine.to, theirs: theirs.to, name: name.to))
        }
      }
    }
    if let mine = skip(from: here.mine) { next.append(Meeting(mine: mine, theirs: here.theirs, name: here.name)) }
    if let theirs = other.skip(from: here.theirs) {
      next.append(Meeting(mine: here.mine, theirs: theirs, name: here.name))
    }
    return next
  }

  /// The other pattern has read some bytes; `mine` is every state this one can be in after the same.
  private struct Pursuit: Hashable {
    var theirs: State
    var mine: [State]
    var name: Name
  }

  private func moves(from here: Pursuit, _ other: GlobShape) -> [Pursuit] {
    let mine = here.mine.flatMap { moves(from: $0) }
    var next: [Pursuit] = []
    for theirs in other.moves(from: here.theirs) {
      for name in here.name.moves {
        for bytes in GlobShape.parts(of: theirs.bytes.intersection(name.bytes), told: mine) {
          let states = closure(of: mine.filter { $0.bytes.meets(bytes) }.map(\.to))
          next.append(Pursuit(theirs: theirs.to, mine: states, name: name.to))
        }
      }
    }
    if let theirs = other.skip(from: here.theirs) {
      next.append(Pursuit(theirs: theirs, mine: here.mine, name: here.name))
    }
    return next
  }

  /// `bytes` cut into parts within which no move tells one byte from another.
  private static func parts(of bytes: ByteSet, told moves: [Move]) -> [ByteSet] {
    var parts = [bytes]
    for move in moves {
      parts = parts.flatMap { [$0.intersection(move.bytes), $0.intersection(move.bytes.inverted)] }
        .filter { !$0.isEmpty }
    }
    return parts.filter { !$0.isEmpty }
  }
}
