import Plan
import Testing

@testable import Config

@Suite("Mounts are found as by looking at all of them")
struct MountIndexTests {
  private struct Sample {
    let mounts: [Workload.Mount]
    let names: [String]
    var index: MountIndex { MountIndex(mounts) }
  }

  /// Short paths of few names, so that many hold, or begin like, each other.
  private static let samples: [Sample] = {
    var random = SeededGenerator(seed: 7)
    func path() -> [String] {
      (0..<Int.random(in: 0...4, using: &random)).map { _ in ["a", "b", "ab"][Int.random(in: 0...2, using: &random)] }
    }
    return (0..<2000).map { _ in
      let paths = (0..<Int.random(in: 0...6, using: &random)).map { _ in path().joined(separator: "/") }
      return Sample(mounts: mounts(paths), names: path() + ["a"])
    }
  }()

  private static func mounts(_ paths: [String]) -> [Workload.Mount] {
    let list = paths.map { "{name: v, mountPath: '/\($0)'}" }.joined(separator: ", ")
    var findings = Findings()
    let source = SourceText(name: "c", bytes: Array("[\(list)]".utf8))
    let nodes = YAMLComposer.composeManifests(source, findings: &findings).first?.items ?? []
    return nodes.compactMap { Workload.Mount($0, volumes: [:]) }
  }

  private func paths(_ mounts: [Workload.Mount]) -> [String] { mounts.map(\.path.text).sorted() }

  @Test("The innermost that holds a path")
  func innermost() {
    for sample in Self.samples {
      let holding = sample.mounts.filter { sample.names.starts(with: $0.components) }
      let innermost = holding.max { $0.components.count < $1.components.count }
      #expect(sample.index.mount(holding: sample.names)?.path.text == innermost?.path.text)
    }
    #expect(Self.samples.contains { $0.index.mount(holding: $0.names) != nil })
  }

  @Test("Those below a folder")
  func below() {
    var effort = Effort()
    for sample in Self.samples {
      let pattern = PathPattern(text: "", components: sample.names.map { .literal($0) })
      let isBelow = sample.mounts.contains {
        $0.components.count > sample.names.count && $0.components.starts(with: sample.names)
      }
      #expect(sample.index.mounts(below: pattern, effort: &effort)?.isEmpty == !isBelow)
    }
  }

  @Test("Those that may hold some of what a pattern names")
  func inner() throws {
    var effort = Effort()
    let glob = try Glob("a*")
    for sample in Self.samples {
      let folder = Array(sample.names.dropLast())
      let pattern = PathPattern(text: "", components: folder.map { .literal($0) } + [.wildcard(glob)])
      let inner = sample.mounts.filter { mount in
        mount.components.dropLast().elementsEqual(folder) && mount.components.last?.hasPrefix("a") == true
      }
      let outer = sample.index.mount(holding: folder).map { [$0] } ?? []
      let found = try #require(sample.index.mounts(holding: pattern, effort: &effort))
      #expect(paths(found) == paths(outer + inner))
    }
  }

  @Test("What would take too long to tell is not told")
  func effort() throws {
    let index = MountIndex(Self.mounts((0..<100).map { "a/b\($0)" }))
    let pattern = PathPattern(text: "", components: [.wildcard(try Glob("*")), .wildcard(try Glob("*x"))])
    var (much, little) = (Effort(), Effort(50))
    #expect(index.mounts(holding: pattern, effort: &much)?.isEmpty == true)
    #expect(index.mounts(holding: pattern, effort: &little) == nil)
    #expect(index.mounts(below: pattern, effort: &little) == nil)
  }
}
