import Plan

/// The variables of the tool this one replaces, as values below everything the config says. They mean what they meant there; what
/// cannot be done here as it was there is an error where it would delete more, and a warning where it would not.
struct LegacyEnvironment {
  private(set) var memory = Section(MemoryPlan())
  var targets = Section(TargetSettings())
  /// Has every file kept, whatever its age.
  private var keeping: Variable?

  /// Those that give a key its value.
  private static let targetKeys = [
    "EFSPURGE_MAX_AGE_DAYS": "max_age", "EFSPURGE_PHASE1_ONLY": "max_age", "EFSPURGE_PHASE3_ONLY": "max_age",
    "EFSPURGE_MAX_CONCURRENCY": "concurrency", "EFSPURGE_MAX_CONCURRENCY_DELETION": "concurrency",
    "EFSPURGE_MAX_CONCURRENCY_SCANNING": "concurrency", "EFSPURGE_REMOVE_EMPTY_DIRS": "remove_empty_directories",
    "EFSPURGE_MAX_EMPTY_DIRS_TO_DELETE": "max_empty_directories",
  ]
  private static let memoryLimit = "EFSPURGE_MEMORY_LIMIT_MB"
  private static let logLevel = "EFSPURGE_LOG_LEVEL"

  /// What does here what a variable without effect did there.
  enum Replacement: Hashable, Sendable { case concurrency, memory, anotherRun, none }

  private static let withoutEffect: [String: Replacement] = [
    "EFSPURGE_BACKPRESSURE_CHECKPOINT_TIMEOUT": .anotherRun, "EFSPURGE_CHECKPOINT_FILE": .anotherRun,
    "EFSPURGE_DIR_DELETION_CHECKPOINT_FILE": .anotherRun, "EFSPURGE_DIR_DELETION_RESUME": .anotherRun,
    "EFSPURGE_RESUME": .anotherRun, "EFSPURGE_MAX_CONCURRENT_DISCOVERY": .concurrency,
    "EFSPURGE_PHASE3_DELETION_WORKERS": .concurrency, "EFSPURGE_MAX_CONCURRENT_SUBDIRS": .memory,
    "EFSPURGE_MAX_DISCOVERY_DIRS": .memory, "EFSPURGE_MAX_ENTRIES_PER_DIR": .memory,
    "EFSPURGE_PHASE3_BATCH_SIZE": .memory, "EFSPURGE_QUEUE_MAXSIZE": .memory, "EFSPURGE_TASK_BATCH_SIZE": .memory,
    "EFSPURGE_UVLOOP": .none,
  ]

  /// Those that a config's meaning may depend on.
  static let names = Set(targetKeys.keys).union([memoryLimit])

  /// Reads the variables that are set; one that is set to nothing counts as not set. Those in `unknown` are set to what is not
  /// known: the keys they fill are not missing, and have no value.
  init(_ variables: [String: String], unknown: Set<String> = [], findings: inout Findings) {
    for name in unknown.sorted() {
      let source = SourceText(name: "environment", bytes: Array(name.utf8), medium: .environment)
      let node = Variable(name: name, text: "", source: source).node(name, at: source.place(0..<source.bytes.count))
      if let key = LegacyEnvironment.targetKeys[name], targets.given[key] == nil { targets.noteUnknown(key, node) }
      if name == LegacyEnvironment.memoryLimit { memory.noteUnknown("limit", node) }
    }
    let reader = Variables(values: variables)
    readAge(reader, findings: &findings)
    readPhases(reader, findings: &findings)
    readConcurrency(reader, findings: &findings)
    readMemoryLimit(reader, findings: &findings)
    readEmptyDirectories(reader, findings: &findings)
    readLogLevel(reader, findings: &findings)
    for name in variables.keys.sorted() where name.hasPrefix("EFSPURGE_") {
      if let variable = reader[name] { warn(of: variable, findings: &findings) }
    }
  }

  private func warn(of variable: Variable, findings: inout Findings) {
    if let replacement = LegacyEnvironment.withoutEffect[variable.name] {
      findings.report(.variableWithoutEffect(variable.name, replacement, at: variable.namePlace))
      return
    }
    let known = LegacyEnvironment.names.union([LegacyEnvironment.logLevel])
    guard !known.contains(variable.name) else { return }
    let nearest = Spelling.nearest(to: variable.name, among: known.sorted())
    findings.report(.unknownVariable(variable.name, nearest: nearest, at: variable.namePlace))
  }

