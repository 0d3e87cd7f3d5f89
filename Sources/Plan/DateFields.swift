extension DateTemplate {
  /// What the date fields in a folder's path say.
  public struct Fields: Hashable, Sendable {
    public var year: Int?
    public var month: Int?
    public var day: Int?
    public var hour: Int?
    public var weekYear: Int?
    public var week: Int?

    public init(year: Int? = nil, month: Int? = nil, day: Int? = nil) {
      (self.year, self.month, self.day) = (year, month, day)
    }

    /// The period named by the fields; nil when they name none that exists.
    public var period: Period? {
      if let weekYear { return week.flatMap { Period(weekYear: weekYear, week: $0) } }
      return year.flatMap { Period(year: $0, month: month, day: day, hour: hour) }
    }

    /// Whether these can be fields of a period, with others that are still to come.
    public var arePossible: Bool {
      let ranges: [(Int?, ClosedRange<Int>)] = [
        (year, Period.years), (month, 1...12), (day, 1...31), (hour, 0...23), (weekYear, Period.years), (week, 1...53),
      ]
      guard ranges.allSatisfy({ value, range in value.map(range.contains) ?? true }) else { return false }
      let isWeek = weekYear != nil && week != nil
      guard isWeek || (year != nil && month != nil) else { return true }
      // The day of an hour may stand further down.
      var known = self
      if day == nil { known.hour = nil }
      return known.period != nil
    }

    /// False when a field that stood before had another value.
    mutating func take(_ digits: ArraySlice<UInt8>, for field: Field) -> Bool {
      guard digits.count == field.width, digits.allSatisfy(DateTemplate.isDigit) else { return false }
      let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
      let place = Fields.place(of: field)
      guard self[keyPath: place] == nil || self[keyPath: place] == value else { return false }
      self[keyPath: place] = value
      return true
    }

    private static func place(of field: Field) -> WritableKeyPath<Fields, Int?> {
      switch field {
      case .year: \.year
      case .month: \.month
      case .day: \.day
      case .hour: \.hour
      case .weekYear: \.weekYear
      case .week: \.week
      }
    }
  }
}
