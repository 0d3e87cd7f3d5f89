public import Plan

/// Is told of single entries, where somebody wants to know of each. Its calls come from several threads, and may wait for whoever
/// reads.
public protocol EntryRecorder: Sendable {
  /// Whether it wants to know of entries that stay, too.
  var wantsKept: Bool { get }

  func record(_ entry: RecordedEntry)
}

/// One entry, and what became of it.
public struct RecordedEntry: Hashable, Sendable {
  public enum Fate: Hashable, Sendable {
    /// A file, or a link that goes, in a dry run.
    case wouldPurge
    case purged
    case wouldRemoveDirectory
    case removedDirectory
    case kept(KeepReason)
    /// A link that stays, or something that is no file.
    case skipped
  }

  public var fate: Fate
  /// The target's, or its folder's.
  public var target: String
  /// Absolute; bytes as the file system has them.
  public var path: [UInt8]
  /// Of a file that would go, as it was looked at for the record; nil: it was gone by then.
  public var size: ByteCount?
  public var age: Duration?
  /// The rule by which a file goes, by its number in the target; nil: the target's own keys.
  public var rule: Int?

  public init(_ fate: Fate, target: String, path: [UInt8]) {
    (self.fate, self.target, self.path) = (fate, target, path)
  }
}
