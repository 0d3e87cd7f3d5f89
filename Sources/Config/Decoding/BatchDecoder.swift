import Plan

/// Everything the text says, group by group, before it is checked as a whole.
struct BatchDraft: Sendable {
  var version = 0
  var memory = Section(MemoryPlan())
  var run = Section(RunPlan())
  var safety = Section(SafetyPlan())
  var report = Section(ReportPlan())
  var audit = Section(Reserved())
  var metrics = Section(Reserved())
  var defaults: YAMLNode?
  var targets: YAMLNode?

  /// A group none of whose keys does anything yet.
  struct Reserved: Sendable {}
}

/// The schema: every key of the config, by group.
enum Schema {
  static let root: [Key<BatchDraft>] = [
    Key("version", .version, \.version, isRequired: true, examples: ["1"], "The version of this schema: 1."),
    .group("memory", memory, \.memory, "One monitor, shared by all targets."),
    .group("run", run, \.run, "How the run as a whole goes."),
    .group("safety", safety, \.safety, "What no run may exceed."),
    .group("audit", audit, \.audit, "A line for every deletion."),
    .group("report", report, \.report, "Where the report goes."),
    .group("metrics", metrics, \.metrics, "Where the metrics go."),
    Key(
      "defaults",
      Format.raw("a group of keys", shape: JSONSchema.group(of: TargetSettings.sharedKeys.map(\.description))),
      \.defaults, children: TargetSettings.sharedKeys.map(\.description),
      "What targets share: any key of a target but name, path and partitions."),
    Key(
      "targets", Format.raw("a list", shape: JSONSchema.targets), \.targets, isRequired: true,
      children: TargetSettings.keys.map(\.description), "The folders to purge."),
  ]

  static let memory: [Key<MemoryPlan>] = [
    Key(
      "limit", Format<ByteCount>.size(atLeast: .smallestMemory).map { .size($0) }.or("auto", .auto), \.limit,
      builtIn: "auto", examples: ["1Gi"], "The memory this process may use; auto: the smallest limit that binds it."),
    Key("pause_at", .threshold, \.pauseAt, builtIn: "80%", "Where targets are paused."),
    Key("resume_at", .threshold, \.resumeAt, builtIn: "70%", "Where they go on."),
    Key("abort_at", .threshold, \.abortAt, builtIn: "95%", "Where the run ends in order."),
    // Below a millisecond the monitor would be the load; above ten seconds it would come too late.
    Key(
      "sample_interval", .duration(bareUnit: "ms", atLeast: .milliseconds(1), atMost: .seconds(10)), \.sampleInterval,
      builtIn: "100ms",
      "How often memory is read."),
  ]

  static let run: [Key<RunPlan>] = [
    Key("parallel_targets", .count(Limits.parallelTargets), \.parallelTargets, builtIn: "1", "Targets purged at once."),
    Key(
      "concurrency", .count(Limits.concurrency), \.concurrency, builtIn: "2000",
      "Ceiling on file system operations in flight over all targets; divided by parallel_targets."),
    Key(
      "operations_per_second", .count(1...Limits.rate), \.operationsPerSecond, unset: "unlimited", examples: ["5000"],
      "Ceiling on the rate of file system operations over all targets."),
    Key(
      "time_limit", .duration(bareUnit: "h", atLeast: .seconds(1)), \.timeLimit, unset: "none", examples: ["4h"],
      "After this the run ends in order."),
    Key(
      "on_target_failure", .choice, \.onTargetFailure, builtIn: "continue",
      "stop: after a target that failed, had errors or tripped a guard, no further one starts."),
    // The old tool's dashboards expect whole seconds between lines.
    Key(
      "progress_interval", .duration(bareUnit: "s", atLeast: .seconds(1)), \.progressInterval, builtIn: "30s",
      "How often progress is logged."),
    .notSupportedYet("windows", of: "run", off: "always", "The hours in which deleting is allowed."),
    .notSupportedYet("checkpoint", of: "run", off: "none", "Where a retried run finds what is finished."),
    .notSupportedYet("shard_depth", of: "run", off: "1", "Below the target, where shards divide the work."),
  ]

  static let safety: [Key<SafetyPlan>] = [
    Key(
      "allowed_roots",
      .list(of: .absolutePath, emptyHint: Diagnostic.Advice.allowEveryPath),
      \.allowedRoots, absence: "every path that is not protected", examples: ["[/data]"],
      "Every target must lie inside one of these."),
    Key(
      "max_clock_skew", .duration(bareUnit: "m"), \.maxClockSkew, builtIn: "5m",
      "Between this host's clock and the file system's."),
    Key(
      "max_deletions", .cap, \.maxDeletions, unset: "unlimited", examples: ["1000000"],
      "Files over all targets: the removal beyond it does not happen; the whole run stops with status 5."),
    Key(
      "max_deleted_bytes", .size(atLeast: ByteCount(bytes: 1)), \.maxDeletedBytes, unset: "unlimited",
      examples: ["2Ti"],
      "Allocated blocks of last links over all targets: the removal beyond it does not happen; "
        + "the whole run stops with status 5."),
    .notSupportedYet("lock", of: "safety", off: "none", "A lock file held for the whole run."),
  ]

