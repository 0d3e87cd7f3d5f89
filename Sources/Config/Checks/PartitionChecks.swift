import Plan

/// The smallest unit of the calendar that a path with date fields tells apart.
enum CalendarUnit: String {
  case year, month, day

  /// The most time that one of it takes.
  var longest: Duration {
    switch self {
    case .year: .seconds(366 * 86_400)
    case .month: .seconds(31 * 86_400)
    case .day: .seconds(86_400)
    }
  }

  /// The one that holds this moment; nil outside the calendar.
  func period(containing time: Timestamp) -> Period? {
    let date = CivilDate(containing: time)
    return switch self {
    case .year: Period(year: date.year)
    case .month: Period(year: date.year, month: date.month)
    case .day: Period(year: date.year, month: date.month, day: date.day)
    }
  }
}

extension PathPattern {
  /// Nil when it has no date field.
  var finestField: CalendarUnit? {
    let pieces = components.flatMap { component -> [DateTemplate.Piece] in
      if case .template(let template) = component { template.pieces } else { [] }
    }
    if pieces.contains(.day) { return .day }
    if pieces.contains(.month) { return .month }
    return pieces.contains(.year) ? .year : nil
  }
}

/// The bounds of `partitions` against the periods that the path tells apart: a folder is taken whole or not at all.
struct PartitionChecks {
  private let section: Section<PartitionRule>
  private let unit: CalendarUnit

  init?(_ section: Section<PartitionRule>, of path: PathPattern) {
    guard let unit = path.finestField else { return nil }
    (self.section, self.unit) = (section, unit)
  }

  func run(findings: inout Findings) {
    if reportsNoPeriod(&findings) { return }
    checkFrom(&findings)
    checkTo(&findings)
  }

  /// Bounds with no whole period between them. Those in the wrong order are reported elsewhere.
  private func reportsNoPeriod(_ findings: inout Findings) -> Bool {
    guard let from = section.values.from, let to = section.values.to, from.start < to.end,
      let first = unit.period(containing: from.start), let last = unit.period(containing: to.end - .seconds(1)),
      let taken = first.start < from.start ? unit.period(containing: first.end) : first, taken.end > to.end,
      let place = section.place(of: "from"), let other = section.place(of: "to")
    else { return false }
    findings.report(
      .boundsHoldNoPeriod(
        unit, first: PartitionChecks.text(of: first), last: PartitionChecks.text(of: last), at: place, to: other))
    return true
  }

  private func checkFrom(_ findings: inout Findings) {
    guard let from = section.values.from, let place = section.place(of: "from"),
      let cut = unit.period(containing: from.start), cut.start < from.start
    else { return }
    report("from", cutting: cut, next: unit.period(containing: cut.end), at: place, &findings)
  }

  private func checkTo(_ findings: inout Findings) {
    guard let to = section.values.to, let place = section.place(of: "to"),
      let cut = unit.period(containing: to.end - .seconds(1)), cut.end > to.end
    else { return }
    report("to", cutting: cut, next: unit.period(containing: cut.start - .seconds(1)), at: place, &findings)
  }

  /// `next` is the first or last period that is taken.
  private func report(
    _ key: String, cutting cut: Period, next: Period?, at place: SourcePlace, _ findings: inout Findings
  ) {
    findings.report(
      .boundCutsPeriod(
        key, unit, PartitionChecks.text(of: cut), next: next.map { PartitionChecks.text(of: $0) }, at: place))
  }

  /// As it would be written.
  private static func text(of period: Period) -> String {
    let parts = [period.month, period.day].compactMap { $0 }.map { "-" + String($0).padded(to: 2) }
    return String(period.year).padded(to: 4) + parts.joined()
  }

}
