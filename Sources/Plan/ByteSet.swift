/// A set of byte values, one bit each.
public struct ByteSet: Hashable, Sendable {
  private var words = SIMD4<UInt64>()

  package init() {}

  package init(_ bytes: ClosedRange<UInt8>) {
    for byte in bytes { insert(byte) }
  }

  package mutating func insert(_ byte: UInt8) { words[ByteSet.word(of: byte)] |= ByteSet.bit(of: byte) }
  package mutating func remove(_ byte: UInt8) { words[ByteSet.word(of: byte)] &= ~ByteSet.bit(of: byte) }
  package func contains(_ byte: UInt8) -> Bool { words[ByteSet.word(of: byte)] & ByteSet.bit(of: byte) != 0 }

  /// The one byte in it; nil when there are none or several.
  package var only: UInt8? {
    var found: UInt8?
    for word in 0..<4 where words[word] != 0 {
      if found != nil || words[word].nonzeroBitCount > 1 { return nil }
      found = UInt8(word * 64 + words[word].trailingZeroBitCount)
    }
    return found
  }

  /// Whether some byte is in both.
  package func meets(_ other: ByteSet) -> Bool { words & other.words != .zero }

  package var isEmpty: Bool { words == .zero }

  /// The bytes in both.
  package func intersection(_ other: ByteSet) -> ByteSet {
    var copy = self
    copy.words &= other.words
    return copy
  }

  /// All the other bytes.
  package var inverted: ByteSet {
    var copy = self
    copy.words = ~words
    return copy
  }

  private static func word(of byte: UInt8) -> Int { Int(byte / 64) }
  private static func bit(of byte: UInt8) -> UInt64 { 1 << UInt64(byte % 64) }
}
