public import Plan

/// What a config is expected to do with some paths: the unit test of a config, as `explain --expect` reads it.
public struct ExpectedCases: Sendable {
  /// The moment ages are counted from; nil: not given.
  public let now: Timestamp?
  /// Empty when there is an error among the findings.
  public let cases: [ExpectedCase]
  /// In source order.
  public let diagnostics: [Diagnostic]

  /// Reads and checks `source`. Pure: opens no file.
  public init(_ source: SourceText) {
    var findings = Findings()
    let decoded = ExpectedCases.decode(source, &findings)
    now = decoded?.values.now
    cases = findings.hasErrors ? [] : (decoded?.values.cases ?? []).compactMap { $0.expectedCase }
    diagnostics = findings.ordered(by: source)
  }

  private static func decode(_ source: SourceText, _ findings: inout Findings) -> Section<CaseFile>? {
    var composed = Findings()
    guard let root = YAMLComposer.compose(source, limits: .cases, findings: &composed) else {
      // What the composer says of an empty text is about configs.
      for finding in composed.all {
        findings.report(finding.rule == .emptyDocument ? .missingKey("cases", in: "file", at: finding.place) : finding)
      }
      return nil
    }
    for finding in composed.all { findings.report(finding) }
    var section = Section(CaseFile())
    section.read(root, as: "cases", owner: root.place, keys: CaseFile.keys, findings: &findings)
    guard case .mapping(let entries) = root.content, let first = entries.first else { return nil }
    if let given = section.given["cases"], case .sequence(let items) = given.node.content, items.isEmpty {
      findings.report(.emptyList("cases", hint: "write a case at least", at: given.value))
    }
    for item in section.values.cases { item.check(&findings) }
    if section.given["cases"] == nil { findings.report(.missingKey("cases", in: "file", at: first.key.place)) }
    return section
  }
}

extension YAMLLimits {
  /// As many cases as are read, with all their keys.
  fileprivate static let cases = YAMLLimits(bytes: 16 << 20, nodes: 20 * CaseFile.mostCases)
}

/// One path, what is supposed of it, and what is expected.
public struct ExpectedCase: Sendable {
  /// Absolute; a folder's ends with a slash.
  public let path: [UInt8]
  public let kind: PathExplanation.Kind?
  /// Before `now`; nil: not given.
  public let age: Duration?
  public let size: UInt64?
  public let owner: UInt32?
  public let expected: PathExplanation.Verdict
  /// Nil: any.
  public let reason: PathExplanation.Reason?
  /// `cases.yaml:4:5`: where the case begins.
  public let place: String
}

/// The keys of a file of cases.
private struct CaseFile: Sendable {
  var now: Timestamp?
  var cases: [Section<CaseSettings>] = []

  /// More than anyone writes, and less than would take long.
  static let mostCases = 20_000

  static let keys: [Key<CaseFile>] = [
    Key("now", .time, \.now, absence: "the clock", "The moment ages are counted from."),
    .groups(
      "cases", of: "case", CaseSettings.keys, CaseSettings(), atMost: mostCases, \.cases,
      "Paths and what becomes of them."),
  ]
}

private struct CaseSettings: Sendable {
  enum Expectation: String, CaseIterable, Sendable { case delete, keep }

  var path: PlacedPath?
  var kind: Kind?
  var age: Duration?
  var size: ByteCount?
  var owner: Int?
  var expect: Expectation?
  var reason: PathExplanation.Reason?

  enum Kind: String, CaseIterable, Sendable { case file, folder, symlink }

  struct PlacedPath: Sendable {
    let bytes: [UInt8]
    let place: SourcePlace
  }

  static let keys: [Key<CaseSettings>] = [
    Key("path", .askedPath, \.path, isRequired: true, "Absolute; one that ends with a slash is a folder."),
    Key("kind", .choice, \.kind, "What stands there."),
    Key("age", .duration(bareUnit: "d"), \.age, "How old it is by each of its times."),
    Key("size", .size(), \.size, "How large it is."),
    Key("owner", .count(0...Int(UInt32.max) - 1), \.owner, "The user id of its owner."),
    Key("expect", .choice, \.expect, isRequired: true, "What a run does with it: delete or keep."),
    Key("reason", .choice, \.reason, "Why."),
  ]
}

extension Section<CaseSettings> {
  fileprivate func check(_ findings: inout Findings) {
    guard let path = values.path, path.bytes.last == UInt8(ascii: "/"), let kind = values.kind, kind != .folder,
      let place = place(of: "kind")
    else { return }
    findings.report(.slashOfNoFolder(kind.rawValue, at: place, path: path.place))
  }

  /// Nil when what is required is missing, which the findings say.
  fileprivate var expectedCase: ExpectedCase? {
    guard let path = values.path, let expect = values.expect else { return nil }
    return ExpectedCase(
      path: path.bytes, kind: values.kind.flatMap { PathExplanation.Kind(rawValue: $0.rawValue) }, age: values.age,
      size: values.size?.bytes, owner: values.owner.map { UInt32($0) }, expected: expect == .delete ? .delete : .keep,
      reason: values.reason, place: path.place.givenAt)
  }
}

extension Format where Value == CaseSettings.PlacedPath {
  fileprivate static var askedPath: Format {
    .scalar("a path", shape: ValueShape.text) { scalar, subject throws(Diagnostic) in
      // Nothing is looked at that could have such a name, and a pattern may be meant.
      let reader = try AskedPath.reader(scalar, of: subject.key)
      try reader.refuseWildcards()
      return CaseSettings.PlacedPath(bytes: Array(scalar.text.utf8), place: scalar.place)
    }
  }
}

/// A path that is asked about.
public enum AskedPath {
  /// The bytes of `text`, given as an argument of the command line. Throws a finding when it is not absolute or goes through `.`,
  /// `..` or nothing; a slash at its end is kept.
  public static func bytes(argument text: String) throws(Diagnostic) -> [UInt8] {
    _ = try reader(YAMLScalar(option: "path", text), of: "path")
    return Array(text.utf8)
  }

  fileprivate static func reader(_ scalar: YAMLScalar, of key: String) throws(Diagnostic) -> PathReader {
    let isFolder = scalar.text.utf8.count > 1 && scalar.text.hasSuffix("/")
    let text = isFolder ? String(scalar.text.dropLast()) : scalar.text
    return try PathReader(YAMLScalar(text: text, style: scalar.style, place: scalar.place), of: key)
  }
}

extension Format where Value == Timestamp {
  /// RFC 3339.
  fileprivate static var time: Format {
    .scalar("a time", shape: ValueShape.text, examples: ["2026-11-23T06:00:00Z"]) {
      scalar, subject throws(Diagnostic) in
      guard let time = RFC3339.timestamp(scalar.text) else {
        throw .badTime(scalar.text, of: subject.key, at: scalar.place)
      }
      return time
    }
  }
}
