import Plan

/// A host on which nothing that the config names exists.
enum HostFactsForFuzzing {
  static let facts = HostFacts(
    targets: (0..<4).map { index in
      HostFacts.Target(index: index, answer: .noAnswer(.slow(.seconds(10)), probes: []))
    })
}
