import Testing

@testable import Config

@Suite("Manifests with which every run fails, or deletes what it must not")
struct WorkloadMistakeTests {
  private static let arguments = "- --config=/etc/efs-purge-batch/config.yaml"
  private static let environment = "securityContext:\n              readOnlyRootFilesystem: true"

  /// What is found in the manifest of `WorkloadTests` with `old` written as `new`, and `more` behind it.
  private func found(_ old: String, _ new: String, more: String = "") throws -> [String] {
    let manifest = try WorkloadTests.manifest.changing(old, to: new)
    let stream = more.isEmpty ? manifest : manifest + "\n---\n" + more
    return try check(WorkloadTests.configMap(WorkloadTests.config), against: stream).diagnostics.map(\.summary)
  }

  @Test(
    "Words and paths of a command line that come to nothing",
    arguments: [
      ("config.yaml", ["relativeInContainer config.yaml"]),
      ("$(CONFIG_PATH)", ["undefinedReference --config=$(CONFIG_PATH)"]),
      ("$(KUBERNETES_SERVICE_HOST)", []),
      ("$$(CONFIG_PATH)", ["relativeInContainer $(CONFIG_PATH)"]),
      ("${CONF}", ["shellReference --config=${CONF}"]), ("$CONF", ["shellReference --config=$CONF"]),
      ("/etc/efs-purge-batch/c.yaml", ["noSuchConfigFile /etc/efs-purge-batch/c.yaml <- config.yaml"]),
    ] as [(String, [String])])
  func configPaths(path: String, expected: [String]) throws {
    #expect(try found(Self.arguments, "- --config=\(path)") == expected)
  }

  @Test("A relative path is looked up in the working directory, where the manifest says that")
  func workingDirectory() throws {
    func found(_ folder: String) throws -> [String] {
      let manifest = try WorkloadTests.manifest.changing(Self.arguments, to: "- --config=config.yaml")
        .changing("image: registry", to: "workingDir: \(folder)\n              image: registry")
      return try check(WorkloadTests.configMap(WorkloadTests.config), against: manifest).diagnostics.map(\.summary)
    }
    #expect(try found("/etc/efs-purge-batch") == [])
    #expect(try found("/app") == ["configMountedElsewhere config.yaml <- /etc/efs-purge-batch"])
  }

  @Test(
    "A report must be a file in a place that stays",
    arguments: [
      ("/report", ["reportIsMount /report <- /report"]), ("/report/", ["reportIsMount /report/ <- /report"]),
      ("purge.json", ["relativeInContainer purge.json"]), ("/report/purge.json", []),
      ("/data/2024-01/purge.json", ["reportInsideTarget /data/2024-01/purge.json <- \"/data/{YYYY}-{MM}\""]),
      ("/data/api", ["reportIsFolder /data/api <- /data/api"]),
    ] as [(String, [String])])
  func reports(path: String, expected: [String]) throws {
    #expect(try found(Self.arguments, Self.arguments + "\n                - --report=\(path)") == expected)
  }

  @Test(
    "--target must let some folder of a pattern run",
    arguments: [
      ("nightly", ["selectsNoTarget nightly"]), ("months", []), ("months/2024-*", []), ("*/2024-01", []), ("mon*", []),
      ("month/2024-01", ["selectsNoTarget month/2024-01"]), ("ap[hi]", []),
    ] as [(String, [String])])
  func targets(pattern: String, expected: [String]) throws {
    #expect(try found(Self.arguments, Self.arguments + "\n                - --target=\(pattern)") == expected)
  }

  @Test("A fixed time ends every run, and a rehearsal goes by it")
  func now() throws {
    let option = "\n                - \"--now=2026-01-01T00:00:00Z\""
    #expect(try found(Self.arguments, Self.arguments + option) == ["fixedNow \"--now=2026-01-01T00:00:00Z\""])
    #expect(try found(Self.arguments, Self.arguments + option + "\n                - --dry-run") == [])
  }

