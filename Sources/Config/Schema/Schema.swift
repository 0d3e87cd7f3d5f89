import Plan

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
    // Below a millisecond the monitor would be the load.
    Key(
      "sample_interval", .duration(bareUnit: "ms", atLeast: .milliseconds(1)), \.sampleInterval,
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
      "time_zone", .timeZone, \.timeZone, builtIn: "UTC", examples: ["Europe/Berlin"],
      "By whose clocks the periods of dated folders end: a name of the IANA database."),
    Key(
      "on_target_failure", .choice, \.onTargetFailure, builtIn: "continue",
      "What follows a target that failed, had errors or tripped a guard; stop: no further one starts."),
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
    Key(
      "file", .reportPath, \.file, unset: "none",
      examples: ["/report/purge.json", "\"/report/purge-{YYYY}-{MM}-{run_id}.json\""],
      "Where the JSON report goes. {run_id}, and {YYYY}, {MM}, {DD}, {HH}, {GGGG}, {WW} of the run's start by run.time_zone, "
        + "keep the reports of several runs apart. Its folder must be there."),
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
    groups.filter { $0.keys.contains(key) }.map(\.name)
  }

  /// Whether these are the keys of a group of the config, and not of another file.
  static func hasGroup(of keys: [String]) -> Bool {
    groups.contains { $0.keys == keys } || keys == RuleSettings.keys.map(\.name)
  }

  private static var groups: [(name: String, keys: [String])] {
    [
      ("the top level", root.map(\.name)), ("memory", memory.map(\.name)), ("run", run.map(\.name)),
      ("safety", safety.map(\.name)), ("audit", audit.map(\.name)), ("report", report.map(\.name)),
      ("metrics", metrics.map(\.name)), ("defaults", TargetSettings.sharedKeys.map(\.name)),
      ("a target", TargetSettings.keys.map(\.name)), ("partitions", Partitions.keys.map(\.name)),
    ]
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
