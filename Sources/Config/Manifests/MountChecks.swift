import Plan

/// The targets of a config against the mounts of a container.
struct MountChecks {
  /// More findings than this need no proposals: each takes a look at all mounts.
  static let mostHints = 10

  private let running: RunningContainer
  private let companions: [RunningContainer]
  private let targets: [DecodedTarget]
  private var effort = Effort(2_000_000)
  private var hints = MountChecks.mostHints

  private var container: Workload.Container { running.container }
  /// Nil when it cannot be told what the program is to do.
  private var reading: CommandLineReading? { running.reading }

  /// `companions`: the containers of the same pod of which it is not known what they run either.
  init(_ running: RunningContainer, companions: [RunningContainer] = [], config: BatchDecoder) {
    (self.running, self.companions) = (running, companions)
    let selection = MountChecks.selection(running.reading?.targets ?? [])
    let unknown = running.commandLine?.unknownKeys ?? []
    targets = config.targets.filter { target in
      let isElsewhere = target.name.map { unknown.contains("targets.\($0).path") } ?? false
      return target.isEnabled && !isElsewhere && (selection?(target) ?? true)
    }
  }

  /// Whether `--target` lets a target run; true when only the folders it finds can tell. Nil: every one runs.
  private static func selection(_ patterns: [String]) -> ((DecodedTarget) -> Bool)? {
    let globs = patterns.compactMap { try? Glob($0) }
    guard !patterns.isEmpty, globs.count == patterns.count else { return nil }
    return { target in
      guard target.path?.isLiteral == true, let name = target.name else { return true }
      return globs.contains { $0.matches(name) }
    }
  }

  mutating func run(findings: inout Findings) {
    for target in targets { check(target, &findings) }
  }

  /// Whether some target lies in a mount that can be written to.
  var holdsWritableTarget: Bool {
    var effort = effort
    return targets.contains { isWritable($0, &effort) }
  }

  /// Whether there are targets, all of them in mounts that can be written to.
  var holdsAllTargets: Bool {
    var effort = effort
    return !targets.isEmpty && targets.allSatisfy { isWritable($0, &effort) }
  }

  private func isWritable(_ target: DecodedTarget, _ effort: inout Effort) -> Bool {
    guard let path = target.path else { return false }
    return container.mountIndex.mounts(holding: path, effort: &effort)?.contains { $0.readOnly == nil } ?? true
  }

  private mutating func check(_ target: DecodedTarget, _ findings: inout Findings) {
    guard let path = target.path, let mounts = container.mountIndex.mounts(holding: path, effort: &effort) else {
      return
    }
    if reportsSystemFolder(path, at: target.pathPlace, in: mounts, &findings) { return }
    let readOnly = mounts.compactMap(\.readOnly)
    if let first = mounts.first, readOnly.count < mounts.count {
      if let volume = first.volume, mounts.allSatisfy(\.goesWithPod) {
        findings.report(.targetGoneWithPod(path.text, at: target.pathPlace, volume: volume.place))
      }
      return
    }
    // What is mounted further in is purged, too, when it may be.
    if !target.settings.values.oneFileSystem, container.mountIndex.hasMount(below: path, effort: &effort) { return }
    if let place = readOnly.first {
      guard reading?.command == .purge else { return }
      findings.report(.targetReadOnly(path.text, at: target.pathPlace, readOnly: place))
    } else if !isHeldByCompanion(path) {
      reportNotMounted(path, at: target.pathPlace, &findings)
    }
  }

  /// What no target may touch may be mounted under another name.
  private func reportsSystemFolder(
    _ path: PathPattern, at place: SourcePlace, in mounts: [Workload.Mount], _ findings: inout Findings
  ) -> Bool {
    for mount in mounts {
      guard let folder = mount.folderOfNode(path), let volume = mount.volume,
        let protected = folder.shapes.isEmpty ? "/" : ProtectedPaths.reached(by: folder.shapes)
      else { continue }
      findings.report(
        .systemFolderOfNode(path.text, folder: folder.text, protected: protected, at: place, volume: volume.place))
      return true
    }
    return false
  }

  /// Of what is not known, the one that has the mount is meant.
  private mutating func isHeldByCompanion(_ path: PathPattern) -> Bool {
    if running.isKnown { return false }
    return companions.contains { $0.container.mountIndex.mounts(holding: path, effort: &effort)?.isEmpty != true }
  }

  // MARK: No mount

  private mutating func reportNotMounted(_ path: PathPattern, at place: SourcePlace, _ findings: inout Findings) {
    hints -= 1
    findings.report(
      .targetNotMounted(
        path.text, container: container.name, isRehearsal: reading?.command == .rehearsal,
        nearest: hints < 0 ? nil : nearestMount(to: path),
        proposal: hints < 0 ? nil : proposal(for: path), at: place,
        mounts: container.node.entry("volumeMounts")?.key.place ?? container.place))
  }

  /// A mount that a slip in it or in the path may have missed.
  private func nearestMount(to path: PathPattern) -> String? {
    container.mounts.map(\.path.text).first { mount in
      let count = mount.split(separator: "/").count
      let start = "/" + path.literalPrefix.prefix(count).joined(separator: "/")
      return Spelling.nearest(to: start, among: [mount]) != nil
    }
  }

  /// A volume that is for data: to be mounted at the outermost folder, or, when it is mounted elsewhere, the path there.
  private func proposal(for path: PathPattern) -> Diagnostic.MountProposal? {
    guard let folder = path.literalPrefix.first else { return nil }
    let mounted = Set(container.mounts.map(\.volumeName.text))
    let volumes = running.workload.volumes.filter { $0.readOnly == nil && !$0.goesWithPod }
    if let volume = volumes.first(where: { !mounted.contains($0.name.text) }) {
      return .mount(volume: volume.name.text, at: "/\(folder)")
    }
    let names = Set(volumes.map(\.name.text))
    let mounts = container.mounts.filter { names.contains($0.volumeName.text) && $0.readOnly == nil }
    guard mounts.count == 1, let mount = mounts.first else { return .newVolume(at: "/\(folder)") }
    let rest = path.text.utf8.dropFirst(1 + folder.utf8.count)
    return .elsewhere(
      volume: mount.volumeName.text, at: mount.path.text, path: mount.path.text + String(decoding: rest, as: UTF8.self),
      or: "/\(folder)")
  }
}

extension Workload.Mount {
  /// The folder of the node that the target is, when the volume is one of its folders.
  fileprivate func folderOfNode(_ target: PathPattern) -> (text: String, shapes: [NameShape])? {
    guard let host = volume?.hostPath, let subPath, target.components.count >= components.count else { return nil }
    let outer = host + subPath
    let inner = target.components.dropFirst(components.count)
    let names = PathReader.split(target.text).dropFirst(components.count).map(\.text)
    let shapes = outer.map { NameShape(.literal($0)) } + inner.map { NameShape($0) }
    return ("/" + (outer + names).joined(separator: "/"), shapes)
  }
}
