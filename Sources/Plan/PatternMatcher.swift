/// Reads names with the patterns of one list, and remembers what it has worked out before: then a byte costs a look in a table, and
/// nothing is allocated. Belongs to one thread.
public struct PatternMatcher: Sendable {
  /// How far the patterns have got with a path. Means something to this matcher only, and only while it is `current`.
  public struct State: Hashable, Sendable {
    fileprivate let index: Int32
    fileprivate let generation: UInt32
  }

  private let automaton: PatternAutomaton
  private var known: [PatternAutomaton.Places: Int32] = [:]
  private var places: [PatternAutomaton.Places] = []
  /// For each state the one after each byte; -1: not worked out yet.
  private var next: [Int32] = []
  /// The pattern that matches where a file's, and where a folder's path ends; -1: none.
  private var matches: [(file: Int32, folder: Int32)] = []
  private var generation: UInt32 = 0

  /// A megabyte of transitions at most.
  private static let mostStates = 1024

  public init(_ patterns: [Pattern]) { automaton = PatternAutomaton(patterns) }

  /// Before a path relative to the folder at this absolute path.
  public mutating func start(in root: Span<UInt8>) -> State { state(automaton.start(in: root)) }

  /// At the folder of this absolute path itself, which only absolute patterns can match.
  public mutating func state(at root: Span<UInt8>) -> State { state(automaton.places(at: root)) }

  /// How far a state has got, for any matcher of the same patterns, for ever.
  public func position(at state: State) -> PatternPosition { PatternPosition(places: places[Int(state.index)]) }

  public mutating func state(at position: PatternPosition) -> State { state(position.places) }

  /// Whether the matcher remembers this state still. It forgets all when it has learnt too many.
  public func isCurrent(_ state: State) -> Bool { state.generation == generation }

  /// After these bytes more.
  public mutating func read(_ bytes: Span<UInt8>, from state: State) -> State {
    var current = state
    for at in 0..<bytes.count { current = read(bytes[at], from: current) }
    return current
  }

  @inline(__always)
  public mutating func read(_ byte: UInt8, from state: State) -> State {
    let found = next[Int(state.index) << 8 + Int(byte)]
    if found >= 0 { return State(index: found, generation: generation) }
    return learn(byte, from: state)
  }

  /// The first pattern that matches what has been read as a whole; nil: none.
  public func match(at state: State, isFolder: Bool) -> Int? {
    let match = isFolder ? matches[Int(state.index)].folder : matches[Int(state.index)].file
    return match < 0 ? nil : Int(match)
  }

  /// No pattern can match, whatever follows.
  public func isDead(_ state: State) -> Bool { places[Int(state.index)].allSatisfy { $0 == 0 } }

  // MARK: Learning

  private mutating func learn(_ byte: UInt8, from state: State) -> State {
    let reached = automaton.after(places[Int(state.index)], byte)
    let before = generation
    let new = self.state(reached)
    if generation == before { next[Int(state.index) << 8 + Int(byte)] = new.index }
    return new
  }

  private mutating func state(_ reached: PatternAutomaton.Places) -> State {
    if let index = known[reached] { return State(index: index, generation: generation) }
    if places.count == PatternMatcher.mostStates { forget() }
    let index = Int32(places.count)
    known[reached] = index
    places.append(reached)
    next.append(contentsOf: repeatElement(-1, count: 256))
    let (file, folder) = (
      automaton.match(at: reached, isFolder: false), automaton.match(at: reached, isFolder: true)
    )
    matches.append((file: Int32(file ?? -1), folder: Int32(folder ?? -1)))
    return State(index: index, generation: generation)
  }

  private mutating func forget() {
    (known, places, next, matches) = ([:], [], [], [])
    generation += 1
  }
}

/// How far the patterns of a list have got with a path.
public struct PatternPosition: Hashable, Sendable {
  fileprivate let places: PatternAutomaton.Places
}