  /// A config wins over the environment; but a variable that has every file kept must not be set and delete files.
  func check(_ decoded: [DecodedTarget], findings: inout Findings) {
    guard let keeping else { return }
    for target in decoded where target.isEnabled {
      for age in target.agesOfFiles {
        findings.report(
          .variableContradicted(
            keeping.name, is: keeping.text.shown, maxAge: age.node.flowText.shown, at: age.value,
            variable: keeping.namePlace))
      }
    }
  }

  private mutating func readAge(_ variables: Variables, findings: inout Findings) {
    guard let variable = variables["EFSPURGE_MAX_AGE_DAYS"] else { return }
    // 10 000 years, the longest duration of the config.
    guard let days = variable.decimal, days >= 0, days <= 3_652_425 else {
      let meant = LegacyValues.days(variable.text)
      findings.report(.badVariable(variable.name, expected: "a number of days", meant: meant, at: variable.place))
      // It was given, so it is bad, not missing.
      targets.note("max_age", variable.node(variable.text))
      return
    }
    // Nought had the old tool look at no file at all.
    if days == 0 { return keepFiles(variable) }
    let age = Duration.milliseconds(Int64(days * 86_400_000))
    targets.values.maxAge = .age(age)
    targets.note("max_age", variable.node(age.text))
  }

  /// Each is a part of the old tool's work that deletes empty directories and no file.
  private mutating func readPhases(_ variables: Variables, findings: inout Findings) {
    for name in ["EFSPURGE_PHASE1_ONLY", "EFSPURGE_PHASE3_ONLY"] {
      guard let variable = variables[name], flag(variable, findings: &findings) == true else { continue }
      keepFiles(variable)
    }
  }

  private mutating func keepFiles(_ variable: Variable) {
    keeping = variable
    targets.values.maxAge = .never
    targets.note("max_age", variable.node("never"))
  }

  /// Of scanning and deletion, which are one here, the larger.
  private mutating func readConcurrency(_ variables: Variables, findings: inout Findings) {
    var largest = 0
    for name in [
      "EFSPURGE_MAX_CONCURRENCY", "EFSPURGE_MAX_CONCURRENCY_DELETION", "EFSPURGE_MAX_CONCURRENCY_SCANNING",
    ] {
      guard let variable = variables[name] else { continue }
      // Of these two, nought is what the old tool had when they were not set.
      if name != "EFSPURGE_MAX_CONCURRENCY", variable.integer == 0 { continue }
      guard let number = variable.integer, Limits.concurrency.contains(number) else {
        let expected = "a whole number \(Digits.text(of: Limits.concurrency))"
        let meant = ForeignValues.number(variable.text).flatMap { text in
          Int(text).map(Limits.concurrency.contains) == true ? text : nil
        }
        findings.report(.badVariable(name, expected: expected, meant: meant, at: variable.place))
        continue
      }
      guard number > largest else { continue }
      largest = number
      targets.values.concurrency = .atMost(number)
      targets.note("concurrency", variable.node("\(number)"))
    }
  }

  private mutating func readMemoryLimit(_ variables: Variables, findings: inout Findings) {
    guard let variable = variables[LegacyEnvironment.memoryLimit] else { return }
    // A pebibyte is far above any machine, and still fits.
    guard let megabytes = variable.integer, (0...1 << 30).contains(megabytes) else {
      let meant = LegacyValues.mebibytes(variable.text)
      findings.report(.badVariable(variable.name, expected: "a whole number of MiB", meant: meant, at: variable.place))
      return
    }
    // Nought turned the old tool's guard off; here there is always one.
    memory.values.limit = megabytes == 0 ? .auto : .size(.mebibytes(UInt64(megabytes)))
    memory.note("limit", variable.node(megabytes == 0 ? "auto" : "\(megabytes)Mi"))
  }

  private mutating func readEmptyDirectories(_ variables: Variables, findings: inout Findings) {
    if let variable = variables["EFSPURGE_REMOVE_EMPTY_DIRS"], let removes = flag(variable, findings: &findings) {
      targets.values.removesEmptyDirectories = removes
      targets.note("remove_empty_directories", variable.node("\(removes)"))
      // What the old tool had when nothing was said of it.
      if removes {
        targets.values.emptyDirectories.maxCount = 500
        targets.note("max_empty_directories", variable.node("500"))
      }
    }
    guard let variable = variables["EFSPURGE_MAX_EMPTY_DIRS_TO_DELETE"] else { return }
    guard let count = variable.integer, count >= 0 else {
      let meant = LegacyValues.isUnlimited(variable.text) ? "0" : ForeignValues.number(variable.text)
      findings.report(.badVariable(variable.name, expected: "a whole number", meant: meant, at: variable.place))
      return
    }
    targets.values.emptyDirectories.maxCount = count == 0 ? nil : UInt64(count)
    targets.note("max_empty_directories", variable.node(count == 0 ? "unlimited" : "\(count)"))
  }