  @Test(
    "Variables must be texts, and stand before what refers to them",
    arguments: [
      ("{name: EFSPURGE_MAX_CONCURRENCY, value: 100}", ["textNeeded 100"]),
      ("{name: A, value: yes}", ["textNeeded yes"]),
      ("{name: A, value: 1.5}", ["textNeeded 1.5"]), ("{name: A, value: 1Gi}", []), ("{name: A, value: \"100\"}", []),
      ("{name: A, value: $(B)}, {name: B, value: x}", ["undefinedReference $(B)"]),
      ("{name: B, value: x}, {name: A, value: $(B)}", []), ("{name: A, value: $$(B)}", []),
    ] as [(String, [String])])
  func variables(list: String, expected: [String]) throws {
    #expect(try found("image: registry", "env: [\(list)]\n              image: registry") == expected)
  }

  @Test("Variables from ConfigMaps of the stream count as if they stood there")
  func variablesOfConfigMaps() throws {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: variables}\ndata: {EFSPURGE_MEMORY_LIMIT_MB: \"many\"}"
    func found(_ source: String) throws -> [String] {
      try self.found("image: registry", "\(source)\n              image: registry", more: map)
    }
    #expect(try found("envFrom: [{configMapRef: {name: variables}}]") == ["badVariable \"many\""])
    let key = "{configMapKeyRef: {name: variables, key: EFSPURGE_MEMORY_LIMIT_MB}}"
    #expect(try found("env: [{name: EFSPURGE_MEMORY_LIMIT_MB, valueFrom: \(key)}]") == ["badVariable \"many\""])
    #expect(try found("envFrom: [{prefix: X_, configMapRef: {name: variables}}]") == [])
    #expect(try found("envFrom: [{configMapRef: {name: others}}]") == [])
  }

  @Test(
    "What a rule says after a failure must be among what Kubernetes knows",
    arguments: [
      ("action: FailJob", "action: Fail", ["unknownWord Fail"]),
      ("action: FailJob", "action: failJob", ["unknownWord failJob"]),
      ("action: FailJob", "action: FailIndex", ["unknownWord FailIndex"]),
      ("- action: FailJob\n            onExitCodes:", "- onExitCodes:", ["unknownWord onExitCodes"]),
      ("operator: In", "operator: in", ["unknownWord in"]),
    ] as [(String, String, [String])])
  func actions(old: String, new: String, expected: [String]) throws {
    let found = try found(old, new)
    #expect(found.filter { $0.hasPrefix("unknownWord") } == expected)
  }

  @Test("Status 6 is no run's, so a rule may forgo its retry")
  func lock() throws {
    let manifest = try WorkloadTests.manifest.changing("operator: In", to: "operator: NotIn")
      .changing("values: [2, 5, 7, 64]", to: "values: [1, 3, 4]")
    #expect(try check(WorkloadTests.configMap(WorkloadTests.config), against: manifest).printed == "")
  }

