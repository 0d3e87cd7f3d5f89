/// An absolute path whose components may be wildcards or date templates; it says which folders become targets.
public struct PathPattern: Hashable, Sendable {
  public enum Component: Hashable, Sendable {
    case literal(String)
    case wildcard(Glob)
    case template(DateTemplate)
  }

  /// What a component makes of a folder's name.
  public enum Match: Hashable, Sendable {
    case none
    /// It is no date, but with other digits, or another number of them, it would be one.
    case almost
    /// With what it and the names above it say of dates.
    case whole(DateTemplate.Fields)
  }

  /// As the user wrote it.
  public let text: String
  /// From the root downwards; never empty.
  public let components: [Component]

  public init(text: String, components: [Component]) {
    (self.text, self.components) = (text, components)
  }

  /// Whether it names exactly one folder.
  public var isLiteral: Bool { literalPrefix.count == components.count }

  public var hasTemplate: Bool {
    components.contains { if case .template = $0 { true } else { false } }
  }

  /// Whether it has a wildcard, in a component of its own or beside a date.
  public var hasWildcard: Bool {
    components.contains { component in
      switch component {
      case .literal: false
      case .wildcard: true
      case .template(let template): template.hasWildcard
      }
    }
  }

  /// The components before the first wildcard or template.
  public var literalPrefix: [String] {
    var prefix: [String] = []
    for case .literal(let name) in components.prefix(while: { if case .literal = $0 { true } else { false } }) {
      prefix.append(name)
    }
    return prefix
  }

  /// The path of the folder that `literalPrefix` leads to, as the file system has it; the folder itself when the pattern
  /// is literal.
  public var literalPath: [UInt8] { literalPrefix.flatMap { [UInt8(ascii: "/")] + Array($0.utf8) } }
}

extension PathPattern.Component {
  /// - Parameter fields: what the names above it say of dates.
  public func match(_ name: [UInt8], adding fields: DateTemplate.Fields) -> PathPattern.Match {
    switch self {
    case .literal(let literal): return name.elementsEqual(literal.utf8) ? .whole(fields) : .none
    case .wildcard(let glob): return glob.matchesName(name) && !LostAndFound.isOne(name) ? .whole(fields) : .none
    case .template(let template):
      if let more = template.match(name, adding: fields), more.arePossible { return .whole(more) }
      return template.almostMatches(name) ? .almost : .none
    }
  }
}