  static let report: [Key<ReportPlan>] = [
    Key("file", .absolutePath, \.file, unset: "none", examples: ["/report/purge.json"], "Where the JSON report goes."),
    .notSupportedYet("html", of: "report", off: "none", "Where the HTML report goes."),
  ]

  static let audit: [Key<BatchDraft.Reserved>] = [
    .notSupportedYet("file", of: "audit", off: "none", "Where a line for every deletion goes."),
    .notSupportedYet("rotate_size", of: "audit", off: "256Mi", "When a new file is begun."),
    .notSupportedYet(
      "chain", of: "audit", off: "false", choices: ["true", "false"],
      "Whether each line carries the hash of the one before."),
  ]

  static let metrics: [Key<BatchDraft.Reserved>] = [
    .notSupportedYet("listen", of: "metrics", off: "none", "Where Prometheus finds the metrics."),
    .notSupportedYet("textfile", of: "metrics", off: "none", "Where the node exporter finds them."),
  ]

  /// The groups a key may stand in; empty when it is no key at all.
  static func homes(of key: String) -> [String] {
    let groups: [(name: String, keys: [String])] = [
      ("the top level", root.map(\.name)), ("memory", memory.map(\.name)), ("run", run.map(\.name)),
      ("safety", safety.map(\.name)), ("audit", audit.map(\.name)), ("report", report.map(\.name)),
      ("metrics", metrics.map(\.name)), ("defaults", TargetSettings.sharedKeys.map(\.name)),
      ("a target", TargetSettings.keys.map(\.name)), ("partitions", Partitions.keys.map(\.name)),
    ]
    return groups.filter { $0.keys.contains(key) }.map(\.name)
  }
}

extension Format where Value == Int {
  static var version: Format {
    .scalar("a version", shape: ValueShape.only("1")) { scalar, _ throws(Diagnostic) in
      guard scalar.text == "1" else { throw .unknownVersion(scalar.text, at: scalar.place) }
      return 1
    }
  }
}

/// Turns a composed text into a draft and its targets.
struct BatchDecoder {
  private(set) var draft = BatchDraft()
  private(set) var targets: [DecodedTarget] = []
  /// The keys of the top level.
  private(set) var given: [String: Section<BatchDraft>.Given] = [:]

  /// Reads `root`; what the text leaves open comes from `environment`.
  init(_ root: YAMLNode, environment: LegacyEnvironment, findings: inout Findings) {
    draft.memory = environment.memory
    var section = Section(draft)
    section.read(root, as: "config", owner: root.place, keys: Schema.root, findings: &findings)
    (draft, given) = (section.values, section.given)
    var layers = environment
    // At the top level it is meant for all targets.
    if let age = section.misplaced["max_age"] { layers.targets.note("max_age", age) }
    let defaults = defaults(
      environment: layers, unread: section.given["defaults"]?.node, findings: &findings)
    readTargets(on: defaults, findings: &findings)
  }

  /// `unread` is where defaults stand that have not come as far as being read.
  private func defaults(
    environment: LegacyEnvironment, unread: YAMLNode?, findings: inout Findings
  ) -> Section<TargetSettings> {
    var settings = environment.targets
    guard let node = draft.defaults else {
      if let unread { settings.note("max_age", unread) }
      return settings
    }
    settings.read(node, as: "defaults", owner: node.place, keys: TargetSettings.sharedKeys, findings: &findings)
    // Defaults that cannot be read may have held it.
    if case .mapping = node.content { return settings }
    settings.note("max_age", node)
    return settings
  }

  private mutating func readTargets(on defaults: Section<TargetSettings>, findings: inout Findings) {
    guard let node = draft.targets else { return }
    guard case .sequence(let items) = node.content else {
      findings.report(.wrongType("'targets'", expected: "a list", found: node.noun, example: nil, at: node.place))
      return
    }
    if items.isEmpty { findings.report(.noTargets(at: node.place)) }
    if items.count > Limits.targets {
      findings.report(.tooManyTargets(limit: Limits.targets, at: node.place))
      return
    }
    for item in items {
      if let scalar = item.scalar, scalar.isAbsent || scalar.isNull {
        findings.report(.emptyItem("targets", at: item.place))
        continue
      }
      targets.append(DecodedTarget.read(item, defaults: defaults, findings: &findings))
    }
  }

  /// To be called only when no error was found: then every target is whole.
  var plan: BatchPlan {
    BatchPlan(
      memory: draft.memory.values, run: draft.run.values, safety: draft.safety.values, report: draft.report.values,
      targets: targets.compactMap(\.target))
  }
}
