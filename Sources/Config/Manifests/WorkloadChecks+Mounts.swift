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
    guard let config else { return }
    var checks = MountChecks(running, companions: companions, config: config)
    checks.run(findings: &findings)
  }
}
