/// Where each byte of a scalar's value stands in the text it was written in.
struct ScalarOrigin: Sendable {
  /// A stretch of the value that was written unit by unit, all of one size.
  ///
  /// A unit is what one thing in the source stands for: a byte as it is, an escape, a line break. It is never divided.
  struct Segment: Sendable {
    /// Where it begins, in bytes of the value and of the source.
    let value: UInt32
    private let source: UInt32
    /// How many bytes a unit has.
    private let valueUnit: UInt8
    private let sourceUnit: UInt8

    init(value: Int, source: Int, valueUnit: Int, sourceUnit: Int) {
      (self.value, self.source) = (UInt32(value), UInt32(source))
      (self.valueUnit, self.sourceUnit) = (UInt8(valueUnit), UInt8(sourceUnit))
    }

    /// The bytes of the unit that holds this byte of the value, which must not stand before the segment.
    func source(of byte: Int) -> Range<Int> {
      let start = Int(source) + (byte - Int(value)) / Int(valueUnit) * Int(sourceUnit)
      return start..<start + Int(sourceUnit)
    }

    /// Whether this segment, made longer, says what `next` says.
    func isContinued(by next: Segment) -> Bool {
      (valueUnit, sourceUnit) == (next.valueUnit, next.sourceUnit)
        && source(of: Int(next.value)).lowerBound == Int(next.source)
    }
  }

  /// In the order of the value, and of the source; no byte of the value is left out.
  private let segments: [Segment]
  private let valueCount: Int
  /// Where an empty value stands.
  private let start: Int

  /// Nil when the value cannot be retraced byte by byte; then a finding can only point at the whole scalar.
  init?(_ scalar: YAMLScalar) {
    guard max(scalar.place.source.bytes.count, scalar.text.utf8.count) <= UInt32.max else { return nil }
    var tracer = ScalarTracer(scalar)
    do {
      try tracer.trace()
    } catch {
      return nil
    }
    (segments, valueCount, start) = (tracer.segments, scalar.text.utf8.count, tracer.start)
  }

  /// The bytes of the source that the value's bytes `part`, cut to what the value has, were written as.
  ///
  /// Ends behind the last byte's own source, and so without the next line's indentation. An empty part is the point
  /// before its byte; at the value's end, the one behind the last byte.
  func range(of part: Range<Int>) -> Range<Int> {
    let part = part.clamped(to: 0..<valueCount)
    if part.isEmpty {
      let point = part.lowerBound < valueCount ? source(of: part.lowerBound).lowerBound : end
      return point..<point
    }
    return source(of: part.lowerBound).lowerBound..<source(of: part.upperBound - 1).upperBound
  }

  private var end: Int { valueCount > 0 ? source(of: valueCount - 1).upperBound : start }

  /// Only for bytes the value has.
  private func source(of byte: Int) -> Range<Int> {
    var (low, high) = (0, segments.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if segments[middle].value <= byte { low = middle } else { high = middle }
    }
    return segments[low].source(of: byte)
  }
}
