import Plan

extension PathPattern {
  /// The smallest unit of the calendar that its date fields tell apart; nil when it has none.
  var finestField: CalendarUnit? {
    let fields = components.flatMap { component -> [DateTemplate.Field] in
      if case .template(let template) = component { template.fields } else { [] }
    }
    let units: [(DateTemplate.Field, CalendarUnit)] = [
      (.hour, .hour), (.day, .day), (.week, .week), (.month, .month), (.year, .year),
    ]
    return units.first { fields.contains($0.0) }?.1
  }
}

/// The bounds of `partitions` against the periods that the path tells apart: a folder is taken whole or not at all.
struct PartitionChecks {
  private let section: Section<PartitionRule>
  private let unit: CalendarUnit
  private let now: WallTime?

  /// `now`: what clocks show there where the folders are dated; nil: not known.
  init?(_ section: Section<PartitionRule>, of path: PathPattern, at now: WallTime?) {
    guard let unit = path.finestField else { return nil }
    (self.section, self.unit, self.now) = (section, unit, now)
  }

  func run(findings: inout Findings) {
    if reportsNoPeriod(&findings) || reportsFuture(&findings) { return }
    checkFrom(&findings)
    checkTo(&findings)
  }

  /// Bounds with no whole period between them. Those in the wrong order are reported elsewhere.
  private func reportsNoPeriod(_ findings: inout Findings) -> Bool {
    guard let from = section.values.from, let to = section.values.to, from.start < to.end,
      let first = unit.period(containing: from.start), let last = unit.period(containing: to.end.before),
      let taken = first.start < from.start ? unit.period(containing: first.end) : first, taken.end > to.end,
      let place = section.place(of: "from"), let other = section.place(of: "to")
    else { return false }
    findings.report(
      .boundsHoldNoPeriod(
        unit, first: first.text, last: last.text, at: place, to: other))
    return true
  }

  /// A first period that has not even begun. One that has may be where folders are to be purged from now on.
  private func reportsFuture(_ findings: inout Findings) -> Bool {
    guard let now, let from = section.values.from, let place = section.place(of: "from"),
      let holding = unit.period(containing: from.start),
      let first = holding.start < from.start ? unit.period(containing: holding.end) : holding, first.start > now
    else { return false }
    findings.report(.boundInFuture(unit, first: first.text, at: place))
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
      let cut = unit.period(containing: to.end.before), cut.end > to.end
    else { return }
    report("to", cutting: cut, next: unit.period(containing: cut.start.before), at: place, &findings)
  }

  /// `next` is the first or last period that is taken.
  private func report(
    _ key: String, cutting cut: Period, next: Period?, at place: SourcePlace, _ findings: inout Findings
  ) {
    findings.report(
      .boundCutsPeriod(
        key, unit, cut.text, next: next?.text, at: place))
  }
}
