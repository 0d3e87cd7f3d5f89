/// Which ConfigMap's key a config stands in.
struct ConfigMapKey: Sendable {
  /// Nil when the manifest does not say.
  let name: String?
  let namespace: String?
  let key: String
  /// All keys of that ConfigMap.
  let keys: [String]
  let namePlace: SourcePlace
  let keyPlace: SourcePlace
}

extension ConfigMapKey {
  init(_ item: ConfigMap.Item, of map: ConfigMap) {
    self.init(
      name: map.object.name?.text, namespace: map.object.namespace, key: item.key.text, keys: map.items.map(\.key.text),
      namePlace: map.object.place, keyPlace: item.key.place)
  }
}

/// A container that runs a config, with what is known of its command line; nil: nothing.
struct RunningContainer: Sendable {
  let workload: Workload
  let container: Workload.Container
  let commandLine: ContainerCommandLine?

  /// Where the config is read from, and where that is said; nil place: nowhere. Nil: not known.
  var configPath: (text: String, place: SourcePlace?)? {
    guard let commandLine, commandLine.isUnderstood, commandLine.hasKnownConfigPath,
      commandLine.reading.command != .other
    else { return nil }
    if let path = commandLine.reading.configPath { return (path, commandLine.place(ofValue: path)) }
    switch container.environment["EFS_PURGE_CONFIG"] {
    case .unknown: return nil
    case .text(let path, let scalar) where !path.isEmpty: return (path, scalar?.place)
    case .text, nil: return (CommandLineReading.defaultConfigPath, nil)
    }
  }

  /// Those among `workloads` that run the config in this key, or, when it is nil, in a file. The better they fit, the fewer:
  /// a stream may hold other purges with configs of their own.
  static func choose(
    among workloads: [Workload], for key: ConfigMapKey?, read: ([String]) -> CommandLineReading
  ) -> [RunningContainer] {
    let all = workloads.flatMap { workload in
      workload.containers.map { container in
        RunningContainer(
          workload: workload, container: container, commandLine: ContainerCommandLine(of: container, read: read))
      }
    }
    if let key, let mounting = mounting(key, among: all) { return mounting }
    let naming = all.filter(\.namesProgram)
    if !naming.isEmpty { return naming }
    return all.count == 1 ? all : []
  }

  /// Nil when no container mounts that ConfigMap.
  private static func mounting(_ key: ConfigMapKey, among all: [RunningContainer]) -> [RunningContainer]? {
    let mounting = all.filter { $0.mounts(key) }
    let near = mounting.filter { $0.workload.isInNamespace(of: key) }
    // Who mounts a ConfigMap of that name elsewhere may have meant this one.
    guard !near.isEmpty else { return mounting.isEmpty ? nil : mounting }
    let mine = near.filter { running in
      switch running.config(of: key) {
      case .this, .missing: true
      case .other: false
      case .unknown: running.namesProgram
      }
    }
    return mine.isEmpty ? near.filter { $0.config(of: key) == .unknown } : mine
  }

  private func mounts(_ key: ConfigMapKey) -> Bool {
    container.mounts.contains { mount in
      workload.volume(named: mount.volume.text)?.configMaps.contains { $0.name?.text == key.name } ?? false
    }
  }

  private enum ConfigRead { case this, other, missing, unknown }

  /// Which config the program reads, as seen from this key.
  private func config(of key: ConfigMapKey) -> ConfigRead {
    guard let path = configPath?.text else { return .unknown }
    guard let file = MountedFile(path, in: self) else { return .missing }
    guard let source = file.volume.configMaps.first(where: { $0.name?.text == key.name }) else {
      return file.volume.configMaps.isEmpty ? .missing : .other
    }
    guard let read = source.key(ofFile: file.path)?.name else { return .missing }
    return read == key.key ? .this : key.keys.contains(read) ? .other : .missing
  }

  /// Whether its image or its words name this program.
  private var namesProgram: Bool {
    if container.imageName == ContainerCommandLine.program[...] { return true }
    let words = ["command", "args"].flatMap { container.texts($0) ?? [] }
    return words.contains { $0?.text.contains(ContainerCommandLine.program) ?? false }
  }
}

extension Workload {
  /// True too when one of them does not say where it is.
  fileprivate func isInNamespace(of key: ConfigMapKey) -> Bool {
    guard let namespace, let other = key.namespace else { return true }
    return namespace.text == other
  }
}

/// A file of a container that lies in a mount.
struct MountedFile {
  let mount: Workload.Mount
  let volume: Workload.Volume
  /// In the volume.
  let path: String

  /// Nil when no mount covers the path, or not even the manifest knows what of the volume is mounted.
  init?(_ path: String, in running: RunningContainer) {
    guard path.hasPrefix("/"), let components = FilePath.components(path),
      let mount = running.container.mount(covering: components), let subPath = mount.subPath,
      let volume = running.workload.volume(named: mount.volume.text)
    else { return nil }
    (self.mount, self.volume) = (mount, volume)
    self.path = (subPath + components.dropFirst(mount.components.count)).joined(separator: "/")
  }
}

extension Workload.Container {
  /// The innermost mount that holds this path.
  func mount(covering path: [String]) -> Workload.Mount? {
    mounts.filter { $0.covers(path) }.max { $0.components.count < $1.components.count }
  }
}
