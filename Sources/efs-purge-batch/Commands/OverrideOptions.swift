import ArgumentParser

/// What every command that reads a config takes.
struct OverrideOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Override one value of the config by its dotted path, e.g. defaults.max_age=60d; repeatable.",
      valueName: "key=value"))
  var overrides: [String] = []
}
