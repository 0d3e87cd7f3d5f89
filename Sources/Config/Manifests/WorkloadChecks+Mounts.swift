import Plan

extension WorkloadChecks {
  /// Every target must lie in a mount that can be written to and outlives the pod.
  func checkMounts(_ findings: inout Findings) {
    for mount in container.mounts where workload.volume(named: mount.volume.text) == nil {
      let names = workload.volumes.map(\.name.text)
      findings.report(
        .unknownVolume(
          mount.volume.text, nearest: Spelling.nearest(to: mount.volume.text, among: names), at: mount.volume.place,
          volumes: workload.podSpec?.value.entry("volumes")?.key.place))
    }
    for target in config?.targets ?? [] where target.isEnabled && isSelected(target) { check(target, &findings) }
  }

  /// Whether `--target` lets it run; true when only the folders it finds can tell.
  private func isSelected(_ target: DecodedTarget) -> Bool {
    guard let patterns = reading?.targets, !patterns.isEmpty, target.path?.isLiteral == true, let name = target.name
    else { return true }
    return patterns.contains { pattern in
      guard let glob = try? Glob(pattern) else { return true }
      return glob.matches(name)
    }
  }

  private func check(_ target: DecodedTarget, _ findings: inout Findings) {
    guard let path = target.path else { return }
    let mounts = mounts(holding: path)
    guard let first = mounts.first else { return reportNotMounted(path, at: target.pathPlace, &findings) }
    let readOnly = mounts.compactMap { readOnlyPlace(of: $0) }
    if readOnly.count == mounts.count {
      guard reading?.command == .purge else { return }
      findings.report(.targetReadOnly(path.text, at: target.pathPlace, readOnly: readOnly[0]))
    } else if let volume = workload.volume(named: first.volume.text), mounts.allSatisfy(goesWithPod) {
      findings.report(.targetGoneWithPod(path.text, at: target.pathPlace, volume: volume.place))
    }
  }

  /// The mount that surely holds all that the path names, and those further in that may hold some of it.
  private func mounts(holding path: PathPattern) -> [Workload.Mount] {
    let prefix = path.literalPrefix
    let outer = container.mount(covering: prefix)
    let shapes = path.components.map { NameShape($0) }
    let inner = container.mounts.filter { mount in
      prefix.count < mount.components.count && mount.components.count <= shapes.count
        && mount.components.map { NameShape(.literal($0)) }.canOverlap(shapes)
    }
    return (outer.map { [$0] } ?? []) + inner
  }

  func readOnlyPlace(of mount: Workload.Mount) -> SourcePlace? {
    mount.readOnly ?? workload.volume(named: mount.volume.text)?.readOnly
  }

  private func goesWithPod(_ mount: Workload.Mount) -> Bool {
    workload.volume(named: mount.volume.text)?.goesWithPod ?? false
  }

  // MARK: No mount

  private func reportNotMounted(_ path: PathPattern, at place: SourcePlace, _ findings: inout Findings) {
    findings.report(
      .targetNotMounted(
        path.text, container: container.name, nearest: nearestMount(to: path), proposal: proposal(for: path), at: place,
        mounts: container.node.entry("volumeMounts")?.key.place ?? container.place))
  }

  /// A mount that a slip in it or in the path may have missed.
  private func nearestMount(to path: PathPattern) -> String? {
    container.mounts.map(\.path.text).first { mount in
      let count = mount.split(separator: "/").count
      let start = "/" + path.literalPrefix.prefix(count).joined(separator: "/")
      return Spelling.nearest(to: start, among: [mount]) != nil
    }
  }

  /// An item for `volumeMounts`: a volume that is for data and not mounted yet, at the outermost folder.
  private func proposal(for path: PathPattern) -> String? {
    guard let folder = path.literalPrefix.first else { return nil }
    let volume = workload.volumes.first { volume in
      volume.readOnly == nil && !volume.goesWithPod && !container.mounts.contains { $0.volume.text == volume.name.text }
    }
    guard let volume else { return "- {name: data, mountPath: /\(folder)}, and a volume of that name to volumes" }
    return "- {name: \(volume.name.text), mountPath: /\(folder)}"
  }
}