  @Test(
    "Volumes and mounts that Kubernetes refuses, or that cannot be written to",
    arguments: [
      (
        "persistentVolumeClaim: {claimName: data}", "persistentVolumeclaim: {claimName: data}",
        ["unknownVolumeKind persistentVolumeclaim"]
      ),
      (
        "mountPath: /report}", "mountPath: /report}\n                - {name: data, mountPath: /report/}",
        ["mountPathTwice /report/ <- /report"]
      ),
      ("apiVersion: batch/v1", "apiVersion: batch/v1beta1", ["formerVersion batch/v1beta1"]),
      ("persistentVolumeClaim: {claimName: data}", "hostPath: {path: /}", []),
      (
        "persistentVolumeClaim: {claimName: data}", "hostPath: {path: /etc}",
        ["systemFolderOfNode /data/api", "systemFolderOfNode \"/data/"]
      ),
    ] as [(String, String, [String])])
  func volumes(old: String, new: String, expected: [String]) throws {
    let found = try found(old, new)
    #expect(found.filter { found in expected.contains { found.hasPrefix($0) } }.count == expected.count, "\(found)")
    if expected.isEmpty { #expect(found == []) }
  }

  @Test("A claim or volume of the stream that is read-only makes the target so")
  func claims() throws {
    func found(_ objects: String) throws -> [String] {
      try self.found("name: purge\n  namespace", "name: purge\n  labels: {}\n  namespace", more: objects)
    }
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: "
    let volume = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv}\nspec: "
    let targets = ["/data/api", "\"/data/{YYYY}-{MM}\""]
    func readOnly(_ token: String) -> [String] { targets.map { "targetReadOnly \($0) <- \(token)" } }
    #expect(try found(claim + "{accessModes: [ReadWriteMany]}") == [])
    #expect(try found(claim + "{accessModes: [ReadOnlyMany]}") == readOnly("ReadOnlyMany"))
    let bound = "\n---\n" + claim + "{volumeName: pv}"
    #expect(try found(volume + "{mountOptions: [hard, ro]}" + bound) == readOnly("ro"))
    #expect(try found(volume + "{csi: {driver: efs.csi.aws.com, readOnly: true}}" + bound) == readOnly("true"))
    #expect(try found(volume + "{mountOptions: [hard]}" + bound) == [])
  }

  /// What is found in one target, with more mounts than that of `/data`, and more volumes.
  private func found(
    _ target: String, mounts: String, volumes: String = "", more: String = ""
  ) throws -> [Diagnostic] {
    let data = "mountPath: /data/}", last = "- {name: report, persistentVolumeClaim: {claimName: reports}}"
    let manifest = try WorkloadTests.manifest.changing(data, to: data + "\n" + mounts.indented(to: 16))
      .changing(last, to: last + "\n" + volumes.indented(to: 12))
    let config = "version: 1\ntargets:\n  - {\(target), max_age: 30d}"
    let stream = more.isEmpty ? manifest : manifest + "\n---\n" + more
    return try check(WorkloadTests.configMap(config), against: stream).diagnostics
  }

  @Test(
    "A pattern is told of each mount in which it finds folders that can only be read",
    arguments: [
      ("path: /data/*/tmp", ["/data/a"]), ("path: /data/*", ["/data/a"]), ("path: /data/[bc]/tmp", []),
      ("path: /data/?/tmp/*", ["/data/a"]), ("path: \"/data/*/{YYYY}\"", ["/data/a"]), ("path: /data/*/*", ["/data/a"]),
      ("path: /data/*/tmp, exclude: [/data/a/tmp]", []), ("path: /data/*/tmp, exclude: [/data/b/tmp]", ["/data/a"]),
      ("path: /data/*, exclude: [/data/a]", []), ("path: /data/*/tmp, exclude: [\"*.keep\"]", ["/data/a"]),
      // The whole of it is mounted read-only: an error.
      ("path: /data/a/*", []), ("path: /data/a", []), ("path: /data/b", []), ("path: /data", ["/data/a"]),
    ] as [(String, [String])])
  func partlyReadOnly(target: String, expected: [String]) throws {
    let target = "one_file_system: false, \(target)"
    let findings = try found(target, mounts: "- {name: data, mountPath: /data/a, readOnly: true}").filter {
      $0.rule == .targetPartlyReadOnly
    }
    #expect(findings.map(\.severity) == expected.map { _ in .warning })
    #expect(findings.compactMap { $0.message.split(separator: "'").first } == expected[...].map { $0[...] })
    // What the hint proposes mends it.
    for finding in findings {
      let exclude = try #require(finding.hint?.firstMatch(of: /exclude: \[.+\]/)?.output)
      let mended = target.replacing(/, exclude: .*/, with: "") + ", \(exclude)"
      let left = try found(mended, mounts: "- {name: data, mountPath: /data/a, readOnly: true}")
      #expect(left.map(\.summary) == [], "\(mended)")
    }
  }

