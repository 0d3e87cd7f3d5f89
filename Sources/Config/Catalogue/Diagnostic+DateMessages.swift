/// Dates in paths, and the zone by whose clocks they are read.
extension Diagnostic {
  static func folderBelowDate(at place: SourcePlace, path: SourcePlace) -> Diagnostic {
    .error(
      .folderBelowDate, "'remove_folder' removes the last folder of the path, and that has no date", at: place,
      notes: [.pathHere(at: path)], hint: "let the path end with the date, or leave 'remove_folder' out")
  }

  static func fieldTwice(_ field: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .fieldTwice, "\(field) stands twice in one name", at: place,
      hint: "write it once, and * or ? where other digits stand")
  }

  static func fieldBetweenWildcards(_ field: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .fieldBetweenWildcards, "\(field) stands between two '*': a name could be read in several ways", at: place,
      hint: "put fixed text, or ? for each character, in place of one of them")
  }

  static func mixedCalendars(at place: SourcePlace) -> Diagnostic {
    .error(
      .mixedCalendars, "ISO weeks have a year of their own, and do not go together with months and days", at: place,
      hint: "for weeks, write {GGGG}-W{WW}; for days, {YYYY}-{MM}-{DD}")
  }

  static func unknownTimeZone(_ text: String, nearest: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .unknownTimeZone, "there is no time zone \(text.quoted)", at: place,
      hint: .didYouMean(nearest) ?? "names are those of the IANA database: Europe/Berlin, America/New_York, UTC")
  }

  static func noTimeZones(_ text: String, folder: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .noTimeZones, "the time zone \(text.quoted) cannot be looked up: this machine has no \(folder)", at: place,
      hint: "install the package tzdata, or leave the key out for UTC")
  }
}
