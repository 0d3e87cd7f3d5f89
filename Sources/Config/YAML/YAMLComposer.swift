/// How much a text may ask of the reader. Anything above is refused, so that no text, however made, costs more than this.
struct YAMLLimits: Sendable {
  /// A ConfigMap holds at most 1 MiB, so no config that can be deployed is larger.
  var bytes = 1 << 20
  /// The schema is 5 deep (targets, item, partitions, list, text); a few more let the decoder name what is wrong with them.
  var depth = 16
  /// Aliases expanded. 10 000 targets with a dozen keys each have 250 000.
  var nodes = 250_000
  /// Steps of comparing paths that have wildcards or dates; a real config takes a thousandth of them.
  var comparisons = 25_000_000

  /// For streams of manifests, in which a config is one value among much else: schemas in a CustomResourceDefinition are
  /// deep, and `kubectl get` can list a whole namespace.
  static let manifests = YAMLLimits(bytes: 16 << 20, depth: 100, nodes: 1_000_000)
}

/// Builds the values a YAML text holds. A config's text holds one, and what YAML allows but a reviewed config must not hide
/// is refused: further documents, tags, merge keys. In both kinds of text so are duplicate keys and aliases that blow up.
struct YAMLComposer: ~Copyable {
  private enum Dialect {
    case config
    /// Written for others too: tags are passed over, and merge keys do what their writers expect.
    case manifests
  }

  private let dialect: Dialect
  private let text: SourceText
  private let limits: YAMLLimits
  private let events: YAMLEvents
  private var anchors: [String: (node: YAMLNode, count: Int)] = [:]
  private var nodeCount = 0
  /// Where they stand, in order, when anyone wants to know.
  private var scalars: [Range<Int>] = []
  /// Those of them without quotes.
  private var plainScalars: [Range<Int>] = []
  private var notesScalars = false
  /// Where the last thing ended that was written out.
  private var lastEnd = 0
  private var findings: Findings

  /// The value in `text` from its byte `start` on, or nil when that is no YAML or nothing at all; says why in `findings`.
  static func compose(
    _ text: SourceText, from start: Int = 0, limits: YAMLLimits = YAMLLimits(), findings: inout Findings
  ) -> YAMLNode? {
    if let fault = YAMLText(text, from: start, limit: limits.bytes).fault {
      findings.report(fault)
      return nil
    }
    let before = findings
    let deceptive = DeceptiveCharacters(in: text, from: start)
    var composer = YAMLComposer(.config, text, from: start, limits: limits, findings: findings)
    composer.notesScalars = !deceptive.isEmpty
    let root = composer.root()
    findings = composer.findings
    if root != nil, let blank = deceptive.blankAtEdge(of: composer.plainScalars) {
      // What it makes of keys and values is not what is wrong.
      findings = before
      findings.report(.foreignBlank(at: blank))
      return nil
    }
    deceptive.report(scalars: root == nil ? nil : composer.scalars, &findings)
    return root
  }

  /// The values of all documents in `text` that hold something, up to the first place that is no YAML; that is reported.
  static func composeManifests(
    _ text: SourceText, limits: YAMLLimits = .manifests, findings: inout Findings
  ) -> [YAMLNode] {
    composeStream(text, limits: limits, findings: &findings).documents
  }

  /// The same, and whether the text could be read to its end: many a mistake is reported and passed over.
  static func composeStream(
    _ text: SourceText, limits: YAMLLimits = .manifests, findings: inout Findings
  ) -> (documents: [YAMLNode], isWhole: Bool) {
    if let fault = YAMLText(text, from: 0, limit: limits.bytes).fault {
      findings.report(fault)
      return ([], false)
    }
    var composer = YAMLComposer(.manifests, text, from: 0, limits: limits, findings: findings)
    let stream = composer.documents()
    findings = composer.findings
    return stream
  }

  private init(_ dialect: Dialect, _ text: SourceText, from start: Int, limits: YAMLLimits, findings: Findings) {
    (self.dialect, self.text, self.limits, self.findings) = (dialect, text, limits, findings)
    self.events = YAMLEvents(text, from: start)
  }

  private mutating func root() -> YAMLNode? {
    do {
      return try document()
    } catch {
      findings.report(error)
      return nil
    }
  }

  private mutating func document() throws(Diagnostic) -> YAMLNode? {
    // The start of the stream, which says nothing.
    _ = try next()
    guard case .documentStart = try next().kind else {
      findings.report(.emptyDocument(at: text.place(0..<0)))
      return nil
    }
    let root = try node(from: try next(), depth: 1)
    _ = try next()
    let after = try next()
    let isEmpty = root.scalar?.isAbsent == true
    // A line of three dashes at the end begins nothing.
    if case .documentStart = after.kind, holdsFurtherDocument() {
      findings.report(isEmpty ? .emptyFirstDocument(at: place(of: after)) : .severalDocuments(at: place(of: after)))
      return isEmpty ? nil : root
    }
    if isEmpty {
      findings.report(.emptyDocument(at: text.place(0..<0)))
      return nil
    }
    return root
  }

