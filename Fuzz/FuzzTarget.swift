import Config
import Plan

/// Reads, checks and prints one input, as `check-config` would in every form of output.
///
/// The first byte chooses what comes from outside of the text. libFuzzer reports a crash, an input of over a second
/// (`-timeout=1`) and memory above its limit (`-rss_limit_mb=256`) by itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: start, count: count))
  guard let choice = input.first else { return 0 }
  let source = SourceText(name: "fuzz.yaml", bytes: Array(input.dropFirst()))
  var checked = CheckedInput.check(source, settings(choice, source))
  if choice & 2 != 0 { checked.judgeOnHost { _ in HostFactsForFuzzing.facts } }
  var report = CheckReport(
    toolVersion: "0", deniesWarnings: choice & 4 != 0, showsEffectiveValues: true, isQuiet: choice & 8 != 0)
  report.inputs = [checked]
  let printer = DiagnosticPrinter(colour: choice & 16 != 0, width: 80)
  let texts = [report.text(of: checked, printer), report.gitHubAnnotations]
  precondition(texts.allSatisfy { !$0.utf8.contains(0) }, "a NUL was printed")
  do {
    _ = try report.json()
    _ = try report.sarif()
  } catch {
    preconditionFailure("what was found cannot be encoded: \(error)")
  }
  for config in checked.configs {
    let hasErrors = config.diagnostics.contains { $0.severity == .error }
    precondition((config.plan == nil) == hasErrors, "a plan beside errors, or neither")
    guard let plan = config.plan, choice & 2 == 0, choice & 32 == 0, let values = config.effectiveValues else {
      continue
    }
    let again = CheckedConfiguration.check(SourceText(name: "effective", bytes: Array(values.text.utf8)))
    precondition(again.plan == plan, "the listing of effective values says something else")
  }
  return 0
}

private func settings(_ choice: UInt8, _ source: SourceText) -> CheckSettings {
  var settings = CheckSettings()
  if choice & 1 != 0 { settings.memoryLimit = .mebibytes(256) }
  // A workload in the same stream.
  if choice & 32 != 0 {
    settings.workload = WorkloadManifests(source) { arguments in
      var reading = CommandLineReading(arguments.first == "run" ? .purge : .other)
      reading.configPath = arguments.last
      return reading
    }
  }
  if choice & 64 != 0 { settings.key = "config.yaml" }
  // The last line as an override.
  if choice & 128 != 0 {
    settings.overrides = [String(decoding: source.bytes.split(separator: 10).last ?? [], as: UTF8.self)]
  }
  return settings
}
