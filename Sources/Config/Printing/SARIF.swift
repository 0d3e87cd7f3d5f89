extension CheckReport {
  /// A log in SARIF 2.1.0, which code scanning services read.
  public func sarif() throws -> String {
    let findings = findings
    let rules = Diagnostic.Rule.allCases.filter { rule in findings.contains { $0.rule == rule } }
    let run: JSONValue = [
      "tool": [
        "driver": [
          "name": "efs-purge-batch", "version": .string(toolVersion),
          "rules": .list(
            rules.map { ["id": .string($0.rawValue), "shortDescription": ["text": .string($0.title)]] }),
        ]
      ],
      // SARIF counts in UTF-16 unless told otherwise.
      "columnKind": "unicodeCodePoints",
      "invocations": [
        [
          "executionSuccessful": .flag(failures.isEmpty),
          "toolExecutionNotifications": .list(failures.map(CheckReport.notification)),
        ]
      ],
      "results": .list(findings.map(result)),
    ]
    let log: JSONValue = [
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run],
    ]
    return try log.text()
  }

  private func result(_ finding: Diagnostic) -> JSONValue {
    let text = finding.message + (finding.hint.map { " (hint: \($0))" } ?? "")
    var fields: [String: JSONValue] = [
      "ruleId": .string(finding.rule.rawValue), "level": .string(severity(of: finding).rawValue),
      "message": ["text": .string(text)],
    ]
    if let place = CheckReport.location(finding.place) { fields["locations"] = [place] }
    let related = finding.notes.compactMap { note in
      CheckReport.location(note.place)?.adding(["message": ["text": .string(note.message)]])
    }
    if !related.isEmpty { fields["relatedLocations"] = .list(related) }
    return .object(fields)
  }

  /// Nil for what stands in no file.
  private static func location(_ place: SourcePlace) -> JSONValue? {
    guard place.source.medium == .file else { return nil }
    let (start, end) = (place.start, place.end)
    return [
      "physicalLocation": [
        "artifactLocation": ["uri": .string(uri(of: place.source.name))],
        "region": [
          "startLine": .integer(start.line), "startColumn": .integer(start.column), "endLine": .integer(end.line),
          "endColumn": .integer(end.column),
        ],
      ]
    ]
  }

  private static func notification(of failure: Failure) -> JSONValue {
    [
      "level": "error", "message": ["text": .string(failure.message)],
      "locations": [["physicalLocation": ["artifactLocation": ["uri": .string(uri(of: failure.file))]]]],
    ]
  }

  /// A path as a URI reference: relative where the path is.
  private static func uri(of path: String) -> String {
    let encoded = path.utf8.map { byte -> String in
      let isKept = UInt8.isLetterOrDigit(byte) || "-._~/".utf8.contains(byte)
      return isKept
        ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
    return path.hasPrefix("/") ? "file://\(encoded)" : encoded
  }
}

extension Diagnostic.Rule {
  /// Its name in words: `unknownKey` is "Unknown key", `notUTF8` "Not UTF8".
  var title: String {
    var words = rawValue.prefix(1).uppercased()
    for (last, next) in zip(rawValue, rawValue.dropFirst()) {
      if next.isUppercase, last.isLowercase { words += " " }
      let beginsAcronym = next.isUppercase && rawValue.contains("UTF")
      words += next.isUppercase && last.isLowercase && !beginsAcronym ? next.lowercased() : String(next)
    }
    return words
  }
}
