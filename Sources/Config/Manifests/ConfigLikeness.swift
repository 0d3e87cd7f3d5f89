/// Whether a text is meant as a config, right or wrong: how configs are told from whatever else stands in ConfigMaps and
/// directories.
enum ConfigLikeness {
  /// Two of the top level's keys, or `targets` with a path in it. Misspelt keys count when others are right.
  static func isConfig(_ source: SourceText) -> Bool {
    var findings = Findings()
    let limits = YAMLLimits()
    if let root = YAMLComposer.compose(source, limits: limits, findings: &findings), !root.entries.isEmpty {
      return isConfig(root)
    }
    return isConfig(keys: keysAtMargin(of: source), hasPath: true)
  }

  static func isConfig(_ root: YAMLNode) -> Bool {
    let hasPath = root["targets"]?.items.contains { $0["path"] != nil } ?? false
    return isConfig(keys: root.entries.map(\.key.text), hasPath: hasPath)
  }

  private static func isConfig(keys: [String], hasPath: Bool) -> Bool {
    let known = Schema.root.map(\.name)
    let exact = keys.filter(known.contains)
    if exact.contains("targets"), hasPath { return true }
    let near = keys.filter { !known.contains($0) && Spelling.nearest(to: $0, among: known) != nil }
    return !exact.isEmpty && exact.count + near.count >= 2
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
