/// A config text and the name it is shown under.
public struct SourceText: Hashable, Sendable {
  /// A file's path as the user gave it, or `<stdin>`.
  public let name: String
  public let bytes: [UInt8]

  public init(name: String, bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
}
