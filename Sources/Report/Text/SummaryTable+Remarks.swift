import Plan
import Runner

/// What the figures do not say: why a target did not complete, what was left, which errors there were.
extension SummaryTable {
  var remarks: [String] {
    shown.flatMap(remarks) + remarkOnRest + outcome.books.notStarted.map(\.sentence)
      + outcome.unmatchedPatterns.map(\.sentence)
  }

  private var remarkOnRest: [String] {
    var facts = Ending.allCases.filter { $0 != .completed }.compactMap { ending in
      rest.endings[ending].map { "\(HumanText.count(UInt64($0))) \(SummaryTable.word(for: ending))" }
    }
    facts += left(rest.tally)
    facts += errors(rest.tally.errors, rest.errorsByKind)
    return facts.isEmpty ? [] : ["\(restName): \(facts.joined(separator: "; "))"]
  }

  private func remarks(on target: TargetOutcome) -> [String] {
    let count = target.tally.errors
    var errors = errors(count, target.errorsByKind)
    // Where there is no other reason, it only counts the errors, as they do.
    let saysMore = errors.isEmpty || target.reason != SummaryTable.plainErrors(count)
    let reason = saysMore ? target.reason.map(PrintableText.escaped) : nil
    // A reason may name the only error there is.
    if count == 1, let kind = target.errorsByKind.keys.first, reason?.contains("(\(kind))") == true { errors = [] }
    var facts = [reason].compactMap { $0 } + left(target.tally) + errors
    if target.permanentErrors > 0 {
      let some = target.permanentErrors < count ? " \(HumanText.count(target.permanentErrors)) of them" : ""
      facts.append("a retry will not help\(some) until the cause is fixed")
    }
    return facts.isEmpty ? [] : ["\(PrintableText.escaped(target.name)): \(facts.joined(separator: "; "))"]
  }

  private func left(_ tally: Tally) -> [String] {
    var facts: [String] = []
    if tally.filesLeft > 0 { facts.append("\(SummaryTable.files(tally.filesLeft)) to delete left") }
    if tally.dirsLeft > 0 { facts.append("\(HumanText.counted(tally.dirsLeft, "directory", "directories")) not read") }
    if tally.emptyDirsLeft > 0 {
      facts.append("empty directories for the next run: \(HumanText.count(tally.emptyDirsLeft))")
    }
    return facts
  }

  /// `9 errors: 7 × EACCES, 2 × EIO`: the most frequent first, equally frequent ones by name; of one kind `9 × EACCES`. Empty where
  /// there are no kinds.
  private func errors(_ count: UInt64, _ kinds: [String: UInt64]) -> [String] {
    guard !kinds.isEmpty else { return [] }
    let list = kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\(HumanText.count($0.value)) × \(PrintableText.escaped($0.key))" }.joined(separator: ", ")
    return [kinds.values.first == count ? list : "\(HumanText.counted(count, "error")): \(list)"]
  }

  /// As a target's reason has it.
  private static func plainErrors(_ count: UInt64) -> String { count == 1 ? "1 error" : "\(count) errors" }
}

extension TargetsNotStarted {
  /// `7 targets not started: SIGTERM was received (a, b, … and 5 more)`.
  var sentence: String {
    let targets = HumanText.counted(names.count, "target")
    return "\(targets) not started: \(PrintableText.escaped(reason)) (\(names.list(most: names.count > 3 ? 2 : 3)))"
  }
}

extension PathSamples {
  /// `a, b, … and 5 more`.
  func list(most: Int) -> String { PathSamples.list(Array(first.prefix(most)), of: count) }

  static func list(_ shown: [String], of count: UInt64) -> String {
    let further = count - UInt64(shown.count)
    return (shown + (further > 0 ? ["… and \(HumanText.count(further)) more"] : [])).joined(separator: ", ")
  }
}
