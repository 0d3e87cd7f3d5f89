/// The variables that would divide a run among pods. Nothing does that yet: each pod would purge everything.
public enum ShardVariables {
  static let count = "EFS_PURGE_SHARDS"
  private static let index = "JOB_COMPLETION_INDEX"

  /// Whether this is more than one shard, or no number of them.
  static func divide(_ count: String) -> Bool { !count.isEmpty && count != "1" }

  /// Why nothing must be begun with this environment; nil: nothing is against it.
  public static func objection(to environment: [String: String]) -> String? {
    guard let value = environment[count], divide(value) else { return nil }
    return "\(count) is \(value.quoted), and shards are not supported yet: every pod would purge everything"
  }

  /// What is hardly meant, in an environment to which there is no objection.
  public static func warning(about environment: [String: String]) -> String? {
    guard environment[count, default: ""].isEmpty, let value = environment[index], !["", "0"].contains(value) else {
      return nil
    }
    return "\(index) is \(value.quoted): this is one of several pods, and each of them purges everything"
  }
}
