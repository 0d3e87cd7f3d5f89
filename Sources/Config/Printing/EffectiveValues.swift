import Plan

/// The final value of every key of a config, and where each came from.
public struct EffectiveValues: Sendable {
  public enum Origin: String, Sendable {
    case builtIn = "default"
    case defaults, environment
    case option = "--set"
    /// A group of the config other than `defaults` and `targets`.
    case config
    case target
  }

  public struct Value: Sendable {
    /// `memory.limit`, or `targets[0].max_age`.
    public let path: String
    /// As one line of YAML.
    public let text: String
    public let origin: Origin
    /// Where it was given; nil for built-in values.
    public let place: SourcePlace?
    /// It has an error, and so no effect.
    public let isInvalid: Bool
    let line: Line
  }

  /// How the value stands in a config.
  struct Line: Sendable {
    let key: String
    let depth: Int
    /// The first key of a list's item.
    var isItem = false
    /// Nothing is written where what leaving the key out means cannot be said by a value.
    var isComment = false
  }

  /// In the order of the reference.
  public let values: [Value]
  private let rows: [Row]

  private enum Row: Sendable {
    case heading(String, depth: Int)
    case value(Value)
  }

  /// A config that says the same without relying on defaults, each value with its origin as a comment; ends with a newline.
  public var text: String {
    let lines = rows.map { row -> (code: String, comment: String) in
      switch row {
      case .heading(let name, let depth): (EffectiveValues.indentation(depth) + "\(name):", "")
      case .value(let value): (value.code, " # " + value.comment)
      }
    }
    // Comments stand in one column, unless a long value pushes its own away.
    let widest = 40
    let column = min(widest, lines.map { $0.comment.isEmpty ? 0 : PrintableText.width($0.code) }.max() ?? 0)
    return lines.map { line in
      let padding = line.comment.isEmpty ? 0 : max(0, column - PrintableText.width(line.code))
      return line.code + String(repeating: " ", count: padding) + line.comment + "\n"
    }.joined()
  }

  init(_ decoder: BatchDecoder) {
    var listing = Listing()
    listing.addConfig(decoder)
    rows = listing.rows
    values = rows.compactMap { if case .value(let value) = $0 { value } else { nil } }
  }

  fileprivate static func indentation(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  private struct Listing {
    private(set) var rows: [Row] = []

    mutating func addConfig(_ decoder: BatchDecoder) {
      let draft = decoder.draft
      if let version = Schema.root.first(where: { $0.name == "version" }) {
        add(version.description, Given(decoder.given["version"], own: .config), in: "", depth: 0)
      }
      addGroup("memory", Schema.memory, draft.memory)
      addGroup("run", Schema.run, draft.run)
      addGroup("safety", Schema.safety, draft.safety)
      addGroup("report", Schema.report, draft.report)
      rows.append(.heading("targets", depth: 0))
      for (index, target) in decoder.targets.enumerated() { addTarget(target, path: "targets[\(index)].") }
    }

    private mutating func addGroup<Values>(_ name: String, _ keys: [Key<Values>], _ section: Section<Values>) {
      rows.append(.heading(name, depth: 0))
      for key in keys {
        add(
          key.description, Given(section.given[key.name], own: .config), in: "\(name).", depth: 1,
          isInvalid: section.failed.contains(key.name))
      }
    }

    private mutating func addTarget(_ target: DecodedTarget, path: String) {
      for key in TargetSettings.keys where key.name != "partitions" {
        var given = Given(target.settings.given[key.name], own: .target)
        // The one default that is another key's value.
        if key.name == "name", given == nil { given = Given(standIn: target.name) }
        // The one list that is added to that of `defaults`.
        if key.name == "exclude" { given?.text = Given.text(of: target.settings.values.exclude) }
        let isIdle =
          DecodedTarget.keysOfEmptyDirectories.contains(key.name) && target.target?.emptyDirectories == nil
          && target.target?.ownFolder == nil
        add(
          key.description, given, in: path, depth: 2, isItem: key.name == "name", isIdle: isIdle,
          isInvalid: target.settings.failed.contains(key.name))
        if key.name == "path", target.partitions != nil {
          addPartitions(target.settings.values.partitions, path: path)
        }
      }
    }

    private mutating func addPartitions(_ section: Section<PartitionRule>, path: String) {
      rows.append(.heading("partitions", depth: 2))
      for key in Partitions.keys {
        add(
          key.description, Given(section.given[key.name], own: .target), in: "\(path)partitions.", depth: 3,
          isInvalid: section.failed.contains(key.name))
      }
    }

    private mutating func add(
      _ key: KeyDescription, _ given: Given?, in group: String, depth: Int, isItem: Bool = false, isIdle: Bool = false,
      isInvalid: Bool = false
    ) {
      if key.isReserved { return }
      let line = Line(
        key: key.name, depth: depth, isItem: isItem, isComment: given == nil && (key.builtIn == nil || isIdle))
      rows.append(
        .value(
          Value(
            path: group + key.name, text: given?.text ?? key.builtIn ?? key.absence ?? "",
            origin: given?.origin ?? .builtIn,
            place: given?.place, isInvalid: isInvalid, line: line)))
    }
  }

  /// What a section knows of one of its values.
  private struct Given {
    var text: String
    let origin: Origin
    let place: SourcePlace?

    static func text(of patterns: [PlacedPattern]) -> String {
      "[\(patterns.map { YAMLScalar.flowText($0.text, isPlain: true) }.joined(separator: ", "))]"
    }

    /// `own`: what a value is called that was written in this very group.
    init?<Values>(_ given: Section<Values>.Given?, own: Origin) {
      guard let given else { return nil }
      text = given.node.flowText
      place = given.value
      switch given.value.source.medium {
      case .option: origin = .option
      case .environment: origin = .environment
      case .file, .decoded: origin = given.isOwn ? own : .defaults
      }
    }

    init?(standIn text: String?) {
      guard let text else { return nil }
      (self.text, origin, place) = (YAMLScalar.flowText(text, isPlain: true), .builtIn, nil)
    }
  }
}

extension EffectiveValues.Value {
  fileprivate var code: String {
    let indentation = EffectiveValues.indentation(line.isItem ? line.depth - 1 : line.depth)
    let mark = line.isComment ? "# " : line.isItem ? "- " : ""
    return "\(indentation)\(mark)\(line.key): \(text)"
  }

  fileprivate var comment: String {
    (isInvalid ? "invalid; " : "") + source
  }

  private var source: String {
    guard let place else { return origin.rawValue }
    switch origin {
    case .option, .environment: return place.givenAt
    case .builtIn, .defaults, .config, .target:
      return place.outermost.source.medium == .file ? "\(origin.rawValue), \(place.givenAt)" : origin.rawValue
    }
  }
}
