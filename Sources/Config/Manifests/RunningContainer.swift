/// A container that may run a config, with what is known of its command line; nil: nothing.
///
/// A class, so that a thousand of them can be asked for each of a thousand configs without being copied.
final class RunningContainer: Sendable {
  let workload: Workload
  let namespace: String?
  /// The number of the workload in its stream.
  let pod: Int
  let container: Workload.Container
  let commandLine: ContainerCommandLine?
  /// Whether its image or its words name this program.
  let namesProgram: Bool
  /// Whether it starts this program. Other programs have a command `run`, too: where only that tells, the rest of the command
  /// line must make sense.
  let isKnown: Bool
  /// Whether it starts this program for something else than walking targets, such as checking configs.
  let isBystander: Bool
  let configFile: ConfigFile

  /// What the config is read from.
  enum ConfigFile: Sendable {
    /// The manifest does not tell.
    case unknown
    /// The program's standard input, into which nobody writes. The place is where that is said.
    case standardInput(SourcePlace?)
    /// A path that the image's working directory decides on.
    case relative(path: String, place: SourcePlace?)
    /// What stands in the image, if anything. The place is where the path is said; nil: nowhere.
    case notMounted(path: String, place: SourcePlace?)
    /// A file in a volume of which the manifest tells what is in it.
    case mounted(MountedFile, path: String, place: SourcePlace?)
  }

  /// `isNamed`: some container of the pod names this program.
  init(
    _ container: Workload.Container, of workload: Workload, pod: Int, isNamed: Bool,
    read: ([String]) -> CommandLineReading?
  ) {
    (self.workload, self.pod, self.container) = (workload, pod, container)
    namespace = workload.namespace?.text
    let line = ContainerCommandLine(of: container, isTold: !isNamed, read: read)
    commandLine = line
    namesProgram = RunningContainer.namesProgram(container)
    isKnown = namesProgram || line.map { $0.reading.fault == nil } ?? false
    isBystander = line.map { $0.isUnderstood && $0.reading.command == .other } ?? false
    let path = line.flatMap { RunningContainer.configPath(of: $0, in: container) }
    configFile = path.map { RunningContainer.file(at: $0.text, $0.place, in: container) } ?? .unknown
  }

  static func namesProgram(_ container: Workload.Container) -> Bool {
    // Before the others runs whatever prepares for them, often in the same image.
    let isImage = container.imageName == ContainerCommandLine.program[...]
    let hasOwnCommand = container.node.given("command") != nil
    return isImage && !(container.isInit && hasOwnCommand) || ContainerCommandLine.isNamed(by: container)
  }

  /// Whether only a first word that other programs know, too, makes it this program, and what follows makes no sense to it.
  var isDoubtful: Bool { !isKnown && commandLine != nil }

  private static func configPath(
    of line: ContainerCommandLine, in container: Workload.Container
  ) -> (text: String, place: SourcePlace?)? {
    guard line.isUnderstood, line.hasKnownConfigPath, line.reading.command != .other else { return nil }
    if let path = line.reading.configPath { return (path, line.place(ofValue: path)) }
    switch container.environment["EFS_PURGE_CONFIG"] {
    case .unknown: return nil
    case .text(let path, let scalar) where !path.isEmpty: return (path, scalar?.place)
    case .text, nil: return (CommandLineReading.defaultConfigPath, nil)
    }
  }

  private static func file(
    at path: String, _ place: SourcePlace?, in container: Workload.Container
  ) -> ConfigFile {
    if path == "-" {
      return container.node.given("stdin")?.value.truePlace == nil ? .standardInput(place) : .unknown
    }
    guard let path = container.absolute(path) else { return .relative(path: path, place: place) }
    guard let components = MountPath.components(path) else { return .unknown }
    guard let mount = container.mountIndex.mount(holding: components) else {
      return .notMounted(path: path, place: place)
    }
    // Into other volumes something else may write it, such as an init container.
    guard let file = MountedFile(components, in: mount), file.volume.isFromObjects else { return .unknown }
    return .mounted(file, path: path, place: place)
  }

  /// The key of the same ConfigMap that the program surely reads instead of this one.
  func otherKey(than key: ConfigMapKey) -> String? {
    guard let name = key.name, case .mounted(let file, _, _) = configFile, let read = file.key(in: name)?.name,
      read != key.key, key.keys.contains(read)
    else { return nil }
    return read
  }

  enum ConfigRead { case this, other, missing, unknown }

  /// Which config the program reads, as seen from this key.
  func read(of key: ConfigMapKey) -> ConfigRead {
    switch configFile {
    case .unknown: .unknown
    case .standardInput, .relative, .notMounted: .missing
    case .mounted(let file, _, _): file.read(of: key)
    }
  }
}

extension MountedFile {
  fileprivate func read(of key: ConfigMapKey) -> RunningContainer.ConfigRead {
    guard let name = key.name, volume.configMaps.contains(where: { $0.name?.text == name }) else {
      return volume.configMaps.isEmpty ? .missing : .other
    }
    if let read = self.key(in: name)?.name {
      if read == key.key { return .this }
      if key.keys.contains(read) { return .other }
    }
    let isOfOther = volume.configMaps.contains { $0.name?.text != name && $0.key(ofFile: path) != nil }
    return isOfOther ? .other : .missing
  }

  /// The key of this ConfigMap that is the file.
  func key(in configMap: String) -> Workload.ConfigMapSource.Key? {
    for source in volume.configMaps where source.name?.text == configMap {
      if let key = source.key(ofFile: path) { return key }
    }
    return nil
  }
}
