import Plan
import Testing

@testable import Config

@Suite("Of the containers of a pod, the one that purges is judged")
struct WorkloadChoiceTests {
  private static let config = """
    version: 1
    targets:
      - {name: api, path: /data/api, max_age: 30d, memory_budget: 100Mi}
    """

  /// What is found in a pod with these containers.
  private func found(init initContainers: String = "", _ containers: String, config: String = config) throws -> [String]
  {
    let pod = """
      apiVersion: v1
      kind: Pod
      spec:
        restartPolicy: Never
        initContainers:
          \(initContainers.indented(by: 4))
        containers:
          \(containers.indented(by: 4))
        volumes:
          - {name: config, configMap: {name: purge-config}}
          - {name: data, persistentVolumeClaim: {claimName: data}}
          - {name: more, persistentVolumeClaim: {claimName: more}}
          - {name: rendered, emptyDir: {}}
      """
    return try check(WorkloadTests.configMap(config), against: pod).diagnostics.map(\.summary)
  }

  private static let purge = """
    - name: purge
      image: efs-purge-batch
      args: [run]
      resources: {limits: {memory: 256Mi}}
      volumeMounts: [{name: config, mountPath: /etc/efs-purge-batch}, {name: data, mountPath: /data}]
    """
  private static let checkOnly = """
    - name: check
      image: efs-purge-batch
      args: [check-config, /config/config.yaml]
      resources: {limits: {memory: 64Mi}}
      volumeMounts: [{name: config, mountPath: /config}]
    """
  /// Nothing tells what it runs.
  private static let other = """
    - name: other
      image: registry.example/tools/housekeeping
      command: [tini, --, /purge]
      resources: {limits: {memory: 256Mi}}
      volumeMounts: [{name: config, mountPath: /config}, {name: data, mountPath: /data}]
    """
  private static let render = """
    - name: render
      image: alpine
      command: [sh, -c, "envsubst < /etc/efs-purge-batch/config.yaml > /rendered/config.yaml"]
      volumeMounts: [{name: config, mountPath: /etc/efs-purge-batch}, {name: rendered, mountPath: /rendered}]
    """
  private static let ship = """
    - name: ship
      image: fluent-bit
      restartPolicy: Always
      resources: {limits: {memory: 64Mi}}
      volumeMounts: [{name: config, mountPath: /config}]
    """

