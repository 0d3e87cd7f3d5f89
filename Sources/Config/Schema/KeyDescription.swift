/// What there is to know of a key besides how it is decoded: the source of the JSON Schema, of the reference and of the
/// listing of effective values.
struct KeyDescription: Sendable {
  let name: String
  /// As in "a duration".
  let type: String
  let summary: String
  var isRequired = false
  /// As it would be written; nil when the key must be given, or when leaving it out is what no value says.
  var builtIn: String?
  /// What leaving it out means, where `builtIn` is nil.
  var absence: String?
  /// As they would be written.
  var examples: [String] = []
  /// What a JSON Schema can say of its value.
  let shape: JSONValue
  /// Of a group, or of each item of a list of groups.
  var children: [KeyDescription] = []
  /// Its feature is still to come: only `builtIn` is taken.
  var isReserved = false

  /// The `builtIn` as JSON.
  var defaultValue: JSONValue? { builtIn.flatMap(KeyDescription.value) }
  var exampleValues: [JSONValue] { examples.compactMap(KeyDescription.value) }

  private static func value(_ yaml: String) -> JSONValue? {
    var findings = Findings()
    return YAMLComposer.compose(SourceText(name: "table", bytes: Array(yaml.utf8)), findings: &findings).map {
      JSONValue($0)
    }
  }
}
