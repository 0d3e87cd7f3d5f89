import Plan

/// The paths of targets as a tree of components, in which those that a path meets are found without comparing it with all.
struct OverlapIndex {
  private struct Node {
    var literals: [[UInt8]: Int] = [:]
    var patterns: [Pattern] = []
    /// The targets whose path ends here, the first of them first.
    var targets: [Int] = []
    /// The first target here or below.
    var first = Int.max
  }

  private struct Pattern {
    let component: PathPattern.Component
    let shape: NameShape
    let node: Int
  }

  /// What stands beside each other in the order of how it begins, once all is inserted.
  private struct Order {
    let literals: [(name: [UInt8], node: Int)]
    let patterns: [Pattern]
    /// How long the beginnings of the patterns are, each length once.
    let headLengths: [Int]

    init(_ node: Node) {
      literals = node.literals.map { (name: $0.key, node: $0.value) }.sorted {
        $0.name.lexicographicallyPrecedes($1.name)
      }
      patterns = node.patterns.sorted { $0.shape.head.lexicographicallyPrecedes($1.shape.head) }
      headLengths = Set(patterns.map(\.shape.head.count)).sorted()
    }
  }

  private var nodes = [Node()]
  private var orders: [Int: Order] = [:]
  private var effort: Effort

  /// What a look at two targets' dates and bounds takes, in steps of comparing names.
  private static let stepsOfBounds = 20

  /// `comparisons`: the steps that comparing may take together.
  init(_ paths: [(shapes: [NameShape], components: [PathPattern.Component])], comparisons: Int) {
    effort = Effort(comparisons)
    for (number, path) in paths.enumerated() { insert(path.shapes, path.components, number) }
  }

  /// Comparing took too much to be done to the end; what `firstOverlap` gave then means nothing.
  var isExhausted: Bool { effort.isSpent }

  /// The first target before `number` that can be, contain or lie inside a folder of a path of these shapes, which is that
  /// target's. `mayMeet` has the last word.
  mutating func firstOverlap(of path: [NameShape], before number: Int, mayMeet: (Int) -> Bool) -> Int? {
    var first = number
    var reached = [0]
    for (depth, shape) in path.enumerated() {
      var next: [Int] = []
      for node in reached where nodes[node].first < first { next += children(of: node, matching: shape, before: first) }
      reached = next
      for node in reached {
        if depth == path.count - 1 {
          lookBelow(node, mayMeet, &first)
        } else {
          look(at: node, mayMeet, &first)
        }
      }
    }
    return first == number ? nil : first
  }

  private mutating func look(at node: Int, _ mayMeet: (Int) -> Bool, _ first: inout Int) {
    for target in nodes[node].targets {
      guard target < first, effort.spend(OverlapIndex.stepsOfBounds) else { return }
      if mayMeet(target) { first = target }
    }
  }

  private mutating func lookBelow(_ top: Int, _ mayMeet: (Int) -> Bool, _ first: inout Int) {
    var rest = [top]
    while let node = rest.popLast() {
      guard nodes[node].first < first else { continue }
      look(at: node, mayMeet, &first)
      guard effort.spend(1 + nodes[node].literals.count + nodes[node].patterns.count) else { return }
      rest += nodes[node].literals.values.filter { nodes[$0].first < first }
      rest += nodes[node].patterns.map(\.node).filter { nodes[$0].first < first }
    }
  }

  // MARK: Children

  private mutating func children(of node: Int, matching shape: NameShape, before first: Int) -> [Int] {
    if nodes[node].patterns.isEmpty, let name = shape.literal { return nodes[node].literals[name].map { [$0] } ?? [] }
    let order = orders[node] ?? Order(nodes[node])
    orders[node] = order
    var matching: [Int] = []
    for pattern in patterns(in: order, agreeingWith: shape.head) where nodes[pattern.node].first < first {
      if pattern.shape.canEqual(shape, effort: &effort) { matching.append(pattern.node) }
    }
    if let name = shape.literal {
      if let child = nodes[node].literals[name] { matching.append(child) }
    } else {
      for (name, child) in OverlapIndex.run(in: order.literals, beginningWith: shape.head, { $0.name })
      where nodes[child].first < first {
        if NameShape(literal: name).canEqual(shape, effort: &effort) { matching.append(child) }
      }
    }
    return matching
  }

  /// Those whose beginning goes on from `head`, and those that `head` goes on from.
  private func patterns(in order: Order, agreeingWith head: [UInt8]) -> [Pattern] {
    var found = Array(OverlapIndex.run(in: order.patterns, beginningWith: head) { $0.shape.head })
    for length in order.headLengths where length < head.count {
      let part = Array(head.prefix(length))
      found += OverlapIndex.run(in: order.patterns, beginningWith: part) { $0.shape.head }.prefix {
        $0.shape.head.count == length
      }
    }
    return found
  }

  /// Of a sorted list, those that begin so.
  private static func run<Item>(
    in sorted: [Item], beginningWith head: [UInt8], _ name: (Item) -> [UInt8]
  ) -> ArraySlice<Item> {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if name(sorted[middle]).lexicographicallyPrecedes(head) { low = middle + 1 } else { high = middle }
    }
    return sorted[low...].prefix { name($0).starts(with: head) }
  }

  // MARK: Building

  /// To be called with rising numbers.
  private mutating func insert(_ path: [NameShape], _ components: [PathPattern.Component], _ number: Int) {
    var node = 0
    nodes[0].first = min(nodes[0].first, number)
    for (shape, component) in zip(path, components) {
      node = child(of: node, shape, component)
      nodes[node].first = min(nodes[node].first, number)
    }
    nodes[node].targets.append(number)
  }

  /// Which node a pattern leads to, for building in one go.
  private var patternNodes: [PatternKey: Int] = [:]

  private struct PatternKey: Hashable {
    let parent: Int
    let component: PathPattern.Component
  }

  private mutating func child(of node: Int, _ shape: NameShape, _ component: PathPattern.Component) -> Int {
    if let name = shape.literal {
      if let known = nodes[node].literals[name] { return known }
      nodes[node].literals[name] = nodes.count
    } else {
      let key = PatternKey(parent: node, component: component)
      if let known = patternNodes[key] { return known }
      patternNodes[key] = nodes.count
      nodes[node].patterns.append(Pattern(component: component, shape: shape, node: nodes.count))
    }
    nodes.append(Node())
    return nodes.count - 1
  }
}
