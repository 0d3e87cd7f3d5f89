import Plan

// The catalogue: keys without effect, and values that contradict each other.

extension Diagnostic {
  static func onlyDots(_ name: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .onlyDots, "'path' goes through a folder named \(name.quoted)", at: place,
      hint: "that is a name like any other; if parts of the path were left out, write them")
  }

  static func oddEnd(_ name: String, meant path: String, at place: SourcePlace) -> Diagnostic {
    let end =
      name.hasSuffix(".") ? "ends with a dot" : name.hasSuffix(" ") ? "ends with a space" : "begins with a space"
    return .warning(
      .oddEnd, "'path' has a name that \(end): \(name.quoted)", at: place,
      hint: "did you mean \(path.whole)?")
  }

  static func youngPartitions(_ text: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .youngPartitions, "'older_than' is under a day (\(text.shown)): folders go as soon as their period has ended",
      at: place,
      hint: text.hasSuffix("m") && text.utf8.dropLast().allSatisfy(Digits.isDigit)
        ? "did you mean \(text.whole)o? an m alone is minutes" : "is the unit right? months are written 3mo")
  }

  static func foldersTooYoung(maxAge: String, olderThan: String, at place: SourcePlace, note: Note) -> Diagnostic {
    .warning(
      .foldersTooYoung,
      "'older_than' (\(olderThan.shown)) takes folders whose files are not as old as 'max_age' (\(maxAge)) yet: "
        + "they are walked, but nothing in them is old enough", at: place, notes: [note],
      hint: "write max_age: 0s to go by the folder's age alone, or older_than: \(maxAge)")
  }

  static func nothingToDelete(at place: SourcePlace) -> Diagnostic {
    .warning(
      .nothingToDelete, "nothing is deleted here: 'max_age' is never, and empty directories stay", at: place,
      hint: "to delete empty directories, write remove_empty_directories: true")
  }

  static func noFileGoes(_ key: String, at place: SourcePlace, age: SourcePlace) -> Diagnostic {
    .warning(
      .noFileGoes, "'\(key)' has no effect: no file is deleted, since 'max_age' is never", at: place,
      notes: [.maxAgeHere(at: age)], hint: nil)
  }

  static func boundCutsPeriod(
    _ key: String, _ unit: CalendarUnit, _ period: String, next: String?, at place: SourcePlace
  ) -> Diagnostic {
    let edge = key == "from" ? "first" : "last"
    let taken = next.map { ", the \(edge) one is \($0)" } ?? ""
    let outside = next.map { "\(key): \($0), or " } ?? ""
    return .warning(
      .boundCutsPeriod, "'\(key)' cuts the \(unit.rawValue) \(period): its folder is not taken\(taken)", at: place,
      hint: "write \(outside)\(key): \(period) to take that folder too")
  }

  /// `first` and `last` are the periods that hold the two bounds.
  static func boundsHoldNoPeriod(
    _ unit: CalendarUnit, first: String, last: String, at place: SourcePlace, to: SourcePlace
  ) -> Diagnostic {
    .error(
      .boundsHoldNoPeriod, "no whole \(unit.rawValue) lies between 'from' and 'to': no folder could be taken",
      at: place, notes: [.boundHere(at: to)], hint: "to take all they touch, write from: \(first) and to: \(last)")
  }

  /// `first` is the first period that is taken.
  static func boundInFuture(_ unit: CalendarUnit, first: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .boundInFuture, "'from' is in the future: no folder is taken before the \(unit.rawValue) \(first) is over",
      at: place, hint: "is the year right? to switch the target off, write enabled: false")
  }

  static func emptyDirectoriesOutOfReach(at place: SourcePlace, maxDepth: SourcePlace) -> Diagnostic {
    .warning(
      .emptyDirectoriesOutOfReach,
      "'remove_empty_directories' has no effect: no directory is looked into, since 'max_depth' is 1", at: place,
      notes: [.maxDepthHere(at: maxDepth)], hint: nil)
  }

  static func boundNotBelowRuns(
    _ key: String, of group: String, at place: SourcePlace, other: SourcePlace
  ) -> Diagnostic {
    .warning(
      .boundNotBelowRuns, "'\(key)' has no effect: it is not below \(group).\(key), which all targets share", at: place,
      notes: [.runsBoundHere(at: other)], hint: nil)
  }

  static func fewerTargets(_ count: Int, than parallel: Int, at place: SourcePlace) -> Diagnostic {
    let targets = count == 1 ? "1 target" : "\(count) targets"
    return .warning(
      .fewerTargets,
      "'parallel_targets' is \(parallel) for \(targets): some of the shares of concurrency and memory go unused",
      at: place, hint: "write parallel_targets: \(count)")
  }

  static func defaultUnused(_ key: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .defaultUnused, "'\(key)' has no effect under defaults: every target has its own", at: place,
      hint: "remove it here, or from the targets that should share it")
  }
}

extension Diagnostic.Note {
  static func maxAgeHere(at place: SourcePlace) -> Self {
    Self(rule: .maxAgeHere, message: "'max_age' is here", place: place)
  }
  static func variableHere(at place: SourcePlace) -> Self {
    Self(rule: .variableHere, message: "the variable is here", place: place)
  }
  static func olderThanHere(at place: SourcePlace) -> Self {
    Self(rule: .olderThanHere, message: "'older_than' is here", place: place)
  }
  static func runsBoundHere(at place: SourcePlace) -> Self {
    Self(rule: .runsBoundHere, message: "the run's own bound is here", place: place)
  }
}
