import Plan
import Testing

@testable import Config

// What any of these took before it grew no faster than the text was minutes.
@Suite("Workloads as large as a stream can hold", .timeLimit(.minutes(1)))
struct WorkloadScaleTests {
  private func checked(_ text: String, against manifests: String) throws -> CheckedInput {
    var settings = CheckSettings()
    let workload = WorkloadManifests(
      SourceText(name: "stream.yaml", bytes: Array(manifests.utf8)), readCommandLine: readCommandLine)
    try #require(workload.diagnostics.map(\.message) == [])
    settings.workload = workload
    return CheckedInput.check(SourceText(name: "config.yaml", bytes: Array(text.utf8)), settings)
  }

  private func pod(_ container: String, volumes: String, name: String = "purge") -> String {
    """
    apiVersion: v1
    kind: Pod
    metadata: {name: \(name)}
    spec:
      restartPolicy: Never
      containers: [\(container)]
      volumes: [\(volumes)]

    """
  }

  private func container(_ more: String) -> String {
    "{name: purge, image: efs-purge-batch, args: [run], resources: {limits: {memory: 256Mi}}, \(more)}"
  }

  private func configMap(_ name: String, path: String = "/data/a") -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: \(name)}
    data:
      config.yaml: |
        version: 1
        targets: [{path: \(path), max_age: 1d}]

    """
  }

  @Test("A thousand ConfigMaps, each with a pod of its own")
  func pods() throws {
    let mounts = "volumeMounts: [{name: config, mountPath: /etc/efs-purge-batch}, {name: data, mountPath: /data}]"
    let pods = (0..<1000).map { index in
      let name = "config-\(index)"
      return pod(
        container(mounts),
        volumes: "{name: config, configMap: {name: \(name)}}, {name: data, persistentVolumeClaim: {claimName: d}}",
        name: name)
    }
    let maps = (0..<1000).map { configMap("config-\($0)", path: $0 == 500 ? "/date/a" : "/data/a") }
    let input = try checked(maps.joined(separator: "---\n"), against: pods.joined(separator: "---\n"))
    #expect(input.configs.count == 1000)
    #expect(input.allDiagnostics.map(\.rule) == [.targetNotMounted])
    #expect(input.allDiagnostics.first?.notes.first?.place.start.line == 500 * 8 + 6)
  }

  @Test("A thousand ConfigMaps that none of a thousand pods mounts are each run by nobody")
  func strangers() throws {
    let pod = pod(
      container("volumeMounts: [{name: data, mountPath: /data}]"),
      volumes: "{name: data, persistentVolumeClaim: {claimName: d}}")
    let maps = (0..<1000).map { configMap("config-\($0)") }.joined(separator: "---\n")
    let input = try checked(maps, against: Array(repeating: pod, count: 1000).joined(separator: "---\n"))
    #expect(input.allDiagnostics.count == 1000)
    #expect(Set(input.allDiagnostics.map(\.rule)) == [.noWorkload])
  }

  @Test("Two hundred keys of a ConfigMap, each of which any of fifty containers may run")
  func pairs() throws {
    let keys = (0..<200).map { "  k\($0).yaml: '{version: 1, targets: [{path: /data/a, max_age: 1d}]}'\n" }.joined()
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n\(keys)"
    let any =
      "{name: purge, image: efs-purge-batch, args: [run, --config=$(FILE_SERVICE_HOST)], resources: {limits: {memory: 256Mi}}, "
      + "volumeMounts: [{name: config, mountPath: /c}, {name: data, mountPath: /data}]}"
    let pod = pod(
      Array(repeating: any, count: 50).joined(separator: ", "),
      volumes: "{name: config, configMap: {name: c}}, {name: data, persistentVolumeClaim: {claimName: d}}")
    let input = try checked(map, against: pod)
    #expect(input.configs.count == 200)
    // The first ten get 49 checks more each, the next one the last ten.
    let found = input.configs.map { $0.diagnostics.map(\.message) }
    func told(_ count: Int) -> [String] {
      ["50 containers may run this config, of which the first \(count) were checked"]
    }
    #expect(found.prefix(10).allSatisfy { $0.isEmpty })
    #expect(found[10] == told(11))
    #expect(found.dropFirst(11).allSatisfy { $0 == told(1) })
  }

  @Test("Two thousand mounts and ten thousand targets: only the first findings have a proposal")
  func mounts() throws {
    let numbers = 0..<2000
    let mounts = numbers.map { "{name: v\($0), mountPath: /m\($0)/data}" }.joined(separator: ", ")
    let volumes = numbers.map { "{name: v\($0), persistentVolumeClaim: {claimName: d}}" }.joined(separator: ", ")
    func found(_ path: (Int) -> String) throws -> [Diagnostic] {
      let targets = (0..<10_000).map { "- path: \(path($0))\n" }.joined()
      let config = "version: 1\ndefaults: {max_age: 1d}\ntargets:\n\(targets)"
      let manifests = pod(container("volumeMounts: [\(mounts)]"), volumes: volumes)
      return try checked(config, against: manifests).allDiagnostics
    }
    #expect(try found { "/m\($0 % 2000)/data/\($0)" }.isEmpty)
    let missing = try found { "/m\($0 % 2000)/date/\($0)" }
    #expect(missing.count == 10_000)
    #expect(Set(missing.map(\.rule)) == [.targetNotMounted])
    #expect(missing.prefix(10).allSatisfy { $0.hint?.hasPrefix("there is a mount at /m") == true })
    #expect(missing.dropFirst(10).allSatisfy { $0.hint == nil })
    #expect(try found { "/m\($0 % 2000)/*/\($0)\n  one_file_system: false" }.isEmpty)
    let passedOver = try found { "/m\($0 % 2000)/*/\($0)" }
    #expect(passedOver.count == 1000)
    #expect(Set(passedOver.map(\.rule)) == [.mountsPassedOver])
  }

  @Test("An error behind more warnings than are kept is kept")
  func errorBehindWarnings() throws {
    let targets = (0..<10_500).map { "- path: /data/\($0)\n" }.joined()
    let input = try checked(
      "version: 1\ndefaults: {max_age: 1d}\ntargets:\n\(targets)",
      against: pod(
        container("volumeMounts: [{name: data, mountPath: /data}]"),
        volumes: "{name: data, emptyDir: {}}"
      ).changing("  restartPolicy: Never", to: "  restartPolicy: never"))
    let config = try #require(input.configs.first)
    #expect(config.plan == nil)
    #expect(config.diagnostics.count == Findings.mostKept)
    #expect(config.unlistedCount == 501)
    #expect(config.diagnostics.filter { $0.severity == .error }.map(\.rule) == [.restartPolicyRefused])
  }

  @Test("Two thousand mounts of volumes that do not exist")
  func volumes() throws {
    let numbers = 0..<2000
    let mounts = numbers.map { "{name: w\($0), mountPath: /m\($0)}" }.joined(separator: ", ")
    let volumes = numbers.map { "{name: v\($0), emptyDir: {}}" }.joined(separator: ", ")
    let input = try checked(
      "version: 1\ntargets: [{path: /m7/a, max_age: 1d}]",
      against: pod(container("volumeMounts: [\(mounts)]"), volumes: volumes))
    #expect(input.allDiagnostics.count == 2000)
    #expect(Set(input.allDiagnostics.map(\.rule)) == [.unknownVolume])
  }

  @Test("A volume, a command line and an environment of a hundred thousand items each")
  func items() throws {
    let keys = (0..<100_000).map { "k\($0): null" }.joined(separator: ", ")
    let mounts = "volumeMounts: [{name: data, mountPath: /data}]"
    let config = "version: 1\ntargets: [{path: /data/a, max_age: 1d}]"
    let volume = "{name: data, \(keys), persistentVolumeClaim: {claimName: d}}"
    #expect(try checked(config, against: pod(container(mounts), volumes: volume)).allDiagnostics.isEmpty)
    let claim = "{name: data, persistentVolumeClaim: {claimName: d}}"
    let arguments = String(repeating: ", --reprot=a", count: 100_000)
    let long = try container(mounts).changing("[run]", to: "[run\(arguments)]")
    #expect(try checked(config, against: pod(long, volumes: claim)).allDiagnostics.isEmpty)
    let names = (0..<100_000).map { "{name: V\($0), value: $(V\($0 - 1))x$(}" }.joined(separator: ", ")
    let variables = container("env: [{name: V-1, value: x}, \(names)], \(mounts)")
    #expect(try checked(config, against: pod(variables, volumes: claim)).allDiagnostics.isEmpty)
  }
}
