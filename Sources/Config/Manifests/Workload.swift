/// A Kubernetes object that runs a pod, as far as a purge depends on it. Everything in it keeps its place.
struct Workload: Sendable {
  enum Kind: String, Sendable {
    case cronJob = "CronJob"
    case job = "Job"
    case deployment = "Deployment"
    case pod = "Pod"

    /// Its `apiVersion`.
    var version: String { group.hasSuffix("/") ? group + "v1" : group }

    /// What its `apiVersion` begins with.
    fileprivate var group: String {
      switch self {
      case .cronJob, .job: "batch/"
      case .deployment: "apps/"
      case .pod: "v1"
      }
    }
  }

  let kind: Kind
  let kindPlace: SourcePlace
  let namespace: YAMLScalar?
  /// The object's own `spec`; an entry's key is where to say that something is missing in it.
  let spec: YAMLEntry?
  /// A Job's, also that of a CronJob's Jobs.
  let jobSpec: YAMLEntry?
  let podSpec: YAMLEntry?
  let containers: [Container]
  let containerNames: Set<String>
  let volumes: [Volume]
  let numbers: Numbers
  /// Those of a Job's `podFailurePolicy` that look at exit statuses.
  let failureRules: [FailureRule]

  /// The kind that this one was meant as, of which it differs in case only.
  static func kindMeant(by object: KubernetesObject) -> String? {
    let kinds = [Kind.cronJob, .job, .deployment, .pod].map(\.rawValue)
    guard let kind = object.kind, !kinds.contains(kind) else { return nil }
    return kinds.first { $0.lowercased() == kind.lowercased() }
  }

  /// Where it says that it is of a version that Kubernetes has no more.
  let formerVersion: SourcePlace?

  /// Nil when the object is no CronJob, Job, Deployment or Pod.
  init?(_ object: KubernetesObject, among others: StreamObjects = StreamObjects()) {
    guard let name = object.kind, let kind = Kind(rawValue: name),
      object.node["apiVersion"]?.text?.hasPrefix(kind.group) ?? true
    else { return nil }
    self.kind = kind
    kindPlace = object.node["kind"]?.place ?? object.place
    let version = object.node["apiVersion"]
    formerVersion = version?.text.map { $0.contains("beta") || $0.contains("alpha") } ?? false ? version?.place : nil
    namespace = object.node.given("metadata")?.value.given("namespace")?.value.scalar
    spec = object.node.given("spec")
    switch kind {
    case .cronJob: jobSpec = spec?.value.given("jobTemplate")?.value.given("spec")
    case .job: jobSpec = spec
    case .deployment, .pod: jobSpec = nil
    }
    podSpec = kind == .pod ? spec : (jobSpec ?? spec)?.value.given("template")?.value.given("spec")
    let pod = podSpec?.value
    let volumes = (pod?["volumes"]?.items ?? []).compactMap { Volume($0, among: others) }
    self.volumes = volumes
    containers = Workload.containers(of: pod, volumes, others)
    containerNames = Set(containers.compactMap(\.name))
    numbers = Numbers(of: kind, spec: spec, jobSpec: jobSpec, podSpec: podSpec)
    failureRules = (jobSpec?.value.given("podFailurePolicy")?.value["rules"]?.items ?? []).compactMap {
      FailureRule($0)
    }
  }

  /// Init containers first, as they run.
  private static func containers(of pod: YAMLNode?, _ volumes: [Volume], _ others: StreamObjects) -> [Container] {
    let byName = Dictionary(volumes.map { ($0.name.text, $0) }) { first, _ in first }
    return ["initContainers", "containers"].flatMap { list in
      (pod?[list]?.items ?? []).map { Container($0, isInit: list == "initContainers", volumes: byName, among: others) }
    }
  }
}

extension YAMLNode {
  /// The entry of this key; nil too when Kubernetes takes its value for not given.
  func given(_ key: String) -> YAMLEntry? { entry(key).flatMap { $0.value.isNothing ? nil : $0 } }

  /// Null, or nothing.
  var isNothing: Bool { scalar.map { $0.isAbsent || $0.isNull } ?? false }

  /// Where this is `true`, in one of the words that YAML's users have for it.
  var truePlace: SourcePlace? {
    guard let scalar, scalar.style == .plain, ["true", "yes", "on"].contains(scalar.text.lowercased()) else {
      return nil
    }
    return scalar.place
  }
}
