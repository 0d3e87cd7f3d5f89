extension Workload {
  /// A count or a number of seconds that an object gives, right or wrong.
  struct Number: Sendable {
    let key: YAMLKey
    let node: YAMLNode
    /// Nil: it is no such number.
    let value: Int?

    var place: SourcePlace { node.place }

    /// Nil when it is not given.
    init?(_ key: String, in spec: YAMLEntry?) {
      guard let entry = spec?.value.given(key) else { return nil }
      (self.key, node) = (entry.key, entry.value)
      value = Number.value(of: entry.value).flatMap { $0 < 0 ? nil : $0 }
    }

    /// Kubernetes takes no text for a number.
    static func value(of node: YAMLNode) -> Int? {
      node.scalar.flatMap { $0.style == .plain ? Int($0.text) : nil }
    }
  }

  /// Those on which a purge depends.
  struct Numbers: Sendable {
    /// A Job's.
    let backoffLimit, backoffLimitPerIndex, jobDeadline: Number?
    /// A pod's.
    let podDeadline, gracePeriod: Number?
    /// How many pods there are at once.
    let copies: Number?

    init(of kind: Kind, spec: YAMLEntry?, jobSpec: YAMLEntry?, podSpec: YAMLEntry?) {
      backoffLimit = Number("backoffLimit", in: jobSpec)
      backoffLimitPerIndex = Number("backoffLimitPerIndex", in: jobSpec)
      jobDeadline = Number("activeDeadlineSeconds", in: jobSpec)
      podDeadline = Number("activeDeadlineSeconds", in: podSpec)
      gracePeriod = Number("terminationGracePeriodSeconds", in: podSpec)
      copies = kind == .deployment ? Number("replicas", in: spec) : Number("parallelism", in: jobSpec)
    }

    var all: [Number] {
      [backoffLimit, backoffLimitPerIndex, jobDeadline, podDeadline, gracePeriod, copies].compactMap { $0 }
    }
  }

  /// How often a Job tries a failed run again.
  struct Retries: Sendable {
    let count: Int
    /// Where that is said; nil: nowhere.
    let number: Number?
  }

  /// Nil when what is said is no number.
  var retries: Retries? {
    let limits = [numbers.backoffLimitPerIndex, numbers.backoffLimit].compactMap { $0 }
    // Kubernetes' own.
    if limits.isEmpty { return Retries(count: 6, number: nil) }
    let known = limits.compactMap { limit in limit.value.map { Retries(count: $0, number: limit) } }
    return known.count < limits.count ? nil : known.min { $0.count < $1.count }
  }
}
