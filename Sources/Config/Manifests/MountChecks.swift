import Plan

/// The targets of a config against the mounts of a container.
struct MountChecks {
  /// More findings than this need no proposals: each takes a look at all mounts.
  static let mostHints = 10

  private let running: RunningContainer
  private let companions: [RunningContainer]
  private let targets: [DecodedTarget]
  private var effort = Effort(2_000_000)
  private var exclusions = ExcludedTargets()
  private var hints = MountChecks.mostHints
  /// Mounts further in than a target's fixed part that are looked at: nobody reads of more.
  private var partsLeft = 1000
  /// Of those that no run takes, as many are named.
  private static let mostNames = 3

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
    let stays = target.settings.values.oneFileSystem
    guard let below = stays ? [] : container.mountIndex.mounts(below: path, effort: &effort) else { return }
    // A run that stays on one file system takes nothing that is mounted among the matches.
    let entered = stays ? mounts.filter { $0.holds(path) } : mounts
    if reportsSystemFolder(target, path, in: entered + below, &findings) { return }
    if stays, reportsPassedOver(target, path, mounts.filter { !$0.holds(path) }, &findings), entered.isEmpty { return }
    let readOnly = entered.compactMap(\.readOnly)
    if let first = entered.first, readOnly.count < entered.count {
      if let volume = first.volume, entered.allSatisfy(\.goesWithPod) {
        findings.report(.targetGoneWithPod(path.text, at: target.pathPlace, volume: volume.place))
      }
      reportReadOnlyParts(of: target, path, entered + below, &findings)
      return
    }
    // What is mounted further in is purged, too, when it may be.
    if !below.isEmpty { return }
    if let place = readOnly.first {
      guard reading?.command == .purge else { return }
      findings.report(.targetReadOnly(path.text, at: target.pathPlace, readOnly: place))
    } else if !isHeldByCompanion(path) {
      reportNotMounted(path, at: target.pathPlace, &findings)
    }
  }

  /// Some of the folders that a pattern finds, or of those below, may lie in a mount that can only be read.
  private mutating func reportReadOnlyParts(
    of target: DecodedTarget, _ path: PathPattern, _ mounts: [Workload.Mount], _ findings: inout Findings
  ) {
    guard reading?.command == .purge else { return }
    for mount in mounts {
      guard let place = mount.readOnly, partsLeft > 0 else { continue }
      partsLeft -= 1
      if isExcluded(mount, from: target, path) { continue }
      findings.report(
        .targetPartlyReadOnly(
          path.text, in: mount.path.text, exclude: mount.pattern(of: path), at: target.pathPlace, readOnly: place))
    }
  }

  /// Whether the target excludes all that the mount has of it.
  private mutating func isExcluded(_ mount: Workload.Mount, from target: DecodedTarget, _ path: PathPattern) -> Bool {
    let rest = path.components.dropFirst(mount.components.count)
    let shapes = mount.components.map { NameShape(.literal($0)) } + rest.map { NameShape($0) }
    return exclusions.excludes(shapes, from: target)
  }

  /// What is mounted among the matches of a pattern, though its volume may be meant by it. Of what Kubernetes' objects hold nobody
  /// wants anything to go, nor, beside a mount that holds the others, of what begins empty; and who says `one_file_system: true`
  /// there wants that.
  private mutating func reportsPassedOver(
    _ target: DecodedTarget, _ path: PathPattern, _ mounts: [Workload.Mount], _ findings: inout Findings
  ) -> Bool {
    let isHeld = container.mountIndex.mount(holding: path.literalPrefix) != nil
    if isHeld ? target.settings.given["one_file_system"] != nil : isHeldByCompanion(path) { return false }
    var found: [Workload.Mount] = []
    for mount in mounts where mount.volume?.isFromObjects != true && partsLeft > 0 {
      if isHeld, mount.goesWithPod { continue }
      partsLeft -= 1
      if isExcluded(mount, from: target, path) { continue }
      found.append(mount)
      if found.count > MountChecks.mostNames { break }
    }
    // What was not looked at may be one.
    guard !found.isEmpty else { return partsLeft == 0 && !mounts.isEmpty }
    let named = found.prefix(MountChecks.mostNames)
    findings.report(
      .mountsPassedOver(
        path.text, mounts: named.map(\.path.text), areMore: found.count > named.count, at: target.pathPlace,
        places: named.map(\.path.place)))
    return true
  }

  /// What no target may touch may be mounted under another name. Further in than the target's fixed part, what it excludes is not
  /// entered, and nothing goes from what can only be read.
  private mutating func reportsSystemFolder(
    _ target: DecodedTarget, _ path: PathPattern, in mounts: [Workload.Mount], _ findings: inout Findings
  ) -> Bool {
    for mount in mounts {
      guard let folder = mount.folderOfNode(path), let volume = mount.volume, let protected = folder.protected else {
        continue
      }
      if !mount.holds(path), mount.readOnly != nil || isExcluded(mount, from: target, path) { continue }
      findings.report(
        .systemFolderOfNode(
          mount.part(of: path), folder: folder.text, protected: protected, at: target.pathPlace, volume: volume.place))
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
    // In a path, some signs of a mount's name would mean something else.
    guard mounts.count == 1, let mount = mounts.first,
      mount.components.allSatisfy({ Glob.isLiteral($0) && !$0.contains("{") })
    else { return .newVolume(at: "/\(folder)") }
    let rest = path.text.utf8.dropFirst(1 + folder.utf8.count)
    return .elsewhere(
      volume: mount.volumeName.text, at: mount.path.text, path: mount.path.text + String(decoding: rest, as: UTF8.self),
      or: "/\(folder)")
  }
}