  @Test("One that only checks the config is not run with its limit, before the purge or alone")
  func checksOnly() throws {
    #expect(try found(init: Self.checkOnly, Self.purge) == [])
    #expect(try found(Self.checkOnly) == ["onlyBystanders check"])
    #expect(try found(init: Self.checkOnly, Self.other) == [])
    let small = try Self.purge.changing("256Mi", to: "64Mi")
    #expect(try found(init: Self.checkOnly, small) == ["budgetsDoNotFit 100Mi <- 64Mi"])
    // Its own command line is read all the same.
    #expect(
      try found(init: Self.checkOnly.changing("[check-config", to: "[chek-config"), Self.purge).contains {
        $0.hasPrefix("badArgument chek-config")
      })
  }

  @Test("What an init container renders for the purge is not known, and the purge is the one to be judged")
  func rendered() throws {
    let purge = try Self.purge.changing("args: [run]", to: "args: [run, --config=/rendered/config.yaml]")
      .changing("{name: config, mountPath: /etc/efs-purge-batch}", to: "{name: rendered, mountPath: /rendered}")
    #expect(try found(init: Self.render, purge) == [])
    #expect(
      try found(init: Self.render, purge.changing("mountPath: /data", to: "mountPath: /dat")) == [
        "targetNotMounted /data/api <- volumeMounts"
      ])
    // So it is when it mounts the ConfigMap, too.
    let both = try purge.changing("volumeMounts: [", to: "volumeMounts: [{name: config, mountPath: /config}, ")
    #expect(try found(init: Self.render, both) == [])
    // Where it renders for what is not known either, that is meant.
    let other = try Self.other.changing(
      "{name: config, mountPath: /config}", to: "{name: rendered, mountPath: /config}")
    #expect(try found(init: Self.render, other) == [])
    #expect(
      try found(init: Self.render, other.changing("mountPath: /data", to: "mountPath: /dat")) == [
        "targetNotMounted /data/api <- volumeMounts"
      ])
  }

  @Test("A mount that was given to an init container instead of the purge is missing there")
  func misplacedMount() throws {
    let purge = try Self.purge.changing("{name: config, mountPath: /etc/efs-purge-batch}, ", to: "")
    #expect(try found(init: Self.render, purge) == ["configNotMounted purge <- purge-config"])
    #expect(try found(init: Self.checkOnly, purge) == ["configNotMounted purge <- purge-config"])
  }

  @Test(
    "A sidecar that mounts the ConfigMap for itself is not taken for the purge", arguments: [Self.purge, Self.other])
  func sidecar(purge: String) throws {
    #expect(try found(init: Self.ship, purge) == [])
    let beside = try Self.ship.changing("  restartPolicy: Always\n", to: "")
    #expect(try found("\(purge)\n\(beside)") == [])
    #expect(try found("\(beside)\n\(purge)") == [])
    let wrong = try purge.changing("mountPath: /data", to: "mountPath: /dat")
    #expect(try found(init: Self.ship, wrong) == ["targetNotMounted /data/api <- volumeMounts"])
  }

  @Test(
    "Another program that has a command 'run', too, is not taken for this one",
    arguments: [
      ("grafana/alloy", "[run, /etc/alloy/config.alloy]"), ("caddy:2", "[run, --config, /etc/caddy/Caddyfile]"),
    ])
  func otherPrograms(image: String, arguments: String) throws {
    let other = try Self.ship.changing(
      "image: fluent-bit\n  restartPolicy: Always", to: "image: \(image)\n  args: \(arguments)")
    #expect(try found("\(Self.purge)\n\(other)") == [])
    #expect(try found("\(other)\n\(Self.purge)") == [])
    #expect(try found(init: other, Self.purge) == [])
  }

  @Test("In an image of another name a first word tells when the rest makes sense, or a target is there to be purged")
  func told() throws {
    let purge = try Self.purge.changing("image: efs-purge-batch", to: "image: housekeeping")
    #expect(try found(purge) == [])
    #expect(try found(purge.changing("/data}", to: "/dat}")) == ["targetNotMounted /data/api <- volumeMounts"])
    let wrong = try purge.changing("[run]", to: "[run, --reprot=a]")
    #expect(try found(wrong) == ["badArgument --reprot=a"])
    #expect(try found(wrong.changing("/data}", to: "/dat}")).map { $0.prefix(10) } == ["noWorkload"])
    let alloy = try Self.ship.changing(
      "image: fluent-bit\n  restartPolicy: Always", to: "image: grafana/alloy\n  args: [run, /etc/config.alloy]")
    #expect(try found("\(Self.other)\n\(alloy)") == [])
  }

  @Test("What --set gives a value from elsewhere is neither missing nor what the config says")
  func unknownOverrides() throws {
    func purge(_ override: String) throws -> String {
      try Self.purge.changing(
        "[run]", to: "[run, '--set=\(override)']\n  env: [{name: V, valueFrom: {configMapKeyRef: {name: a, key: b}}}]")
    }
    let ageless = try Self.config.changing(" max_age: 30d,", to: "")
    #expect(try found(purge("defaults.max_age=$(V)"), config: ageless) == [])
    #expect(try found(purge("targets.api.max_age=$(V)"), config: ageless) == [])
    #expect(try found(purge("$(V)"), config: ageless) == [])
    #expect(try found(purge("defaults.priority=$(V)"), config: ageless).map { $0.prefix(13) } == ["missingMaxAge"])
    let elsewhere = try Self.config.changing("/data/api", to: "/elsewhere")
    #expect(try found(purge("targets.api.path=$(V)"), config: elsewhere) == [])
    #expect(
      try found(purge("targets.more.path=$(V)"), config: elsewhere) == ["targetNotMounted /elsewhere <- volumeMounts"])
  }

  @Test("A config in a file is for the purges that hold its targets, when one holds them all")
  func plainFile() throws {
    func pod(_ mount: String, _ more: String = "") -> String {
      """
      apiVersion: v1
      kind: Pod
      spec:
        restartPolicy: Never
        containers:
          - name: purge
            image: efs-purge-batch
            args: [run\(more)]
            resources: {limits: {memory: 256Mi}}
            volumeMounts: [{name: data, mountPath: \(mount)}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]

      """
    }
    func found(_ pods: String...) throws -> [String] {
      try check(Self.config, against: pods.joined(separator: "---\n")).diagnostics.map(\.summary)
    }
    #expect(try found(pod("/data"), pod("/logs")) == [])
    #expect(try found(pod("/logs"), pod("/data"), pod("/more")) == [])
    let missing = "targetNotMounted /data/api <- volumeMounts"
    // Two that say the same of one place are one.
    #expect(try found(pod("/logs"), pod("/logs")) == [missing])
    #expect(try found(pod("/data", ", --dry-run"), pod("/logs", ", --set=targets.api.priority=1")) == [missing])
    #expect(try found(pod("/logs")) == [missing])
    #expect(try found(pod("/data"), pod("/logs", ", --set=targets.api.path=/logs/api")) == [])
  }

  @Test("A --target that matches no name selects nothing; what only a run can tell is let be")
  func selection() throws {
    func found(_ options: String, _ config: String = Self.config) throws -> [String] {
      try self.found(Self.purge.changing("[run]", to: "[run, \(options)]"), config: config)
    }
    #expect(try found("--target=api") == [])
    #expect(try found("'--target=a*'") == [])
    #expect(try found("--target=apl") == ["selectsNoTarget apl"])
    #expect(try found("--target=api, --target, 'b*'") == ["selectsNoTarget b*"])
    #expect(try found("--target=$(X_SERVICE_HOST)") == [])
    #expect(try found("--target=b, --set=targets.api.name=$(X_SERVICE_HOST)") == [])
    #expect(try found("--target=b, --set=targets.api.name=b") == [])
    #expect(try found("--target=/data/b", Self.config.changing("/data/api", to: "/data/*")) == [])
    // A disabled one is passed over, but found.
    #expect(
      try !found("--target=api", Self.config.changing("30d,", to: "30d, enabled: false,")).contains {
        $0.hasPrefix("selects")
      })
  }

  @Test("In a pod standard input is empty, unless it is asked for")
  func standardInput() throws {
    let purge = try Self.purge.changing("[run]", to: "[run, --config, '-']")
    #expect(try found(purge) == ["configFromStandardInput -"])
    #expect(try found(purge.changing("  args", to: "  stdin: true\n  args")) == [])
  }

  @Test("Of two that may be the purge, each target needs a mount in one")
  func shared() throws {
    let two = Self.config + "\n  - {name: more, path: /more/x, max_age: 30d}\n"
    let second = try Self.other.changing("name: other", to: "name: second")
      .changing("{name: data, mountPath: /data}", to: "{name: more, mountPath: /more}")
    #expect(try found("\(Self.other)\n\(second)", config: two) == [])
    let far = two + "  - {name: far, path: /far, max_age: 30d}\n"
    #expect(
      try found("\(Self.other)\n\(second)", config: far).map { $0.prefix(21) } == [
        "targetNotMounted /far", "targetNotMounted /far",
      ])
  }

  @Test("A pod in which the purge reads another key is none of this config's, whatever else mounts the ConfigMap")
  func otherKey() throws {
    let purge = try Self.purge.changing("args: [run]", to: "args: [run, --config=/etc/efs-purge-batch/notes.txt]")
    #expect(try found("\(purge)\n\(Self.ship)") == ["otherKeyRead config.yaml <- purge"])
    // Which one is known, too, when the name is put together.
    let staged = try Self.purge.changing(
      "args: [run]", to: "args: [run, --config=/etc/efs-purge-batch/$(STAGE).txt]\n  env: [{name: STAGE, value: notes}]"
    )
    #expect(try found(staged) == ["otherKeyRead config.yaml <- purge"])
    #expect(
      try found(staged.changing("value: notes", to: "value: other")) == [
        "noSuchConfigFile --config=/etc/efs-purge-batch/$(STAGE).txt <- config.yaml"
      ])
  }

  @Test(
    "A name in a path is no start of the program; one behind which a command stands is",
    arguments: [
      (#"[sh, -c, "cat /etc/efs-purge-batch/config.yaml"]"#, false), (#"[ls, /etc/efs-purge-batch]"#, false),
      (#"[sh, -c, "exec efs-purge-batch run --config=/c"]"#, true), (#"[tini, --, /bin/efs-purge-batch, plan]"#, true),
      (#"[sh, -c, 'efs-purge-batch "$@"', --]"#, true), (#"[/bin/efs-purge-batch]"#, true),
      (#"[efs-purge-batch-wrapper, run]"#, false),
    ])
  func naming(command: String, expected: Bool) throws {
    var findings = Findings()
    let source = SourceText(name: "c", bytes: Array("{image: alpine, command: \(command)}".utf8))
    let node = try #require(YAMLComposer.composeManifests(source, findings: &findings).first)
    let container = Workload.Container(node, isInit: false, volumes: [:])
    #expect(ContainerCommandLine.isNamed(by: container) == expected)
  }
}
