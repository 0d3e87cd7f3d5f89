extension WorkloadChecks {
  /// The file that the program will read must be this very config.
  func checkConfigMap(_ findings: inout Findings) {
    guard let configMap, let name = configMap.name else { return }
    if let namespace = workload.namespace, let other = configMap.namespace, namespace.text != other {
      findings.report(
        .otherNamespace(namespace.text, configMap: name, in: other, at: namespace.place, place: configMap.namePlace))
    }
    guard let path = running.configPath, path.text.hasPrefix("/"),
      let components = FilePath.components(path.text)
    else { return }
    guard let mount = container.mount(covering: components) else {
      return reportNotMounted(path.text, name, at: path.place, &findings)
    }
    // What is not known of the mount, or wrong with it, is not the config's.
    guard let file = MountedFile(path.text, in: running) else { return }
    checkFile(file, in: mount, path, &findings)
  }

  private func checkFile(
    _ file: MountedFile, in mount: Workload.Mount, _ path: (text: String, place: SourcePlace?),
    _ findings: inout Findings
  ) {
    guard let configMap, let name = configMap.name else { return }
    let sources = file.volume.configMaps
    guard let first = sources.first else {
      return reportNotMounted(path.text, name, at: path.place, &findings)
    }
    let source = sources.first { $0.name?.text == name }
    guard let source else {
      return findings.report(
        .otherConfigMap(
          first.name?.text ?? "", expected: name, at: first.name?.place ?? file.volume.place,
          place: configMap.namePlace))
    }
    let read = source.key(ofFile: file.path)
    guard read?.name != configMap.key else { return }
    if let read, let place = read.place {
      findings.report(
        .otherConfigMapKey(read.name, of: name, expected: configMap.key, at: place, key: configMap.keyPlace))
    } else {
      findings.report(
        .noSuchConfigFile(
          file.path, of: name, expected: configMap.key, proposal: configPath(in: mount, source),
          at: path.place ?? container.place, key: configMap.keyPlace))
    }
  }

  private func reportNotMounted(
    _ path: String, _ name: String, at place: SourcePlace?, _ findings: inout Findings
  ) {
    guard let configMap else { return }
    for mount in container.mounts {
      let sources = workload.volume(named: mount.volume.text)?.configMaps ?? []
      guard let source = sources.first(where: { $0.name?.text == name }) else { continue }
      return findings.report(
        .configMountedElsewhere(
          path, of: name, proposal: configPath(in: mount, source), at: place ?? container.place, mount: mount.path.place
        ))
    }
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    findings.report(
      .configNotMounted(
        path, of: name, key: configMap.key, folder: "/\(folder)", at: place ?? container.place,
        place: configMap.namePlace))
  }

  /// The config's path in the container by this mount; nil when it is not there.
  private func configPath(in mount: Workload.Mount, _ source: Workload.ConfigMapSource) -> String? {
    guard let configMap, let subPath = mount.subPath, let file = source.file(ofKey: configMap.key),
      let components = FilePath.components(file), components.starts(with: subPath)
    else { return nil }
    return "/" + (mount.components + components.dropFirst(subPath.count)).joined(separator: "/")
  }
}