  @Test("The pattern that leaves out such a mount means its name as it is written", arguments: ["[b]*", "a?", "{x}"])
  func partlyReadOnlyBySigns(name: String) throws {
    func found(_ keys: String) throws -> [Diagnostic] {
      try self.found(
        "path: /data/*/logs, one_file_system: false\(keys)",
        mounts: "- {name: data, mountPath: '/data/\(name)', readOnly: true}")
    }
    let findings = try found("")
    #expect(findings.map(\.rule) == [.targetPartlyReadOnly])
    let exclude = try #require(findings.first?.hint?.firstMatch(of: /exclude: \[.+\]/)?.output)
    #expect(try found(", \(exclude)").map(\.summary) == [])
  }

  @Test("A volume that is mounted elsewhere is proposed with the path there, where a path can say that")
  func mountedElsewhere() throws {
    func hint(_ mount: String) throws -> String? {
      let manifest = try WorkloadTests.manifest.changing("mountPath: /data/}", to: "mountPath: '\(mount)'}")
        .changing("{name: report, persistentVolumeClaim: {claimName: reports}}", to: "{name: report, emptyDir: {}}")
      let config = "version: 1\ntargets: [{path: /data/api, max_age: 30d}]"
      return try check(WorkloadTests.configMap(config), against: manifest).diagnostics.first?.hint
    }
    #expect(try hint("/disk") == "the volume data is mounted at /disk: write path: /disk/api, or mountPath: /data")
    for mount in ["/disk/[a]", "/disk/{YYYY}", "/disk*"] {
      #expect(try hint(mount)?.hasPrefix("add to volumeMounts: - {name: data, mountPath: /data}") == true)
    }
  }

