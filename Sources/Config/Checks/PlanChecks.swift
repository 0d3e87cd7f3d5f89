import Plan

/// What the groups and targets say together: checks that need more than one value.
struct PlanChecks {
  private let draft: BatchDraft
  /// Those that will run.
  private let enabled: [DecodedTarget]
  private let all: [DecodedTarget]
  /// The memory there is, as far as it is known without a machine.
  private let limit: ByteCount?
  /// The part of it that the config does not say.
  private let container: ByteCount?
  /// Where that stands, when it is in a manifest.
  private let containerPlace: SourcePlace?

  private let now: Timestamp?
  private let limits: YAMLLimits
  /// Of the text, for what nothing in it says.
  private let firstKey: SourcePlace

  /// Of `settings`, the memory limit and the time count.
  init(_ decoder: BatchDecoder, _ settings: CheckSettings, limits: YAMLLimits, firstKey: SourcePlace) {
    (draft, now, self.limits, self.firstKey) = (decoder.draft, settings.now, limits, firstKey)
    all = decoder.targets
    enabled = decoder.targets.filter(\.isEnabled)
    (container, containerPlace) = (settings.memoryLimit, settings.memoryLimitPlace)
    limit =
      switch decoder.draft.memory.values.limit {
      case .auto: settings.memoryLimit
      case .size(let size): min(size, settings.memoryLimit ?? size)
      }
  }

  /// In the order in which a reader would fear them.
  func run(findings: inout Findings) {
    PathChecks(all, safety: draft.safety, report: draft.report, limits: limits).run(findings: &findings)
    checkNames(&findings)
    checkLimit(&findings)
    checkSampling(&findings)
    checkThresholds(&findings)
    checkBudgets(&findings)
    checkConcurrency(&findings)
    var patterns = PatternChecks(all)
    patterns.run(findings: &findings)
    EffectChecks(all, of: draft, at: now).run(findings: &findings)
    PlausibilityChecks(all, of: draft).run(findings: &findings)
  }

  private func checkNames(_ findings: inout Findings) {
    // As bytes: to Swift, an é of one character and one of two are the same text.
    var first: [[UInt8]: DecodedTarget] = [:]
    for target in all {
      guard let name = target.name else { continue }
      guard let other = first.updateValue(target, forKey: Array(name.utf8)) else { continue }
      first[Array(name.utf8)] = other
      // Two that are named by their path, and overlap, are reported for that.
      let areNamedByPath = target.settings.values.name == nil && other.settings.values.name == nil
      let areShared = PathChecks.mayShareFolders(target, other)
      if areNamedByPath, areShared, target.isEnabled, other.isEnabled { continue }
      findings.report(.duplicateTargetName(name, at: target.namePlace, first: other.namePlace))
    }
  }

  // MARK: Memory

  /// A guard above what the container gives never acts: the kernel kills first.
  private func checkLimit(_ findings: inout Findings) {
    guard case .size(let size) = draft.memory.values.limit, let container, size > container,
      let place = draft.memory.place(of: "limit")
    else { return }
    findings.report(
      .limitAboveContainer(
        Sizes.text(of: size), container: Sizes.text(of: container), at: place, containerPlace: containerPlace))
  }

  /// Memory is known to go from half to full in a second.
  private func checkSampling(_ findings: inout Findings) {
    guard draft.memory.values.sampleInterval > .seconds(10), let given = draft.memory.given["sample_interval"] else {
      return
    }
    findings.report(.rareSampling(given.node.text ?? "", at: given.value))
  }

  private func checkThresholds(_ findings: inout Findings) {
    let memory = draft.memory.values
    if let limit, let (key, size) = memory.thresholdAbove(limit), let place = draft.memory.place(of: key) {
      return findings.report(
        .thresholdAboveLimit(
          key, draft.memory.given[key]?.node.text?.shown ?? Sizes.text(of: size), limit: Sizes.text(of: limit),
          at: place, containerPlace: placeOfLimit))
    }
    checkOrder(("resume_at", memory.resumeAt), ("pause_at", memory.pauseAt), &findings)
    checkOrder(("pause_at", memory.pauseAt), ("abort_at", memory.abortAt), &findings)
    if hasNoRoom {
      findings.report(
        .memoryTooSmall(
          pause: text(of: ("pause_at", memory.pauseAt)), base: Sizes.text(of: MemoryPlan.base),
          limit: limit.map { Sizes.text(of: $0) }, at: placeOfMemory))
    }
  }

  /// The program itself would keep every target waiting.
  private var hasNoRoom: Bool {
    let memory = draft.memory.values
    guard draft.memory.failed.isDisjoint(with: ["limit", "pause_at"]) else { return false }
    if let limit { return memory.leavesNoRoom(under: limit) }
    // Whatever the limit will be, it makes a size no larger.
    guard case .size(let size) = memory.pauseAt else { return false }
    return memory.leavesNoRoom(under: size)
  }

