public import Plan

/// What a check takes from elsewhere than the config's text.
public struct CheckSettings: Sendable {
  /// The values of `--set`, each `KEY=VALUE`; they win over the text.
  public var overrides: [String] = []
  /// The variables of the tool this one replaces; they fill in what text and overrides leave open.
  public var environment: [String: String] = [:]
  /// The names of those that are set to what nobody knows here.
  var unknownVariables: Set<String> = []
  /// Where time zones are looked up.
  public var timeZones = TimeZoneDatabase.none
  /// The container limit to check thresholds and budgets against; nil: not known.
  public var memoryLimit: ByteCount?
  /// Where that stands, when a manifest says it.
  var memoryLimitPlace: SourcePlace?
  /// Of ConfigMaps, this key is checked, whatever it looks like, and no other; nil: all that look like a config.
  public var key: String?
  /// When the config is to be run, for what its dates leave to be purged by then; nil: not known.
  public var now: Timestamp?
  /// The manifests of what runs the config; nil: not known.
  public var workload: WorkloadManifests?

  public init() {}
}
