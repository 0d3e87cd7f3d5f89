/// Whether a text is meant as a config, right or wrong: how configs are told from whatever else stands in ConfigMaps and
/// directories.
enum ConfigLikeness {
  /// `targets`, and beside them `version`, `defaults` or, in one of them, a path with an age. Misspelt keys count.
  static func isConfig(_ source: SourceText) -> Bool {
    var findings = Findings()
    if let root = YAMLComposer.compose(source, findings: &findings), !root.entries.isEmpty { return isConfig(root) }
    return isConfig(keys: keysAtMargin(of: source))
  }

  static func isConfig(_ root: YAMLNode) -> Bool {
    let keys = root.entries.map(\.key.text)
    if isConfig(keys: keys) { return true }
    let targets = root.entries.filter { isNear($0.key.text, ["targets"]) }.flatMap(\.value.items)
    return targets.contains { target in
      let keys = target.entries.map(\.key.text)
      return ["path", "max_age"].allSatisfy { key in keys.contains { isNear($0, [key]) } }
    }
  }

  private static func isConfig(keys: [String]) -> Bool {
    keys.contains { isNear($0, ["targets"]) } && keys.contains { isNear($0, ["version", "defaults"]) }
  }

  private static func isNear(_ word: String, _ known: [String]) -> Bool {
    Spelling.nearest(to: word, among: known) != nil
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
