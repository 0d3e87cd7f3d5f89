import Plan

// The catalogue: what a container starts, and with which words and variables.

extension Diagnostic {
  static func noArguments(_ container: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .noArguments,
      "\(container.map { "the container \($0.quoted)" } ?? "the container") gives the program no arguments: it prints its usage and ends with status 64",
      at: place, hint: "add args: [run]")
  }

  /// `message` is the program's own.
  static func badArgument(_ message: String, hint: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .badArgument, "the program refuses this command line: \(PrintableText.escaped(message))", at: place,
      hint: hint ?? "'efs-purge-batch run --help' lists the options")
  }
}

extension Diagnostic {
  static func selectsNoTarget(_ pattern: String, nearest: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .selectsNoTarget, "no target matches --target \(pattern.quoted): the run touches nothing and ends with status 2",
      at: place, hint: .didYouMean(nearest) ?? "write the name of a target, or leave the option out")
  }
}

extension Diagnostic {
  static func commandInOneText(_ text: String, meant: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .commandInOneText, "there is no program named \(text.quoted): each word is an item of its own", at: place,
      hint: .didYouMean(meant))
  }

  static func commandLineNotRead(at place: SourcePlace) -> Diagnostic {
    .warning(
      .commandLineNotRead, "another program starts this one: its options and its exit status were not checked",
      at: place,
      hint: "start it by itself, with args: [run, …], and no command")
  }

  static func textNeeded(_ key: String, _ text: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .textNeeded, "'\(key)' must be a text: Kubernetes refuses a number, true or false", at: place,
      hint: .didYouMean("\"\(text)\""))
  }

  static func undefinedReference(_ name: String, isLater: Bool, at place: SourcePlace) -> Diagnostic {
    .error(
      .undefinedReference,
      "nothing sets \(name.quoted)\(isLater ? " before this" : ""): Kubernetes leaves $(\(name.shown)) as it is",
      at: place, hint: isLater ? "move its entry in env up" : "add it to env: - {name: \(name.whole), value: …}")
  }

  static func shellReference(_ written: String, _ name: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .shellReference, "no shell fills in \(written.quoted)", at: place,
      hint: "Kubernetes does so for $(\(name.whole)), if env has an entry of that name")
  }

  static func fixedNow(at place: SourcePlace) -> Diagnostic {
    .warning(
      .fixedNow, "--now is for trials: with a fixed time a run that purges ends with status 5", at: place,
      hint: "leave it out")
  }

  static func relativeInContainer(_ path: String, proposal: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .relativeInContainer, "\(path.quoted) is relative to whatever folder the image starts in", at: place,
      hint: proposal.map { "write \($0.whole)" } ?? "write an absolute path")
  }
}