  /// Where it is said how much there is: the limit, or the threshold that makes too little of it; else the beginning.
  private var placeOfMemory: SourcePlace {
    let isEnough = limit.map { !MemoryPlan().leavesNoRoom(under: $0) } ?? true
    if isEnough, let place = draft.memory.place(of: "pause_at") { return place }
    return placeOfLimit ?? draft.memory.place(of: "limit") ?? firstKey
  }

  private typealias NamedThreshold = (key: String, value: MemoryPlan.Threshold)

  private func checkOrder(_ lower: NamedThreshold, _ upper: NamedThreshold, _ findings: inout Findings) {
    guard !isBelow(lower.value, upper.value), draft.memory.failed.isDisjoint(with: [lower.key, upper.key]) else {
      return
    }
    let places = [lower, upper].compactMap { draft.memory.place(of: $0.key) }
    // The built-in thresholds are in order, so at least one was written.
    guard let place = places.first else { return }
    let texts = (text(of: lower), text(of: upper))
    let other = places.count > 1 ? places[1] : nil
    let builtIn = [lower, upper].first { draft.memory.given[$0.key] == nil }
    let abort = text(of: ("abort_at", draft.memory.values.abortAt))
    findings.report(
      .thresholdsReversed(
        lower.key, texts.0, upper.key, texts.1, builtIn: builtIn?.key, abort: abort, at: place, other: other))
  }

  /// True too when the two cannot be compared without a limit.
  private func isBelow(_ lower: MemoryPlan.Threshold, _ upper: MemoryPlan.Threshold) -> Bool {
    switch (lower, upper) {
    case (.share(let a), .share(let b)): return a < b
    case (.size(let a), .size(let b)) where a >= b: return false
    default:
      guard let limit else { return true }
      return lower.resolved(against: limit) < upper.resolved(against: limit)
    }
  }

  /// As it was written, else as it would be.
  private func text(of threshold: NamedThreshold) -> String {
    if let written = draft.memory.given[threshold.key]?.node.text { return written.shown }
    return switch threshold.value {
    case .share(let share): Percentages.text(of: share)
    case .size(let size): Sizes.text(of: size)
    }
  }

  /// The budgets of the targets that may run at once must fit together. Targets without one share what is left.
  private func checkBudgets(_ findings: inout Findings) {
    guard let limit, !hasNoRoom else { return }
    let available = draft.memory.values.available(under: limit)
    let demand = ParallelDemand(of: enabled, parallel: draft.run.values.parallelTargets) { target in
      target.settings.values.memoryBudget.flatMap { size in
        target.settings.place(of: "memory_budget").map { (size, $0) }
      }
    }
    guard let demand else { return }
    let sum = demand.amounts.reduce(ByteCount(bytes: 0), +)
    guard sum > available else { return }
    let mebibytes = (available.bytes / UInt64(demand.amounts.count)) >> 20
    findings.report(
      .budgetsDoNotFit(
        count: demand.amounts.count, sum: Sizes.text(of: sum), available: Sizes.text(of: available),
        limit: Sizes.text(of: limit), each: mebibytes > 0 ? "\(mebibytes)Mi" : nil,
        enough: leastLimit(for: sum).map { "\($0.bytes >> 20)Mi" }, at: demand.place, others: demand.otherPlaces,
        containerPlace: placeOfLimit))
  }

  /// The least limit, in whole MiB, under which budgets of `sum` fit; nil when `pause_at` is a size, which no limit moves.
  private func leastLimit(for sum: ByteCount) -> ByteCount? {
    guard case .share(let share) = draft.memory.values.pauseAt else { return nil }
    let bytes = Double((sum + MemoryPlan.base).bytes) / (share.percent / 100)
    // No machine has a pebibyte.
    guard bytes < 0x1p50 else { return nil }
    var limit = ByteCount.mebibytes(UInt64(bytes) >> 20)
    while draft.memory.values.available(under: limit) < sum { limit = limit + .mebibytes(1) }
    return limit
  }

  /// Where the limit that counts stands in a manifest; nil when the config says it, or nobody.
  private var placeOfLimit: SourcePlace? { limit == container ? containerPlace : nil }

  // MARK: Concurrency

  private func checkConcurrency(_ findings: inout Findings) {
    let run = draft.run.values
    if !draft.run.failed.isDisjoint(with: ["concurrency", "parallel_targets"]) { return }
    if run.parallelTargets > run.concurrency, let place = draft.run.place(of: "parallel_targets") {
      findings.report(
        .moreTargetsThanConcurrency(
          run.parallelTargets, ceiling: run.concurrency, at: place, other: draft.run.place(of: "concurrency")))
    }
    let share = run.parallelTargets > run.concurrency ? run.concurrency : run.concurrency / run.parallelTargets
    for target in enabled {
      guard case .atMost(let concurrency) = target.settings.values.concurrency, concurrency > share,
        let place = target.settings.place(of: "concurrency")
      else { continue }
      findings.report(
        .concurrencyOverCeiling(
          concurrency, ceiling: run.concurrency, share: share, at: place,
          other: draft.run.place(of: "concurrency")))
    }
  }
}
