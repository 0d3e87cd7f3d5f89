/// The JSON Schema of the config, made from the table that drives the decoder.
///
/// It lets an editor complete keys, show what they mean and mark what has the wrong form. What values say together is
/// for `check-config`.
public enum JSONSchema {
  /// A JSON Schema, draft 2020-12; ends with a newline.
  public static func text() throws -> String { try document.text() }

  static let document: JSONValue = group(of: Schema.root.map(\.description)).adding([
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Config of efs-purge-batch, version 1",
    "description":
      "Which old files go from which folders. The check-config command checks more than a schema can.",
    "anyOf": [
      ["properties": ["defaults": ["required": ["max_age"]]], "required": ["defaults"]],
      ["properties": ["targets": ["items": ["required": ["max_age"]]]]],
    ],
  ])

  static let targets: JSONValue = [
    "type": "array", "minItems": 1, "maxItems": .integer(Limits.targets),
    "items": group(of: TargetSettings.keys.map(\.description)).adding([
      // Only a path with date fields has partitions to choose from.
      "if": ["required": ["partitions"]], "then": ["properties": ["path": ["pattern": "\\{"]]],
    ]),
  ]

  /// A mapping with these keys and no others.
  static func group(of keys: [KeyDescription]) -> JSONValue {
    let required = keys.filter(\.isRequired).map { JSONValue.string($0.name) }
    let group: JSONValue = [
      "type": "object", "additionalProperties": false,
      "properties": .object(keys.reduce(into: [:]) { $0[$1.name] = property($1) }),
    ]
    return required.isEmpty ? group : group.adding(["required": .list(required)])
  }

  private static func property(_ key: KeyDescription) -> JSONValue {
    var extra: [String: JSONValue] = ["description": .string(text(about: key))]
    if let value = key.defaultValue { extra["default"] = value }
    if !key.exampleValues.isEmpty { extra["examples"] = .list(key.exampleValues) }
    return key.shape.adding(extra)
  }

  /// What it means, how its value is written, and what leaving it out does.
  private static func text(about key: KeyDescription) -> String {
    if key.isReserved { return "\(key.summary) Not supported yet." }
    let absence = key.builtIn.map { "Default: \($0)." } ?? key.absence.map { "Default: \($0)." }
    return [key.summary, "Value: \(key.type)."].joined(separator: " ") + (absence.map { " \($0)" } ?? "")
  }
}
