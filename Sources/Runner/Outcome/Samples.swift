public import Plan

/// Some of many paths, as text: how many there are, and the first that were met.
public struct PathSamples: Hashable, Sendable {
  /// As many as anyone reads.
  public static let most = 20

  public private(set) var count: UInt64 = 0
  /// Of one path that is kept: folders can be thousands of levels deep.
  static let mostBytes = 1024

  /// Escaped where they are not printable, and cut where they are very long; `most` of them at most.
  public private(set) var first: [String] = []

  public init() {}

  /// `path` is asked for only when it is kept.
  public mutating func note(_ path: @autoclosure () -> String) {
    count += 1
    if first.count < PathSamples.most { first.append(PathSamples.bounded(path())) }
  }

  /// Whether it is among those that are kept.
  func contains(_ path: String) -> Bool { first.contains(PathSamples.bounded(path)) }

  private static func bounded(_ path: String) -> String { PrintableText.cut(path, toBytes: mostBytes) }
}

/// One file that a dry run would delete.
public struct FileSample: Hashable, Sendable {
  /// Of one target.
  public static let most = 3

  /// Absolute, and escaped where it is not printable.
  public var path: String
  public var size: ByteCount
  /// Nil: it could not be looked at a second time.
  public var age: Duration?

  public init(path: String, size: ByteCount, age: Duration?) {
    (self.path, self.size, self.age) = (path, size, age)
  }
}
