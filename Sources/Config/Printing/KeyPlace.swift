public import Plan

/// Where a key of a target has its value from.
public struct KeyPlace: Hashable, Sendable {
  public let origin: EffectiveValues.Origin
  /// `purge.yaml:3:12`, `--set defaults.max_age=60d`, or an environment variable; nil where the value is built in.
  public let text: String?
}

extension CheckedConfiguration {
  /// Where `key` of a target of the plan has its value from; for an item of a list, where that stands.
  public func place(of key: TargetKey) -> KeyPlace {
    guard let decoder, decoder.targets.indices.contains(key.target) else {
      return KeyPlace(origin: .builtIn, text: nil)
    }
    let target = decoder.targets[key.target]
    if let item = key.item, let place = target.place(ofItem: item, key) {
      return KeyPlace(origin: origin(of: place, isOwn: true), text: place.givenAt)
    }
    guard let given = target.given(key) else { return KeyPlace(origin: .builtIn, text: nil) }
    return KeyPlace(origin: origin(of: given.place, isOwn: given.isOwn), text: given.place.givenAt)
  }

  private func origin(of place: SourcePlace, isOwn: Bool) -> EffectiveValues.Origin {
    switch place.source.medium {
    case .option: .option
    case .environment: .environment
    case .file, .decoded: isOwn ? .target : .defaults
    }
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

  fileprivate func given(_ key: TargetKey) -> (place: SourcePlace, isOwn: Bool)? {
    if let name = key.name.partOfPartitions {
      return settings.values.partitions.given[name].map { ($0.value, true) }
    }
    if let rule = key.rule, settings.values.rules.indices.contains(rule),
      let given = settings.values.rules[rule].given[key.name]
    {
      return (given.value, true)
    }
    if key.name == "name" { return (namePlace, true) }
    return settings.given[key.name].map { ($0.value, $0.isOwn) }
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
