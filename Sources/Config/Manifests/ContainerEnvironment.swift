/// A container's environment as far as its manifest tells.
struct ContainerEnvironment: Sendable {
  enum Value: Sendable {
    /// With every reference filled in; the scalar is as written.
    case text(String, YAMLScalar?)
    /// It comes from elsewhere, refers to what does, or is too long to be judged.
    case unknown
  }

  /// No path and no number is longer, in bytes. What references add to all values together is bounded by it, too: each can
  /// double the length of what it refers to.
  static let longest = 64 << 10

  private var values: [String: Value] = [:]
  private var namePlaces: [String: SourcePlace] = [:]
  /// Whether whole groups of variables come from elsewhere.
  private var hasOthers = false
  private let others: StreamObjects
  /// What values refer to that is not set, at least not before them.
  private(set) var undefined: [(name: String, place: SourcePlace)] = []

  init(of container: YAMLNode, among others: StreamObjects = StreamObjects()) {
    self.others = others
    for group in container["envFrom"]?.items ?? [] { add(group) }
    if let list = container.given("envFrom"), list.value.items.isEmpty { hasOthers = true }
    var room = ContainerEnvironment.longest
    for variable in container["env"]?.items ?? [] {
      guard let name = variable["name"]?.scalar else { continue }
      if let text = variable.given("value")?.value.scalar {
        undefined += undefinedReferences(in: text.text).map { ($0, text.place) }
      }
      values[name.text] = value(of: variable, &room)
      namePlaces[name.text] = name.place
    }
  }

  /// All variables of a ConfigMap, if it is one of the stream.
  private mutating func add(_ group: YAMLNode) {
    guard let name = group.given("configMapRef")?.value.given("name")?.value.text, let data = others.configMaps[name]
    else {
      hasOthers = true
      return
    }
    let prefix = group.given("prefix")?.value.text ?? ""
    for entry in data.entries {
      guard let scalar = entry.value.scalar else { continue }
      values[prefix + entry.key.text] = .text(scalar.text, scalar)
      namePlaces[prefix + entry.key.text] = entry.key.place
    }
  }

  /// What this text refers to and nothing sets: Kubernetes leaves such a reference as it is.
  func undefinedReferences(in text: String) -> [String] {
    ContainerEnvironment.references(in: text).filter { name in
      values[name] == nil && !hasOthers && !ContainerEnvironment.isOfCluster(name)
    }
  }

  /// Whether it stands among the variables, wherever.
  func isNamed(_ name: String) -> Bool { namePlaces[name] != nil }

  /// What Kubernetes sets for every service.
  private static func isOfCluster(_ name: String) -> Bool {
    name.hasPrefix("KUBERNETES_") || name.contains("_SERVICE_") || name.contains("_PORT")
  }

  private static func references(in text: String) -> [String] {
    guard text.utf8.contains(UInt8(ascii: "$")), text.utf8.count <= longest else { return [] }
    var (names, rest): ([String], Substring) = ([], text[...])
    while let dollar = rest.firstIndex(of: "$") {
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "(", let end = rest.firstIndex(of: ")") {
        names.append(String(rest.dropFirst().prefix(upTo: end)))
        rest = rest[end...]
      } else if rest.first == "$" {
        rest = rest.dropFirst()
      }
      if names.count > 100 { break }
    }
    return names
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

  /// The names of those that it would take into account, were they known.
  var unknown: Set<String> {
    LegacyEnvironment.names.filter { name in
      guard case .unknown = self[name] else { return false }
      return true
    }
  }

  /// The variables that stand for these keys when their values are not known either: whichever way they come, a target is not
  /// without them.
  static func standIns(for keys: Set<String>) -> Set<String> {
    let names = keys.compactMap { key -> String? in
      if key == "memory.limit" { return "EFSPURGE_MEMORY_LIMIT_MB" }
      // The key itself may be what is not known.
      if key.contains("$(") { return "EFSPURGE_MAX_AGE_DAYS" }
      guard key.hasPrefix("defaults.") || key.hasPrefix("targets.") else { return nil }
      return key.hasSuffix(".max_age") ? "EFSPURGE_MAX_AGE_DAYS" : nil
    }
    return Set(names)
  }

  func namePlace(of name: String) -> SourcePlace? { namePlaces[name] }

  /// Where the value of this variable stands; nil when it is not written.
  func place(of name: String) -> SourcePlace? {
    guard case .text(_, let scalar) = values[name] else { return nil }
    return scalar?.place
  }

  private func value(of variable: YAMLNode, _ room: inout Int) -> Value {
    if let source = variable.given("valueFrom")?.value {
      guard let reference = source.given("configMapKeyRef")?.value, let map = reference["name"]?.text,
        let scalar = reference["key"]?.text.flatMap({ others.configMaps[map]?[$0]?.scalar })
      else { return .unknown }
      return .text(scalar.text, scalar)
    }
    guard let given = variable.given("value") else { return .text("", nil) }
    guard let scalar = given.value.scalar, let text = expanded(scalar.text, &room) else { return .unknown }
    return .text(text, scalar)
  }

  /// `text` with `$(NAME)` filled in as Kubernetes does, `$$` being a dollar; nil when it names what is not known here, or
  /// when it is longer than `longest` or, with a dollar in it, than `room`, which it takes.
  func expanded(_ text: String, _ room: inout Int) -> String? {
    guard text.utf8.count <= ContainerEnvironment.longest else { return nil }
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    guard let expanded = filled(text, limit: room) else { return nil }
    room -= expanded.utf8.count
    return expanded
  }

  private func filled(_ text: String, limit: Int) -> String? {
    var (result, rest) = ("", Substring(text))
    // Looked for once: what does not stand behind one dollar does not stand behind the next.
    let lastEnd = text.lastIndex(of: ")") ?? text.startIndex
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      guard let next = rest.first else { return result + "$" }
      if next == "(", rest.startIndex < lastEnd, let end = rest.firstIndex(of: ")") {
        let name = String(rest[rest.index(after: rest.startIndex)..<end])
        guard case .text(let value, _) = values[name] else { return nil }
        result += value
        rest = rest[rest.index(after: end)...]
      } else {
        result += next == "$" ? "$" : "$" + String(next)
        rest = rest.dropFirst()
      }
      if result.utf8.count > limit { return nil }
    }
    result += rest
    return result.utf8.count > limit ? nil : result
  }
}
