import Runner

/// Figures as people read them. Always with a point as decimal mark and commas between thousands: output is compared
/// and grepped, so it must not change with the locale.
public enum HumanText {
  /// `12,345`.
  public static func count(_ number: UInt64) -> String {
    let digits = Array(String(number).utf8)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.unicodeScalars.append(Unicode.Scalar(digit))
    }
    return text
  }

  /// `1 file`, `12,345 files`; `many` where an s at the end does not do.
  public static func counted(_ number: UInt64, _ one: String, _ many: String? = nil) -> String {
    "\(count(number)) \(number == 1 ? one : many ?? one + "s")"
  }

  /// `0.35s`, `12.4s`, `4m 05s`, `3h 07m`, `2d 04h`: two units at most, negative ones as zero.
  public static func duration(_ duration: Duration) -> String {
    let seconds = max(0, duration.inSeconds)
    if seconds < 9.995 { return "\(decimal(seconds, digits: 2))s" }
    if seconds < 59.95 { return "\(decimal(seconds, digits: 1))s" }
    let whole = Int(min(seconds, 1e15).rounded())
    if whole < 3600 { return "\(whole / 60)m \(twoDigits(whole % 60))s" }
    if whole < 86_400 { return "\(whole / 3600)h \(twoDigits(whole / 60 % 60))m" }
    return "\(count(UInt64(whole / 86_400)))d \(twoDigits(whole / 3600 % 24))h"
  }

  /// With exactly `digits` decimals (0 ... 6), rounded; what is no number is shown as 0.
  public static func decimal(_ value: Double, digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    let scaled = (value * scale).rounded()
    guard scaled.isFinite, abs(scaled) < 1e18 else {
      return digits == 0 ? "0" : "0." + String(repeating: "0", count: digits)
    }
    let magnitude = String(Int64(abs(scaled)))
    let padded = String(repeating: "0", count: max(0, digits + 1 - magnitude.utf8.count)) + magnitude
    let sign = scaled < 0 ? "-" : ""
    return digits == 0 ? sign + padded : "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
  }

  /// A rate as a whole number; one decimal below ten.
  public static func rate(_ perSecond: Double) -> String {
    guard perSecond >= 9.95, perSecond < 1e18 else { return decimal(max(0, perSecond), digits: 1) }
    return count(UInt64(perSecond.rounded()))
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Double {
  /// Rounded to `digits` decimals; 0 when it is no number, which JSON could not hold.
  func rounded(to digits: Int) -> Double {
    guard isFinite else { return 0 }
    let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    let scaled = (self * scale).rounded() / scale
    return scaled.isFinite ? scaled : self
  }
}

extension Duration {
  /// To the microsecond.
  var inMilliseconds: Double { (inSeconds * 1000).rounded(to: 3) }
}
