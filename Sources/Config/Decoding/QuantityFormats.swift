import Plan

extension Format where Value == Duration {
  /// `250ms 30s 15m 12h 30d 4w`, combined from large to small. `bareUnit` is proposed for a number without a unit.
  static func duration(bareUnit: String, atLeast least: Duration = .zero) -> Format {
    .scalar("a duration", shape: ValueShape.duration(isPositive: least > .zero)) { scalar, subject throws(Diagnostic) in
      let duration = try Durations.parse(scalar, of: subject, bareUnit: bareUnit)
      guard duration >= least else {
        throw .outOfRange(
          scalar.text, of: subject.key, range: "at least \(least.text)", at: scalar.place)
      }
      return duration
    }
  }
}

extension Format where Value == MaxAge {
  static var maxAge: Format {
    let age = Format<Duration>.duration(bareUnit: "d").map { MaxAge.age($0) }.or("never", .never)
    // What other tools call it, where the file stays.
    let words: Set = [
      "never", "off", "none", "no", "false", "disabled", "unlimited", "forever", "infinite", "infinity",
    ]
    return Format(noun: age.noun, shape: age.shape) { node, subject, findings in
      if let scalar = node.scalar, scalar.text != "never", words.contains(scalar.text.lowercased()) {
        findings.report(
          .badDuration(scalar.text, of: subject, meant: "never", mayBeMonths: false, at: scalar.place))
        return nil
      }
      return age.decode(node, subject, &findings)
    }
  }
}

extension Format where Value == PartitionAge {
  /// A duration, or months: `3mo`.
  static var partitionAge: Format {
    .scalar("a duration or months", shape: ValueShape.partitionAge, examples: ["3mo", "90d"]) {
      scalar, subject throws(Diagnostic) in
      guard let months = scalar.text.wholeNumber(before: "mo") else {
        return .duration(try Durations.parse(scalar, of: subject, bareUnit: "mo", mayBeMonths: true))
      }
      try Digits.refuseLeadingZero(Array(scalar.text.utf8.dropLast(2))[...], in: scalar)
      // Calendar years are 1 ... 9999.
      guard let months, months <= 12 * 9999 else {
        throw .numberTooLarge(scalar.text, of: subject.key, at: scalar.place)
      }
      return .months(months)
    }
  }
}

extension Format where Value == ByteCount {
  /// `k M G T` by 1000, `Ki Mi Gi Ti` by 1024, both also with a `B`; without a unit, bytes.
  static func size(atLeast least: ByteCount = ByteCount(bytes: 0)) -> Format {
    .scalar("a size", shape: ValueShape.size(atLeast: least)) { scalar, subject throws(Diagnostic) in
      try Sizes.parse(scalar, of: subject, atLeast: least)
    }
  }
}

extension Format where Value == MemoryPlan.Threshold {
  /// A share of the limit, or a size.
  static var threshold: Format {
    .scalar("a percentage or a size", shape: ValueShape.threshold, examples: ["400Mi"]) {
      scalar, subject throws(Diagnostic) in
      if scalar.text.hasSuffix("%") { return .share(try Percentages.parse(scalar, of: subject)) }
      if let number = Int(scalar.text), (1...100).contains(number) {
        throw .missingUnit(scalar.text, of: subject.key, meanings: [(scalar.text + "%", nil)], at: scalar.place)
      }
      return .size(try Sizes.parse(scalar, of: subject, atLeast: .smallestMemory))
    }
  }
}

extension ByteCount {
  /// Less is a slip in the unit: no process runs in it.
  static var smallestMemory: ByteCount { .mebibytes(1) }
}

enum Durations {
  private static let units = Duration.units
  /// 10 000 years, as far as dates go: longer ones are slips, and this keeps all arithmetic on them exact.
  static let longest = Duration.seconds(86_400 * 3_652_425)

