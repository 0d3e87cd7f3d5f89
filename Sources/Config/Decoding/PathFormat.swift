import Plan

extension Format where Value == PathPattern {
  /// An absolute path whose components may be wildcards or date templates.
  static var pathPattern: Format {
    .scalar(
      "a path", shape: ValueShape.pathPattern, examples: ["/data/api", "/data/{YYYY}-{MM}", "/data/*/tmp"],
      typeHint: "write a target for each path"
    ) { scalar, subject throws(Diagnostic) in try PathReader(scalar, of: subject.key).pattern() }
  }
}

extension Format where Value == String {
  /// An absolute path of one file or folder.
  static var absolutePath: Format {
    .scalar("an absolute path", shape: ValueShape.absolutePath) { scalar, subject throws(Diagnostic) in
      let reader = try PathReader(scalar, of: subject.key)
      try reader.refuseWildcards()
      return scalar.text
    }
  }
}

extension Format where Value == ReportPath {
  /// An absolute path of one file in which fields may stand for the run.
  static var reportPath: Format {
    .scalar("an absolute path", shape: ValueShape.reportPath) { scalar, subject throws(Diagnostic) in
      try PathReader(scalar, of: subject.key).reportPath()
    }
  }
}

/// A path cut into components, each with its place.
struct PathReader {
  private let scalar: YAMLScalar
  private let key: String
  private let components: [(text: String, range: Range<Int>)]

  /// Throws for what no path of a config may have, whatever its components mean.
  init(_ scalar: YAMLScalar, of key: String) throws(Diagnostic) {
    (self.scalar, self.key) = (scalar, key)
    try scalar.checkText(of: key)
    guard scalar.text.utf8.count <= Limits.path else {
      throw .pathTooLong(of: key, limit: Limits.path, at: scalar.place)
    }
    guard scalar.text.hasPrefix("/") else { throw .relativePath(scalar.text, of: key, at: scalar.place) }
    components = PathReader.split(scalar.text)
    // The root is the one path that ends with a slash; whether it may be named is for others to say.
    if scalar.text == "/" { return }
    for component in components { try check(component.text, component.range) }
  }

  // To find a place takes a look at the whole path: only what is wrong is worth it.
  private func check(_ name: String, _ range: Range<Int>) throws(Diagnostic) {
    if range.count > Limits.name {
      throw .nameTooLong(limit: Limits.name, at: scalar.place(ofBytes: range))
    }
    if name.isEmpty {
      let slash = range.lowerBound - 1
      throw .emptyComponent(
        of: key, isAtEnd: range.upperBound == scalar.text.utf8.count, leadingTo: destination,
        at: scalar.place(ofBytes: slash..<slash + 1))
    }
    if name == "." || name == ".." {
      throw .dotComponent(name, of: key, leadingTo: destination, at: scalar.place(ofBytes: range))
    }
  }

  func pattern() throws(Diagnostic) -> PathPattern {
    if scalar.text == "/" { throw .protectedPath("/", protected: "/", at: scalar.place) }
    if let foreign = ForeignPath(scalar.text), foreign.placeholder.contains("{"), !foreign.isPlainField {
      throw .unknownDateField(
        foreign.placeholder, nearest: foreign.meant.map { YAMLScalar.flowText($0, isPlain: true) },
        at: scalar.place)
    }
    var parts: [PathPattern.Component] = []
    for component in components { parts.append(try part(component.text, component.range)) }
    try checkFieldOrder(parts)
    return PathPattern(text: scalar.text, components: parts)
  }

  func refuseWildcards() throws(Diagnostic) {
    for component in components where !Glob.isLiteral(component.text) || component.text.contains("{") {
      throw .wildcardNotAllowed(of: key, mayHoldFields: false, at: scalar.place(ofBytes: component.range))
    }
  }

  func reportPath() throws(Diagnostic) -> ReportPath {
    for component in components where !Glob.isLiteral(component.text) {
      throw .wildcardNotAllowed(of: key, mayHoldFields: true, at: scalar.place(ofBytes: component.range))
    }
    do throws(ReportPath.Malformed) {
      return try ReportPath(scalar.text)
    } catch {
      let place = scalar.place(ofBytes: error.range)
      switch error.reason {
      case .strayBrace: throw .strayBrace(isReport: true, at: place)
      case .unknownField(let field):
        let fields = ReportPath.Field.allCases.map(\.text)
        throw .unknownReportField(
          field, nearest: PathReader.separated(field) ?? Spelling.nearest(to: field, among: fields), at: place)
      }
    }
  }

  /// What stands between and behind the slashes; the ranges count bytes.
  static func split(_ text: String) -> [(text: String, range: Range<Int>)] {
    var start = 1
    return text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { bytes in
      defer { start += bytes.count + 1 }
      return (String(decoding: bytes, as: UTF8.self), start..<start + bytes.count)
    }
  }

  /// Where the path leads, links aside.
  private var destination: PathDestination { PathDestination(components.map(\.text), isTarget: key == "path") }

  // MARK: Components

