// The catalogue: what is legal, and hardly meant.

// MARK: - Paths

extension Diagnostic {
  static func severalPaths(_ paths: [String], at place: SourcePlace) -> Diagnostic {
    .warning(
      .severalPaths, "'path' is one path: this is one folder, whose name holds all of them", at: place,
      hint: paths.allSatisfy { $0.hasPrefix("/") }
        ? "write a target for each: \(paths.prefix(2).map { "- path: \($0.whole)" }.joined(separator: ", "))"
          + (paths.count > 2 ? ", …" : "")
        : "write a target for each, with a path that begins with '/'")
  }

  static func placeholderInPath(_ placeholder: String, of key: String, meant: String?, at place: SourcePlace)
    -> Diagnostic
  {
    .warning(
      .placeholderInPath, "'\(key)' has \(placeholder.quoted), which nothing fills in: here it is a part of a name",
      at: place,
      hint: key == "path"
        ? .didYouMean(meant.map { YAMLScalar.flowText($0, isPlain: true) }) ?? Advice.insteadOfPlaceholder(placeholder)
        : Advice.oneName)
  }

  static func pathOfFiles(_ name: String, folder: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .pathOfFiles, "'path' ends with \(name.quoted), which looks like files: a target is a folder", at: place,
      hint: "write path: \(folder.isEmpty ? "/" : folder.whole), and below it include: [\"\(name.whole)\"]")
  }
}

// MARK: - Values

extension Diagnostic {
  static func hugeAge(_ key: String, meant: String?, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hugeAge, "'\(key)' is more than 50 years: nothing is that old", at: place,
      hint: .didYouMean(meant) ?? "is the unit right? to switch the target off, write enabled: false")
  }

  static func onlyEmptyFiles(at place: SourcePlace) -> Diagnostic {
    .warning(
      .onlyEmptyFiles, "'max_size' is 0: only empty files go", at: place, hint: "to set no bound, write unlimited")
  }

  static func smallSize(_ key: String, _ number: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .smallSize, "'\(key)' is \(number.shown) bytes", at: place,
      hint: "without a unit, a size is in bytes; did you mean \(number.whole)Mi?")
  }

  static func shortTimeLimit(_ text: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .shortTimeLimit, "'time_limit' is under a minute (\(text.shown)): a run ends when it has hardly begun", at: place,
      hint: "is the unit right? hours are written 4h; to set no limit, write none")
  }

  static func progressNeverLogged(at place: SourcePlace, timeLimit: SourcePlace) -> Diagnostic {
    .warning(
      .progressNeverLogged, "'progress_interval' is not below 'time_limit': no progress is logged before the run ends",
      at: place, notes: [.timeLimitHere(at: timeLimit)], hint: "leave the key out for the default, 30s")
  }

  static func youngEmptyDirectories(at place: SourcePlace) -> Diagnostic {
    .warning(
      .youngEmptyDirectories, "a directory goes in the moment in which it is made, before its maker can use it",
      at: place, hint: "leave the key out for the default, 1h")
  }
}

// MARK: - Allowed roots

extension Diagnostic {
  static func rootOfEverything(at place: SourcePlace) -> Diagnostic {
    .warning(
      .rootOfEverything, "'allowed_roots' has '/', which allows every path", at: place, hint: Advice.allowEveryPath)
  }

  static func rootInside(_ root: String, _ other: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .rootInside, "'allowed_roots' has \(other.quoted), in which \(root.quoted) lies", at: place,
      hint: "leave out one of the two")
  }

  static func rootProtected(_ root: String, _ protected: String, at place: SourcePlace) -> Diagnostic {
    let relation = root == protected ? "is" : "lies in"
    return .warning(
      .rootProtected, "no target may lie in \(root.quoted), which \(relation) the protected path '\(protected)'",
      at: place, hint: "leave it out")
  }
}
