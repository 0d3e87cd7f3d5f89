import Foundation
import Testing

@testable import Config

@Suite("The table of keys")
struct SchemaTests {
  private struct Place: CustomStringConvertible {
    let group: String
    let key: KeyDescription
    var description: String { group + key.name }
  }

  private static func places(_ keys: [KeyDescription], in group: String = "") -> [Place] {
    keys.flatMap { [Place(group: group, key: $0)] + places($0.children, in: "\(group)\($0.name).") }
  }

  private static let all = places(Schema.root.map(\.description))

  /// A config with this value at this key.
  private func config(_ place: Place, _ value: String) -> String {
    let keys = place.description.split(separator: ".").map { String($0) }
    // `partitions` needs dates in the path.
    var target = [("path", keys.contains("partitions") ? "/data/{YYYY}" : "/data/x"), ("max_age", "30d")]
    var top = [("version", "1")]
    switch keys[0] {
    case "targets" where keys.contains("rules"): target.append(("rules", "[{\(keys[keys.count - 1]): \(value)}]"))
    case "defaults" where keys.count == 3: top.append((keys[0], "{\(keys[1]): [{\(keys[2]): \(value)}]}"))
    case "targets" where keys.count == 3: target.append((keys[1], "{\(keys[2]): \(value)}"))
    case "targets": target = target.filter { $0.0 != keys[1] } + [(keys[1], value)]
    case "version": top = [("version", value)]
    default: top.append((keys[0], "{\(keys[1]): \(value)}"))
    }
    return (top.map { "\($0.0): \($0.1)\n" } + ["targets:\n  -\n"] + target.map { "    \($0.0): \($0.1)\n" }).joined()
  }

  @Test("Every default and every example of a value is one that the decoder takes")
  func examples() throws {
    var tried = 0
    for place in Self.all where place.key.children.isEmpty {
      for value in place.key.examples + (place.key.builtIn.map { [$0] } ?? []) {
        let checked = check(config(place, value))
        let errors = checked.diagnostics.filter { $0.severity == .error && $0.rule != .outsideAllowedRoots }
        #expect(errors.map(\.message) == [], "\(place): \(value)")
        tried += 1
      }
    }
    #expect(tried > 80)
  }

  @Test("What can be left out says what then holds")
  func absence() {
    let silent = Self.all.filter {
      $0.key.children.isEmpty && !$0.key.isRequired && $0.key.builtIn == nil && $0.key.absence == nil
    }
    #expect(silent.map(\.description) == [])
  }

  @Test("Every sentence about a key begins in upper case and ends with a full stop")
  func sentences() {
    let odd = Self.all.filter { !$0.key.summary.hasSuffix(".") || $0.key.summary.first?.isUppercase != true }
    #expect(odd.map(\.description) == [])
  }

  private struct Document {
    let path: String
    let text: () throws -> String
  }

  @Test("What is made from the table and kept in docs/ is as the table is now (make docs)")
  func documents() throws {
    let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
    let documents = [
      Document(path: "docs/config-reference.md") { ConfigReference.markdown },
      Document(path: "docs/efs-purge-batch.schema.json") { try JSONSchema.text() },
    ]
    for document in documents {
      let file = root.appending(path: document.path)
      if ProcessInfo.processInfo.environment["UPDATE_DOCS"] == "1" {
        try Data(try document.text().utf8).write(to: file)
      }
      #expect(try String(contentsOf: file, encoding: .utf8) == document.text(), "\(document.path) is stale: make docs")
    }
  }
}
