/// A number of bytes.
public struct ByteCount: Hashable, Comparable, Sendable {
  public let bytes: UInt64

  public init(bytes: UInt64) { self.bytes = bytes }

  /// Saturates at `UInt64.max`.
  public static func mebibytes(_ count: UInt64) -> ByteCount {
    let product = count.multipliedReportingOverflow(by: 1 << 20)
    return ByteCount(bytes: product.overflow ? .max : product.partialValue)
  }

  /// In MiB (1 048 576 bytes), the unit of every `…_mb` field.
  public var inMebibytes: Double { Double(bytes) / 1_048_576 }

  /// 0 for a part of nothing.
  public func percent(of whole: ByteCount) -> Double { whole.bytes > 0 ? 100 * Double(bytes) / Double(whole.bytes) : 0 }

  /// In IEC units with one decimal, for people: `512 B`, `1.5 KiB`, `46.9 GiB`.
  public var text: String {
    guard bytes >= 1024 else { return "\(bytes) B" }
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var (value, unit) = (Double(bytes) / 1024, 0)
    // 1023.95 would be printed as 1024.0 of the smaller unit.
    while value >= 1023.95, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }

  public static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }

  /// Saturating: a difference never wraps below zero.
  public static func - (a: ByteCount, b: ByteCount) -> ByteCount {
    ByteCount(bytes: a.bytes > b.bytes ? a.bytes - b.bytes : 0)
  }

  /// Saturating: a sum never wraps.
  public static func + (a: ByteCount, b: ByteCount) -> ByteCount {
    let sum = a.bytes.addingReportingOverflow(b.bytes)
    return ByteCount(bytes: sum.overflow ? .max : sum.partialValue)
  }
}

/// A share of something, 0 % to 100 %.
public struct Percentage: Hashable, Comparable, Sendable {
  /// Between 0 and 1.
  public let fraction: Double

  /// Nil outside 0 ... 100 or when not a number.
  public init?(percent: Double) {
    guard percent >= 0, percent <= 100 else { return nil }
    self.fraction = percent / 100
  }

  public var percent: Double { fraction * 100 }

  public static func < (a: Percentage, b: Percentage) -> Bool { a.fraction < b.fraction }

  public func of(_ whole: ByteCount) -> ByteCount {
    // 2^53 bytes are exact in a Double; a larger limit loses a few bytes, which no threshold notices.
    let share = Double(whole.bytes) * fraction
    return share < Double(whole.bytes) ? ByteCount(bytes: UInt64(share)) : whole
  }
}

extension Duration {
  /// As a config has them, the largest first.
  public static let units: [(name: String, length: Duration)] = [
    ("w", .seconds(604_800)), ("d", .seconds(86_400)), ("h", .seconds(3600)), ("m", .seconds(60)), ("s", .seconds(1)),
    ("ms", .milliseconds(1)),
  ]

  /// In the largest unit that divides it, as a config has it: `4h`, `90s`.
  public var text: String {
    for unit in Duration.units where self >= unit.length {
      let count = Int64(self / unit.length)
      if unit.length * count == self { return "\(count)\(unit.name)" }
    }
    return "0s"
  }
}
