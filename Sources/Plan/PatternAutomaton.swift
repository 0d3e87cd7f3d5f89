/// Lists of patterns as an automaton that reads a path byte by byte: a bit for each place in a pattern that may have been
/// reached. Takes time in proportion to (bytes of patterns) / 64 × (bytes of path), whatever the patterns.
package struct PatternAutomaton: Hashable, Sendable {
  /// The places reached; as many words as `words`.
  package typealias Places = [UInt64]

  /// A pattern of one of the lists.
  package struct Entry: Hashable, Sendable {
    package let pattern: Pattern
    /// Less than 64. Entries stand in the order of their lists.
    package let list: Int
    /// What it is known by; several entries may have the same.
    package let number: Int

    package init(_ pattern: Pattern, list: Int = 0, number: Int) {
      (self.pattern, self.list, self.number) = (pattern, list, number)
    }
  }

  package private(set) var words = 0
  /// For each byte, the places that it leads to from the one before: `words` for byte 0, then those for byte 1.
  private var entered: [UInt64] = []
  /// Places that stay reached whatever comes, and those that do so up to a slash.
  private var stays: Places = []
  private var staysInComponent: Places = []
  /// Reached together: the second with the first. Ordered by the first, which is always the lower.
  private var edges: [(from: Int32, to: Int32)] = []
  /// Of each word, the places that edges begin at, and those edges.
  private var edgesOfWord: [(places: UInt64, edges: Range<Int>)] = []
  private var ends: [End] = []
  private var relativeStarts: [Int] = []
  private var absoluteStarts: [Int] = []
  /// Where the places of each list's patterns begin and end.
  private var lists: [(number: Int, places: Range<Int>)] = []

  private struct End: Hashable, Sendable {
    let place: Int
    let list: Int
    let number: Int
    let isForFolders: Bool
  }

  package init(_ entries: [Entry]) {
    var builder = Builder()
    for entry in entries {
      let (pattern, start) = (entry.pattern, builder.add())
      if pattern.anchor == .root { absoluteStarts.append(start) } else { relativeStarts.append(start) }
      if pattern.anchor == .anyDepth { builder.append(.directories) }
      for part in pattern.parts { builder.append(part) }
      ends.append(
        End(place: builder.last, list: entry.list, number: entry.number, isForFolders: pattern.isForFolders))
      if lists.last?.number == entry.list {
        lists[lists.count - 1].places = lists[lists.count - 1].places.lowerBound..<builder.places.count
      } else {
        lists.append((entry.list, start..<builder.places.count))
      }
    }
    words = (builder.places.count + 63) / 64
    (stays, staysInComponent) = (Places(repeating: 0, count: words), Places(repeating: 0, count: words))
    entered = Places(repeating: 0, count: 256 * words)
    for (place, properties) in builder.places.enumerated() { set(place, properties) }
    edges = builder.edges.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
    edgesOfWord = Array(repeating: (0, 0..<0), count: words)
    for (index, edge) in edges.enumerated() {
      let (word, bit) = (Int(edge.from) / 64, UInt64(1) << UInt64(edge.from % 64))
      let first = edgesOfWord[word].places == 0 ? index : edgesOfWord[word].edges.lowerBound
      edgesOfWord[word] = (edgesOfWord[word].places | bit, first..<index + 1)
    }
  }

  private mutating func set(_ place: Int, _ properties: Builder.Place) {
    let (word, bit) = (place / 64, UInt64(1) << UInt64(place % 64))
    if properties.stays { stays[word] |= bit }
    if properties.staysInComponent { staysInComponent[word] |= bit }
    guard let bytes = properties.enteredBy else { return }
    for byte in 0...255 where bytes.contains(UInt8(byte)) { entered[byte * words + word] |= bit }
  }

  package static func == (a: PatternAutomaton, b: PatternAutomaton) -> Bool {
    a.entered == b.entered && a.stays == b.stays && a.staysInComponent == b.staysInComponent && a.ends == b.ends
      && a.relativeStarts == b.relativeStarts && a.absoluteStarts == b.absoluteStarts
      && a.edges.elementsEqual(b.edges, by: ==)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(entered)
    hasher.combine(ends)
  }

  /// For each byte a number: bytes of the same number lead everywhere to the same places. The slash has its own.
  package var classes: (ofByte: [UInt8], count: Int) {
    var numbers: [ArraySlice<UInt64>: UInt8] = [:]
    var ofByte: [UInt8] = []
    for byte in 0...255 {
      let column = byte == Int(UInt8(ascii: "/")) ? [] : entered[byte * words..<(byte + 1) * words]
      let number = numbers[column] ?? UInt8(truncatingIfNeeded: numbers.count)
      numbers[column] = number
      ofByte.append(number)
    }
    return (ofByte, numbers.count)
  }

  // MARK: Reading

  /// Before the first byte of a path relative to the folder at the absolute path `root`. Absolute patterns have read that.
  package func start(in root: Span<UInt8>) -> Places {
    var places = absoluteStart
    // The slash at the beginning is not part of the patterns.
    for at in 1..<max(root.count, 1) { read(root[at], &places) }
    if root.count > 1 { read(UInt8(ascii: "/"), &places) }
    for (word, relative) in closed(relativeStarts).enumerated() { places[word] |= relative }
    return places
  }

  /// Before the first byte of an absolute path, without the slash that it begins with.
  package var absoluteStart: Places { closed(absoluteStarts) }

  /// Moves on by one byte.
  package func read(_ byte: UInt8, _ places: inout Places) {
    let isSlash = byte == UInt8(ascii: "/")
    let base = Int(byte) * words
    var carry: UInt64 = 0
    for word in 0..<words {
      let now = places[word]
      let remaining = now & (isSlash ? stays[word] : stays[word] | staysInComponent[word])
      places[word] = ((now << 1 | carry) & entered[base + word]) | remaining
      carry = now >> 63
    }
    close(&places)
  }

  private func closed(_ reached: [Int]) -> Places {
    var places = Places(repeating: 0, count: words)
    for place in reached { places[place / 64] |= 1 << UInt64(place % 64) }
    close(&places)
    return places
  }

  private func close(_ places: inout Places) {
    for word in 0..<words where places[word] & edgesOfWord[word].places != 0 {
      for edge in edges[edgesOfWord[word].edges] where contains(places, Int(edge.from)) {
        places[Int(edge.to) / 64] |= 1 << UInt64(edge.to % 64)
      }
    }
  }

  private func contains(_ places: Places, _ place: Int) -> Bool { places[place / 64] >> UInt64(place % 64) & 1 != 0 }

  /// The lists, a bit each, of which a pattern ends here; `note` gets the number of each that does.
  package func matches(at places: Places, isFolder: Bool, note: (_ number: Int) -> Void = { _ in }) -> UInt64 {
    var lists: UInt64 = 0
    for end in ends where (isFolder || !end.isForFolders) && contains(places, end.place) {
      lists |= 1 << UInt64(end.list)
      note(end.number)
    }
    return lists
  }

  /// The same of the folder at this absolute path, and of those above it.
  package func matches(onTheWayTo path: Span<UInt8>, note: (_ number: Int) -> Void = { _ in }) -> UInt64 {
    var places = absoluteStart
    var lists: UInt64 = 0
    // The slash at the beginning is not part of the patterns.
    for at in 1..<max(path.count, 1) {
      if path[at] == UInt8(ascii: "/") { lists |= matches(at: places, isFolder: true, note: note) }
      read(path[at], &places)
    }
    return lists | matches(at: places, isFolder: true, note: note)
  }

  /// The lists, a bit each, of which a pattern can still match when more follows.
  package func living(at places: Places) -> UInt64 {
    var living: UInt64 = 0
    for list in lists where list.places.contains(where: { contains(places, $0) }) { living |= 1 << UInt64(list.number) }
    return living
  }

  // MARK: Building

  /// Lays out places so that each is reached by a byte from the one before it.
  private struct Builder {
    struct Place {
      /// Nil: reached by an edge only.
      var enteredBy: ByteSet?
      var stays = false
      var staysInComponent = false
    }

    var places: [Place] = []
    var edges: [(from: Int32, to: Int32)] = []
    /// Where the pattern has got to.
    var last: Int { places.count - 1 }

    @discardableResult
    mutating func add(enteredBy bytes: ByteSet? = nil) -> Int {
      places.append(Place(enteredBy: bytes))
      return last
    }

    mutating func append(_ part: Pattern.Part) {
      switch part {
      case .one(let bytes): add(enteredBy: bytes)
      case .star: places[last].staysInComponent = true
      case .everythingInside:
        add(enteredBy: ByteSet(0...255))
        places[last].stays = true
      case .directories: appendDirectories()
      case .alternatives(let alternatives): append(alternatives)
      }
    }

    /// From here with nothing; or with any bytes, of which the last is a slash.
    private mutating func appendDirectories() {
      let start = last
      add(enteredBy: ByteSet(0...255))
      places[last].stays = true
      add(enteredBy: ByteSet(UInt8(ascii: "/")...UInt8(ascii: "/")))
      edges.append((Int32(start), Int32(last)))
    }

    private mutating func append(_ alternatives: [[Pattern.Part]]) {
      let start = last
      var ends: [Int] = []
      for alternative in alternatives {
        edges.append((Int32(start), Int32(add())))
        for part in alternative { append(part) }
        ends.append(last)
      }
      add()
      for end in ends { edges.append((Int32(end), Int32(last))) }
    }
  }
}
