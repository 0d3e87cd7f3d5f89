import Foundation
import Testing

@testable import Plan

@Suite struct PatternTests {
  @Test func `agrees with git`() throws {
    let path = ProcessInfo.processInfo.environment["GP"] ?? ""
    var wrong = 0
    var matchers: [String: PatternMatcher] = [:]
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      if matchers[fields[0]] == nil {
        do {
          // To git a pattern with a slash at its beginning is relative to the file it stands in.
          let text = fields[0].first == "/" ? "/t" + fields[0] : fields[0]
          matchers[fields[0]] = PatternMatcher([try Pattern(text)])
        } catch {
          wrong += 1
          if wrong < 40 { print("DBG malformed", fields[0], error) }
          continue
        }
      }
      let found = matches(&matchers[fields[0]]!, fields[1])
      if found != (fields[2] == "1") {
        wrong += 1
        if wrong < 40 { print("DBG", fields, found) }
      }
    }
    #expect(wrong == 0)
  }

  private func matches(_ matcher: inout PatternMatcher, _ path: String) -> Bool {
    let root = Array("/t".utf8)
    var state = matcher.start(in: root.span)
    for byte in path.utf8 {
      if byte == UInt8(ascii: "/"), matcher.match(at: state, isFolder: true) != nil { return true }
      state = matcher.read(byte, from: state)
    }
    return matcher.match(at: state, isFolder: false) != nil
  }
}
