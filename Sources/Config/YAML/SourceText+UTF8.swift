extension SourceText {
  /// The same text in UTF-8 without a byte order mark; nil when it is that already, or of another encoding than UTF-16.
  var inUTF8: SourceText? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return SourceText(name: name, bytes: Array(bytes.dropFirst(3))) }
    guard let isBigEndian = isBigEndianUTF16 else { return nil }
    let units = stride(from: 0, to: bytes.count - 1, by: 2).map { index -> UInt16 in
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      return isBigEndian ? first << 8 | second : second << 8 | first
    }
    let text = String(decoding: units.drop { $0 == 0xFEFF }, as: UTF16.self)
    return SourceText(name: name, bytes: Array(text.utf8))
  }

  /// Nil: this is no UTF-16. Without a mark, every second byte of what begins with letters is nought.
  private var isBigEndianUTF16: Bool? {
    if bytes.starts(with: [0xFE, 0xFF]) { return true }
    if bytes.starts(with: [0xFF, 0xFE]) { return false }
    let start = bytes.prefix(8)
    guard start.count == 8 else { return nil }
    let noughts = start.indices.filter { start[$0] == 0 }
    return noughts == [0, 2, 4, 6] ? true : noughts == [1, 3, 5, 7] ? false : nil
  }
}

extension [UInt8] {
  /// Whether these bytes stand in it.
  func contains(_ word: some Collection<UInt8>) -> Bool {
    guard let first = word.first else { return true }
    return indices.contains { self[$0] == first && self[$0...].starts(with: word) }
  }
}