  /// Where `mayBeMonths`, months are taken elsewhere, and here are only wrongly combined.
  static func parse(
    _ scalar: YAMLScalar, of subject: Subject, bareUnit: String, mayBeMonths: Bool = false
  ) throws(Diagnostic) -> Duration {
    if !scalar.text.isEmpty, scalar.text.utf8.allSatisfy(Digits.isDigit) {
      try Digits.refuseLeadingZero(Array(scalar.text.utf8)[...], in: scalar)
      let meanings = BareNumber(scalar.text, usually: bareUnit)?.meanings ?? []
      throw .missingUnit(scalar.text, of: subject.key, meanings: meanings, at: scalar.place)
    }
    var rest = Array(scalar.text.utf8)[...]
    var total = Duration.zero
    var unitsLeft = units[...]
    repeat {
      let (digits, unit) = takePart(from: &rest)
      if unit == "mo", !digits.isEmpty, !mayBeMonths {
        let days = Int(String(decoding: digits, as: UTF8.self)).map { $0.multipliedReportingOverflow(by: 30) }
        throw .monthsNotAllowed(
          scalar.text, of: subject.key, days: days.flatMap { $0.overflow ? nil : $0.partialValue }, at: scalar.place)
      }
      guard !digits.isEmpty, let index = unitsLeft.firstIndex(where: { $0.name == unit }) else {
        throw .badDuration(
          scalar.text, of: subject, meant: meaning(of: scalar.text, bareUnit: bareUnit, mayBeMonths: mayBeMonths),
          mayBeMonths: mayBeMonths, at: scalar.place)
      }
      try Digits.refuseLeadingZero(digits, in: scalar)
      guard let part = units[index].length.times(digits, atMost: longest) else {
        throw .numberTooLarge(scalar.text, of: subject.key, at: scalar.place)
      }
      total += part
      unitsLeft = units[(index + 1)...]
    } while !rest.isEmpty
    return total
  }

  /// What was written with blanks, in capitals, with whole words or as other programs do, as this schema writes it; nil when
  /// it is nothing of the kind.
  private static func meaning(of written: String, bareUnit: String, mayBeMonths: Bool) -> String? {
    let text = ForeignValues.plainDuration(written)
    // A capital M may stand for months or minutes.
    guard !text.hasSuffix("M") else { return nil }
    if let number = BareNumber(text, usually: bareUnit) { return number.meanings.first?.text }
    var rest = Array(text.lowercased().utf8.filter { $0 != UInt8(ascii: " ") })[...]
    var counts: [String: String] = [:]
    var last: String?
    while !rest.isEmpty {
      var (digits, word) = takePart(from: &rest)
      // `12h30` is the half hour.
      if word.isEmpty, let larger = units.firstIndex(where: { $0.name == last }), larger + 1 < units.count {
        word = units[larger + 1].name
      }
      let isWhole = !digits.isEmpty && digits.count < 6 && digits.first != UInt8(ascii: "0")
      guard isWhole, let unit = words[word], counts[unit] == nil else { return nil }
      counts[unit] = String(decoding: digits, as: UTF8.self)
      last = unit
    }
    // A month has no length of its own, and a year none that is told in a word.
    if counts.count == 1, let months = (counts["mo"] ?? counts["y"]).flatMap({ Int($0) }) {
      let days = counts["y"] == nil ? months * 30 : months * 365
      return mayBeMonths ? "\(counts["y"] == nil ? months : months * 12)mo" : "\(days)d"
    }
    if counts["mo"] ?? counts["y"] != nil { return nil }
    let meant = units.compactMap { unit in counts[unit.name].map { $0 + unit.name } }.joined()
    return meant.isEmpty ? nil : meant
  }

  private static let words: [String: String] = {
    let names = [
      "w": "week weeks", "d": "day days", "h": "hr hrs hour hours", "m": "min mins minute minutes",
      "s": "sec secs second seconds", "ms": "msec msecs millis millisecond milliseconds", "mo": "month months",
      "y": "yr yrs year years",
    ]
    return names.reduce(into: [:]) { words, unit in
      for word in [unit.key] + unit.value.split(separator: " ").map({ String($0) }) { words[word] = unit.key }
    }
  }()

  private static func takePart(from rest: inout ArraySlice<UInt8>) -> (digits: ArraySlice<UInt8>, unit: String) {
    let digits = rest.prefix(while: Digits.isDigit)
    let unit = rest[digits.endIndex...].prefix { !Digits.isDigit($0) }
    rest = rest[unit.endIndex...]
    return (digits, String(decoding: unit, as: UTF8.self))
  }
}

extension Duration {
  /// This many times the number in `digits`; nil above `longest`.
  fileprivate func times(_ digits: ArraySlice<UInt8>, atMost longest: Duration) -> Duration? {
    guard let number = Int64(String(decoding: digits, as: UTF8.self)), number <= Int64(longest / self) else {
      return nil
    }
    return self * number
  }
}

enum Sizes {
  /// With what the letters in front of `B` stand for.
  private static let units: [(name: String, bytes: UInt64)] = [
    ("", 1), ("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
    ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40),
  ]

