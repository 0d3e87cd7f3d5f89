/// All containers of a stream, to be asked which of them run a config. Each command line is read once.
struct RunningContainers: Sendable {
  private var all: [RunningContainer] = []
  /// Of each workload.
  private var pods: [Range<Int>] = []
  /// Those that mount a ConfigMap, by its name.
  private var mounting: [String: [Int]] = [:]
  /// Those that may run a config of which nothing is known but that it is one.
  private var likely: [Int] = []

  /// With more of them it is anyone's guess which was meant to run the config of a ConfigMap that none mounts.
  private static let mostGuesses = 8

  /// Of command lines that make no sense; to find out where costs more than to read others.
  private static let mostFaults = 20

  init(_ workloads: [Workload], read: ([String]) -> CommandLineReading) {
    var (readings, faults): ([[String]: CommandLineReading], Int) = ([:], 0)
    for (pod, workload) in workloads.enumerated() {
      let start = all.count
      let isNamed = workload.containers.contains(where: RunningContainer.namesProgram)
      for container in workload.containers {
        all.append(
          RunningContainer(container, of: workload, pod: pod, isNamed: isNamed) { arguments in
            if let known = readings[arguments] { return known }
            guard faults < RunningContainers.mostFaults else { return nil }
            let reading = read(arguments)
            readings[arguments] = reading
            if reading.fault != nil { faults += 1 }
            return reading
          })
      }
      pods.append(start..<all.count)
    }
    for (index, running) in all.enumerated() {
      for name in running.container.configMaps { mounting[name, default: []].append(index) }
    }
    likely = all.indices.filter { all[$0].namesProgram }
    let main = all.indices.filter { !all[$0].container.isInit }
    // What mounts nothing has nothing to purge.
    let hasMounts = main.contains { !all[$0].container.mounts.isEmpty }
    if main.count == 1, hasMounts, !likely.contains(where: runsProgram) { likely = Set(likely + main).sorted() }
  }

  /// Those that run the config in this key, or, when it is nil, in a file; among them those that only check it. The better
  /// they fit, the fewer: a stream may hold other purges with configs of their own.
  func running(_ key: ConfigMapKey?) -> [RunningContainer] {
    guard let key else { return likely.map { all[$0] } }
    guard let mounting = key.name.flatMap({ mounting[$0] }) else {
      return likely.count > RunningContainers.mostGuesses ? [] : likely.map { all[$0] }
    }
    let near = mounting.filter { all[$0].isInNamespace(of: key) }
    // Who mounts a ConfigMap of that name elsewhere may have meant this one.
    let candidates = near.isEmpty ? mounting : near
    let pods = candidates.chunked { all[$0].pod == all[$1].pod }
    let known = pods.flatMap { knownReaders(of: key, among: $0) }
    let readers = known.isEmpty ? pods.flatMap(unknownReaders) : known
    return (readers + candidates.filter { all[$0].isBystander }).sorted().map { all[$0] }
  }

  /// Of those that mount the ConfigMap, the first that reads another key of it, with that key.
  func readingOther(than key: ConfigMapKey) -> (RunningContainer, key: String)? {
    let candidates = key.name.flatMap { mounting[$0] } ?? []
    for index in candidates where runsProgram(index) && all[index].isInNamespace(of: key) {
      if let other = all[index].otherKey(than: key) { return (all[index], other) }
    }
    return nil
  }

  private func runsProgram(_ index: Int) -> Bool { all[index].isKnown && !all[index].isBystander }

  /// Of one pod, in which these mount the ConfigMap: those with this program that read the config. An init container may have
  /// written it for one that mounts nothing of it.
  private func knownReaders(of key: ConfigMapKey, among mounting: ArraySlice<Int>) -> [Int] {
    let own = mounting.filter(runsProgram)
    return (own.isEmpty ? pod(of: mounting).filter(runsProgram) : own).filter { all[$0].read(of: key) != .other }
  }

  /// The same when no pod has this program: what comes into question of what is not known.
  private func unknownReaders(among mounting: ArraySlice<Int>) -> [Int] {
    let pod = pod(of: mounting)
    if pod.contains(where: runsProgram) { return [] }
    let unknown = mounting.filter { !all[$0].isKnown }
    let main = unknown.filter { !all[$0].container.isInit }
    // What an init container has made of it, one of the others reads.
    return unknown.isEmpty || !main.isEmpty ? main : pod.filter { !all[$0].isKnown && !all[$0].container.isInit }
  }

  /// All of the pod that these are of.
  private func pod(of some: ArraySlice<Int>) -> Range<Int> { some.first.map { pods[all[$0].pod] } ?? 0..<0 }
}

extension Workload.Container {
  /// The names of those that it mounts, each once.
  fileprivate var configMaps: Set<String> {
    Set(mounts.flatMap { $0.volume?.configMaps ?? [] }.compactMap { $0.name?.text })
  }
}

extension RunningContainer {
  /// True too when one of them does not say where it is.
  fileprivate func isInNamespace(of key: ConfigMapKey) -> Bool {
    guard let namespace, let other = key.namespace else { return true }
    return namespace == other
  }
}

extension [Int] {
  /// Cut between neighbours that do not belong together.
  fileprivate func chunked(by belong: (Int, Int) -> Bool) -> [ArraySlice<Int>] {
    var chunks: [ArraySlice<Int>] = []
    var start = 0
    for index in indices where index + 1 == count || !belong(self[index], self[index + 1]) {
      chunks.append(self[start...index])
      start = index + 1
    }
    return chunks
  }
}
