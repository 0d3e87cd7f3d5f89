extension WorkloadChecks {
  /// Every target must lie in a mount that can be written to and outlives the pod.
  func checkMounts(_ findings: inout Findings) {
    var hints = MountChecks.mostHints
    for mount in container.mounts where mount.volume == nil {
      hints -= 1
      let names = hints < 0 ? [] : workload.volumes.map(\.name.text)
      findings.report(
        .unknownVolume(
          mount.volumeName.text, nearest: Spelling.nearest(to: mount.volumeName.text, among: names),
          at: mount.volumeName.place, volumes: workload.podSpec?.value.entry("volumes")?.key.place))
    }
    checkShapeOfMounts(&findings)
    guard let config else { return }
    var checks = MountChecks(running, companions: companions, config: config)
    checks.run(findings: &findings)
  }

  private func checkShapeOfMounts(_ findings: inout Findings) {
    for volume in workload.volumes {
      guard let kind = volume.unknownKind else { continue }
      findings.report(
        .unknownVolumeKind(kind, nearest: Spelling.nearest(to: kind.text, among: Workload.Volume.kinds.sorted())))
    }
    var first: [[String]: SourcePlace] = [:]
    for mount in container.mounts {
      if let place = first[mount.components] {
        findings.report(.mountPathTwice(mount.path.text, at: mount.path.place, first: place))
      }
      first[mount.components] = first[mount.components] ?? mount.path.place
    }
  }
}
