import Plan

/// The paths of targets as a tree of components, in which those that a path meets are found without comparing it with all.
struct OverlapIndex {
  private struct Node {
    var literals: [[UInt8]: Int] = [:]
    var patterns: [(component: PathPattern.Component, shape: NameShape, node: Int)] = []
    /// The targets whose path ends here, the first of them first.
    var targets: [Int] = []
    /// The first target whose path goes on below.
    var firstBelow = Int.max

    var first: Int { min(firstBelow, targets.first ?? .max) }
  }

  private var nodes = [Node()]
  private var effort: GlobShape.Effort

  /// `comparisons`: the steps that comparing with patterns may take together.
  init(comparisons: Int) { effort = GlobShape.Effort(comparisons) }

  /// Comparing took too much to be done to the end; what `firstOverlap` gave then means nothing.
  var isExhausted: Bool { effort.isSpent }

  /// The smallest number of a target inserted so far that can be, contain or lie inside a folder of a path of these shapes.
  /// `mayMeet` has the last word.
  mutating func firstOverlap(of path: [NameShape], mayMeet: (Int) -> Bool) -> Int? {
    var first = Int.max
    var reached = [0]
    for (depth, shape) in path.enumerated() {
      var next: [Int] = []
      for node in reached { next += children(of: nodes[node], matching: shape) }
      reached = next
      let isLast = depth == path.count - 1
      for node in reached.map({ nodes[$0] }) where node.first < first {
        let here = node.targets.first(where: mayMeet)
        first = min(first, here ?? .max)
        if isLast { first = min(first, firstBelow(node, before: first, mayMeet: mayMeet)) }
      }
    }
    return first == .max ? nil : first
  }

  /// The first target whose path goes on below, when it comes before `limit`.
  private mutating func firstBelow(_ node: Node, before limit: Int, mayMeet: (Int) -> Bool) -> Int {
    var first = limit
    var rest = [node]
    while let node = rest.popLast() {
      guard node.firstBelow < first, effort.spend(1 + node.literals.count + node.patterns.count) else { continue }
      for child in Array(node.literals.values) + node.patterns.map(\.node) where nodes[child].first < first {
        first = min(first, nodes[child].targets.first(where: mayMeet) ?? .max)
        rest.append(nodes[child])
      }
    }
    return first
  }

  private mutating func children(of node: Node, matching shape: NameShape) -> [Int] {
    var matching = node.patterns.filter { $0.shape.canEqual(shape, effort: &effort) }.map(\.node)
    if let name = shape.literal {
      if let child = node.literals[name] { matching.append(child) }
    } else {
      for (name, child) in node.literals where NameShape(literal: name).canEqual(shape, effort: &effort) {
        matching.append(child)
      }
    }
    return matching
  }

  /// To be called with rising numbers.
  mutating func insert(_ path: [NameShape], components: [PathPattern.Component], number: Int) {
    var node = 0
    for (shape, component) in zip(path, components) {
      nodes[node].firstBelow = min(nodes[node].firstBelow, number)
      node = child(of: node, shape, component)
    }
    nodes[node].targets.append(number)
  }

  private mutating func child(of node: Int, _ shape: NameShape, _ component: PathPattern.Component) -> Int {
    if let name = shape.literal {
      if let known = nodes[node].literals[name] { return known }
      nodes[node].literals[name] = nodes.count
    } else {
      if let known = nodes[node].patterns.first(where: { $0.component == component }) { return known.node }
      nodes[node].patterns.append((component, shape, nodes.count))
    }
    nodes.append(Node())
    return nodes.count - 1
  }
}
