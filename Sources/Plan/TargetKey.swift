/// A key of one of a plan's targets, or an item of the key's list: what a decision rests on.
public struct TargetKey: Hashable, Sendable {
  /// The target's number in the plan.
  public var target: Int
  /// The number of one of its rules, whose key it is where that has it; nil: the target's own.
  public var rule: Int?
  /// `max_age`, or `partitions.older_than`.
  public var name: String
  /// The item's place in the list; nil: the key as a whole.
  public var item: Int?

  public init(target: Int, rule: Int? = nil, _ name: String, item: Int? = nil) {
    (self.target, self.rule, self.name, self.item) = (target, rule, name, item)
  }

  /// Where a pattern of this target stands.
  public init(_ source: Selection.Source, target: Int) {
    self.init(target: target, rule: source.rule, source.key.rawValue, item: source.index)
  }
}
