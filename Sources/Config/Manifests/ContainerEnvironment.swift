/// A container's environment as far as its manifest tells.
struct ContainerEnvironment: Sendable {
  enum Value: Sendable {
    /// With every reference filled in; the scalar is as written.
    case text(String, YAMLScalar?)
    /// It comes from elsewhere, or refers to what does.
    case unknown
  }

  private var values: [String: Value] = [:]
  private var namePlaces: [String: SourcePlace] = [:]
  /// Whether whole groups of variables come from elsewhere.
  private let hasOthers: Bool

  init(of container: YAMLNode) {
    hasOthers = container.given("envFrom") != nil
    for variable in container["env"]?.items ?? [] {
      guard let name = variable["name"]?.scalar else { continue }
      values[name.text] = value(of: variable)
      namePlaces[name.text] = name.place
    }
  }

  /// Nil when it is surely not set by the manifest.
  subscript(name: String) -> Value? { values[name] ?? (hasOthers ? .unknown : nil) }

  /// Those that the config's check takes into account, as written in the manifest.
  var counted: [String: String] {
    values.filter { $0.key.hasPrefix("EFSPURGE_") }.compactMapValues { value in
      guard case .text(let text, _) = value else { return nil }
      return text
    }
  }

  func namePlace(of name: String) -> SourcePlace? { namePlaces[name] }

  /// Where the value of this variable stands; nil when it is not written.
  func place(of name: String) -> SourcePlace? {
    guard case .text(_, let scalar) = values[name] else { return nil }
    return scalar?.place
  }

  private func value(of variable: YAMLNode) -> Value {
    guard variable.given("valueFrom") == nil else { return .unknown }
    guard let given = variable.given("value") else { return .text("", nil) }
    guard let scalar = given.value.scalar, let text = expanded(scalar.text) else { return .unknown }
    return .text(text, scalar)
  }

  /// `text` with `$(NAME)` filled in as Kubernetes does, `$$` being a dollar; nil when it names what is not known here.
  func expanded(_ text: String) -> String? {
    var (result, rest) = ("", Substring(text))
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      guard let next = rest.first else { return result + "$" }
      if next == "(", let end = rest.firstIndex(of: ")") {
        let name = String(rest[rest.index(after: rest.startIndex)..<end])
        guard case .text(let value, _) = values[name] else { return nil }
        result += value
        rest = rest[rest.index(after: end)...]
      } else {
        result += next == "$" ? "$" : "$" + String(next)
        rest = rest.dropFirst()
      }
    }
    return result + rest
  }
}
