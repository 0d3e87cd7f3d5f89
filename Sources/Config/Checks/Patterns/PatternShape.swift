import Plan

/// The set of files a pattern speaks of, in a form in which two of them can be compared. Paths are those of files below a
/// target: names between single slashes, none of them empty, `.` or `..`.
struct PatternShape: Sendable {
  private let automaton: PatternAutomaton
  private let start: Reader
  private let classes: [UInt8]
  /// A file that it speaks of; nil: none is known.
  private let sample: [UInt8]?
  /// The fewest components a path that matches can have.
  let leastDepth: Int
  /// Why no path of a file can match; nil: some can.
  let impossibility: Impossibility?

  enum Impossibility: Hashable, Sendable {
    case nameTooLong
    /// A set in which no byte is that a name can hold.
    case emptySet
  }

  /// `root`: the target's path; nil when it stands for several. Nil for an absolute pattern in such a target, and for one that
  /// speaks of nothing in a target.
  init?(_ pattern: Pattern, in root: String?) {
    if pattern.anchor == .root, root == nil { return nil }
    let path = Array((root ?? "/").utf8)
    self.init(pattern, sample: pattern.anchor == .root ? nil : PatternShape.sample(of: pattern)) { automaton in
      Reader(places: automaton.start(in: path.span), isCovered: automaton.matches(onTheWayTo: path.span) != 0)
    }
    if !start.isAlive { return nil }
  }

  /// Of absolute paths, without the slash that they begin with.
  init(ofPaths pattern: Pattern) {
    self.init(pattern, sample: nil) { Reader(places: $0.absoluteStart) }
  }

  private init(_ pattern: Pattern, sample: [UInt8]?, start: (PatternAutomaton) -> Reader) {
    automaton = PatternAutomaton([.init(pattern, number: 0)])
    self.start = start(automaton)
    self.sample = sample
    classes = automaton.classes.ofByte
    let isAtAnyDepth = pattern.anchor == .anyDepth
    leastDepth = isAtAnyDepth ? 1 : 1 + pattern.parts.leastSlashes + (pattern.isForFolders ? 1 : 0)
    impossibility = pattern.parts.impossibility
  }

  /// Whether every file is meant.
  func coversEverything(effort: inout Effort) -> Bool {
    guard let everything = (try? Pattern("*")).flatMap({ PatternShape($0, in: nil) }) else { return false }
    return covers(everything, effort: &effort)
  }

  /// Whether some file is meant by both. True too when telling would take more than `effort` allows.
  func canMeet(_ other: PatternShape, effort: inout Effort) -> Bool {
    search(other, &effort, giveUp: true) { mine, theirs in
      mine && theirs
    } goesOn: { _ in
      true
    }
  }

  /// Whether every file that `other` speaks of is meant by this, too. False too when telling would take more than `effort`
  /// allows.
  func covers(_ other: PatternShape, effort: inout Effort) -> Bool {
    // Most pairs differ here.
    if let sample = other.sample, !matches(sample, effort: &effort) { return false }
    return !search(other, &effort, giveUp: true) { mine, theirs in
      theirs && !mine
    } goesOn: {
      !$0.mine.isCovered
    }
  }

  // MARK: Reading both

  /// How far one of them has got.
  private struct Reader: Hashable {
    var places: PatternAutomaton.Places
    /// A folder on the way is matched.
    var isCovered = false

    /// Some path that goes on from here is spoken of, as far as can be seen.
    var isAlive: Bool { isCovered || places.contains { $0 != 0 } }
  }

  private struct Meeting: Hashable {
    var mine: Reader
    var theirs: Reader
    var name = Name.start
  }

  /// How much of a component has been read.
  private enum Name: Hashable {
    case start, dot, twoDots
    /// Enough to be a name.
    case inside

    /// What follows; nil: no path goes on so.
    func after(_ byte: UInt8) -> Name? {
      switch (self, byte) {
      case (_, 0): nil
      case (.inside, UInt8(ascii: "/")): .start
      case (_, UInt8(ascii: "/")): nil
      case (.start, UInt8(ascii: ".")): .dot
      case (.dot, UInt8(ascii: ".")): .twoDots
      default: .inside
      }
    }
  }

