import Foundation
import Plan
import Testing

@testable import Config

@Suite("A config with the workload that runs it")
struct WorkloadTests {
  // MARK: A stream that fits, and one change to it

  static let config = """
    version: 1
    run: {time_limit: 1h}
    report: {file: /report/purge.json}
    targets:
      - {name: api, path: /data/api, max_age: 30d}
      - {name: months, path: "/data/{YYYY}-{MM}", partitions: {older_than: 3mo}, max_age: 0s}
    """

  /// The ConfigMap that holds it.
  static func configMap(_ config: String) -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: purge-config
      namespace: storage
    data:
      config.yaml: |
        \(config.indented(by: 4))
      notes.txt: ""
    """
  }

  static let manifest = """
    apiVersion: batch/v1
    kind: CronJob
    metadata:
      name: purge
      namespace: storage
    spec:
      concurrencyPolicy: Forbid
      jobTemplate:
        spec:
          backoffLimit: 1
          activeDeadlineSeconds: 7200
          podFailurePolicy:
            rules:
              - action: FailJob
                onExitCodes:
                  containerName: purge
                  operator: In
                  values: [2, 5, 7, 64]
          template:
            spec:
              restartPolicy: Never
              terminationGracePeriodSeconds: 30
              containers:
                - name: purge
                  image: registry.example:5000/efs-purge-batch:1.0
                  args:
                    - run
                    - --config=/etc/efs-purge-batch/config.yaml
                    - --termination-log=/dev/termination-log
                  securityContext:
                    readOnlyRootFilesystem: true
                  resources:
                    requests: {memory: 128Mi}
                    limits: {memory: 256Mi}
                  volumeMounts:
                    - {name: config, mountPath: /etc/efs-purge-batch}
                    - {name: data, mountPath: /data/}
                    - {name: report, mountPath: /report}
              volumes:
                - {name: config, configMap: {name: purge-config}}
                - {name: data, persistentVolumeClaim: {claimName: data}}
                - {name: report, persistentVolumeClaim: {claimName: reports}}
    """

  /// The config in its ConfigMap against `manifest`.
  private func check(_ manifest: String, config: String = config) throws -> CheckedConfiguration {
    try ConfigTests.check(Self.configMap(config), against: manifest)
  }

  /// What is found when `old`, which stands there once, is written as `new`: rule, token, tokens of the notes.
  private func found(_ old: String, _ new: String, config: String = config) throws -> [String] {
    try check(Self.manifest.changing(old, to: new), config: config).diagnostics.map(\.summary)
  }

  @Test("A stream in which everything fits has no findings")
  func clean() throws {
    let checked = try check(Self.manifest)
    #expect(checked.printed == "")
    #expect(checked.plan != nil)
  }

  @Test("The shipped manifests fit the config they carry")
  func shipped() throws {
    let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
    let texts = try ["deploy/configmap.yaml", "deploy/cronjob.yaml"].map {
      try String(contentsOf: root.appending(path: $0), encoding: .utf8)
    }
    #expect(try ConfigTests.check(texts[0], against: texts[1]).printed == "")
  }

  @Test(
    "One mistake is one finding, at its token, with the other place in a note",
    arguments: [
      // Memory.
      ("limits: {memory: 256Mi}", "limits: {memory: 256mb}", ["badMemoryQuantity 256mb"]),
      ("limits: {memory: 256Mi}", "limits: {memory: [1]}", ["wrongType [1]"]),
      ("limits: {memory: 256Mi}", "limits: {cpu: 1}", ["noMemoryLimit purge"]),
      ("limits: {memory: 256Mi}", "limits: {memory: 0}", ["noMemoryLimit 0"]),
      ("limits: {memory: 256Mi}", "limits: {memory: 100M}", ["requestAboveLimit 128Mi <- 100M"]),
      ("requests: {memory: 128Mi}", "requests: {memory: 0.3Gi}", ["requestAboveLimit 0.3Gi <- 256Mi"]),
      // Mounts.
      ("{name: data, mountPath: /data/}", "{name: date, mountPath: /data}", ["unknownVolume date <- volumes"]),
      (
        "{name: data, mountPath: /data/}", "{mountPath: /data}",
        [
          "targetNotMounted /data/api <- volumeMounts", "targetNotMounted \"/data/{YYYY}-{MM}\" <- volumeMounts",
        ]
      ),
      (
        "mountPath: /data/}", "mountPath: /data/api/x}",
        [
          "targetNotMounted /data/api <- volumeMounts", "targetNotMounted \"/data/{YYYY}-{MM}\" <- volumeMounts",
        ]
      ),
      (
        "mountPath: /data/}", "mountPath: /dat}",
        [
          "targetNotMounted /data/api <- volumeMounts", "targetNotMounted \"/data/{YYYY}-{MM}\" <- volumeMounts",
        ]
      ),
      ("mountPath: /data/}", "mountPath: /data/api}", ["targetNotMounted \"/data/{YYYY}-{MM}\" <- volumeMounts"]),
      (
        "mountPath: /data/}", "mountPath: /data/2026-01}",
        [
          "targetNotMounted /data/api <- volumeMounts", "mountsPassedOver \"/data/{YYYY}-{MM}\" <- /data/2026-01",
        ]
      ),
      (
        "mountPath: /data/}", "mountPath: /data/, readOnly: true}",
        [
          "targetReadOnly /data/api <- true", "targetReadOnly \"/data/{YYYY}-{MM}\" <- true",
        ]
      ),
      (
        "mountPath: /data/}", "mountPath: /data/}\n                - {name: config, mountPath: /data/api}",
        [
          "targetReadOnly /data/api <- configMap"
        ]
      ),
      (
        "mountPath: /data/}", "mountPath: /data/}\n                - {name: config, mountPath: /data/2026-01}", []
      ),
      (
        "persistentVolumeClaim: {claimName: data}", "nfs: {server: a, path: /, readOnly: yes}",
        [
          "targetReadOnly /data/api <- yes", "targetReadOnly \"/data/{YYYY}-{MM}\" <- yes",
        ]
      ),
      (
        "persistentVolumeClaim: {claimName: data}", "emptyDir: {}",
        [
          "targetGoneWithPod /data/api <- emptyDir", "targetGoneWithPod \"/data/{YYYY}-{MM}\" <- emptyDir",
        ]
      ),
      // Files.
      (
        "{name: report, mountPath: /report}", "{name: report, mountPath: /reports}",
        [
          "reportNotWritable /report/purge.json <- true"
        ]
      ),
      (
        "persistentVolumeClaim: {claimName: reports}", "emptyDir: {}",
        [
          "reportGoneWithPod /report/purge.json <- emptyDir"
        ]
      ),
      ("--termination-log=/dev/termination-log", "--termination-log=/tmp/end", ["otherTerminationLog /tmp/end"]),
      (
        "image: registry", "terminationMessagePath: /end\n              image: registry",
        [
          "otherTerminationLog /dev/termination-log <- /end"
        ]
      ),
      // Times.
      ("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 4", ["gracePeriodTooShort 4"]),
      ("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 5", ["gracePeriodTight 5"]),
      ("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 10", []),
      ("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 30s", ["notANumber 30s"]),
      ("activeDeadlineSeconds: 7200", "activeDeadlineSeconds: 3600", ["deadlineBeforeTimeLimit 3600 <- 1h"]),
      ("activeDeadlineSeconds: 7200", "activeDeadlineSeconds: 7199", ["deadlineBeforeAttempts 7199 <- 1h, 1"]),
      (
        "backoffLimit: 1", "backoffLimit: 9223372036854775807",
        ["deadlineBeforeAttempts 7200 <- 1h, 9223372036854775807"]
      ),
      ("backoffLimit: 1", "backoffLimit: [1]", ["wrongType [1]"]),
      ("backoffLimit: 1", "backoffLimit: 0x0", ["notANumber 0x0"]),
      ("backoffLimit: 1", "backoffLimit: '6'", ["notANumber '6'"]),
      ("backoffLimit: 1", "backoffLimitPerIndex: 2", ["deadlineBeforeAttempts 7200 <- 1h, 2"]),
      ("backoffLimit: 1", "backoffLimit: 4\n      backoffLimitPerIndex: 1", []),
      ("backoffLimit: 1", "backoffLimit: 1\n      backoffLimitPerIndex: 4", []),
      ("backoffLimit: 1", "backoffLimit: 9\n      backoffLimitPerIndex: x", ["notANumber x"]),
      // Restarts.
      ("restartPolicy: Never", "restartPolicy: OnFailure", ["failurePolicyNeedsNever OnFailure <- podFailurePolicy"]),
      ("restartPolicy: Never", "restartPolicy: Always", ["restartPolicyRefused Always"]),
      ("restartPolicy: Never", "restartPolicy:", ["restartPolicyRefused spec"]),
      ("concurrencyPolicy: Forbid", "suspend: false", ["otherRunAllowed spec"]),
      ("concurrencyPolicy: Forbid", "concurrencyPolicy: Replace", ["otherRunAllowed Replace"]),
      ("backoffLimit: 1", "backoffLimit: 1\n      parallelism: 2", ["severalPods 2"]),
      (
        "args:\n", "env: [{name: EFS_PURGE_SHARDS, value: \"4\"}]\n              args:\n", ["shardsNotSupported \"4\""]
      ),
      ("args:\n", "env: [{name: EFS_PURGE_SHARDS, value: \"1\"}]\n              args:\n", []),
      // Exit statuses.
      ("values: [2, 5, 7, 64]", "values: [2, 5, 7]", ["retriesInVain podFailurePolicy"]),
      ("values: [2, 5, 7, 64]", "values: [2, 5, 64]", ["retriesInVain podFailurePolicy"]),
      ("values: [2, 5, 7, 64]", "values: [2, 7, 64, 5]", ["badExitStatuses 5"]),
      ("values: [2, 5, 7, 64]", "values: [\"2\", 5, 7, 64]", ["notANumber \"2\""]),
      ("values: [2, 5, 7, 64]", "values: [\"two\"]", ["retriesInVain podFailurePolicy", "notANumber \"two\""]),
      ("values: [2, 5, 7, 64]", "values: [{}]", ["retriesInVain podFailurePolicy", "wrongType {}"]),
      ("values: [2, 5, 7, 64]", "values: [2, 5, 6, 7, 64]", []),
      ("action: FailJob", "action: Ignore", ["retryInVain 2", "retryInVain 5", "retryInVain 7", "retryInVain 64"]),
      ("containerName: purge", "containerName: purg", ["unknownContainer purg"]),
      (
        "operator: In", "operator: NotIn",
        [
          "retriesInVain podFailurePolicy", "retryForgone values", "retryForgone values",
          "retryForgone values",
        ]
      ),
      // Command line.
      ("- run\n", "- rum\n", ["badArgument rum"]),
      ("- run\n", "- run\n                - --dry_run\n", ["badArgument --dry_run"]),
      ("- run\n", "- run\n                - $(X_SERVICE_HOST)\n", []),
      // ConfigMap.
      (
        "config=/etc/efs-purge-batch/config.yaml", "config=/etc/config.yaml",
        [
          "configMountedElsewhere /etc/config.yaml <- /etc/efs-purge-batch"
        ]
      ),
      (
        "config=/etc/efs-purge-batch/config.yaml", "config=/etc/efs-purge-batch/confg.yaml",
        [
          "noSuchConfigFile /etc/efs-purge-batch/confg.yaml <- config.yaml"
        ]
      ),
      (
        "configMap: {name: purge-config}", "configMap: {name: purge-config-7gk2}",
        [
          "otherConfigMap purge-config-7gk2 <- purge-config"
        ]
      ),
      (
        "configMap: {name: purge-config}", "configMap: {name: purge-config, items: [{key: a, path: config.yaml}]}",
        [
          "otherConfigMapKey a <- config.yaml"
        ]
      ),
      (
        "configMap: {name: purge-config}", "configMap: {name: purge-config, items: [{key: config.yaml, path: b}]}",
        [
          "noSuchConfigFile /etc/efs-purge-batch/config.yaml <- config.yaml"
        ]
      ),
      ("mountPath: /etc/efs-purge-batch}", "mountPath: /etc/efs-purge-batch/config.yaml, subPath: config.yaml}", []),
      (
        "mountPath: /etc/efs-purge-batch}", "mountPath: /etc/efs-purge-batch/config.yaml, subPath: notes.yaml}",
        [
          "noSuchSubPath notes.yaml <- config.yaml"
        ]
      ),
      ("mountPath: /etc/efs-purge-batch}", "mountPath: /etc/efs-purge-batch, subPathExpr: $(A)}", []),
      (
        "configMap: {name: purge-config}",
        """
        projected: {sources: [{configMap: {name: purge-config, items: [{key: notes.txt, path: notes.txt}]}},
                    {configMap: {name: purge-config, items: [{key: config.yaml, path: config.yaml}]}}]}
        """, []
      ),
      (
        "configMap: {name: purge-config}",
        """
        projected: {sources: [{configMap: {name: purge-config, items: [{key: notes.txt, path: notes.txt}]}},
                    {configMap: {name: purge-config, items: [{key: config.yaml, path: c.yaml}]}}]}
        """, ["noSuchConfigFile /etc/efs-purge-batch/config.yaml <- config.yaml"]
      ),
      ("configMap: {name: purge-config}", "persistentVolumeClaim: {claimName: configs}", []),
    ] as [(String, String, [String])])
  func oneMistake(old: String, new: String, expected: [String]) throws {
    #expect(try found(old, new) == expected)
  }

  // MARK: Which container

  @Test("A ConfigMap in another namespace cannot be mounted; who says no namespace may be anywhere")
  func namespaces() throws {
    #expect(try found("namespace: storage", "namespace: other") == ["otherNamespace other <- purge-config"])
    #expect(try found("namespace: storage", "labels: {}") == [])
  }

  @Test("Of several workloads those count that read this config: others have their own")
  func others() throws {
    let job = """
      ---
      apiVersion: batch/v1
      kind: Job
      spec:
        backoffLimit: 0
        template:
          spec:
            restartPolicy: Never
            containers:
              - name: other
                image: efs-purge-batch
                args: [run, --config=/config/FILE]
                resources: {limits: {memory: 1Gi}}
                volumeMounts: [{name: config, mountPath: /config}, {name: other, mountPath: /data}]
            volumes: [{name: config, configMap: {name: MAP}}, {name: other, emptyDir: {}}]
      """
    func rules(file: String, map: String) throws -> Set<Diagnostic.Rule> {
      let text = try job.changing("FILE", to: file).changing("MAP", to: map)
      return Set(try check(Self.manifest + "\n" + text).rules)
    }
    #expect(try rules(file: "config.yaml", map: "other-config") == [])
    #expect(try rules(file: "notes.txt", map: "purge-config") == [])
    #expect(try rules(file: "config.yaml", map: "purge-config") == [.targetGoneWithPod, .reportGoneWithPod])
    #expect(
      try rules(file: "confg.yaml", map: "purge-config") == [.targetGoneWithPod, .reportGoneWithPod, .noSuchConfigFile])
  }

  @Test(
    "A container that only mounts the ConfigMap, or only checks the config, does not stand for the one that runs it")
  func bystanders() throws {
    let check = """
      initContainers:
                - name: check
                  image: efs-purge-batch
                  args: [check-config, /config/config.yaml]
                  volumeMounts: [{name: config, mountPath: /config}]
                - {name: wait, image: busybox, command: [sleep, "1"], volumeMounts: [{name: config, mountPath: /c}]}
                containers:
      """
    let right = try Self.manifest.changing("containerName: purge\n              operator", to: "operator")
      .changing("containers:", to: check)
    #expect(try self.check(right).printed == "")
    #expect(try self.check(right.changing("batch/config.yaml", to: "batch/c.yaml")).rules == [.noSuchConfigFile])
  }

  @Test("A stream without any workload, or without one that runs the config, is an error")
  func none() throws {
    #expect(try check(Self.configMap(Self.config)).rules == [.noWorkload])
    #expect(try found("kind: CronJob", "kind: DaemonSet") == ["noWorkload purge"])
    #expect(try check(Self.manifest.changing("kind: CronJob", to: "kind: cronjob")).plan == nil)
  }

  @Test("The only container of a stream is meant, whatever it is; of another program nothing more is said")
  func onlyOne() throws {
    let text = try Self.manifest.changing("efs-purge-batch:1.0", to: "tools:1.0").changing(
      "- run\n", to: "- something\n")
    #expect(try ConfigTests.check(Self.config, against: text).printed == "")
    #expect(try check(text).printed == "")
  }

  @Test("A shell may go on when a run has ended, so a Deployment of one is not objected to")
  func shell() throws {
    func rules(_ command: String) throws -> [Diagnostic.Rule] {
      let pod = "{name: data, persistentVolumeClaim: {claimName: data}}"
      return try ConfigTests.check(
        Self.config.changing("/report/", to: "/data/"),
        against: """
          apiVersion: apps/v1
          kind: Deployment
          spec:
            template:
              spec:
                containers:
                  - name: purge
                    image: efs-purge-batch
                    command: \(command)
                    resources: {limits: {memory: 256Mi}}
                    volumeMounts: [{name: data, mountPath: /data}]
                volumes: [\(pod)]
          """
      ).rules
    }
    #expect(try rules("[efs-purge-batch, run, --report=/data/a]") == [.startedAgain])
    #expect(try rules("[sh, -c, 'while :; do efs-purge-batch run; sleep 9999; done']") == [.commandLineNotRead])
  }

  @Test("A job that is not to be tried again needs no rules, whichever key says so", arguments: ["", "PerIndex"])
  func noRetries(suffix: String) throws {
    let policy = try #require(Self.manifest.firstRange(of: /\ *podFailurePolicy:[^$]*64\]\n/))
    var text = Self.manifest
    text.removeSubrange(policy)
    #expect(try check(text).rules == [.retriesInVain])
    #expect(try check(text.changing("backoffLimit: 1", to: "backoffLimit\(suffix): 0")).rules == [])
    #expect(try check(text.changing("backoffLimit: 1", to: "backoffLimit\(suffix): 0x0")).rules == [.notANumber])
  }

  @Test("Of a Job without a policy, one finding proposes the rules of all its containers")
  func rulesOfAll() throws {
    let policy = try #require(Self.manifest.firstRange(of: /\ *podFailurePolicy:[^$]*64\]\n/))
    func check(_ keys: String, _ text: String) throws -> CheckedConfiguration {
      let container = """
        initContainers:
                  - name: check
                    image: efs-purge-batch
                    args: [check-config, /config/config.yaml]
                    volumeMounts: [{name: config, mountPath: /config}]\(keys)
                  containers:
        """
      return try self.check(text.changing("containers:", to: container))
    }
    var text = Self.manifest
    text.removeSubrange(policy)
    let found = try check("", text).diagnostics
    #expect(found.map(\.rule) == [.retriesInVain])
    let hint = try #require(
      found.first?.hint?.wholeMatch(of: /add to the Job's spec: (podFailurePolicy: .+)/)?.output.1)
    #expect(hint.contains("containerName: purge") && hint.contains("containerName: check"))
    #expect(try check("", text.changing("backoffLimit: 1", to: "backoffLimit: 1\n      \(hint)")).printed == "")
    // What a sidecar ends with reaches no policy.
    let sidecar = "\n            restartPolicy: Always"
    #expect(try check("", Self.manifest).rules == [.retriesInVain])
    #expect(try check(sidecar, Self.manifest).rules == [])
    #expect(try check(sidecar, text).diagnostics.first?.hint?.contains("check") == false)
  }

  @Test("Mounts below the target are what is purged when it may cross into them")
  func mountsBelow() throws {
    func found(_ target: String, mounts: String) throws -> [String] {
      try check(
        Self.manifest.changing("mountPath: /data/}", to: mounts),
        config: "version: 1\ntargets: [{path: \(target), max_age: 30d}]"
      ).diagnostics.map(\.summary)
    }
    let inner = "mountPath: /data/a}"
    #expect(try found("/data, one_file_system: false", mounts: inner) == [])
    #expect(try found("/dat*, one_file_system: false", mounts: inner) == [])
    #expect(try found("/data", mounts: inner) == ["targetNotMounted /data <- volumeMounts"])
    #expect(
      try found("/dat, one_file_system: false", mounts: inner) == ["targetNotMounted /dat <- volumeMounts"])
    #expect(try found("/data/a/b, one_file_system: false", mounts: inner) == [])
    let outer = "mountPath: /data, readOnly: true}\n                - {name: data, mountPath: /data/a}"
    #expect(try found("/data, one_file_system: false", mounts: outer) == [])
    #expect(try found("/data", mounts: outer) == ["targetReadOnly /data <- true"])
  }

  // MARK: What the container gives

  @Test("The container's limit, variables and overrides are what the config is checked with")
  func given() throws {
    let text = """
      - run
                      - --set=defaults.concurrency=500
                      - --set
                      - targets.api.max_age=1y
      """
    #expect(try found("- run", text) == ["badDuration 1y"])
    let old = "image: registry"
    let environment = "env: [{name: EFSPURGE_MEMORY_LIMIT_MB, value: \"800\"}]\n              image: registry"
    #expect(try found(old, environment) == ["limitAboveContainer \"800\" <- 256Mi"])
    let secret = "env: [{name: EFSPURGE_MEMORY_LIMIT_MB, valueFrom: {}}]\n              image: registry"
    #expect(try found(old, secret) == [])
  }

  @Test(
    "A key that a variable with an unknown value may fill is neither missing nor without effect",
    arguments: [
      "env: [{name: EFSPURGE_MAX_AGE_DAYS, valueFrom: {}}, {name: EFSPURGE_REMOVE_EMPTY_DIRS, value: $(X_SERVICE_HOST)}]",
      "envFrom: [{secretRef: {name: settings}}]",
    ])
  func unknownVariables(given: String) throws {
    let config = "version: 1\ntargets: [{path: /data/a, max_empty_directories: 5}, {path: /data/b, min_size: 1Ki}]"
    let text = try Self.manifest.changing("image: registry", to: "\(given)\n              image: registry")
    let checked = try check(text, config: config)
    #expect(checked.diagnostics.map(\.summary) == [])
    #expect(checked.plan?.targets.map(\.retention.maxAge) == [Durations.longest, Durations.longest])
    #expect(checked.effectiveValues?.text.contains("max_age: EFSPURGE_MAX_AGE_DAYS") == true)
    #expect(try check(Self.manifest, config: config).rules == [.missingMaxAge, .keyWithoutEffect, .missingMaxAge])
    // What the config says itself wins.
    #expect(try check(text).ages == [.seconds(30 * 86_400), .zero])
  }

  @Test("A rehearsal needs nothing to be writable, and no other run kept away")
  func rehearsal() throws {
    let text = try Self.manifest.changing("- run\n", to: "- plan\n").changing("/data/}", to: "/data, readOnly: true}")
      .changing("concurrencyPolicy: Forbid", to: "concurrencyPolicy: Allow")
      .changing("{name: report, mountPath: /report}", to: "")
    #expect(try check(text).printed == "")
  }

  @Test("Targets that --target leaves out need no mount")
  func selection() throws {
    let config = Self.config + "\n  - {name: far, path: /far, max_age: 30d}"
    #expect(try found("- run\n", "- run\n                - --target=api\n", config: config) == [])
    #expect(
      try found("- run\n", "- run\n                - --target=f*\n", config: config) == [
        "targetNotMounted /far <- volumeMounts"
      ])
  }

  @Test("What the config is read from may come from the environment, and references are filled in")
  func environment() throws {
    func withConfig(_ environment: String, argument: String) throws -> [String] {
      let text = try Self.manifest.changing("- --config=/etc/efs-purge-batch/config.yaml", to: argument)
        .changing("image: registry", to: "env: \(environment)\n              image: registry")
      return try check(text).diagnostics.map(\.summary)
    }
    let variable = "[{name: DIR, value: /conf}, {name: EFS_PURGE_CONFIG, value: $(DIR)/c.yaml}]"
    #expect(
      try withConfig(variable, argument: "- --dry-run") == [
        "configMountedElsewhere $(DIR)/c.yaml <- /etc/efs-purge-batch"
      ])
    #expect(
      try withConfig("[{name: DIR, value: /conf}]", argument: "- --config=$(DIR)/config.yaml") == [
        "configMountedElsewhere --config=$(DIR)/config.yaml <- /etc/efs-purge-batch"
      ])
    #expect(try withConfig("[{name: DIR, valueFrom: {}}]", argument: "- --config=$(DIR)/config.yaml") == [])
    let undefined = ["undefinedReference --config=$(DIR)/config.yaml"]
    #expect(try withConfig("[]", argument: "- --config=$(DIR)/config.yaml") == undefined)
  }

  @Test(
    "References are filled in as Kubernetes does",
    arguments: [
      ("plain", "plain"), ("$(A)-$(A)", "x-x"), ("$$(A)", "$(A)"), ("$$$(A)", "$x"), ("$A", "$A"), ("a$", "a$"),
      ("$(A", "$(A"), ("$(NONE)", nil), ("$(SECRET)", nil), ("$(B)", "x!"),
    ] as [(String, String?)])
  func references(text: String, expected: String?) throws {
    let yaml = "env: [{name: A, value: x}, {name: B, value: $(A)!}, {name: SECRET, valueFrom: {}}]"
    var findings = Findings()
    let source = SourceText(name: "c", bytes: Array(yaml.utf8))
    let node = try #require(YAMLComposer.composeManifests(source, findings: &findings).first)
    var room = ContainerEnvironment.longest
    #expect(ContainerEnvironment(of: node).expanded(text, &room) == expected)
  }

  @Test("References that double a text with each variable end where it is too long to be judged")
  func doubling() throws {
    let doubled = (1...40).map { "{name: V\($0), value: $(V\($0 - 1))$(V\($0 - 1))}" }.joined(separator: ", ")
    var findings = Findings()
    let source = SourceText(name: "c", bytes: Array("env: [{name: V0, value: x}, \(doubled)]".utf8))
    let node = try #require(YAMLComposer.composeManifests(source, findings: &findings).first)
    let environment = ContainerEnvironment(of: node)
    let lengths = (0...40).map { index in
      if case .text(let text, _) = environment["V\(index)"] { text.utf8.count } else { 0 }
    }
    #expect(lengths[0...14] == (0...14).map { 1 << $0 }[...])
    #expect(lengths[17...].allSatisfy { $0 == 0 })
    #expect(lengths.reduce(0, +) <= ContainerEnvironment.longest + 1)
    var room = 10
    #expect(environment.expanded("$(V3)", &room)?.utf8.count == 8)
    #expect(environment.expanded("$(V3)", &room) == nil)
  }

  // MARK: Amounts

  @Test(
    "Amounts are read as Kubernetes reads them",
    arguments: [
      ("0", 0), ("256", 256), ("1k", 1000), ("1Ki", 1024), ("256Mi", 268_435_456), ("0.5Gi", 536_870_912),
      ("1.1Gi", 1_181_116_007), (".5k", 500), ("1.", 1), ("1e9", 1_000_000_000), ("1E3", 1000),
      ("1E", 1_000_000_000_000_000_000),
      ("128m", 1), ("1500m", 2), ("1u", 1), ("1e-3", 1), ("0e-3", 0), ("99999999999999999999", .max), ("16Ei", .max),
      ("1e40", .max), ("+1", 1), ("+1Ki", 1024), ("++1", nil), ("-1", nil), ("", nil), (".", nil), ("1.2.3", nil),
      ("1 Gi", nil), ("1GiB", nil),
      ("256mb", nil), ("1MB", nil), ("Mi", nil), ("1ki", nil), ("1K", nil), ("1e", nil), ("١Mi", nil),
    ] as [(String, UInt64?)])
  func quantities(text: String, expected: UInt64?) {
    #expect(KubernetesQuantity.bytes(text)?.bytes == expected)
  }

  // MARK: Garbage

  @Test("Whatever has the wrong type anywhere, it is reported or passed over, and findings can be printed")
  func wrongTypes() throws {
    var findings = Findings()
    let stream = SourceText(name: "stream.yaml", bytes: Array(Self.manifest.utf8))
    let documents = YAMLComposer.composeManifests(stream, findings: &findings)
    let source = SourceText(name: "config.yaml", bytes: Array(Self.config.utf8))
    let variants = try #require(documents.first).variants
    #expect(variants.count > 500)
    for variant in variants {
      let manifests = WorkloadManifests(stream, documents: [variant], Findings(), readCommandLine: readCommandLine)
      let checked = CheckedConfiguration.check(source, in: manifests, for: nil, CheckSettings())
      #expect((checked.plan == nil) == checked.diagnostics.contains { $0.severity == .error })
      for finding in checked.diagnostics {
        let lines = DiagnosticPrinter(colour: false).text(of: finding).split(separator: "\n")
        #expect(lines.count == 3 * (1 + finding.notes.count) + (finding.hint == nil ? 0 : 1))
      }
    }
  }

  @Test(
    "A list on which a purge depends and which is none is said to be none",
    arguments: [
      ("rules:\n", "rules: none\n        more:\n", "wrongType none"),
      ("args:\n", "args: {a: b}\n              more:\n", "wrongType {a: b}"),
      ("volumeMounts:\n", "volumeMounts: data\n              more:\n", "wrongType data"),
      ("volumes:\n", "volumes: data\n          more:\n", "wrongType data"),
    ])
  func noList(old: String, new: String, expected: String) throws {
    #expect(try found(old, new) == [expected])
  }
}

extension YAMLNode {
  /// This with one of the values in it, or itself, replaced by one of another type, in every way.
  fileprivate var variants: [YAMLNode] {
    let scalars = ["", "x", "-1", "99999999999999999999", "$(", "/../..", "."].map {
      Content.scalar(YAMLScalar(text: $0, style: .plain, place: place))
    }
    let replaced =
      (scalars + [
        .sequence([]), .mapping([]), .sequence([self]), .sequence([YAMLNode(content: .mapping([]), place: place)]),
      ])
      .map { YAMLNode(content: $0, place: place) }
    switch content {
    case .scalar: return replaced
    case .sequence(let items):
      let inner = items.indices.flatMap { index in
        items[index].variants.map { variant -> YAMLNode in
          var changed = items
          changed[index] = variant
          return YAMLNode(content: .sequence(changed), place: place)
        }
      }
      return replaced + inner
    case .mapping(let entries):
      let inner = entries.indices.flatMap { index in
        entries[index].value.variants.map { variant -> YAMLNode in
          var changed = entries
          changed[index].value = variant
          return YAMLNode(content: .mapping(changed), place: place)
        }
      }
      return replaced + inner
    }
  }
}

extension CheckedConfiguration {
  fileprivate var ages: [Duration?]? { plan?.targets.map(\.retention.maxAge) }
}
