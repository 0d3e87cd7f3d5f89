import Plan

/// The variables of the tool this one replaces, as values below everything the config says.
struct LegacyEnvironment {
  private(set) var memory = Section(MemoryPlan())
  var targets = Section(TargetSettings())

  /// Those that give a key its value.
  private static let targetKeys = [
    "EFSPURGE_MAX_AGE_DAYS": "max_age", "EFSPURGE_MAX_CONCURRENCY": "concurrency",
    "EFSPURGE_MAX_CONCURRENCY_DELETION": "concurrency", "EFSPURGE_MAX_CONCURRENCY_SCANNING": "concurrency",
    "EFSPURGE_REMOVE_EMPTY_DIRS": "remove_empty_directories",
    "EFSPURGE_MAX_EMPTY_DIRS_TO_DELETE": "max_empty_directories",
  ]
  private static let memoryLimit = "EFSPURGE_MEMORY_LIMIT_MB"

  /// All those.
  static let names = Set(targetKeys.keys).union([memoryLimit])

  /// Reads the variables that are set; one that is set to nothing counts as not set. Those in `unknown` are set to what is not
  /// known: the keys they fill are not missing, and have no value.
  init(_ variables: [String: String], unknown: Set<String> = [], findings: inout Findings) {
    for name in unknown.sorted() {
      let source = SourceText(name: "environment", bytes: Array(name.utf8), medium: .environment)
      let node = Variable(name: name, text: "", source: source).node(name, at: source.place(0..<source.bytes.count))
      if let key = LegacyEnvironment.targetKeys[name] { targets.noteUnknown(key, node) }
      if name == LegacyEnvironment.memoryLimit { memory.noteUnknown("limit", node) }
    }
    let reader = Variables(values: variables)
    readAge(reader, findings: &findings)
    readConcurrency(reader, findings: &findings)
    readMemoryLimit(reader, findings: &findings)
    readEmptyDirectories(reader, findings: &findings)
    for name in ["EFSPURGE_MAX_CONCURRENT_SUBDIRS", "EFSPURGE_TASK_BATCH_SIZE"] {
      if let variable = reader[name] { findings.report(.variableWithoutEffect(name, at: variable.namePlace)) }
    }
  }

  private mutating func readAge(_ variables: Variables, findings: inout Findings) {
    guard let variable = variables["EFSPURGE_MAX_AGE_DAYS"] else { return }
    // 10 000 years, the longest duration of the config.
    guard let days = variable.decimal, days >= 0, days <= 3_652_425 else {
      findings.report(.badVariable(variable.name, expected: "a number of days", at: variable.place))
      // It was given, so it is bad, not missing.
      targets.note("max_age", variable.node(variable.text))
      return
    }
    let age = Duration.milliseconds(Int64(days * 86_400_000))
    targets.values.maxAge = age
    targets.note("max_age", variable.node(Durations.text(of: age)))
  }

  /// Of scanning and deletion, which are one here, the larger.
  private mutating func readConcurrency(_ variables: Variables, findings: inout Findings) {
    var largest = 0
    for name in [
      "EFSPURGE_MAX_CONCURRENCY", "EFSPURGE_MAX_CONCURRENCY_DELETION", "EFSPURGE_MAX_CONCURRENCY_SCANNING",
    ] {
      guard let variable = variables[name] else { continue }
      guard let number = variable.integer, Limits.concurrency.contains(number) else {
        let expected = "a whole number \(Digits.text(of: Limits.concurrency))"
        findings.report(.badVariable(name, expected: expected, at: variable.place))
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
      findings.report(.badVariable(variable.name, expected: "a whole number of MiB", at: variable.place))
      return
    }
    // Nought turned the old tool's guard off; here there is always one.
    memory.values.limit = megabytes == 0 ? .auto : .size(.mebibytes(UInt64(megabytes)))
    memory.note("limit", variable.node(megabytes == 0 ? "auto" : "\(megabytes)Mi"))
  }

  private mutating func readEmptyDirectories(_ variables: Variables, findings: inout Findings) {
    if let variable = variables["EFSPURGE_REMOVE_EMPTY_DIRS"] {
      switch variable.text.lowercased() {
      case "1", "true", "yes": setRemoval(true, variable)
      case "0", "false", "no": setRemoval(false, variable)
      default:
        findings.report(.badVariable(variable.name, expected: "1, true, yes, 0, false or no", at: variable.place))
      }
    }
    guard let variable = variables["EFSPURGE_MAX_EMPTY_DIRS_TO_DELETE"] else { return }
    guard let count = variable.integer, count >= 0 else {
      findings.report(.badVariable(variable.name, expected: "a whole number", at: variable.place))
      return
    }
    targets.values.emptyDirectories.maxCount = count == 0 ? nil : UInt64(count)
    targets.note("max_empty_directories", variable.node(count == 0 ? "unlimited" : "\(count)"))
  }

  private mutating func setRemoval(_ removes: Bool, _ variable: Variable) {
    targets.values.removesEmptyDirectories = removes
    targets.note("remove_empty_directories", variable.node("\(removes)"))
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