  static func parse(_ scalar: YAMLScalar, of subject: Subject, atLeast least: ByteCount) throws(Diagnostic) -> ByteCount
  {
    let text = Array(scalar.text.utf8)
    let digits = text.prefix(while: Digits.isDigit)
    let number = String(decoding: digits, as: UTF8.self)
    let suffix = String(decoding: text[digits.endIndex...], as: UTF8.self)
    guard !digits.isEmpty, let unit = unit(named: suffix) else {
      // Kubernetes writes bytes in thousandths, with an m; those are long.
      let meant = digits.isEmpty || digits.count > 6 ? nil : unitMeant(by: suffix).map { number + $0 }
      let plain = ForeignValues.plainSize(scalar.text)
      let proposal = ForeignValues.word(meantBy: scalar.text, for: subject) ?? meant ?? (isSize(plain) ? plain : nil)
      throw .badSize(scalar.text, of: subject, meant: proposal, at: scalar.place)
    }
    try Digits.refuseLeadingZero(digits, in: scalar)
    guard let product = UInt64(number)?.multipliedReportingOverflow(by: unit), !product.overflow else {
      throw .numberTooLarge(scalar.text, of: subject.key, at: scalar.place)
    }
    let size = ByteCount(bytes: product.partialValue)
    if size >= least { return size }
    let meant = suffix.isEmpty && size.bytes > 0 ? number + "Mi" : nil
    throw .outOfRange(
      scalar.text, of: subject.key, range: "at least \(Sizes.text(of: least))", inMebibytes: meant, at: scalar.place)
  }

  /// Whether it is written as sizes are, whatever size it is.
  private static func isSize(_ text: String) -> Bool {
    let digits = text.utf8.prefix(while: Digits.isDigit)
    return !digits.isEmpty && unit(named: String(text.utf8.dropFirst(digits.count)) ?? "-") != nil
  }

  private static func unit(named suffix: String) -> UInt64? {
    // A lone `B` is no unit of this schema; `k` and `kB` are.
    let letters = suffix.count > 1 && suffix.hasSuffix("B") ? String(suffix.dropLast()) : suffix
    return units.first { $0.name == letters }?.bytes
  }

  /// The unit that differs from `suffix` in case or a blank only.
  private static func unitMeant(by suffix: String) -> String? {
    let letters = suffix.lowercased().filter { $0 != " " && $0 != "b" }
    return units.first { !$0.name.isEmpty && $0.name.lowercased() == letters }?.name
  }

  /// In the largest binary unit that leaves a whole number, or one decimal.
  static func text(of size: ByteCount) -> String {
    for unit in units.reversed() where unit.name.hasSuffix("i") && size.bytes >= unit.bytes {
      if size.bytes % unit.bytes == 0 { return "\(size.bytes / unit.bytes)\(unit.name)" }
      let tenths = size.bytes / (unit.bytes / 10)
      return "\(tenths / 10).\(tenths % 10)\(unit.name)"
    }
    return size.bytes == 1 ? "1 byte" : "\(size.bytes) bytes"
  }
}

enum Percentages {
  /// Above 0 %, up to 100 %, with decimals.
  static func parse(_ scalar: YAMLScalar, of subject: Subject) throws(Diagnostic) -> Percentage {
    let number = scalar.text.utf8.dropLast()
    let isDecimal =
      number.count { $0 == UInt8(ascii: ".") } <= 1 && number.first != UInt8(ascii: ".")
      && number.last != UInt8(ascii: ".") && number.allSatisfy { Digits.isDigit($0) || $0 == UInt8(ascii: ".") }
    guard isDecimal, let percent = Double(String(decoding: number, as: UTF8.self)) else {
      throw .badPercentage(scalar.text, of: subject.key, at: scalar.place)
    }
    try Digits.refuseLeadingZero(Array(number.prefix { $0 != UInt8(ascii: ".") })[...], in: scalar)
    guard percent > 0, let percentage = Percentage(percent: percent) else {
      throw .outOfRange(scalar.text, of: subject.key, range: "above 0% and at most 100%", at: scalar.place)
    }
    return percentage
  }

  /// As it would be written, to a tenth of a percent.
  static func text(of percentage: Percentage) -> String {
    // Half a tenth up: the functions that round are in the C math library, which nothing else here needs.
    let tenths = Int(percentage.percent * 10 + 0.5)
    return tenths % 10 == 0 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
  }
}

extension String {
  /// Nil when this is not digits and `unit`; a number of nil when they do not fit.
  fileprivate func wholeNumber(before unit: String) -> Int?? {
    guard hasSuffix(unit) else { return nil }
    let digits = dropLast(unit.count)
    guard !digits.isEmpty, digits.utf8.allSatisfy(Digits.isDigit) else { return nil }
    return .some(Int(digits))
  }
}
