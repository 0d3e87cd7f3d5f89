extension WorkloadChecks {
  /// The file that the program will read must be this very config.
  func checkConfigMap(_ findings: inout Findings) {
    if case .standardInput(let place) = running.configFile {
      return findings.report(.configFromStandardInput(at: place ?? container.place))
    }
    guard let configMap, let name = configMap.name else { return }
    if let namespace = workload.namespace, let other = configMap.namespace, namespace.text != other {
      findings.report(
        .otherNamespace(namespace.text, configMap: name, in: other, at: namespace.place, place: configMap.namePlace))
    }
    switch running.configFile {
    case .unknown, .standardInput: return
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
      findings.report(
        .otherConfigMapKey(read.name, of: name, expected: configMap.key, at: place, key: configMap.keyPlace))
    } else {
      findings.report(
        .noSuchConfigFile(
          file.path, of: name, expected: configMap.key, proposal: configPath(in: file.mount, sources),
          at: place ?? container.place, key: configMap.keyPlace))
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
        path, of: name, key: configMap.key, folder: "/\(folder)", at: place ?? container.place,
        place: configMap.namePlace))
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
