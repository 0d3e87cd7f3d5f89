public import Plan

// Values of command line options that are written as in the config. Findings point into a text named like the option.

extension ByteCount {
  /// A size as the config writes sizes (`512Mi`, `1Gi`), of a container's memory.
  ///
  /// Throws a finding also for what is too little to run in.
  public static func optionValue(_ text: String, of option: String) throws(Diagnostic) -> ByteCount {
    try Sizes.parse(
      YAMLScalar(option: option, text), of: Subject(key: option, noun: "a size"), atLeast: ContainerMemory.least)
  }

  /// A size of a file.
  public static func fileSize(_ text: String, of option: String) throws(Diagnostic) -> ByteCount {
    try Sizes.parse(
      YAMLScalar(option: option, text), of: Subject(key: option, noun: "a size"), atLeast: ByteCount(bytes: 0))
  }
}

extension Duration {
  /// A duration as the config writes durations (`100d`, `1d12h`).
  public static func optionValue(_ text: String, of option: String) throws(Diagnostic) -> Duration {
    try Durations.parse(
      YAMLScalar(option: option, text), of: Subject(key: option, noun: "a time or a duration"), bareUnit: "d")
  }
}

extension YAMLScalar {
  init(option: String, _ text: String) {
    let source = SourceText(name: option, bytes: Array(text.utf8), medium: .option)
    self.init(text: text, style: .plain, place: source.place(0..<source.bytes.count))
  }
}
