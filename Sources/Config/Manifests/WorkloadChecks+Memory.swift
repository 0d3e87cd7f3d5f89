import Plan

extension WorkloadChecks {
  func checkMemory(_ findings: inout Findings) {
    for owner in [container.node, workload.podSpec?.value] { checkAmounts(of: owner, &findings) }
    let given = [container.node, workload.podSpec?.value].compactMap { ContainerMemory.node("limits", of: $0) }
    if let limit = ContainerMemory.limit(of: container, in: workload) {
      guard !limit.isEnough else { return }
      findings.report(.memoryLimitTooSmall(limit.place.text, Sizes.text(of: limit.size), at: limit.place))
    } else if given.allSatisfy({ ContainerMemory($0) != nil }) {
      findings.report(.noMemoryLimit(container.name, at: given.first?.place ?? container.place))
    }
  }

  private func checkAmounts(of owner: YAMLNode?, _ findings: inout Findings) {
    let nodes = ["requests", "limits"].map { ContainerMemory.node($0, of: owner) }
    for node in nodes.compactMap({ $0 }) where ContainerMemory(node) == nil {
      guard let text = node.text else {
        findings.report(.wrongType("'memory'", expected: "an amount", found: node.noun, example: nil, at: node.place))
        continue
      }
      findings.report(.badMemoryQuantity(text, meant: KubernetesQuantity.meant(by: text), at: node.place))
    }
    guard let request = nodes[0].flatMap({ ContainerMemory($0) }),
      let limit = nodes[1].flatMap({ ContainerMemory($0) }),
      request.size > limit.size, limit.size.bytes > 0
    else { return }
    findings.report(
      .requestAboveLimit(
        Sizes.text(of: request.size), limit: Sizes.text(of: limit.size), at: request.place, limitPlace: limit.place))
  }
}
