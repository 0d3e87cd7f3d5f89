/// The values of `--set`, put into the composed text before it is decoded, so that they are checked like everything else.
struct Overrides {
  private let options: [String]

  init(_ options: [String]) { self.options = options }

  /// `root` with all options applied, the later ones over the earlier.
  func applied(to root: YAMLNode, limits: YAMLLimits, findings: inout Findings) -> YAMLNode {
    options.reduce(root) { node, option in
      guard let setting = Override(option, limits: limits, findings: &findings) else { return node }
      return findings.attempt { () throws(Diagnostic) in try setting.applied(to: node) } ?? node
    }
  }
}

/// One `KEY=VALUE`. Its places are in a text of its own, named `--set`.
private struct Override {
  private let source: SourceText
  /// The bytes before the `=`.
  private let path: Range<Int>
  private let value: YAMLNode

  /// Nil when this is no `KEY=VALUE` or the value is no YAML.
  init?(_ option: String, limits: YAMLLimits, findings: inout Findings) {
    source = SourceText(name: "--set", bytes: Array(option.utf8), medium: .option)
    guard let equals = source.bytes.firstIndex(of: UInt8(ascii: "=")) else {
      findings.report(.overrideWithoutValue(at: source.place(0..<source.bytes.count)))
      return nil
    }
    path = 0..<equals
    let errorsBefore = findings.all.count
    let valuePlace = source.place(equals + 1..<source.bytes.count)
    guard valuePlace.text.contains(where: { $0 != " " }) else {
      findings.report(.emptyValue(source.place(path).text, isRequired: true, at: source.place(path)))
      return nil
    }
    guard let value = YAMLComposer.compose(source, from: equals + 1, limits: limits, findings: &findings),
      findings.all.count == errorsBefore
    else { return nil }
    self.value = value
  }

  func applied(to root: YAMLNode) throws(Diagnostic) -> YAMLNode {
    let targetsPrefix = Array("targets.".utf8)
    guard source.bytes[path].starts(with: targetsPrefix) else { return try setting(keys(from: 0), in: root) }
    guard case .mapping(var entries) = root.content,
      let index = entries.firstIndex(where: { $0.key.text == "targets" }),
      case .sequence(var items) = entries[index].value.content
    else { throw .overrideUnknownTarget(rest(from: targetsPrefix.count), nearest: nil, at: source.place(path)) }
    let (target, keyStart) = try target(among: items.map(Override.name), from: targetsPrefix.count)
    items[target] = try setting(keys(from: keyStart), in: items[target])
    entries[index].value.content = .sequence(items)
    return YAMLNode(content: .mapping(entries), place: root.place)
  }

  // MARK: The key

  private func rest(from start: Int) -> String { source.place(start..<path.upperBound).text }

  /// The keys from byte `start` on, which points separate.
  private func keys(from start: Int) throws(Diagnostic) -> [YAMLKey] {
    var keys: [YAMLKey] = []
    var at = min(start, path.upperBound)
    for part in source.bytes[at..<path.upperBound].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    {
      let place = source.place(at..<at + part.count)
      if part.isEmpty { throw .overrideEmptyKey(at: place) }
      keys.append(YAMLKey(text: place.text, place: place))
      at += part.count + 1
    }
    if keys.isEmpty { throw .overrideEmptyKey(at: source.place(at..<at)) }
    return keys
  }

  /// Names may hold points, so the longest name that fits is the one that is meant.
  private func target(among names: [String?], from start: Int) throws(Diagnostic) -> (index: Int, keyStart: Int) {
    let rest = rest(from: start)
    if names.contains(rest) { throw .overrideEmptyKey(at: source.place(path.upperBound..<path.upperBound)) }
    let fitting = names.enumerated().filter { $0.element.map { rest.hasPrefix($0 + ".") } ?? false }
    if let best = fitting.max(by: { ($0.element?.utf8.count ?? 0) < ($1.element?.utf8.count ?? 0) }) {
      return (best.offset, start + (best.element?.utf8.count ?? 0) + 1)
    }
    let typed = rest.split(separator: ".").first.map { String($0) } ?? ""
    let place = source.place(start..<start + typed.utf8.count)
    throw .overrideUnknownTarget(typed, nearest: Spelling.nearest(to: typed, among: names.compactMap { $0 }), at: place)
  }

  /// Its name, or the path that stands for it.
  private static func name(of target: YAMLNode) -> String? {
    guard case .mapping(let entries) = target.content else { return nil }
    let named = entries.first { $0.key.text == "name" } ?? entries.first { $0.key.text == "path" }
    return named?.value.scalar?.text
  }

  // MARK: The value

  private func setting(_ keys: [YAMLKey], in node: YAMLNode) throws(Diagnostic) -> YAMLNode {
    guard let key = keys.first else { return value }
    guard case .mapping(var entries) = node.content else {
      throw .overrideInsideValue(key, at: key.place, value: node.place)
    }
    let rest = Array(keys.dropFirst())
    let index = entries.firstIndex { $0.key.text == key.text }
    // A group that is not there yet is made, and one that is written empty is filled.
    let old = index.map { entries[$0].value }.flatMap { $0.scalar?.isAbsent == true ? nil : $0 }
    let inner = old ?? YAMLNode(content: .mapping([]), place: key.place)
    let entry = YAMLEntry(key: key, value: try setting(rest, in: inner))
    if let index { entries[index] = entry } else { entries.append(entry) }
    return YAMLNode(content: .mapping(entries), place: node.place)
  }
}
