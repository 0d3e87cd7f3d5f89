import CKernel
import Glibc

/// A small file of the kernel's that tells figures, read again and again: through one descriptor that stays open, into
/// memory that is there beforehand, so that a look costs microseconds and never waits for an allocation.
///
/// Either lines of `key value`, as in memory.stat and /proc/meminfo, or a single number. For one thread at a time.
final class FigureFile {
  /// memory.stat, the longest of them, has about 2 KiB, and gains a line with every other kernel.
  private static let capacity = 16 * 1024

  private let path: String
  private let keys: [StaticString]
  private let buffer: UnsafeMutableRawBufferPointer
  private let values: UnsafeMutableBufferPointer<UInt64?>
  private var descriptor: CInt = -1

  /// - Parameter keys: the lines to look for; none: the file is a single number.
  init(_ path: String, keys: [StaticString] = []) {
    self.path = path
    self.keys = keys
    buffer = .allocate(byteCount: FigureFile.capacity, alignment: 1)
    values = .allocate(capacity: max(1, keys.count))
    values.initialize(repeating: nil)
  }

  deinit {
    close()
    values.deallocate()
    buffer.deallocate()
  }

  /// Takes a fresh look; false when the file cannot be read or tells nothing that was asked for.
  func read() -> Bool {
    let text = content()
    values.update(repeating: nil)
    if keys.isEmpty {
      values[0] = text.flatMap { FigureFile.number(in: $0[...]) }
    } else if let text {
      readLines(text)
    }
    return values.contains { $0 != nil }
  }

  /// The figure of key number `index` at the last look; nil when there was none.
  subscript(index: Int) -> UInt64? { values[index] }

  /// The single number, freshly read.
  func number() -> UInt64? { read() ? values[0] : nil }

  // MARK: Reading

  /// Opens the file when it is not open, which it is not any more when its group was removed and perhaps made again.
  private func content() -> UnsafeRawBufferPointer? {
    for _ in 0..<2 {
      if descriptor < 0 { descriptor = ck_open_to_read(path) }
      guard descriptor >= 0 else { return nil }
      let length = ck_read_from_start(descriptor, buffer.baseAddress, buffer.count)
      if length >= 0 { return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length]) }
      close()
    }
    return nil
  }

  private func close() {
    if descriptor >= 0 { _ = ck_close(descriptor) }
    descriptor = -1
  }

  // MARK: Understanding

  private func readLines(_ text: UnsafeRawBufferPointer) {
    var start = text.startIndex
    while start < text.endIndex {
      let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
      readLine(text[start..<end])
      start = end + 1
    }
  }

  private func readLine(_ line: Slice<UnsafeRawBufferPointer>) {
    guard let end = line.firstIndex(where: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ":") }) else { return }
    let key = line[line.startIndex..<end]
    guard let index = keys.firstIndex(where: { FigureFile.isEqual(key, $0) }) else { return }
    let isInKibibytes = line.last == UInt8(ascii: "B")
    values[index] = FigureFile.number(in: line[end...]).map { isInKibibytes ? $0 &* 1024 : $0 }
  }

  private static func isEqual(_ bytes: Slice<UnsafeRawBufferPointer>, _ key: StaticString) -> Bool {
    guard bytes.count == key.utf8CodeUnitCount, let start = UnsafeRawBufferPointer(rebasing: bytes).baseAddress else {
      return false
    }
    return memcmp(start, key.utf8Start, bytes.count) == 0
  }

  /// The first number; nil for none, for `max`, and for one that is too large to be a number of bytes.
  private static func number(in text: Slice<UnsafeRawBufferPointer>) -> UInt64? {
    let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    guard var index = text.firstIndex(where: isDigit) else { return nil }
    var number: UInt64 = 0
    while index < text.endIndex, isDigit(text[index]) {
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      guard !isTooLarge else { return nil }
      number = product &+ UInt64(text[index] - UInt8(ascii: "0"))
      index += 1
    }
    return number
  }
}
