import FoundationEssentials
import Plan
public import Runner

/// One line of `plan --list`: a JSON object about one file that would go.
///
/// `path` is the path itself where that is UTF-8; else it is escaped for reading, and `path_base64` has its bytes. `size` is in bytes,
/// `age` in seconds; both are absent where the file was gone by then. `rule` is `target` or, say, `rules[0]`.
public enum ListLine {
  public static func bytes(_ entry: RecordedEntry) -> [UInt8] {
    var fields: [String: LogValue] = [
      "target": .string(entry.target), "rule": .string(entry.rule.map { "rules[\($0)]" } ?? "target"),
    ]
    if let path = String(validating: entry.path, as: UTF8.self) {
      fields["path"] = .string(path)
    } else {
      fields["path"] = .string(PrintableText.path(entry.path))
      fields["path_base64"] = .string(Data(entry.path).base64EncodedString())
    }
    fields["size"] = entry.size.map { .count($0.bytes) }
    fields["age"] = entry.age.map { .integer($0.components.seconds) }
    return JSONText.bytes(of: .object(fields)) + [UInt8(ascii: "\n")]
  }
}
