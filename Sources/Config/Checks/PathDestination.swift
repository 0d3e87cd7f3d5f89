import Plan

/// Where a path with needless or forbidden components leads, as far as the text tells: a link may lead elsewhere.
struct PathDestination {
  let path: String
  /// The protected folder it touches; nil too for what may be anywhere.
  let protected: String?

  init(_ components: [String], isTarget: Bool) {
    var names: [String] = []
    for component in components where component != "" && component != "." {
      if component == ".." { names = names.dropLast() } else { names.append(component) }
    }
    path = "/" + names.joined(separator: "/")
    protected = isTarget ? PathDestination.protected(names) : nil
  }

  /// Where an absolute path without wildcards and dates leads; nil for other texts, and for what is no more than the root.
  static func ofPlainPath(_ text: String) -> String? {
    let components = PathReader.split(text).map(\.text)
    guard text.hasPrefix("/"), components.allSatisfy({ Glob.isLiteral($0) && !$0.contains("{") }) else { return nil }
    let destination = PathDestination(components, isTarget: true)
    return destination.protected == nil ? destination.path : nil
  }

  /// Nil too when a name is a pattern: such a path is checked when it is whole.
  private static func protected(_ names: [String]) -> String? {
    if names.isEmpty { return "/" }
    guard names.allSatisfy({ Glob.isLiteral($0) && !$0.contains("{") }) else { return nil }
    return ProtectedPaths.reached(by: names.map { NameShape(.literal($0)) })
  }
}