/// A folder of the node, or several, that a container sees as a part of a target.
private struct FolderOfNode {
  let text: String
  let protected: String?
}

extension Workload.Mount {
  /// Whether all that the pattern finds is in it, unless something else is mounted further in.
  fileprivate func holds(_ target: PathPattern) -> Bool { components.count <= target.literalPrefix.count }

  /// The target's path as far as the mount does not tell it, else the mount's.
  fileprivate func part(of target: PathPattern) -> String {
    "/" + (components + namesBelow(target)).joined(separator: "/")
  }

  private func namesBelow(_ target: PathPattern) -> [String] {
    PathReader.split(target.text).dropFirst(components.count).map(\.text)
  }

  /// What the target is on the node, or has in it, when the volume is one of the node's folders.
  fileprivate func folderOfNode(_ target: PathPattern) -> FolderOfNode? {
    guard let host = volume?.hostPath else { return nil }
    let shapes = host.map { NameShape(.literal($0)) }
    guard let subPath else {
      // It is somewhere below.
      let text = "/" + (host + [subPathText ?? "…"]).joined(separator: "/")
      return FolderOfNode(
        text: text, protected: ProtectedPaths.tree(holding: shapes + knownSubPath.map { NameShape(.literal($0)) }))
    }
    let inner = target.components.dropFirst(components.count)
    let all = shapes + subPath.map { NameShape(.literal($0)) } + inner.map { NameShape($0) }
    return FolderOfNode(
      text: "/" + (host + subPath + namesBelow(target)).joined(separator: "/"),
      protected: all.isEmpty ? "/" : ProtectedPaths.reached(by: all))
  }

  /// The folders that the target's pattern finds in it, as a pattern of `exclude`; nil when it finds others, too, that this
  /// would keep.
  fileprivate func pattern(of target: PathPattern) -> String? {
    guard !holds(target) else { return nil }
    let names = zip(target.components, PathReader.split(target.text)).dropFirst(components.count).map { part, name in
      if case .template = part { "*" } else { name.text }
    }
    return "/" + (components.map(\.asPattern) + names).joined(separator: "/")
  }
}

extension String {
  /// The pattern that matches this name alone.
  fileprivate var asPattern: String {
    String(decoding: utf8.flatMap { "\\*?[{}".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }, as: UTF8.self)
  }
}