  /// Whether anything is in the document that has begun; what may be wrong in it is not looked for.
  private mutating func holdsFurtherDocument() -> Bool {
    let before = findings
    defer { findings = before }
    do throws(Diagnostic) {
      return try node(from: try next(), depth: 1).scalar?.isAbsent != true
    } catch {
      return true
    }
  }

  private mutating func documents() -> (documents: [YAMLNode], isWhole: Bool) {
    var documents: [YAMLNode] = []
    do throws(Diagnostic) {
      _ = try next()
      while case .documentStart = try next().kind {
        anchors = [:]
        let root = try node(from: try next(), depth: 1)
        _ = try next()
        if root.scalar?.isAbsent != true { documents.append(root) }
      }
    } catch {
      findings.report(error)
      return (documents, false)
    }
    return (documents, true)
  }

  private mutating func next() throws(Diagnostic) -> YAMLEvent {
    do {
      let event = try events.next()
      if !event.isBlockEnd { lastEnd = event.range.upperBound }
      if notesScalars, case .scalar(_, let style) = event.kind {
        scalars.append(event.range)
        if style == .plain { plainScalars.append(event.range) }
      }
      return event
    } catch {
      throw YAMLText.diagnostic(for: error, in: text)
    }
  }

  // MARK: Values

  private mutating func node(from event: YAMLEvent, depth: Int) throws(Diagnostic) -> YAMLNode {
    let place = place(of: event)
    if depth > limits.depth { throw .nestingTooDeep(limit: limits.depth, at: place) }
    try charge(1) { .tooManyNodes(limit: $0, at: place) }
    if event.hasTag, dialect == .config { findings.report(.explicitTag(at: text.place(tagRange(of: event)))) }
    let before = nodeCount
    let node = try content(of: event, at: place, depth: depth)
    // A later anchor of the same name takes over, as YAML has it.
    if let anchor = event.anchor { anchors[anchor] = (node, nodeCount - before + 1) }
    return node
  }

  private mutating func content(
    of event: YAMLEvent, at place: SourcePlace, depth: Int
  ) throws(Diagnostic) -> YAMLNode {
    switch event.kind {
    case .scalar(let text, let style):
      // `!cache/**` without quotes is a tag on nothing, and was meant as a text.
      let tag = self.text.place(tagRange(of: event))
      if event.hasTag, text.isEmpty, style == .plain, dialect == .config, !tag.text.hasPrefix("!!") {
        return YAMLNode(content: .scalar(YAMLScalar(text: tag.text, style: .quoted, place: tag)), place: tag)
      }
      if dialect == .config, style == .plain { return plain(text, at: place) }
      return YAMLNode(content: .scalar(YAMLScalar(text: text, style: style, place: place)), place: place)
    case .alias(let name):
      return try expansion(of: name, at: place)
    case .sequenceStart:
      return try sequence(from: place, depth: depth)
    case .mappingStart:
      return try mapping(from: place, depth: depth)
    case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
      // libyaml's grammar lets none of these stand where a value stands.
      throw .syntax("a value is missing", at: place, context: nil)
    }
  }

  /// A text without quotes, which may have been meant to have some.
  private mutating func plain(_ text: String, at place: SourcePlace) -> YAMLNode {
    var scalar = YAMLScalar(text: text, style: .plain, place: place)
    if let inner = text.insideTypographicQuotes {
      findings.report(.typographicQuotes(inner, at: place))
      scalar = YAMLScalar(text: inner, style: .quoted, place: place)
    }
    return YAMLNode(content: .scalar(scalar), place: place)
  }

  private mutating func expansion(of name: String, at place: SourcePlace) throws(Diagnostic) -> YAMLNode {
    guard let (node, count) = anchors[name] else { throw .unknownAnchor(name, at: place) }
    try charge(count) { .aliasExpansion(name, limit: $0, at: place) }
    return node
  }

  private mutating func sequence(from start: SourcePlace, depth: Int) throws(Diagnostic) -> YAMLNode {
    var items: [YAMLNode] = []
    var bareAnchors: [SourcePlace] = []
    while true {
      let event = try next()
      if case .sequenceEnd = event.kind {
        for anchor in bareAnchors { findings.report(.unquotedSign(anchor)) }
        return node(.sequence(items), from: start)
      }
      let item = try node(from: event, depth: depth + 1)
      // `- &keep` is an anchor on nothing, and was meant as a text.
      if dialect == .config, event.anchor != nil, item.scalar?.isAbsent == true {
        let place = text.place(anchorRange(of: event))
        bareAnchors.append(place)
        items.append(
          YAMLNode(content: .scalar(YAMLScalar(text: place.text, style: .quoted, place: place)), place: place))
      } else {
        items.append(item)
      }
    }
  }

