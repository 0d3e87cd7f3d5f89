/// A Kubernetes object that runs a pod, as far as a purge depends on it. Everything in it keeps its place.
struct Workload: Sendable {
  enum Kind: String, Sendable {
    case cronJob = "CronJob"
    case job = "Job"
    case deployment = "Deployment"
    case pod = "Pod"

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
  let volumes: [Volume]

  /// Nil when the object is no CronJob, Job, Deployment or Pod.
  init?(_ object: YAMLNode) {
    guard let kindScalar = object["kind"]?.scalar, let kind = Kind(rawValue: kindScalar.text),
      object["apiVersion"]?.text?.hasPrefix(kind.group) ?? true
    else { return nil }
    self.kind = kind
    kindPlace = kindScalar.place
    namespace = object.given("metadata")?.value.given("namespace")?.value.scalar
    spec = object.given("spec")
    switch kind {
    case .cronJob: jobSpec = spec?.value.given("jobTemplate")?.value.given("spec")
    case .job: jobSpec = spec
    case .deployment, .pod: jobSpec = nil
    }
    podSpec = kind == .pod ? spec : (jobSpec ?? spec)?.value.given("template")?.value.given("spec")
    let pod = podSpec?.value
    // Init containers first, as they run.
    let nodes = ["initContainers", "containers"].flatMap { pod?[$0]?.items ?? [] }
    containers = nodes.map { Container($0) }
    volumes = (pod?["volumes"]?.items ?? []).compactMap { Volume($0) }
  }

  func volume(named name: String) -> Volume? { volumes.first { $0.name.text == name } }
}

extension YAMLNode {
  /// The entry of this key; nil too when its value is null or nothing, which Kubernetes takes for not given.
  func given(_ key: String) -> YAMLEntry? {
    guard let entry = entry(key) else { return nil }
    if let scalar = entry.value.scalar, scalar.isAbsent || scalar.isNull { return nil }
    return entry
  }

  /// Where this is `true`, in one of the words that YAML's users have for it.
  var truePlace: SourcePlace? {
    guard let scalar, scalar.style == .plain, ["true", "yes", "on"].contains(scalar.text.lowercased()) else {
      return nil
    }
    return scalar.place
  }
}
