/// Names of entries of one directory, packed: bytes as the kernel gave them, never Strings.
public struct NameList: Sendable {
  // Every name ends with a NUL, so that it can be handed to the kernel where it lies.
  private var bytes: [UInt8] = []
  private var starts: [UInt32] = []

  public init() {}

  public var count: Int { starts.count }
  public var isEmpty: Bool { starts.isEmpty }

  /// What it holds on to, in bytes, for the ledger.
  public var footprint: Int { bytes.capacity + starts.capacity * MemoryLayout<UInt32>.stride }

  /// The most that a list of so many names holds for which room was made beforehand; `bytes` counts a NUL with each name.
  public static func mostFootprint(entries: Int, bytes: Int) -> Int {
    bytes + entries * MemoryLayout<UInt32>.stride + 2 * arraySlack
  }
  /// What the allocator rounds an array of bytes up by at most, when it is not huge.
  private static let arraySlack = 64

  /// Makes room for so many names; `bytes` counts a NUL with each.
  public mutating func reserveCapacity(names: Int, bytes: Int) {
    self.bytes.reserveCapacity(bytes)
    starts.reserveCapacity(names)
  }

  public mutating func append(_ name: UnsafeBufferPointer<UInt8>) {
    starts.append(UInt32(bytes.count))
    bytes.append(contentsOf: name)
    bytes.append(0)
  }

  public mutating func append(_ name: [UInt8]) {
    name.withUnsafeBufferPointer { append($0) }
  }

  /// Appends all names of another list, with room for no more than is needed.
  public mutating func append(contentsOf other: NameList) {
    reserveCapacity(names: count + other.count, bytes: bytes.count + other.bytes.count)
    starts.append(contentsOf: other.starts.map { $0 + UInt32(bytes.count) })
    bytes.append(contentsOf: other.bytes)
  }

  /// Takes the last name off.
  public mutating func popLast() -> [UInt8]? {
    guard let start = starts.popLast() else { return nil }
    let name = Array(bytes[Int(start)..<(bytes.count - 1)])
    bytes.removeSubrange(Int(start)...)
    return name
  }

  /// Takes off all names but the first `count`.
  public mutating func removeAll(from count: Int) {
    guard count < starts.count else { return }
    bytes.removeSubrange(Int(starts[count])...)
    starts.removeSubrange(count...)
  }

  /// Bytes of all names, a NUL with each.
  public var totalBytes: Int { bytes.count }

  /// Whether the bytes of the name at `a` come before those of the one at `b`.
  public func precedes(_ a: Int, _ b: Int) -> Bool {
    withName(at: a) { first in withName(at: b) { first.lexicographicallyPrecedes($0) } }
  }

  /// The name at `index`, without its NUL.
  public subscript(index: Int) -> [UInt8] {
    let end = index + 1 < starts.count ? Int(starts[index + 1]) : bytes.count
    return Array(bytes[Int(starts[index])..<(end - 1)])
  }

  /// Lends the name at `index`, without its NUL.
  @inline(__always)
  public func withName<Result>(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    let end = index + 1 < starts.count ? Int(starts[index + 1]) : bytes.count
    return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[Int(starts[index])..<(end - 1)])) }
  }

  /// Lends the NUL-terminated name at `index`.
  @inline(__always)
  func withCName<Result>(at index: Int, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    bytes.withUnsafeBytes { buffer in
      // The list is not empty here, so it has storage, and a name lies wholly inside it.
      body(buffer.baseAddress.unsafelyUnwrapped.advanced(by: Int(starts[index])).assumingMemoryBound(to: CChar.self))
    }
  }
}
