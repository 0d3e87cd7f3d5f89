extension WorkloadChecks {
  /// The file that the program will read must be this very config.
  func checkConfigMap(_ findings: inout Findings) {
    if case .standardInput(let place) = running.configFile {
      return findings.report(.configFromStandardInput(at: place ?? container.place))
    }
    if case .relative(let path, let place) = running.configFile {
      return findings.report(.relativeInContainer(path, proposal: mountedConfig, at: place ?? container.place))
    }
    guard let configMap, let name = configMap.name else { return }
    if let namespace = workload.namespace, let other = configMap.namespace, namespace.text != other {
      findings.report(
        .otherNamespace(namespace.text, configMap: name, in: other, at: namespace.place, place: configMap.namePlace))
    }
    switch running.configFile {
    case .unknown, .standardInput, .relative: return
    case .notMounted(let path, let place): reportNotMounted(path, name, at: place, &findings)
    case .mounted(let file, let path, let place): checkFile(file, path, at: place, name, &findings)
    }
  }

  private func checkFile(
    _ file: MountedFile, _ path: String, at place: SourcePlace?, _ name: String, _ findings: inout Findings
  ) {
    guard let configMap else { return }
    guard let first = file.volume.configMaps.first else {
      return reportNotMounted(path, name, at: place, &findings)
    }
    let sources = file.volume.sources(of: name)
    if sources.isEmpty {
      return findings.report(
        .otherConfigMap(
          first.name?.text ?? "", expected: name, at: first.name?.place ?? file.volume.place,
          place: configMap.namePlace))
    }
    let read = file.key(in: name)
    guard read?.name != configMap.key else { return }
    if let read, let place = read.place {
      return findings.report(
        .otherConfigMapKey(read.name, of: name, expected: configMap.key, at: place, key: configMap.keyPlace))
    }
    findings.report(
      noSuchFile(file, of: name, sources, at: place, proposal: configPath(in: file.mount, sources)))
  }

  /// A file that the volume does not have: by its name in the volume, by what of it is mounted, or because that is all of it.
  private func noSuchFile(
    _ file: MountedFile, of name: String, _ sources: [Workload.ConfigMapSource], at place: SourcePlace?,
    proposal: String?
  ) -> Diagnostic {
    let key = configMap?.key ?? ""
    let keyPlace = configMap?.keyPlace ?? container.place
    let renamed = sources.lazy.compactMap { $0.file(ofKey: key) }.first { $0 != key }
    let mountPlace = file.mount.path.place
    if file.path.isEmpty {
      return .configPathIsFolder(of: name, subPath: renamed ?? key, at: mountPlace, key: keyPlace)
    }
    if let subPath = file.mount.subPathPlace, file.mount.subPath?.joined(separator: "/") == file.path {
      return .noSuchSubPath(file.path, of: name, expected: renamed ?? key, at: subPath, key: keyPlace)
    }
    return .noSuchConfigFile(
      file.path, of: name, expected: key, renamed: renamed,
      proposal: proposal.map { (place == nil ? "--config=" : "") + $0 },
      at: place ?? container.place, key: keyPlace)
  }

  /// The option that names the config, where the container mounts it.
  private var mountedConfig: String? {
    guard let name = configMap?.name else { return nil }
    for mount in container.mounts {
      if let sources = mount.volume?.sources(of: name), let path = configPath(in: mount, sources) {
        return "--config=\(path)"
      }
    }
    return nil
  }

  /// What an init container checks must be there.
  func checkCheckedFiles(_ findings: inout Findings) {
    guard let line = running.commandLine, let configMap, let name = configMap.name else { return }
    for path in line.reading.checkedPaths {
      guard path.hasPrefix("/"), let components = MountPath.components(path),
        let mount = container.mountIndex.mount(holding: components), let file = MountedFile(components, in: mount),
        let sources = mount.volume?.sources(of: name), !sources.isEmpty, !file.path.isEmpty,
        file.key(in: name).map({ configMap.keys.contains($0.name) }) != true
      else { continue }
      findings.report(
        noSuchFile(
          file, of: name, sources, at: line.place(ofValue: path),
          proposal: configPath(in: mount, sources)))
    }
  }

  private func reportNotMounted(
    _ path: String, _ name: String, at place: SourcePlace?, _ findings: inout Findings
  ) {
    guard let configMap else { return }
    for mount in container.mounts {
      guard let sources = mount.volume?.sources(of: name), !sources.isEmpty else { continue }
      return findings.report(
        .configMountedElsewhere(
          path, of: name, proposal: configPath(in: mount, sources), at: place ?? container.place,
          mount: mount.path.place))
    }
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    findings.report(
      .configNotMounted(
        path, of: name, key: configMap.key, folder: "/\(folder)", volume: volume(at: path),
        at: place ?? container.place,
        place: configMap.namePlace))
  }

  /// What is mounted there now.
  private func volume(at path: String) -> String? {
    MountPath.components(path).flatMap { container.mountIndex.mount(holding: $0)?.volumeName.text }
  }

  /// The config's path in the container by this mount; nil when it is not there.
  private func configPath(in mount: Workload.Mount, _ sources: [Workload.ConfigMapSource]) -> String? {
    guard let configMap, let subPath = mount.subPath,
      let file = sources.lazy.compactMap({ $0.file(ofKey: configMap.key) }).first,
      let components = MountPath.components(file), components.starts(with: subPath)
    else { return nil }
    return "/" + (mount.components + components.dropFirst(subPath.count)).joined(separator: "/")
  }
}
