import Plan

/// All that one call of `check-config` found, in the forms that machines read.
public struct CheckReport: Sendable {
  /// A text that could not be checked, and why.
  public struct Failure: Sendable {
    public let file: String
    public let message: String

    public init(file: String, message: String) { (self.file, self.message) = (file, message) }
  }

  /// In the order in which they were given.
  public var inputs: [CheckedInput] = []
  /// Each makes the check fail.
  public var failures: [Failure] = []
  public let toolVersion: String
  /// Warnings count, and are shown, as errors.
  public let deniesWarnings: Bool
  public let showsEffectiveValues: Bool
  /// Findings that do not make the check fail are left out.
  public let isQuiet: Bool

  public init(toolVersion: String, deniesWarnings: Bool, showsEffectiveValues: Bool, isQuiet: Bool) {
    (self.toolVersion, self.deniesWarnings) = (toolVersion, deniesWarnings)
    (self.showsEffectiveValues, self.isQuiet) = (showsEffectiveValues, isQuiet)
  }

  /// Those to be shown, in the order of the inputs and in each in source order.
  var findings: [Diagnostic] {
    inputs.flatMap(\.allDiagnostics).filter { !isQuiet || isError($0) }.map(\.located)
  }

  func isError(_ finding: Diagnostic) -> Bool { deniesWarnings || finding.severity == .error }

  /// As the outcome counts it.
  func severity(of finding: Diagnostic) -> Diagnostic.Severity { isError(finding) ? .error : .warning }
}

// MARK: - GitHub

extension CheckReport {
  /// Workflow commands, one for each finding: GitHub shows them at their lines in the pull request.
  public var gitHubAnnotations: String {
    (failures.map { "::error file=\(CheckReport.property($0.file))::\(CheckReport.data($0.message))\n" }
      + findings.map(annotation)).joined()
  }

  private func annotation(_ finding: Diagnostic) -> String {
    let (start, end) = (finding.place.start, finding.place.end)
    // GitHub takes columns only of findings on one line.
    let columns = start.line == end.line ? ",col=\(start.column),endColumn=\(max(start.column, end.column - 1))" : ""
    let file = CheckReport.property(finding.place.source.name)
    // An option is no file to show it in.
    let isInFile = finding.place.source.medium == .file
    let place = isInFile ? "file=\(file),line=\(start.line),endLine=\(end.line)\(columns)," : ""
    let notes = finding.notes.map { note in
      "\(note.message): \(PrintableText.escaped(note.place.source.name)):\(note.place.start.line):\(note.place.start.column)"
    }
    let lines = [finding.message] + (finding.hint.map { ["hint: \($0)"] } ?? []) + notes
    return "::\(severity(of: finding).rawValue) \(place)title=\(finding.rule.rawValue)::"
      + CheckReport.data(lines.joined(separator: "\n")) + "\n"
  }

  private static func data(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "%": "%25"
      case "\r": "%0D"
      case "\n": "%0A"
      default: String(scalar)
      }
    }.joined()
  }

  private static func property(_ text: String) -> String {
    data(PrintableText.escaped(text)).split(separator: ":", omittingEmptySubsequences: false).joined(separator: "%3A")
      .split(separator: ",", omittingEmptySubsequences: false).joined(separator: "%2C")
  }
}

// MARK: - JSON

extension CheckReport {
  /// One object; README describes it.
  public func json() throws -> String {
    let findings = findings
    let errors = findings.count(where: isError)
    let document: JSONValue = [
      "version": 1,
      "summary": [
        "files": .integer(inputs.count + failures.count),
        "configs": .integer(inputs.reduce(0) { $0 + $1.configs.count }),
        "errors": .integer(errors + failures.count), "warnings": .integer(findings.count - errors),
      ],
      "findings": .list(findings.map(json)),
    ]
    var more: [String: JSONValue] = [:]
    let unlisted = inputs.flatMap(\.configs).reduce(0) { $0 + $1.unlistedCount }
    if unlisted > 0 { more["unlisted"] = .integer(unlisted) }
    if !failures.isEmpty {
      more["failures"] = .list(failures.map { ["file": .string($0.file), "message": .string($0.message)] })
    }
    if showsEffectiveValues { more["configs"] = .list(inputs.flatMap(effectiveValues)) }
    return try document.adding(more).text()
  }

  private func json(_ finding: Diagnostic) -> JSONValue {
    var fields = CheckReport.fields(of: finding.place)
    fields["severity"] = .string(severity(of: finding).rawValue)
    fields["rule"] = .string(finding.rule.rawValue)
    fields["message"] = .string(finding.message)
    if let hint = finding.hint { fields["hint"] = .string(hint) }
    fields["notes"] = .list(
      finding.notes.map { note in
        JSONValue.object(CheckReport.fields(of: note.place)).adding([
          "rule": .string(note.rule.rawValue), "message": .string(note.message),
        ])
      })
    return .object(fields)
  }

  private static func fields(of place: SourcePlace) -> [String: JSONValue] {
    let (start, end) = (place.start, place.end)
    return [
      "file": .string(place.source.name), "line": .integer(start.line), "column": .integer(start.column),
      "endLine": .integer(end.line), "endColumn": .integer(end.column),
    ]
  }

  private func effectiveValues(_ input: CheckedInput) -> [JSONValue] {
    input.configs.map { config in
      var fields: [String: JSONValue] = ["file": .string(input.source.name)]
      if let title = config.title { fields["title"] = .string(title) }
      let values = (config.effectiveValues?.values ?? []).map { value -> JSONValue in
        let entry: JSONValue = [
          "path": .string(value.path), "value": .string(value.text), "origin": .string(value.origin.rawValue),
        ]
        return value.place.map { entry.adding(CheckReport.fields(of: $0.outermost)) } ?? entry
      }
      fields["values"] = .list(values)
      return .object(fields)
    }
  }
}
