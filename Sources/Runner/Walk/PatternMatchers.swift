import Kernel
import Plan

/// The matchers of a walk's patterns, which its workers lend each other: each remembers what it has worked out, so that few are
/// better than one for each worker. They are held for no longer than some names take to be read.
final class PatternMatchers: Sendable {
  /// So that lending one moves no memory.
  private final class Box {
    var matcher: PatternMatcher
    init(_ selection: Selection) { matcher = PatternMatcher(selection) }
  }

  private struct Pool {
    var free: [Box] = []
    var made = 0
    /// By number, the patterns that have matched something.
    var matched: [Bool]
  }

  /// As many processors can be busy with names.
  static let most = 4
  /// What they hold on to at most, in bytes.
  static let mostMemory = most * PatternMatcher.mostMemory

  private let selection: Selection
  private let pool: Monitor<Pool>

  /// Nil when there are no patterns.
  init?(_ selection: Selection) {
    if selection.isOfEverything { return nil }
    self.selection = selection
    pool = Monitor(Pool(matched: Array(repeating: false, count: selection.patterns.count)))
  }

  /// Waits while all are lent.
  func use<Result>(_ body: (inout PatternMatcher) -> Result) -> Result {
    let box = borrow()
    defer { giveBack(box) }
    return body(&box.matcher)
  }

  var patterns: [Selection.Source] { selection.patterns }

  /// By number, the patterns that have matched something so far.
  var matched: [Bool] { pool.withLock { $0.matched } }

  private func borrow() -> Box {
    let box = pool.wait { pool -> Box? in
      if let box = pool.free.popLast() { return box }
      guard pool.made < PatternMatchers.most else { return nil }
      pool.made += 1
      return Box(selection)
    }
    // Without a time limit it only returns with one.
    return box ?? Box(selection)
  }

  private func giveBack(_ box: Box) {
    pool.withLock { pool in
      if box.matcher.hasNews {
        box.matcher.hasNews = false
        for index in box.matcher.matched.indices where box.matcher.matched[index] { pool.matched[index] = true }
      }
      pool.free.append(box)
    }
    pool.signal()
  }
}
