import Plan

/// The keys of `partitions`: which of the folders a date template finds are taken.
enum Partitions {
  static let keys: [Key<PartitionRule>] = [
    Key(
      "older_than", .partitionAge, \.olderThan, absence: "every period that has ended",
      "The folder's period ended at least this long ago, by run.time_zone."),
    Key("from", .period, \.from, absence: "no bound", "The first period taken."),
    Key("to", .period, \.to, absence: "no bound", "The last period taken."),
    Key("order", .choice, \.order, builtIn: "oldest_first", "Which folder is purged first."),
    Key(
      "keep_last", .count(Limits.keptPeriods), \.keepLast, builtIn: "0", examples: ["3"],
      "The newest so many periods that have folders stay, whatever their age; where wildcards stand in components of their "
        + "own, in front of the date or within it, of each of their matches."),
    Key(
      "remove_folder", .boolean, \.removesFolder, builtIn: "false",
      "Whether the dated folder itself goes when nothing is left in it; it counts as an empty directory."),
  ]

  /// Says when the bounds leave nothing between them.
  static func check(_ section: Section<PartitionRule>, findings: inout Findings) {
    guard let from = section.values.from, let to = section.values.to, from.start >= to.end,
      let fromPlace = section.place(of: "from"), let toPlace = section.place(of: "to")
    else { return }
    findings.report(.boundsReversed(at: fromPlace, to: toPlace))
  }

  /// Whether no folder can be chosen by both.
  static func areDisjoint(_ a: PartitionRule, _ b: PartitionRule) -> Bool {
    if let to = a.to, let from = b.from, to.end <= from.start { return true }
    if let to = b.to, let from = a.from, to.end <= from.start { return true }
    return false
  }
}

extension Format where Value == Period {
  /// `2024`, `2024-01`, `2024-W05`, `2024-01-31` or `2024-01-31T05`.
  static var period: Format {
    .scalar("a period", shape: ValueShape.period, examples: ["2024-01", "2024", "2024-01-31", "2024-W05"]) {
      scalar, subject throws(Diagnostic) in
      for pieces in periods {
        guard let fields = DateTemplate(pieces: pieces).match(Array(scalar.text.utf8)), let period = fields.period
        else {
          continue
        }
        return period
      }
      throw .badPeriod(scalar.text, of: subject.key, at: scalar.place)
    }
  }

  private static var periods: [[DateTemplate.Piece]] {
    let (month, day): ([DateTemplate.Piece], [DateTemplate.Piece]) = ([.text("-"), .month], [.text("-"), .day])
    return [
      [.year], [.year] + month, [.year] + month + day, [.weekYear, .text("-W"), .week],
      [.year] + month + day + [.text("T"), .hour],
    ]
  }
}
