/// Says what a target's patterns make of the entries of a folder, name by name. Remembers what it has worked out before: then a byte
/// costs a look in a table, and nothing is allocated. Belongs to one thread at a time.
public struct PatternMatcher: Sendable {
  /// What becomes of a folder.
  public enum Folder: Sendable {
    case excluded
    /// No file in it can be included.
    case notIncluded
    /// Files in it may be chosen.
    case entered(PatternScope)
  }

  private let selection: Selection
  private let automaton: PatternAutomaton
  private let classOfByte: [UInt8]
  private let classes: Int
  /// By their rows.
  private var known: [PatternAutomaton.Places: Int32] = [:]
  /// In the order of their rows. The first stands for all that are not worked out yet.
  private var states: [State] = []
  /// A row for each state: for each class of bytes, where the row of the state after that begins. From what is not worked out yet
  /// all leads to the same, so that this need be looked for at the end of a name only.
  private var next: [Int32] = []
  /// How often all was forgotten.
  private var generation = 0
  private var here: (scope: PatternScope, row: Int32, generation: Int)
  /// By number, the patterns that have matched something.
  public private(set) var matched: [Bool]
  /// Set with each pattern that matches for the first time.
  public var hasNews = false

  private struct State {
    let places: PatternAutomaton.Places
    /// The lists of which a pattern ends here, for a file and for a folder.
    let files: UInt64
    let folders: UInt64
    /// What becomes of a file in a folder of which no pattern speaks.
    let choice: Selection.Choice
    /// These patterns are not noted in `matched`.
    var isNewToFiles: Bool
    var isNewToFolders: Bool
  }

  /// What it may remember, in bytes.
  public static let mostMemory = 64 * 1024
  private let mostStates: Int
  /// Beyond so many words of places, working out is as quick as remembering.
  private var remembers: Bool { automaton.words <= 64 }

  public init(_ selection: Selection) {
    self.selection = selection
    automaton = selection.automaton
    (classOfByte, classes) = automaton.classes
    mostStates = max(8, PatternMatcher.mostMemory / (4 * classes + 16 * automaton.words + 128))
    matched = Array(repeating: false, count: selection.patterns.count)
    here = (PatternScope(position: [], covered: 0), 0, -1)
    forget()
  }

  /// What the patterns make of the target's own folder, at this absolute path.
  public mutating func root(at path: Span<UInt8>) -> Folder {
    let covered = automaton.matches(onTheWayTo: path) { note($0) }
    return folder(selection.always | covered, automaton.start(in: path))
  }

  /// Turns to the entries of a folder.
  public mutating func enter(_ scope: PatternScope) { here = (scope, 0, -1) }

  /// What becomes of a file of this name in the folder entered.
  public mutating func choice(ofFile name: Span<UInt8>) -> Selection.Choice {
    let covered = here.scope.covered
    guard remembers else {
      return selection.choice(covered | noted(worked(out: name), isFolder: false))
    }
    let row = read(name)
    let state = index(row)
    if states[state].isNewToFiles {
      _ = noted(states[state].places, isFolder: false)
      states[state].isNewToFiles = false
    }
    return covered == selection.always ? states[state].choice : selection.choice(covered | states[state].files)
  }

  /// What becomes of a subfolder of this name in the folder entered.
  public mutating func folder(_ name: Span<UInt8>) -> Folder {
    let covered = here.scope.covered
    guard remembers else {
      var places = worked(out: name)
      let matches = noted(places, isFolder: true)
      automaton.read(UInt8(ascii: "/"), &places)
      return folder(covered | matches, places)
    }
    let row = read(name)
    let state = index(row)
    if states[state].isNewToFolders {
      _ = noted(states[state].places, isFolder: true)
      states[state].isNewToFolders = false
    }
    let matches = states[state].folders
    let inside = read(UInt8(ascii: "/"), from: row)
    return folder(covered | matches, states[index(inside)].places)
  }

  private func folder(_ covered: UInt64, _ places: PatternAutomaton.Places) -> Folder {
    if selection.excludes(covered) { return .excluded }
    let mayChoose = selection.mayChoose(covered: covered, living: automaton.living(at: places))
    return mayChoose ? .entered(PatternScope(position: places, covered: covered)) : .notIncluded
  }

