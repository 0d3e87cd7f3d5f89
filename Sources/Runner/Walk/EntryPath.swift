/// The path of one entry after the other of a directory, for rules that ask for it.
struct EntryPath {
  private(set) var bytes: [UInt8]
  private let prefix: Int

  /// - Parameter prefix: what stands before the names in this directory.
  init(in prefix: [UInt8]) { (bytes, self.prefix) = (prefix, prefix.count) }

  mutating func set(_ name: UnsafeBufferPointer<UInt8>) {
    bytes.removeSubrange(prefix...)
    bytes.append(contentsOf: name)
  }
}
