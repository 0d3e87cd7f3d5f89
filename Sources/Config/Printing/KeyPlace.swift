public import Plan

/// Where a key of a target has its value from.
public struct KeyPlace: Hashable, Sendable {
  /// The one that was asked for; of a rule that has none of its own, the target's.
  public let key: TargetKey
  /// `purge.yaml:3:12`, `--set defaults.max_age=60d`, or an environment variable; nil where the value is built in.
  public let text: String?
}

extension CheckedConfiguration {
  /// Where `key` of a target of the plan has its value from; for an item of a list, where that stands.
  public func place(of key: TargetKey) -> KeyPlace {
    guard let decoder, decoder.targets.indices.contains(key.target) else { return KeyPlace(key: key, text: nil) }
    let target = decoder.targets[key.target]
    if let item = key.item, let place = target.place(ofItem: item, key) {
      return KeyPlace(key: key, text: place.givenAt)
    }
    if let place = target.place(inRule: key) { return KeyPlace(key: key, text: place.givenAt) }
    let own = TargetKey(target: key.target, key.name, item: key.item)
    return KeyPlace(key: own, text: target.place(of: own)?.givenAt)
  }
}

extension DecodedTarget {
  fileprivate func place(ofItem item: Int, _ key: TargetKey) -> SourcePlace? {
    let (include, exclude) =
      if let rule = key.rule, settings.values.rules.indices.contains(rule) {
        (settings.values.rules[rule].values.include, settings.values.rules[rule].values.exclude)
      } else {
        (settings.values.include, settings.values.exclude)
      }
    let list = key.name == "include" ? include : exclude
    return list.indices.contains(item) ? list[item].place : nil
  }

  fileprivate func place(inRule key: TargetKey) -> SourcePlace? {
    guard let rule = key.rule, settings.values.rules.indices.contains(rule) else { return nil }
    return settings.values.rules[rule].place(of: key.name)
  }

  fileprivate func place(of key: TargetKey) -> SourcePlace? {
    if let name = key.name.partOfPartitions { return settings.values.partitions.place(of: name) }
    return key.name == "name" ? namePlace : settings.place(of: key.name)
  }
}

extension String {
  /// Of `partitions.older_than`, the last part.
  fileprivate var partOfPartitions: String? {
    let prefix = "partitions."
    return hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}

extension SourcePlace {
  /// How it is told where a value was given: a file with line and column, or what was written on the command line or in the
  /// environment.
  var givenAt: String {
    switch source.medium {
    case .option: "--set \(PrintableText.escaped(lineText))"
    case .environment: "environment, \(PrintableText.escaped(lineText))"
    case .file, .decoded:
      "\(PrintableText.escaped(outermost.source.name)):\(outermost.start.line):\(outermost.start.column)"
    }
  }
}