  private mutating func noted(_ places: PatternAutomaton.Places, isFolder: Bool) -> UInt64 {
    automaton.matches(at: places, isFolder: isFolder) { note($0) }
  }

  private mutating func note(_ number: Int) {
    if !matched[number] { (matched[number], hasNews) = (true, true) }
  }

  private func worked(out name: Span<UInt8>) -> PatternAutomaton.Places {
    var places = here.scope.position
    for at in 0..<name.count { automaton.read(name[at], &places) }
    return places
  }

  // MARK: Remembering

  private func index(_ row: Int32) -> Int { Int(row) / classes }

  private mutating func read(_ name: Span<UInt8>) -> Int32 {
    if here.generation != generation {
      let row = row(of: here.scope.position)
      (here.row, here.generation) = (row, generation)
    }
    var row = follow(name)
    guard row == 0 else { return row }
    row = here.row
    for at in 0..<name.count { row = read(name[at], from: row) }
    return row
  }

  /// 0 when not all is worked out.
  private func follow(_ name: Span<UInt8>) -> Int32 {
    // For each byte of each name: checks would cost a seventh of all that a file takes. They hold by how the tables are made: a row is
    // one of `next`, with `classes` places, and `classOfByte` has a number below that for each of 256 bytes.
    let (next, classOfByte) = (next.span, classOfByte.span)
    var row = Int(here.row)
    for at in 0..<name.count {
      row = Int(next[unchecked: row &+ Int(classOfByte[unchecked: Int(name[unchecked: at])])])
    }
    return Int32(truncatingIfNeeded: row)
  }

  private mutating func read(_ byte: UInt8, from row: Int32) -> Int32 {
    let found = next[Int(row) + Int(classOfByte[Int(byte)])]
    return found != 0 ? found : learn(byte, from: row)
  }

  private mutating func learn(_ byte: UInt8, from row: Int32) -> Int32 {
    var places = states[index(row)].places
    automaton.read(byte, &places)
    let before = generation
    let new = self.row(of: places)
    if generation == before { next[Int(row) + Int(classOfByte[Int(byte)])] = new }
    return new
  }

  private mutating func row(of places: PatternAutomaton.Places) -> Int32 {
    if let row = known[places] { return row }
    if states.count == mostStates { forget() }
    let row = Int32(next.count)
    known[places] = row
    append(places)
    return row
  }

  private mutating func append(_ places: PatternAutomaton.Places) {
    next.append(contentsOf: repeatElement(0, count: classes))
    let files = automaton.matches(at: places, isFolder: false)
    let folders = automaton.matches(at: places, isFolder: true)
    states.append(
      State(
        places: places, files: files, folders: folders, choice: selection.choice(selection.always | files),
        isNewToFiles: files != 0, isNewToFolders: folders != 0))
  }

  private mutating func forget() {
    (known, states, next) = ([:], [], [])
    append(PatternAutomaton.Places(repeating: 0, count: automaton.words))
    generation += 1
  }
}

extension Selection {
  /// What becomes of one file, by its path relative to the target's folder at the absolute path `root`. For many files of a folder
  /// a matcher of one's own is quicker.
  public func choice(ofFileAt path: [UInt8], in root: [UInt8]) -> Choice {
    var matcher = PatternMatcher(self)
    var folder = matcher.root(at: root.span)
    let names = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    for name in names.dropLast() {
      guard case .entered(let scope) = folder else { break }
      matcher.enter(scope)
      folder = matcher.folder(name.span)
    }
    switch folder {
    case .excluded: return .excluded
    case .notIncluded: return .notIncluded
    case .entered(let scope):
      matcher.enter(scope)
      let name = names.last ?? []
      return matcher.choice(ofFile: name.span)
    }
  }
}

/// A folder as patterns see it: how far they have got on the way to it, and which speak of all in it.
///
/// A class, since whatever is about the folder refers to it, and mostly there is none.
public final class PatternScope: Sendable {
  /// After the folder's path and a slash.
  let position: PatternAutomaton.Places
  /// The lists, a bit each.
  let covered: UInt64

  init(position: PatternAutomaton.Places, covered: UInt64) { (self.position, self.covered) = (position, covered) }

  /// What it holds on to, in bytes; folders often share its places.
  public var footprint: Int { 96 + position.count * MemoryLayout<UInt64>.stride }
}
