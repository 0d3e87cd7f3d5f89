import Foundation
import Plan
import Testing

@testable import Config

@Suite("Configs in streams of manifests")
struct ManifestTests {
  private func input(_ text: String, key: String? = nil) -> CheckedInput {
    var settings = CheckSettings()
    settings.key = key
    return CheckedInput.check(SourceText(name: "m.yaml", bytes: Array(text.utf8)), settings)
  }

  private func rules(_ text: String) -> [Diagnostic.Rule] { input(text).allDiagnostics.map(\.rule) }

  private static let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: purge}\n"
  private static let config = #""{version: 1, targets: [{path: /data/a, max_age: 30d}]}""#

  @Test("JSON is a stream of manifests too, however it is indented and begun")
  func json() {
    for start in ["{", "{\n\t", "--- {", "\n\n{\r\n\t\t"] {
      let text =
        start + #""apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"c": \#(Self.config)}}"#
      #expect(input(text).configs.count == 1, "\(text)")
      #expect(rules(text) == [], "\(text)")
    }
  }

  @Test("A config as JSON is no manifest, nor is one with a stray kind")
  func config() {
    #expect(
      input(#"{"version": 1, "targets": [{"path": "/data/apiVersion:", "max_age": "30d"}]}"#).allDiagnostics == [])
    #expect(rules("kind: Purge\n" + minimal) == [.unknownKey])
  }

  @Test("A stream counts as cut short only where it could not be read to its end")
  func cutShort() {
    let twice = Self.head + "metadata: {name: again}\ndata: {c: \(Self.config)}\n"
    #expect(rules(twice) == [.duplicateKey])
    #expect(!input(twice).isCutShort && input(twice).configs.count == 1)
    #expect(input(Self.head + "data: {c: \(Self.config)}\n---\nkind: [\n").isCutShort)
    #expect(CheckedInput.isYAML(SourceText(name: "x", bytes: Array("a: 1\na: 2\n".utf8))))
    #expect(!CheckedInput.isYAML(SourceText(name: "x", bytes: Array("a: [\n".utf8))))
  }

  @Test("Documents of nothing are passed over, and a list says what its items are")
  func lists() {
    let item = "{metadata: {name: a}, data: {c: \(Self.config)}}"
    let list = "apiVersion: v1\nkind: ConfigMapList\nitems:\n  - \(item)\n"
    #expect(input("---\n---\nnull\n---\n" + list).configs.count == 1)
    #expect(rules("null\n---\n" + list) == [])
    #expect(rules("apiVersion: v1\nkind: List\nitems:\n  - \(item)\n") == [.noKubernetesObject])
  }

  @Test("What Kubernetes counts of a ConfigMap is the bytes of its files")
  func size() {
    // 900 KiB in base64 take 1.2 MiB.
    let binary = Data(repeating: 0, count: 900 << 10).base64EncodedString()
    #expect(rules(Self.head + "data: {c: \(Self.config)}\nbinaryData:\n  big: \(binary)\n") == [])
    let text = String(repeating: "x", count: 1 << 20)
    #expect(rules(Self.head + "data:\n  c: \(Self.config)\n  big: \(text)\n") == [.configMapTooLarge])
  }

  @Test("Base64 may have line ends, and nothing else")
  func base64() {
    let encoded = Data(minimal.utf8).base64EncodedString()
    let lines = "\(encoded.prefix(20))\n    \(encoded.dropFirst(20))"
    #expect(input(Self.head + "binaryData:\n  c: |\n    \(lines)\n").configs.count == 1)
    #expect(
      rules(Self.head + "binaryData:\n  c: \"\(encoded.prefix(20))@@\(encoded.dropFirst(20))\"\n") == [.badBase64])
  }

  @Test("Every place in base64 is that of the characters which hold the bytes")
  func base64Places() throws {
    for filler in ["", "x", "xx", "xxx"] {
      let config = "version: 1\n# \(filler)\ntargets:\n  - {path: data/a, max_age: 30d}\n"
      let checked = input(Self.head + "binaryData:\n  c: \(Data(config.utf8).base64EncodedString())\n")
      let finding = try #require(checked.allDiagnostics.first?.located)
      let decoded = try #require(finding.notes.first?.place.text)
      #expect(decoded == "data/a")
      // The whole groups of four around it decode to a text with the token in it.
      let source = finding.place.source
      let start = source.bytes.count - 1 - Data(config.utf8).base64EncodedString().utf8.count
      let first = start + (finding.place.range.lowerBound - start) / 4 * 4
      let last = start + ((finding.place.range.upperBound - start) + 3) / 4 * 4
      let data = try #require(Data(base64Encoded: Data(source.bytes[first..<last])))
      #expect(String(decoding: data, as: UTF8.self).contains("data/a"))
      #expect(finding.place.range.count <= ("data/a".utf8.count * 4 + 2) / 3 + 1)
    }
  }

  @Test(
    "Files of other programs are no configs",
    arguments: [
      "version: 2\nrun:\n  timeout: 5m\n", "version: '3'\ntasks: {build: {cmds: [go build]}}\nrun: once\n",
      "metrics: {enabled: true}\nmemory: 1Gi\nreport: {}\n", "targets:\n  - {name: web, path: /healthz}\n",
      "version: 3\nservices: {}\n", "replicas: 3\n", "", "version: 1.4.2\ntarget: production\n",
      "{\"version\": \"2.1\", \"target\": \"web\"}", "default: x\ntarget: y\n", "{\"target\": {}, \"default\": {}}",
      "{\"version\": 3, \"targets\": {\"net8.0\": {}}}", "version: 2\ntargets: [web, api]\n",
    ])
  func others(text: String) {
    let source = SourceText(name: "x.yaml", bytes: Array(text.utf8))
    #expect(!ConfigLikeness.isConfig(source))
    #expect(CheckedInput.checkIfConfig(source, CheckSettings())?.configs.count == nil)
    let lines = text.split(separator: "\n").map { "    \($0)\n" }.joined()
    #expect(rules(Self.head + "data:\n  a: \(Self.config)\n  b: |\n\(lines)") == [])
  }

  @Test(
    "Configs are known by what they were meant to be",
    arguments: [
      "version: 1\ntragets: []\n", "verison: 1\ntargets: []\n", "defaults: {max_age: 1d}\ntargets: []\n",
      "targets:\n  - {path: /data/a, max_aeg: 30d}\n", "version: 1\ntargets:\n\t- path: /data/a\n",
      "version: 1\ntargets: [\n",
    ])
  func meant(text: String) {
    #expect(ConfigLikeness.isConfig(SourceText(name: "x.yaml", bytes: Array(text.utf8))))
  }

  @Test("A ConfigMap in a directory that has a mistake of its own is not passed over")
  func mistaken() throws {
    let texts = [
      Self.head + "data:\n  c:\n    version: 1\n    targets: []\n",
      Self.head + "data:\n\tc: |\n    version: 1\n    targets: []\n",
      Self.head + "data:\n  c: >\n    version: 1\n    targets: []\n",
      "\u{FEFF}" + Self.head + "data:\n  c: |\n    version: 1\n    targets: []\n",
    ]
    for text in texts {
      let source = SourceText(name: "x.yaml", bytes: Array(text.utf8))
      let input = try #require(CheckedInput.checkIfConfig(source, CheckSettings()), "\(text)")
      #expect(input.allDiagnostics.contains { $0.severity == .error })
    }
  }

  @Test(
    "What speaks of no config is passed over in a directory, whatever is wrong with it",
    arguments: [
      "apiVersion: v1\nkind: Secret\n\tx\n",
      "apiVersion: v2\nname: x\ndescription: makes a ConfigMap\nversion: 0.1.0\n",
      ManifestTests.head + "binaryData: {c: '!'}\n", ManifestTests.head + "data:\n  a: b\n  a: c\n",
      "\u{FEFF}" + ManifestTests.head + "data: {}\n",
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ x }}\ndata:\n  a: |\n    {{- b }}\n",
      "{\"$schema\": \"x\", \"kind\": \"ConfigMap\", \"targets\": 1}", "openapi: 3\nkind: ConfigMap\n",
      ManifestTests.head
        + "data:\n  prometheus.yml: |\n    scrape_configs:\n      - static_configs:\n          - targets: [a]\n  {{ b }}\n",
    ])
  func passedOver(text: String) {
    let source = SourceText(name: "x.yaml", bytes: Array(text.utf8))
    #expect(CheckedInput.checkIfConfig(source, CheckSettings())?.source == nil)
  }

  @Test("A config that is saved in another encoding is found all the same, and refused", arguments: [false, true])
  func encodings(isBigEndian: Bool) throws {
    for mark in ["", "\u{FEFF}"] {
      let units = Array((mark + "version: 1\ntargets: []\n").utf16)
      let bytes = units.flatMap { unit -> [UInt8] in
        let pair = [UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8)]
        return isBigEndian ? pair.reversed() : pair
      }
      let input = CheckedInput.checkIfConfig(SourceText(name: "x.yaml", bytes: bytes), CheckSettings())
      #expect(try #require(input).allDiagnostics.map(\.rule) == [mark.isEmpty ? .nulByte : .byteOrderMark])
    }
    let other = Array("\u{FEFF}name: x\n".utf16).flatMap { unit -> [UInt8] in [UInt8(truncatingIfNeeded: unit), 0] }
    #expect(CheckedInput.checkIfConfig(SourceText(name: "x.yaml", bytes: other), CheckSettings())?.source == nil)
  }
}
