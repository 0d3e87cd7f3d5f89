/// The folders of one target with dates in its path that are not purged now.
public struct FoldersKept: Hashable, Sendable {
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// By `older_than`.
    case tooYoung = "too_young"
    /// By `from` or `to`.
    case outsideBounds = "outside_bounds"
    case keepLast = "keep_last"
  }

  /// As configured.
  public var target: String
  /// Reasons that keep none are absent.
  public var folders: [Reason: PathSamples] = [:]

  public init(target: String) { self.target = target }
}
