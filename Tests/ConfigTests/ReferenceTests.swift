import Foundation
import Testing

@testable import Config

/// `configs/reference.yaml` against the decoder's own table of keys.
@Suite("The reference config")
struct ReferenceTests {
  private struct Entry {
    let path: String
    let value: String
    let comment: String
  }

  private struct Row {
    let path: String
    let builtIn: String?
    let isExempt: Bool

    /// Rows for what does something already.
    static func of<Values>(_ keys: [Key<Values>], in group: String = "") -> [Row] {
      keys.map(\.description).filter { !$0.isReserved }.map {
        Row(
          path: group + $0.name, builtIn: $0.builtIn,
          isExempt: $0.isRequired || ["a group of keys", "a list"].contains($0.type) && group.isEmpty)
      }
    }
  }

  private let rows: [Row] =
    Row.of(Schema.root).filter { !["audit", "metrics"].contains($0.path) } + Row.of(Schema.memory, in: "memory.")
    + Row.of(Schema.run, in: "run.") + Row.of(Schema.safety, in: "safety.") + Row.of(Schema.report, in: "report.")
    + Row.of(TargetSettings.keys.filter { $0.description.type != "a group of keys" }, in: "targets.")
    + Row.of(Partitions.keys, in: "targets.partitions.") + Row.of(RuleSettings.keys, in: "targets.rules.")

  /// Every key of the file with its value as written and the comment behind it.
  private func entries() throws -> [Entry] {
    let file = URL(filePath: #filePath).appending(path: "../../../configs/reference.yaml").standardizedFileURL
    let source = SourceText(name: "reference.yaml", bytes: [UInt8](try Data(contentsOf: file)))
    var findings = Findings()
    let root = try #require(YAMLComposer.compose(source, findings: &findings))
    return entries(of: root, in: "")
  }

  private func entries(of node: YAMLNode, in group: String) -> [Entry] {
    switch node.content {
    case .scalar: return []
    case .sequence(let items): return items.flatMap { entries(of: $0, in: group) }
    case .mapping(let pairs):
      return pairs.flatMap { pair -> [Entry] in
        let path = group + pair.key.text
        let source = pair.key.place.source
        let line = source.line(pair.key.place.start.line - 1)
        let text = String(decoding: source.bytes[line], as: UTF8.self)
        let comment = text.components(separatedBy: " # ").dropFirst().joined(separator: " # ")
        return [Entry(path: path, value: pair.value.place.text, comment: comment)]
          + entries(of: pair.value, in: path + ".")
      }
    }
  }

  @Test("It has every key that does something")
  func everyKey() throws {
    let written = Set(try entries().map(\.path))
    #expect(rows.count > 40)
    #expect(rows.map(\.path).filter { !written.contains($0) } == [])
  }

  @Test("Every value is the default unless its comment says what that is")
  func defaults() throws {
    let table = rows.reduce(into: [:]) { $0[$1.path] = $1 }
    let wrong = try entries().filter { entry in
      guard entry.path != "targets.partitions" else { return false }
      // What may stand in `defaults` is what may stand in a target.
      let path = entry.path.replacing(/^defaults\./, with: "targets.")
      let row = try #require(table[path], "\(entry.path) is no key that does something")
      return !row.isExempt && entry.value != row.builtIn && !entry.comment.contains("default")
    }
    #expect(wrong.map(\.path) == [])
  }
}