  /// Whether a file is found of which `wanted` holds: whether each of the two speaks of it.
  private func search(
    _ other: PatternShape, _ effort: inout Effort, giveUp: Bool, wanted: (_ mine: Bool, _ theirs: Bool) -> Bool,
    goesOn: (Meeting) -> Bool
  ) -> Bool {
    let bytes = telling(other)
    let first = Meeting(mine: start, theirs: other.start)
    var seen: Set<Meeting> = [first]
    var open = [first]
    if !goesOn(first) { return false }
    while let here = open.popLast() {
      guard effort.spend(bytes.count * (1 + automaton.words + other.automaton.words)) else { return giveUp }
      if here.name == .inside, wanted(speaks(here.mine), other.speaks(here.theirs)) { return true }
      for byte in bytes {
        guard let name = here.name.after(byte) else { continue }
        let next = Meeting(mine: after(byte, here.mine), theirs: other.after(byte, here.theirs), name: name)
        if next.theirs.isAlive, goesOn(next), seen.insert(next).inserted { open.append(next) }
      }
    }
    return false
  }

  /// Of the bytes that neither of them tells from each other, one each. Ordinary ones last: they are tried first.
  private func telling(_ other: PatternShape) -> [UInt8] {
    var seen: Set<[UInt8]> = []
    let special = [UInt8(ascii: "/"), UInt8(ascii: ".")]
    let ordinary = Array(UInt8(ascii: "a")...UInt8(ascii: "z"))
    let rest = (UInt8(1)...UInt8.max).filter { !special.contains($0) && !ordinary.contains($0) }
    let told = (ordinary + rest).filter { seen.insert([classes[Int($0)], other.classes[Int($0)]]).inserted }
    return special + told.reversed()
  }

  private func after(_ byte: UInt8, _ reader: Reader) -> Reader {
    var next = reader
    if byte == UInt8(ascii: "/"), !reader.isCovered {
      next.isCovered = automaton.matches(at: reader.places, isFolder: true) != 0
    }
    automaton.read(byte, &next.places)
    return next
  }

  /// Of a file whose path ends here.
  private func speaks(_ reader: Reader) -> Bool {
    reader.isCovered || automaton.matches(at: reader.places, isFolder: false) != 0
  }

  private func matches(_ path: [UInt8], effort: inout Effort) -> Bool {
    guard effort.spend(path.count * (1 + automaton.words)) else { return false }
    var reader = start
    for byte in path { reader = after(byte, reader) }
    return speaks(reader)
  }

  /// The shortest of its paths, unless that could not be a path.
  private static func sample(of pattern: Pattern) -> [UInt8]? {
    let path = pattern.parts.sample + (pattern.isForFolders ? Array("/x".utf8) : [])
    let names = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let arePossible = names.allSatisfy { !$0.isEmpty && $0.contains { $0 != UInt8(ascii: ".") } && !$0.contains(0) }
    return arePossible ? path : nil
  }
}

extension [Pattern.Part] {
  private static let slash = UInt8(ascii: "/")
  /// What a name can hold.
  private static let nameBytes = ByteSet(slash...slash).inverted.intersection(ByteSet(0...0).inverted)

  /// Slashes that every path has.
  fileprivate var leastSlashes: Int {
    reduce(0) { sum, part in
      switch part {
      case .one(let bytes): sum + (bytes.only == [Pattern.Part].slash ? 1 : 0)
      case .alternatives(let alternatives): sum + (alternatives.map(\.leastSlashes).min() ?? 0)
      case .star, .directories, .everythingInside: sum
      }
    }
  }

  /// The fewest bytes of a path.
  private var leastLength: Int {
    reduce(0) { sum, part in
      switch part {
      case .one: sum + 1
      case .alternatives(let alternatives): sum + (alternatives.map(\.leastLength).min() ?? 0)
      case .star, .directories, .everythingInside: sum
      }
    }
  }

  fileprivate var impossibility: PatternShape.Impossibility? {
    var length = 0
    for part in self {
      switch part {
      case .one(let bytes) where bytes.only == [Pattern.Part].slash: length = 0
      case .one(let bytes):
        if !bytes.meets([Pattern.Part].nameBytes) { return .emptySet }
        length += 1
      case .alternatives(let alternatives) where alternatives.allSatisfy({ $0.leastSlashes == 0 }):
        length += alternatives.map(\.leastLength).min() ?? 0
      case .alternatives: length = 0
      case .directories, .star, .everythingInside: break
      }
      if length > Limits.name { return .nameTooLong }
    }
    return nil
  }

  fileprivate var sample: [UInt8] {
    var bytes: [UInt8] = []
    for part in self {
      switch part {
      case .one(let set): bytes.append(set.only ?? (0x21...UInt8.max).first { set.contains($0) } ?? 0)
      case .everythingInside: bytes.append(UInt8(ascii: "x"))
      case .alternatives(let alternatives): bytes += alternatives.first?.sample ?? []
      case .star, .directories: break
      }
    }
    return bytes
  }
}
