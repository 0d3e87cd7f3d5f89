/// A cap that a run would meet, as a dry run that counts on beyond it sees.
public struct CapForecast: Hashable, Sendable {
  /// As written in the config: `safety.max_deletions`, `max_deleted_bytes`.
  public var key: String
  /// As configured; nil: the whole run's.
  public var target: String?
  /// Files or bytes that may be deleted, and those that would have to go.
  public var limit: UInt64
  public var wanted: UInt64
  public var isBytes: Bool

  public init(key: String, target: String?, limit: UInt64, wanted: UInt64, isBytes: Bool) {
    (self.key, self.target, self.limit, self.wanted, self.isBytes) = (key, target, limit, wanted, isBytes)
  }
}