  @Test(
    "What is mounted among a pattern's matches is not purged by a run that stays on one file system",
    arguments: [
      ("path: /data/*", ["/data/a", "/data/b"]), ("path: \"/data/*/{YYYY}-{MM}\"", ["/data/a", "/data/b"]),
      ("path: /data/?/tmp/*", ["/data/a", "/data/b"]), ("path: /data/a*", ["/data/a"]), ("path: /data/x*", []),
      ("path: /data/*, exclude: [/data/a]", ["/data/b"]), ("path: /data/*, exclude: [/data/a, /data/b/]", []),
      ("path: /data/*, one_file_system: true", []), ("path: /data/*, one_file_system: false", []),
      ("path: /data", []), ("path: /data/a/*", []), ("path: /data/b", []),
      // No volume holds the others.
      ("path: /side/*", ["/side/a", "/side/b", "/side/c"]), ("path: /side/d*", ["/side/d"]),
      ("path: /empty/*", ["/empty/a"]), ("path: /side/*, one_file_system: true", ["/side/a", "/side/b", "/side/c"]),
      ("path: /side/*, one_file_system: false", []), ("path: /side/*/tmp, exclude: [\"/side/[abd]\"]", ["/side/c"]),
    ] as [(String, [String])])
  func passedOver(target: String, expected: [String]) throws {
    let paths = ["/data/a", "/data/b", "/side/a", "/side/b", "/side/c", "/side/d"]
    let mounts =
      paths.map { "- {name: data, mountPath: \($0)}" } + ["- {name: config, mountPath: /data/config}"]
      + ["- {name: scratch, mountPath: /data/scratch}", "- {name: scratch, mountPath: /empty/a}"]
    let findings = try found(
      target, mounts: mounts.joined(separator: "\n"), volumes: "- {name: scratch, emptyDir: {}}")
    #expect(
      findings.filter { $0.rule != .targetPartlyReadOnly }.map(\.rule) == (expected.isEmpty ? [] : [.mountsPassedOver]))
    #expect(findings.filter { $0.rule == .mountsPassedOver }.flatMap(\.notes).map(\.place.text) == expected)
    #expect(findings.first.map { $0.message.contains("and others") } ?? false == (expected.count == 3))
  }

  @Test(
    "A folder of the node is no part of a target that does not enter it, or only could read it",
    arguments: [
      ("path: /data/*", true, ["mountsPassedOver"]), ("path: /data/*", false, ["mountsPassedOver"]),
      ("path: /data/*, one_file_system: false", true, ["targetPartlyReadOnly"]),
      ("path: /data/*, one_file_system: false", false, ["systemFolderOfNode"]),
      ("path: /data/*, one_file_system: false, exclude: [/data/etc]", false, []),
      ("path: /data", false, []), ("path: /data, one_file_system: false", false, ["systemFolderOfNode"]),
      ("path: /data, one_file_system: false", true, ["targetPartlyReadOnly"]),
      ("path: /data, one_file_system: false, exclude: [etc/]", true, []),
      ("path: /data, one_file_system: false, exclude: [etc/]", false, []),
      ("path: /data, one_file_system: false, exclude: [\"*.keep\"]", false, ["systemFolderOfNode"]),
    ] as [(String, Bool, [String])])
  func foldersOfNodeNotEntered(target: String, isReadOnly: Bool, expected: [String]) throws {
    let findings = try found(
      target, mounts: "- {name: node, mountPath: /data/etc, readOnly: \(isReadOnly)}",
      volumes: "- {name: node, hostPath: {path: /etc}}")
    #expect(findings.map(\.rule.rawValue) == expected)
    for finding in findings where finding.rule == .systemFolderOfNode {
      #expect(finding.message == "'/data/etc' is '/etc' of the node, a protected path")
    }
  }

  @Test(
    "A mount that is the whole of what can be read only is no business of a rehearsal, and has no pattern to exclude it"
  )
  func readOnlyAroundOthers() throws {
    let mounts = "- {name: data, mountPath: /x, readOnly: true}\n- {name: data, mountPath: /x/a}"
    let findings = try found("path: /x/*, one_file_system: false", mounts: mounts)
    #expect(findings.map(\.summary) == ["targetPartlyReadOnly /x/* <- true"])
    #expect(findings.first?.hint == "mount it for writing (readOnly: false)")
    let config = "version: 1\ntargets: [{path: \"/data/*\", one_file_system: false, max_age: 30d}]"
    let data = "mountPath: /data/}"
    let manifest = try WorkloadTests.manifest.changing("- run\n", to: "- plan\n").changing(
      data, to: data + "\n                - {name: data, mountPath: /data/a, readOnly: true}")
    #expect(try check(WorkloadTests.configMap(config), against: manifest).printed == "")
  }

  @Test(
    "Targets are judged by the folders of the node that they are, or hold, whatever they are called in the container",
    arguments: [
      ("path: /node/etc", "/", "", "/etc"), ("path: /node/var/lib", "/", "", "/var/lib"),
      ("path: /node/var/lib/app", "/", "", nil), ("path: /node", "/", "", "/"), ("path: /node/*", "/", "", "/bin"),
      ("path: /node/x", "/etc", "", "/etc"), ("path: /node/x/y/z", "/etc/", "", "/etc"),
      ("path: /node", "/var", "", "/var"),
      ("path: /node/lib", "/var", "", "/var/lib"), ("path: /node/log/app", "/var", "", nil),
      ("path: /node/run/x", "/var", "", "/var/run"), ("path: /node", "/var/lib", "", "/var/lib"),
      ("path: /node/docker", "/var/lib", "", nil), ("path: /node", "/home", "", "/home"),
      ("path: /node/*", "/home", "", nil), ("path: /node/bob/tmp", "/home", "", nil),
      ("path: /node", "/srv/a", "", nil),
      ("path: /node", "/", ", subPath: var/lib/app", nil), ("path: /node", "/", ", subPath: usr/share", "/usr"),
      ("path: /node/x", "/usr", ", subPath: share", "/usr"),
      ("path: /node/x", "/usr", ", subPathExpr: $(NAME)", "/usr"),
      ("path: /node/x", "/var", ", subPathExpr: $(NAME)", nil),
      ("path: /node/x", "/", ", subPathExpr: etc/$(NAME)", "/etc"),
      ("path: /node/x", "/var", ", subPathExpr: run/a/$(NAME)", "/var/run"),
      ("path: /node/x", "/", ", subPathExpr: srv/$(NAME)", nil),
      ("path: /node/x", "/", ", subPathExpr: $(NAME)/etc", nil),
      ("path: /node/x", "/", ", subPathExpr: etc", "/etc"), ("path: /node/log/x", "/", ", subPathExpr: var", nil),
      // Mounts further in are left alone unless they are to be purged, too.
      ("path: /, one_file_system: true", "/etc", "", nil), ("path: /nod*", "/srv/a", "", nil),
    ] as [(String, String, String, String?)])
  func foldersOfNode(target: String, host: String, subPath: String, protected: String?) throws {
    let findings = try found(
      target, mounts: "- {name: node, mountPath: /node\(subPath)}", volumes: "- {name: node, hostPath: {path: \(host)}}"
    ).filter { $0.rule == .systemFolderOfNode }
    #expect(findings.map(\.severity) == (protected == nil ? [] : [.error]))
    let named = findings.first?.message.matches(of: /'([^']+)'/).last?.output.1
    #expect(named.map { String($0) } == protected)
  }

  @Test("So are mounts below a target that goes on into them")
  func foldersOfNodeBelow() throws {
    func found(_ keys: String) throws -> [String] {
      try self.found(
        "path: /data/x\(keys)", mounts: "- {name: node, mountPath: /data/x/settings}",
        volumes: "- {name: node, hostPath: {path: /etc}}"
      ).map(\.summary)
    }
    #expect(try found(", one_file_system: false") == ["systemFolderOfNode /data/x <- hostPath"])
    #expect(try found("") == [])
  }

  @Test("So are claims that the stream binds to folders of the node", arguments: ["hostPath", "local"])
  func foldersOfNodeByClaim(kind: String) throws {
    let objects = """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: pv}
      spec: {\(kind): {path: /var/log}}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data}
      spec: {volumeName: pv}
      """
    func found(_ path: String) throws -> [String] {
      try self.found("path: \(path)", mounts: "", more: objects).map(\.summary)
    }
    #expect(try found("/data") == ["systemFolderOfNode /data <- persistentVolumeClaim"])
    #expect(try found("/data/app") == [])
  }

  @Test(
    "What a run would not take from a variable is an error where the manifest has it, and what is meant can be pasted there",
    arguments: [
      ("LOG_LEVEL", "loud", nil), ("LOG_LEVEL", "debgu", "debug"), ("LOG_LEVEL", "'wraning'", "warning"),
      ("MEMORY_LIMIT_MB", "512Mi", "512"), ("MEMORY_LIMIT_MB", "\"512 MB\"", "512"), ("MEMORY_LIMIT_MB", "1Gi", "1024"),
      ("MEMORY_LIMIT_MB", "much", nil), ("MAX_AGE_DAYS", "30d", "30"), ("MAX_AGE_DAYS", "2 weeks", "14"),
      ("MAX_AGE_DAYS", "48h", "2"), ("MAX_AGE_DAYS", "36h", nil), ("MAX_AGE_DAYS", "never", "0"),
      ("MAX_AGE_DAYS", "0d", "0"), ("MAX_AGE_DAYS", "0 weeks", "0"), ("MAX_AGE_DAYS", "d", nil),
      ("MEMORY_LIMIT_MB", "0Mi", nil),
      ("MAX_AGE_DAYS", "99999999d", nil), ("MAX_CONCURRENCY", "1_000", "1000"), ("MAX_CONCURRENCY", "many", nil),
      ("MAX_CONCURRENCY", "1000k", nil), ("REMOVE_EMPTY_DIRS", "\"on\"", "true"), ("REMOVE_EMPTY_DIRS", "maybe", nil),
      ("MAX_EMPTY_DIRS_TO_DELETE", "unlimited", "0"), ("MAX_EMPTY_DIRS_TO_DELETE", "1k", "1000"),
      // Nought is no bound: whoever wants nothing deleted must not be offered it.
      ("MAX_EMPTY_DIRS_TO_DELETE", "none", nil),
    ] as [(String, String, String?)])
  func badVariables(name: String, value: String, meant: String?) throws {
    func findings(_ value: String) throws -> [Diagnostic] {
      let environment = "env: [{name: EFSPURGE_\(name), value: \(value)}]\n              image: registry"
      let manifest = try WorkloadTests.manifest.changing("image: registry", to: environment)
      return try check(WorkloadTests.configMap(WorkloadTests.config), against: manifest).diagnostics
    }
    let found = try findings(value)
    #expect(found.map(\.summary) == ["badVariable \(value)"])
    #expect(found.first?.hint == meant.map { "did you mean \"\($0)\"?" })
    guard let meant else { return }
    // No file is to go, and the config has an age: that must be told then.
    let others: [Diagnostic.Rule] = [.limitAboveContainer, .variableContradicted]
    #expect(try findings("\"\(meant)\"").filter { $0.severity == .error && !others.contains($0.rule) }.isEmpty)
  }

  @Test(
    "Programs and words that come to nothing",
    arguments: [
      ("command: [efs-purge-batch run]", ["commandInOneText [efs-purge-batch run]"]),
      ("command: [/bin/sh, -c, \"efs-purge-batch run || true\"]", ["commandLineNotRead /bin/sh"]),
      ("command: [tini, --, efs-purge-batch, run]", ["commandLineNotRead tini"]),
      ("command: [efs-purge-batch, run]", []), ("command: [sleep, inf]", []),
      ("args: [\"run --config=/x\"]", ["badArgument [\"run --config=/x\"]"]),
      ("args: [run, 100]", ["textNeeded 100", "badArgument 100"]),
      ("args: [--config=/x]", ["badArgument --config=/x"]),
    ] as [(String, [String])])
  func words(words: String, expected: [String]) throws {
    let manifest = try WorkloadTests.manifest.changing(
      """
                    args:
                      - run
                      - --config=/etc/efs-purge-batch/config.yaml
                      - --termination-log=/dev/termination-log
      """, to: "              " + words)
    let found = try check(WorkloadTests.configMap(WorkloadTests.config), against: manifest).diagnostics.map(\.summary)
    #expect(found == expected)
  }

  @Test(
    "An init container that checks another file than the config's ends the pod, each time again where no rule is for it"
  )
  func checkedFiles() throws {
    let ofPurge = "containerName: purge\n              operator"
    func found(_ path: String, rule: String = "operator") throws -> [Diagnostic] {
      let containers = """
        initContainers:
                  - name: check
                    image: efs-purge-batch
                    args: [check-config, \(path)]
                    volumeMounts: [{name: config, mountPath: /config}]
                  containers:
        """
      let manifest = try WorkloadTests.manifest.changing(ofPurge, to: rule).changing("containers:", to: containers)
      return try check(WorkloadTests.configMap(WorkloadTests.config), against: manifest).diagnostics
    }
    #expect(try found("/config/config.yaml").map(\.summary) == [])
    #expect(try found("/config").map(\.summary) == [])
    let missing = ["noSuchConfigFile /config/config.yml <- config.yaml"]
    #expect(try found("/config/config.yml").map(\.summary) == missing)
    #expect(try found("/elsewhere/config.yml").map(\.summary) == [])
    let forOther = try found("/config/config.yaml", rule: ofPurge)
    #expect(forOther.map(\.summary) == ["retriesInVain podFailurePolicy"])
    #expect(forOther.first?.hint?.contains("containerName: check, operator: In, values: [2, 64]") == true)
  }

  @Test("A container that mounts nothing purges nothing, and is not taken for the one that is meant")
  func unrelated() throws {
    let web = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        template:
          spec:
            containers: [{name: nginx, image: "nginx:1.27", command: [nginx, -g, "daemon off;"]}]
      """
    let found = try check(WorkloadTests.configMap(WorkloadTests.config), against: web)
    #expect(found.diagnostics.map(\.summary) == ["noWorkload web"])
  }
}