  private mutating func mapping(from start: SourcePlace, depth: Int) throws(Diagnostic) -> YAMLNode {
    var entries: [YAMLEntry] = []
    var merged: [YAMLEntry] = []
    var places: [String: SourcePlace] = [:]
    var isRunTogether = false
    while true {
      let event = try next()
      if case .mappingEnd = event.kind {
        // What is written here wins over what is merged in, and of that the first.
        for entry in merged where places.updateValue(entry.key.place, forKey: entry.key.text) == nil {
          entries.append(entry)
        }
        return node(.mapping(entries), from: start)
      }
      let key = try key(from: event, depth: depth + 1)
      let value = try node(from: try next(), depth: depth + 1)
      guard let key else { continue }
      if dialect == .manifests, key.text == "<<" {
        merged += value.content.mergedEntries
      } else if let first = places[key.text] {
        // Two objects run together repeat all their keys.
        let isNextObject = dialect == .manifests && depth == 1 && key.text == "apiVersion"
        if !isRunTogether {
          findings.report(
            isNextObject ? .separatorMissing(at: key.place, first: first) : .duplicateKey(key, first: first))
        }
        if isNextObject { isRunTogether = true }
      } else {
        places[key.text] = key.place
        entries.append(YAMLEntry(key: key, value: value))
      }
    }
  }

  /// Nil for what cannot be a key here; that is reported, and its value is read and dropped.
  private mutating func key(from event: YAMLEvent, depth: Int) throws(Diagnostic) -> YAMLKey? {
    if case .alias = event.kind, dialect == .config {
      findings.report(.keyNotText(at: place(of: event)))
      return nil
    }
    let node = try node(from: event, depth: depth)
    guard let scalar = node.scalar, !scalar.text.isEmpty else {
      findings.report(.keyNotText(at: node.place))
      return nil
    }
    if dialect == .config, scalar.style == .plain, scalar.text == "<<" {
      findings.report(.mergeKey(at: node.place))
      return nil
    }
    return YAMLKey(text: scalar.text, place: node.place)
  }

  private mutating func charge(_ count: Int, or refusal: (Int) -> Diagnostic) throws(Diagnostic) {
    nodeCount += count
    if nodeCount > limits.nodes { throw refusal(limits.nodes) }
  }

  // MARK: Places

  /// A block's end is where what follows begins, behind blanks and comments: it is taken to end with its last value.
  private func node(_ content: YAMLNode.Content, from start: SourcePlace) -> YAMLNode {
    let first = start.range.lowerBound
    return YAMLNode(content: content, place: text.place(first..<max(first, lastEnd)))
  }

  /// Where the value itself stands: behind its anchor and tag.
  private func place(of event: YAMLEvent) -> SourcePlace {
    var start = event.range.lowerBound
    let end = event.range.upperBound
    if event.anchor != nil || event.hasTag {
      while start < end, text.bytes[start] == UInt8(ascii: "&") || text.bytes[start] == UInt8(ascii: "!") {
        start = skip(from: skip(from: start, to: end, while: { !isBlank($0) }), to: end, while: isBlank)
      }
    }
    return text.place(start..<end)
  }

  private func anchorRange(of event: YAMLEvent) -> Range<Int> {
    let start = event.range.lowerBound
    return start..<skip(from: start, to: event.range.upperBound, while: { !isBlank($0) })
  }

  private func tagRange(of event: YAMLEvent) -> Range<Int> {
    var start = event.range.lowerBound
    let end = event.range.upperBound
    while start < end, text.bytes[start] == UInt8(ascii: "&") {
      start = skip(from: skip(from: start, to: end, while: { !isBlank($0) }), to: end, while: isBlank)
    }
    return start..<skip(from: start, to: end, while: { !isBlank($0) })
  }

  private func skip(from start: Int, to end: Int, while condition: (UInt8) -> Bool) -> Int {
    text.bytes[start..<end].firstIndex { !condition($0) } ?? end
  }
}

extension YAMLNode.Content {
  /// What a merge key takes from this value: a mapping, or several.
  fileprivate var mergedEntries: [YAMLEntry] {
    switch self {
    case .mapping(let entries): entries
    case .sequence(let items): items.flatMap(\.content.mergedEntries)
    case .scalar: []
    }
  }
}

private func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
}

extension String {
  /// What stands between quotes of a word processor; nil when this is none.
  fileprivate var insideTypographicQuotes: String? {
    guard count > 1, let first, let last, "“”„«»‘’‚".contains(first), "“”«»‘’".contains(last) else { return nil }
    return String(dropFirst().dropLast())
  }
}