  /// What a run reads itself, unless an option says it.
  private func readLogLevel(_ variables: Variables, findings: inout Findings) {
    let levels = ["trace", "debug", "info", "warning", "warn", "error", "critical"]
    guard let variable = variables[LegacyEnvironment.logLevel], !levels.contains(variable.text.lowercased()) else {
      return
    }
    let expected = "one of trace, debug, info, warning, error and critical"
    let meant = Spelling.nearest(to: variable.text.lowercased(), among: levels)
    findings.report(.badVariable(variable.name, expected: expected, meant: meant, at: variable.place))
  }

  private func flag(_ variable: Variable, findings: inout Findings) -> Bool? {
    switch variable.text.lowercased() {
    case "1", "true", "yes": return true
    case "0", "false", "no": return false
    default:
      let expected = "1, true, yes, 0, false or no"
      let meant = LegacyValues.flags[variable.text.lowercased()]
      findings.report(.badVariable(variable.name, expected: expected, meant: meant, at: variable.place))
      return nil
    }
  }
}

/// What values mean that the variables do not take.
private enum LegacyValues {
  static let flags = ["on": "true", "y": "true", "t": "true", "off": "false", "n": "false", "f": "false"]

  /// Not `none` and the like, which may mean that nothing is to be deleted.
  static func isUnlimited(_ text: String) -> Bool {
    ["unlimited", "infinite", "infinity", "inf", "all", "everything", "max", "-1"].contains(text.lowercased())
  }

  /// `30d`, `2w` and `never` as the old tool counts, whose nought deletes no file.
  static func days(_ text: String) -> String? {
    if ForeignValues.isNone(text) { return "0" }
    guard let (number, unit) = parts(text) else { return nil }
    switch unit {
    case "d", "day", "days": return "\(number)"
    case "w", "week", "weeks": return "\(number * 7)"
    case "h", "hours": return number % 24 == 0 ? "\(number / 24)" : nil
    default: return nil
    }
  }

  /// `512Mi` and `1Gi`; of units of ten, those that are meant.
  static func mebibytes(_ text: String) -> String? {
    // Nought turned the guard off, which nobody means who names a unit.
    guard let (number, unit) = parts(text), number > 0 else { return nil }
    switch unit {
    case "m", "mi", "mb", "mib": return "\(number)"
    case "g", "gi", "gb", "gib": return "\(number << 10)"
    default: return nil
    }
  }

  /// Nil for other texts than a number with a unit behind it, and for numbers that nobody means.
  private static func parts(_ text: String) -> (number: Int, unit: String)? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, digits.count < 7, let number = Int(digits) else { return nil }
    return (number, text.dropFirst(digits.count).filter { $0 != " " }.lowercased())
  }
}

/// Environment variables as texts that findings can point at.
private struct Variables {
  let values: [String: String]

  subscript(name: String) -> Variable? {
    guard let text = values[name], !text.isEmpty else { return nil }
    return Variable(
      name: name, text: text,
      source: SourceText(name: "environment", bytes: Array("\(name)=\(text)".utf8), medium: .environment))
  }
}

private struct Variable {
  let name: String
  let text: String
  let source: SourceText

  var namePlace: SourcePlace { source.place(0..<name.utf8.count) }
  var place: SourcePlace { source.place(name.utf8.count + 1..<source.bytes.count) }

  /// Its value as the config would write it.
  func node(_ text: String) -> YAMLNode { node(text, at: place) }

  func node(_ text: String, at place: SourcePlace) -> YAMLNode {
    YAMLNode(content: .scalar(YAMLScalar(text: text, style: .plain, place: place)), place: place)
  }

  /// Digits only.
  var integer: Int? { text.utf8.allSatisfy(Digits.isDigit) ? Int(text) : nil }

  /// Digits with at most one point; Swift's own reader would take `inf` and `0x1p4` too.
  var decimal: Double? {
    text.utf8.allSatisfy { Digits.isDigit($0) || $0 == UInt8(ascii: ".") } ? Double(text) : nil
  }
}
