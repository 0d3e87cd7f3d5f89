import Plan

/// A container limit and where it stands.
struct ContainerMemory: Sendable {
  let size: ByteCount
  let place: SourcePlace

  /// Nil when the node holds no amount.
  init?(_ node: YAMLNode) {
    guard let scalar = node.scalar, let size = KubernetesQuantity.bytes(scalar.text) else { return nil }
    (self.size, self.place) = (size, scalar.place)
  }

  /// The value of `memory` in this group (`limits`, `requests`) of the resources of a container or pod.
  static func node(_ group: String, of owner: YAMLNode?) -> YAMLNode? {
    owner?.given("resources")?.value.given(group)?.value.given("memory")?.value
  }

  /// The least limit, in whole MiB, that the program itself and one target can do with.
  static let least: ByteCount = {
    var limit = ByteCount.mebibytes(1)
    while MemoryPlan().available(under: limit) < MemoryPlan.leastBudget { limit = limit + .mebibytes(1) }
    return limit
  }()

  /// Whether the program itself and one target find room below it, with the built-in thresholds.
  var isEnough: Bool { MemoryPlan().available(under: size) >= MemoryPlan.leastBudget }

  /// The limit that binds the container: its own or its pod's, whichever is smaller. Nought is none.
  static func limit(of container: Workload.Container, in workload: Workload) -> ContainerMemory? {
    let nodes = [container.node, workload.podSpec?.value].compactMap { node("limits", of: $0) }
    return nodes.compactMap { ContainerMemory($0) }.filter { $0.size.bytes > 0 }.min { $0.size < $1.size }
  }
}
