/// A text that findings point into (a config, a stream of manifests, the value of an option) and the name it is shown under.
///
/// A class, so that the many places in one text share it; two are equal when they read the same.
public final class SourceText: Sendable {
  /// What a text was given in.
  public enum Medium: Sendable {
    case file, option, environment
    /// Made from what a file holds.
    case decoded
  }

  /// A file's path as the user gave it, or `<stdin>`.
  public let name: String
  /// As they are: findings may be about what is no UTF-8.
  public let bytes: [UInt8]
  public let medium: Medium
  /// Set when this text is a value that stands in another one.
  let embedding: Embedding?
  /// Where each line begins, in bytes; the first is 0. Lines end with LF, CR LF or CR.
  let lineStarts: [Int]
  /// How many Unicode scalars begin before each multiple of `stride` bytes: columns of long lines cost no walk through them.
  private let scalarCounts: [Int]
  private static let stride = 1024

  public convenience init(name: String, bytes: [UInt8], medium: Medium = .file) {
    self.init(name: name, bytes: bytes, medium: medium, embedding: nil)
  }

  init(name: String, bytes: [UInt8], medium: Medium, embedding: Embedding?) {
    (self.name, self.bytes, self.medium, self.embedding) = (name, bytes, medium, embedding)
    self.lineStarts = SourceText.lineStarts(in: bytes)
    self.scalarCounts = SourceText.scalarCounts(in: bytes)
  }

  /// The place of the bytes in `range`, cut to what the text has.
  public func place(_ range: Range<Int>) -> SourcePlace {
    SourcePlace(source: self, range: range.clamped(to: 0..<bytes.count))
  }

  /// The bytes of the line with this index (counted from 0), without its line end.
  func line(_ index: Int) -> Range<Int> {
    let start = lineStarts[index]
    var end = index + 1 < lineStarts.count ? lineStarts[index + 1] : bytes.count
    while end > start, SourceText.isLineEnd(bytes[end - 1]) { end -= 1 }
    return start..<end
  }

  /// The index, counted from 0, of the line that holds this byte.
  func lineIndex(of offset: Int) -> Int {
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// How many Unicode scalars begin before this byte.
  func scalarCount(before offset: Int) -> Int {
    let step = offset / SourceText.stride
    return scalarCounts[step] + bytes[step * SourceText.stride..<offset].count { !UTF8.isContinuation($0) }
  }

  private static func scalarCounts(in bytes: [UInt8]) -> [Int] {
    var counts = [0]
    for start in Swift.stride(from: 0, to: bytes.count - stride + 1, by: stride) {
      counts.append((counts.last ?? 0) + bytes[start..<start + stride].count { !UTF8.isContinuation($0) })
    }
    return counts
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

  private static func lineStarts(in bytes: [UInt8]) -> [Int] {
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where isLineEnd(byte) {
      let next = offset + 1
      // Of CR LF, only the LF ends the line.
      if byte == UInt8(ascii: "\r"), next < bytes.count, bytes[next] == UInt8(ascii: "\n") { continue }
      starts.append(next)
    }
    return starts
  }
}

extension SourceText: Hashable {
  public static func == (a: SourceText, b: SourceText) -> Bool {
    a === b || (a.name == b.name && a.bytes == b.bytes)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(bytes.count)
  }
}

/// Some bytes of a source: what a finding points at.
public struct SourcePlace: Hashable, Sendable {
  public let source: SourceText
  /// In bytes; may be empty, and then stands for the point before its bound.
  public let range: Range<Int>

  /// A point in a text as editors count: both from 1, the column in Unicode scalars.
  public struct Position: Hashable, Sendable {
    public let line: Int
    public let column: Int
  }

  /// The same place in the text that the user gave, when this one stands in a value of that.
  var outermost: SourcePlace { source.embedding.map { $0.place(of: range).outermost } ?? self }

  public var start: Position { position(of: range.lowerBound) }
  /// Just behind the last byte.
  public var end: Position { position(of: range.upperBound) }

  /// The bytes themselves; what is not UTF-8 in them is replaced.
  public var text: String { String(decoding: source.bytes[range], as: UTF8.self) }

  /// Of its first character, as in `U+0085`.
  var codePoint: String {
    "U+" + String(text.unicodeScalars.first?.value ?? 0, radix: 16, uppercase: true).padded(to: 4)
  }

  /// Without the line ends behind it, as a block of text has them; where there is nothing else, as it is.
  var trimmed: SourcePlace {
    let end = source.bytes[range].lastIndex { !" \n\r".utf8.contains($0) }
    return end.map { source.place(range.lowerBound..<$0 + 1) } ?? self
  }

  func holds(_ other: SourcePlace) -> Bool {
    source === other.source && range.lowerBound <= other.range.lowerBound && other.range.upperBound <= range.upperBound
  }

  /// As much of it as a plain value could be: up to a comment, a comma, a bracket or the blanks before them.
  var plainValue: SourcePlace {
    let bytes = source.bytes[range]
    let end = bytes.indices.first { index in
      ",]}".utf8.contains(bytes[index]) || (bytes[index] == UInt8(ascii: "#") && index > range.lowerBound)
    }
    return source.place(range.lowerBound..<max(range.lowerBound + 1, end ?? range.upperBound)).trimmed
  }

  /// As much of it as is on the line on which it begins.
  var firstLine: SourcePlace {
    let line = source.line(source.lineIndex(of: range.lowerBound))
    return source.place(range.lowerBound..<max(range.lowerBound, min(range.upperBound, line.upperBound)))
  }

  /// The line on which it begins.
  var lineText: String {
    String(decoding: source.bytes[source.line(source.lineIndex(of: range.lowerBound))], as: UTF8.self)
  }

  private func position(of offset: Int) -> Position {
    let line = source.lineIndex(of: offset)
    let column = source.scalarCount(before: offset) - source.scalarCount(before: source.lineStarts[line])
    return Position(line: line + 1, column: column + 1)
  }
}
