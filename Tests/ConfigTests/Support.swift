import Plan

@testable import Config

/// Checks a text, as the executable does.
func check(
  _ yaml: String, set overrides: [String] = [], environment: [String: String] = [:], memoryLimit: ByteCount? = nil,
  now: Timestamp? = nil
) -> CheckedConfiguration {
  var settings = CheckSettings()
  (settings.overrides, settings.environment, settings.memoryLimit) = (overrides, environment, memoryLimit)
  settings.now = now
  settings.timeZones = .holding(["America/New_York", "Europe/Berlin"])
  return CheckedConfiguration.check(SourceText(name: "config.yaml", bytes: Array(yaml.utf8)), settings)
}

/// Checks a config that has nothing but one target with these keys.
func checkTarget(_ keys: String..., set overrides: [String] = []) -> CheckedConfiguration {
  check(targetText(keys), set: overrides)
}

func targetText(_ keys: [String]) -> String {
  "version: 1\ntargets:\n  - \(keys.joined(separator: "\n    "))\n"
}

/// A target that needs nothing else.
let minimal = "version: 1\ntargets:\n  - path: /data/api\n    max_age: 30d\n"

extension CheckedConfiguration {
  var rules: [Diagnostic.Rule] { diagnostics.map(\.rule) }

  /// The whole printed output.
  var printed: String { diagnostics.map { DiagnosticPrinter(colour: false).text(of: $0) }.joined() }

  var onlyTarget: Target? { plan?.targets.first }
}

/// The place of the one finding cut out of its source; nil unless there is exactly one.
func offendingToken(_ checked: CheckedConfiguration) -> String? {
  checked.diagnostics.count == 1 ? checked.diagnostics[0].place.text : nil
}

extension TimeZoneDatabase {
  /// One of these names, without their rules.
  static func holding(_ names: [String]) -> TimeZoneDatabase {
    TimeZoneDatabase(
      folder: "/usr/share/zoneinfo", answer: { names.contains($0) ? .rules(.unread($0)) : .unknown }, names: { names })
  }
}
