/// A stream of manifests in which something runs a config.
public struct WorkloadManifests: Sendable {
  public let source: SourceText
  /// What is wrong with the stream itself, in source order.
  public let diagnostics: [Diagnostic]
  /// Where to say that none of them runs a config: at the first object.
  let place: SourcePlace
  private let containers: RunningContainers
  /// What would run a pod, but for its kind.
  private let misspeltKind: KubernetesObject?
  /// For all configs that are checked against this stream.
  let allowance = CheckAllowance()

  /// Whether all of them could be read.
  var isWhole: Bool { !diagnostics.contains { $0.severity == .error } }

  /// `readCommandLine` tells what the program makes of a container's arguments.
  public init(_ source: SourceText, readCommandLine: ([String]) -> CommandLineReading) {
    var findings = Findings()
    let documents = YAMLComposer.composeManifests(source, findings: &findings)
    self.init(source, documents: documents, findings, readCommandLine: readCommandLine)
  }

  /// The same for values that were read already, with what was found when they were.
  init(
    _ source: SourceText, documents: [YAMLNode], _ found: Findings, readCommandLine: ([String]) -> CommandLineReading
  ) {
    var findings = found
    let objects = KubernetesObject.objects(in: documents, findings: &findings)
    self.source = source
    diagnostics = findings.ordered(by: source)
    place = objects.first?.place ?? source.place(0..<source.bytes.count).firstLine
    let others = StreamObjects(objects)
    containers = RunningContainers(objects.compactMap { Workload($0, among: others) }, read: readCommandLine)
    misspeltKind = objects.first { Workload.kindMeant(by: $0) != nil }
  }

  /// Those that run the config in this key, or, when it is nil, in a file; among them those that only check it.
  func running(_ key: ConfigMapKey?) -> [RunningContainer] { containers.running(key) }

  /// What there is to say when none runs the config in this key, or, when it is nil, in a file, but these, which only check it.
  func nothingRuns(_ key: ConfigMapKey?, besides bystanders: [RunningContainer]) -> Diagnostic? {
    if let key, let (running, other) = containers.readingOther(than: key) {
      return .otherKeyRead(running.container.name, other, at: key.keyPlace, container: running.container.place)
    }
    guard let first = bystanders.first?.container else {
      let object = misspeltKind.flatMap { object in object.node["kind"].map { (object, $0.place) } }
      return .noWorkload(kind: object.flatMap { Workload.kindMeant(by: $0.0) }, at: object?.1 ?? place)
    }
    // Without arguments it was not meant to check anything, which is said elsewhere.
    if bystanders.contains(where: { $0.commandLine?.arguments.isEmpty ?? true }) { return nil }
    return .onlyBystanders(first.name, at: first.place)
  }
}
