/// Whether a text is meant as a config, right or wrong: how configs are told from whatever else stands in ConfigMaps and
/// directories.
enum ConfigLikeness {
  /// `targets`, and beside them `version` or `defaults`, one of the two words perhaps misspelt; or a target with a path and an
  /// age. In a text that is no YAML the words must be right.
  static func isConfig(_ source: SourceText) -> Bool {
    var findings = Findings()
    if let root = YAMLComposer.compose(source, findings: &findings), !root.entries.isEmpty { return isConfig(root) }
    let keys = keysAtMargin(of: source)
    return keys.contains("targets") && (keys.contains("version") || keys.contains("defaults"))
  }

  static func isConfig(_ root: YAMLNode) -> Bool {
    let keys = root.entries.map(\.key.text)
    let targets = root.entries.filter { isNear($0.key.text, "targets") && mayBeTargets($0.value) }
    if targets.contains(where: { $0.value.items.contains(where: isTarget) }) { return true }
    guard let first = targets.first else { return false }
    if keys.contains("version") || keys.contains("defaults") { return true }
    return first.key.text == "targets" && keys.contains { isNear($0, "version") || isNear($0, "defaults") }
  }

  /// Whether a manifest, whatever is wrong with it, has the words of a config in it, or names this program.
  static func isMentioned(in source: SourceText) -> Bool {
    var words: Set<String> = []
    for index in source.lineStarts.indices {
      let line = source.bytes[source.line(index)].drop { " -\"'".utf8.contains($0) }
      let word = line.prefix(while: isWordByte)
      let sign = line[word.endIndex...].first { !"\"'".utf8.contains($0) }
      if sign == UInt8(ascii: ":") {
        words.insert(String(decoding: word, as: UTF8.self))
      }
    }
    return words.contains("targets") && !words.isDisjoint(with: ["max_age", "defaults", "version"])
      || source.bytes.contains("name: \(ContainerCommandLine.program)".utf8)
  }

  /// A list of groups, of which one names a folder or an age; or nothing yet.
  private static func mayBeTargets(_ node: YAMLNode) -> Bool {
    if node.scalar?.isAbsent == true { return true }
    guard case .sequence(let items) = node.content else { return false }
    return items.isEmpty
      || items.contains { item in
        item.entries.contains { isNear($0.key.text, "path") || isNear($0.key.text, "max_age") }
      }
      || items.allSatisfy { $0.text?.hasPrefix("/") == true }
  }

  private static func isTarget(_ node: YAMLNode) -> Bool {
    ["path", "max_age"].allSatisfy { key in node.entries.contains { isNear($0.key.text, key) } }
  }

  private static func isNear(_ word: String, _ known: String) -> Bool {
    Spelling.nearest(to: word, among: [known]) != nil
  }

  /// The words before a colon at the beginnings of lines: for texts that are no YAML.
  private static func keysAtMargin(of source: SourceText) -> [String] {
    source.lineStarts.compactMap { start in
      let word = source.bytes[start...].prefix { isWordByte($0) }
      let next = source.bytes[word.endIndex...].first
      return word.isEmpty || next != UInt8(ascii: ":") ? nil : String(decoding: word, as: UTF8.self)
    }
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }
}