  private func part(_ text: String, _ range: Range<Int>) throws(Diagnostic) -> PathPattern.Component {
    if text.contains("{") || text.contains("}") {
      let template = DateTemplate(pieces: try pieces(of: text, range))
      try check(template, range)
      // Braces that are escaped are no fields.
      if !template.fields.isEmpty { return .template(template) }
    }
    if Glob.isLiteral(text) { return .literal(text) }
    return .wildcard(try glob(text, from: range.lowerBound))
  }

  private func glob(_ text: String, from start: Int) throws(Diagnostic) -> Glob {
    if text.contains("**") {
      throw .doubleStarInPath(at: scalar.place(ofBytes: start..<start + text.utf8.count))
    }
    do {
      return try Glob(text)
    } catch {
      throw .badGlob(error, in: scalar, from: start)
    }
  }

  private func check(_ template: DateTemplate, _ range: Range<Int>) throws(Diagnostic) {
    var met: Set<DateTemplate.Field> = []
    for field in template.fields where !met.insert(field).inserted {
      throw .fieldTwice(field.rawValue, at: scalar.place(ofBytes: range))
    }
    if let field = template.fieldBetweenStars {
      throw .fieldBetweenWildcards(field.rawValue, at: scalar.place(ofBytes: range))
    }
  }

  private func pieces(of text: String, _ range: Range<Int>) throws(Diagnostic) -> [DateTemplate.Piece] {
    let bytes = Array(text.utf8)
    var pieces: [DateTemplate.Piece] = []
    var at = 0
    while at < bytes.count {
      let isField = bytes[at] == UInt8(ascii: "{")
      let end = isField ? bytes[at...].firstIndex(of: UInt8(ascii: "}")).map { $0 + 1 } : textEnd(bytes, from: at)
      guard let end else {
        throw .strayBrace(
          isReport: false, at: scalar.place(ofBytes: range.lowerBound + at..<range.lowerBound + at + 1))
      }
      let (piece, start) = (String(decoding: bytes[at..<end], as: UTF8.self), range.lowerBound + at)
      pieces += isField ? [try field(piece, start..<range.lowerBound + end)] : try glob(piece, from: start).pieces
      at = end
    }
    return pieces
  }

  /// Where fixed text and wildcards end: before the next `{`. Nil when a `}` stands there that nothing has opened.
  private func textEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "{"), bytes[end] != UInt8(ascii: "}") {
      end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    end = min(end, bytes.count)
    return end < bytes.count && bytes[end] == UInt8(ascii: "}") ? nil : end
  }

  private func field(_ text: String, _ range: Range<Int>) throws(Diagnostic) -> DateTemplate.Piece {
    if let field = DateTemplate.Field(rawValue: text) { return .field(field) }
    let fields = DateTemplate.Field.allCases.map(\.rawValue)
    throw .unknownDateField(
      text,
      nearest: text.contains(",") ? nil : PathReader.separated(text) ?? Spelling.nearest(to: text, among: fields),
      at: scalar.place(ofBytes: range))
  }

  /// `{YYYY-MM}` as `{YYYY}-{MM}`; nil when it is something else than fields in one pair of braces.
  private static func separated(_ text: String) -> String? {
    var (fields, rest) = ("", text.dropFirst().dropLast())
    while let first = rest.first {
      let word = rest.prefix { $0.isLetter }
      if word.isEmpty {
        fields.append(first)
        rest = rest.dropFirst()
      } else {
        guard DateTemplate.Field(rawValue: "{\(word)}") != nil else { return nil }
        fields += "{\(word)}"
        rest = rest.dropFirst(word.count)
      }
    }
    return fields
  }

  /// A month says nothing without its year, nor a day without its month.
  private func checkFieldOrder(_ parts: [PathPattern.Component]) throws(Diagnostic) {
    let fields = PathReader.fields(in: parts)
    if !fields.isDisjoint(with: [.weekYear, .week]), !fields.isDisjoint(with: [.year, .month, .day, .hour]) {
      throw .mixedCalendars(at: scalar.place)
    }
    let needs: [(DateTemplate.Field, DateTemplate.Field)] = [
      (.hour, .day), (.day, .month), (.month, .year), (.week, .weekYear), (.weekYear, .week),
    ]
    for (field, other) in needs where fields.contains(field) && !fields.contains(other) {
      throw .fieldNeedsField(field.rawValue, other.rawValue, at: scalar.place)
    }
  }

  private static func fields(in parts: [PathPattern.Component]) -> Set<DateTemplate.Field> {
    Set(
      parts.flatMap { part -> [DateTemplate.Field] in
        if case .template(let template) = part { template.fields } else { [] }
      })
  }
}

extension Glob {
  /// The same beside date fields.
  fileprivate var pieces: [DateTemplate.Piece] {
    var (pieces, text): ([DateTemplate.Piece], [UInt8]) = ([], [])
    for token in tokens {
      if case .byte(let byte) = token {
        text.append(byte)
        continue
      }
      if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
      text = []
      switch token {
      case .anyByte: pieces.append(.anyByte)
      case .set(let set): pieces.append(.set(set))
      case .byte, .star, .anyDirectories, .everythingInside: pieces.append(.star)
      }
    }
    return text.isEmpty ? pieces : pieces + [.text(String(decoding: text, as: UTF8.self))]
  }
}
