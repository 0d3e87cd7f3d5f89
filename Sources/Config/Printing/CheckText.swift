import Plan

/// How many findings there are of each kind.
public struct FindingCount: Sendable {
  public let errors: Int
  public let warnings: Int
  private let deniesWarnings: Bool

  public init(_ diagnostics: [Diagnostic], deniesWarnings: Bool = false) {
    errors = diagnostics.count { $0.severity == .error }
    warnings = diagnostics.count { $0.severity == .warning }
    self.deniesWarnings = deniesWarnings
  }

  public var isFailure: Bool { errors > 0 || (deniesWarnings && warnings > 0) }

  /// `3 errors, 1 warning` or `ok, 4 targets`.
  public func summary(targets: Int) -> String {
    let warned = warnings == 0 ? "" : ", \(FindingCount.plural(warnings, "warning"))"
    if errors > 0 { return FindingCount.plural(errors, "error") + warned }
    if isFailure { return "\(FindingCount.plural(warnings, "warning")), which --deny-warnings counts as errors" }
    return "ok, \(FindingCount.plural(targets, "target"))\(warned)"
  }

  static func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

extension CheckReport {
  public func count(in input: CheckedInput) -> FindingCount {
    FindingCount(input.allDiagnostics, deniesWarnings: deniesWarnings)
  }

  /// The findings of one input and a line for each config in it; ends with a newline unless empty.
  public func text(of input: CheckedInput, _ printer: DiagnosticPrinter) -> String {
    let name = PrintableText.escaped(input.source.name)
    var text = shown(input.diagnostics, printer)
    let outside = FindingCount(input.diagnostics, deniesWarnings: deniesWarnings)
    if !isQuiet, outside.errors + outside.warnings > 0 {
      text += "\(name): \(outside.summary(targets: 0))\(input.configs.isEmpty ? "" : " outside the configs")"
      text += "\(CheckReport.remark(input.isCutShort))\n"
    }
    for config in input.configs {
      text += shown(config.diagnostics, printer)
      let title = config.title.map { "\(name): \(PrintableText.escaped($0))" } ?? name
      let isFailure = FindingCount(config.diagnostics, deniesWarnings: deniesWarnings).isFailure
      if config.unlistedCount > 0, isFailure || !isQuiet {
        text += "\(title): \(FindingCount.plural(config.unlistedCount, "further finding")) not shown\n"
      }
      if showsEffectiveValues, let values = config.effectiveValues {
        text += "# \(title): \(summary(of: config))\n\(values.text)"
      } else if !isQuiet {
        text += "\(title): \(summary(of: config))\n"
      }
    }
    return text
  }

  private func shown(_ findings: [Diagnostic], _ printer: DiagnosticPrinter) -> String {
    findings.filter { !isQuiet || isError($0) }.map(printer.text).joined()
  }

  private func summary(of config: CheckedConfiguration) -> String {
    let count = FindingCount(config.diagnostics, deniesWarnings: deniesWarnings)
    return count.summary(targets: config.plan?.targets.count ?? 0) + CheckReport.remark(config.isCutShort)
  }

  private static func remark(_ isCutShort: Bool) -> String {
    isCutShort ? "; the rest was not checked" : ""
  }

  /// The sum over all inputs, where there are several; ends with a newline unless empty. `skipped` files of directories
  /// hold no config; `unreadable` are those of them that are no YAML.
  public func closingText(skipped: Int, unreadable: [String]) -> String {
    let configs = inputs.flatMap(\.configs)
    if isQuiet || (inputs.count + failures.count < 2 && configs.count < 2 && skipped == 0) { return "" }
    let count = FindingCount(inputs.flatMap(\.allDiagnostics), deniesWarnings: deniesWarnings)
    let names =
      unreadable.prefix(5).map(PrintableText.escaped).joined(separator: ", ") + (unreadable.count > 5 ? ", …" : "")
    let remark = unreadable.isEmpty ? "" : ", of which no YAML: \(names)"
    let passed = skipped == 0 ? "" : " (\(FindingCount.plural(skipped, "file")) without a config passed over\(remark))"
    let targets = configs.reduce(0) { $0 + ($1.plan?.targets.count ?? 0) }
    let unread = failures.isEmpty ? [] : ["\(failures.count) not checked"]
    let found = failures.isEmpty || count.errors + count.warnings > 0 ? [count.summary(targets: targets)] : []
    return "\(FindingCount.plural(configs.count, "config")) in \(FindingCount.plural(inputs.count, "file"))\(passed): "
      + (found + unread).joined(separator: ", ") + "\n"
  }
}
