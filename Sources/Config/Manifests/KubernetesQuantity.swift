import Plan

/// An amount as Kubernetes writes amounts: `256Mi`, `0.5Gi`, `1e9`, `128974848`.
enum KubernetesQuantity {
  /// Nil when this is no such amount, or a negative one. A part of a byte is a whole one, as Kubernetes has it; what is too
  /// large for a number is the largest there is.
  static func bytes(_ written: String) -> ByteCount? {
    let text = written.hasPrefix("+") ? String(written.dropFirst()) : written
    let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    guard let factor = factor(text[number.endIndex...]) else { return nil }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts.first, number.contains(where: \.isNumber) else { return nil }
    return product(of: String(whole), fraction: parts.count == 2 ? String(parts[1]) : "", factor)
  }

  /// What was meant by an amount that is none: `256mb`, `1 Gi`.
  static func meant(by text: String) -> String? {
    let number = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text[number.endIndex...].lowercased().filter { $0 != " " }
    guard !number.isEmpty, let letter = unit.first, "kmgt".contains(letter) else { return nil }
    let endings = ["", "b", "i", "ib"].map { String(letter) + $0 }
    return endings.contains(unit) ? number + letter.uppercased() + "i" : nil
  }

  /// A power of ten and one of two.
  private typealias Factor = (tens: Int, twos: Int)

  private static func factor(_ suffix: Substring) -> Factor? {
    let units: [Substring: Factor] = [
      "": (0, 0), "n": (-9, 0), "u": (-6, 0), "m": (-3, 0), "k": (3, 0), "M": (6, 0), "G": (9, 0), "T": (12, 0),
      "P": (15, 0), "E": (18, 0), "Ki": (0, 10), "Mi": (0, 20), "Gi": (0, 30), "Ti": (0, 40), "Pi": (0, 50),
      "Ei": (0, 60),
    ]
    if let known = units[suffix] { return known }
    guard let mark = suffix.first, mark == "e" || mark == "E", let exponent = Int(suffix.dropFirst()) else {
      return nil
    }
    // Beyond this every amount is nothing or too large anyway.
    return (min(max(exponent, -40), 40), 0)
  }

  private static func product(of whole: String, fraction: String, _ factor: Factor) -> ByteCount {
    // Kubernetes keeps nine decimals as well.
    let decimals = fraction.prefix(9)
    // Digits that make no number are too many.
    guard let mantissa = UInt64(whole + decimals) else { return ByteCount(bytes: .max) }
    var amount = UInt128(mantissa) << UInt128(factor.twos)
    var tens = factor.tens - decimals.count
    while tens > 0, amount <= UInt128(UInt64.max) { (amount, tens) = (amount * 10, tens - 1) }
    while tens < 0, amount > 1 { (amount, tens) = ((amount + 9) / 10, tens + 1) }
    return ByteCount(bytes: UInt64(clamping: amount))
  }
}
