import Plan

extension WorkloadChecks {
  /// The kubelet takes the message from here when the manifest names no other file.
  private static let terminationMessagePath = "/dev/termination-log"

  /// What a run writes must find a place where it can be written, and be found again.
  func checkFiles(_ findings: inout Findings) {
    guard let reading else { return }
    if let text = reading.reportPath {
      checkReportOption(text, &findings)
    } else if reading.command == .purge, let report = config?.draft.report, let path = report.values.file,
      let place = report.place(of: "file")
    {
      checkReport(path, at: place, &findings)
    }
    if let path = reading.terminationLog { checkTerminationLog(path, &findings) }
  }

  private func checkReportOption(_ text: String, _ findings: inout Findings) {
    // One that makes no sense is the command line's fault.
    guard let path = try? ReportPath(text) else { return }
    let place = running.commandLine?.place(ofValue: text) ?? container.place
    checkReport(path, at: place, &findings)
    if let finding = PathChecks.finding(aboutReport: path, at: place, beside: config?.targets ?? []) {
      findings.report(finding)
    }
  }

  private func checkReport(_ report: ReportPath, at place: SourcePlace, _ findings: inout Findings) {
    let path = report.text
    guard let example = container.absolute(report.example) else {
      return findings.report(.relativeInContainer(path, proposal: nil, at: place))
    }
    guard let components = MountPath.components(example) else { return }
    if let mount = container.mounts.first(where: { $0.components.starts(with: components) }) {
      return findings.report(.reportIsMount(path, at: place, mount: mount.path.place))
    }
    guard let mount = container.mountIndex.mount(holding: components) else {
      // The devices' file system can be written to whatever the root may be.
      if let root = container.readOnlyRoot, components.first != "dev" {
        findings.report(.reportNotWritable(path, at: place, readOnly: root))
      } else {
        findings.report(.reportGoneWithPod(path, at: place, volume: nil))
      }
      return
    }
    if let readOnly = mount.readOnly {
      findings.report(.reportNotWritable(path, at: place, readOnly: readOnly))
    } else if let volume = mount.volume, volume.goesWithPod, !isShared(volume) {
      findings.report(.reportGoneWithPod(path, at: place, volume: volume.place))
    }
  }

  /// Whether another container may carry away what is written there.
  private func isShared(_ volume: Workload.Volume) -> Bool {
    workload.containers.count { other in other.mounts.contains { $0.volumeName.text == volume.name.text } } > 1
  }

  private func checkTerminationLog(_ path: String, _ findings: inout Findings) {
    let message = container.node.given("terminationMessagePath")?.value.scalar
    let expected = message?.text ?? WorkloadChecks.terminationMessagePath
    guard MountPath.components(path) != MountPath.components(expected) else { return }
    findings.report(
      .otherTerminationLog(
        path, expected: expected, at: running.commandLine?.place(ofValue: path) ?? container.place,
        message: message?.place))
  }
}
