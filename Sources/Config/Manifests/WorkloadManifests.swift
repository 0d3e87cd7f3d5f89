/// A stream of manifests in which something runs a config.
public struct WorkloadManifests: Sendable {
  public let source: SourceText
  /// What is wrong with the stream itself, in source order.
  public let diagnostics: [Diagnostic]
  private let workloads: [Workload]
  private let place: SourcePlace
  private let readCommandLine: @Sendable ([String]) -> CommandLineReading

  /// `readCommandLine` tells what the program makes of a container's arguments.
  public init(_ source: SourceText, readCommandLine: @escaping @Sendable ([String]) -> CommandLineReading) {
    var findings = Findings()
    let documents = YAMLComposer.composeManifests(source, findings: &findings)
    let objects = KubernetesObject.objects(in: documents, findings: &findings)
    (self.source, self.readCommandLine) = (source, readCommandLine)
    diagnostics = findings.ordered(by: source)
    workloads = objects.compactMap { Workload($0.node) }
    place = objects.first?.place ?? source.place(0..<source.bytes.count).firstLine
  }

  func context(for key: ConfigMapKey?) -> WorkloadContext {
    WorkloadContext(
      workloads: workloads, place: place, configMap: key,
      isWhole: !diagnostics.contains { $0.severity == .error }, readCommandLine: readCommandLine)
  }
}
