import Plan

/// What a host that was looked at says of a config without errors.
struct HostChecks {
  private let draft: BatchDraft
  /// As the plan has them: in a config without errors every one is whole.
  private let targets: [DecodedTarget]
  private let host: HostFacts

  init(_ decoder: BatchDecoder, _ host: HostFacts) {
    (draft, targets, self.host) = (decoder.draft, decoder.targets, host)
  }

  func run(findings: inout Findings) {
    for fact in host.targets where targets.indices.contains(fact.index) {
      check(targets[fact.index], fact.answer, &findings)
    }
    checkReport(&findings)
    checkClocks(&findings)
    checkDescriptors(&findings)
    checkThreads(&findings)
  }

  private func check(_ target: DecodedTarget, _ answer: HostFacts.Answer, _ findings: inout Findings) {
    guard let pattern = target.path else { return }
    let place = target.pathPlace
    switch answer {
    case .folders(let folders, let found, let passedOver):
      check(target, pattern, folders, found: found, passedOver, &findings)
      check(passedOver, at: place, &findings)
    case .tooMany(let limit): findings.report(.hostTooManyFolders(pattern.text, limit: limit, at: place))
    case .noAnswer(let silence, let probes):
      findings.report(finding(silence, pattern.text, at: place))
      reportProbes(probes, at: place, &findings)
    case .noThread(let errno): findings.report(.hostNoThread(pattern.text, errno: errno, at: place))
    }
  }

  private func check(_ passedOver: PassedOver, at place: SourcePlace, _ findings: inout Findings) {
    let (links, almost) = (passedOver.links, passedOver.nearMisses)
    if links.count > 0 {
      findings.report(.hostLinksPassedOver(links.count, first: PrintableText.path(links.first), at: place))
    }
    if passedOver.mounts.count > 0 {
      let (count, first) = (passedOver.mounts.count, PrintableText.path(passedOver.mounts.first))
      findings.report(.hostMountsPassedOver(count, first: first, at: place))
    }
    if almost.count > 0 {
      findings.report(.hostAlmostDates(almost.count, first: PrintableText.path(almost.first), at: place))
    }
  }

  /// All of a target at once: each is to be removed by somebody.
  private func reportProbes(_ paths: [String], at place: SourcePlace, _ findings: inout Findings) {
    if !paths.isEmpty { findings.report(.hostProbeMayRemain(paths, at: place)) }
  }

  private func finding(_ silence: HostFacts.Silence, _ path: String, at place: SourcePlace) -> Diagnostic {
    switch silence {
    case .slow(let time): .hostNoAnswer(path, within: time.text, at: place)
    case .hangingMount(let mount): .hostMountHangs(path, mount: mount, at: place)
    case .outOfTime(let time): .hostOutOfTime(path, within: time.text, at: place)
    }
  }

  /// A run that cannot write its report does not begin.
  private func checkReport(_ findings: inout Findings) {
    guard let answer = host.report, let file = draft.report.values.file, let place = draft.report.place(of: "file")
    else { return }
    switch answer {
    case .folders(let folders, _, _):
      guard let finding = folders.first.flatMap({ finding(aboutReport: file, $0, at: place) }) else { return }
      findings.report(finding)
    case .noAnswer(let silence, _): findings.report(finding(silence, file.fixedPart, at: place))
    case .noThread(let errno): findings.report(.hostNoThread(file.fixedPart, errno: errno, at: place))
    case .tooMany: break
    }
  }

  /// A link at the end is replaced by a run. Of a path with fields, the folder was looked at that all of its reports lie in.
  private func finding(aboutReport file: ReportPath, _ found: HostFacts.Folder, at place: SourcePlace) -> Diagnostic? {
    let last = file.hasFields ? Int.max : file.text.split(separator: "/").count - 1
    switch found.state {
    case .directory: return file.hasFields ? nil : .hostReportIsFolder(file.text, at: place)
    case .missing(let component) where component < last, .notDirectory(_, let component) where component < last:
      return .hostReportWithoutFolder(found.path(through: component), at: place)
    case .missing, .notDirectory, .link, .refused, .held: return nil
    }
  }

  private func check(
    _ target: DecodedTarget, _ pattern: PathPattern, _ folders: [HostFacts.Folder], found: Int,
    _ passedOver: PassedOver, _ findings: inout Findings
  ) {
    if !pattern.isLiteral, found == 0 {
      switch folders.first?.state {
      // Some do match, and it is told why no run takes them.
      case nil where passedOver.mounts.count + passedOver.links.count > 0: return
      case nil: return findings.report(.hostNoFolderMatches(pattern.text, missing: nil, at: target.pathPlace))
      case .missing(let component):
        let missing = folders[0].path(through: component)
        return findings.report(
          .hostNoFolderMatches(pattern.text, missing: missing, at: target.place(ofComponent: component)))
      default: break
      }
    }
    for (trouble, folders) in troubles(of: folders, target) {
      findings.report(finding(trouble, folders, target))
    }
    reportProbes(folders.compactMap { $0.probeThatMayRemain }, at: target.pathPlace, &findings)
  }
}

// MARK: - Folders

extension HostChecks {
  /// What can be wrong with a folder, so that the same trouble of many is told once.
  private enum Trouble: Hashable {
    case missing(Int)
    case link(Int)
    case notDirectory(HostFacts.EntryKind, Int)
    case refused(HostFacts.Access, errno: String, Int)
    case held(by: String, Int?)
    case cannotDelete(errno: String, isReadOnlyMount: Bool)
    case probeRemains(name: String, errno: String)
    case deletionUnknown(errno: String)
    case containerFileSystem
    case softMount(String)
    case accessTimesOff
    case accessTimesOnServer(String)
    case accessTimesDaily
    case accessTimesUnknown
    case birthTimesUnknown

    /// The component of the path it is about; nil: all of them.
    var component: Int? {
      switch self {
      case .missing(let component), .link(let component), .notDirectory(_, let component),
        .refused(_, errno: _, let component):
        component
      default: nil
      }
    }
  }

  /// Each trouble with the folders that have it, in the order in which they were met.
  private func troubles(
    of folders: [HostFacts.Folder], _ target: DecodedTarget
  ) -> [(Trouble, Diagnostic.HostFolders)] {
    var order: [Trouble] = []
    var known: [Trouble: Diagnostic.HostFolders] = [:]
    for folder in folders {
      for trouble in troubles(of: folder.state, target) {
        if known[trouble] == nil {
          order.append(trouble)
          let path = trouble.component.map { folder.path(through: $0) } ?? folder.path
          known[trouble] = Diagnostic.HostFolders(first: path)
        } else {
          known[trouble]?.others += 1
        }
      }
    }
    return order.compactMap { trouble in known[trouble].map { (trouble, $0) } }
  }

  private func troubles(of state: HostFacts.State, _ target: DecodedTarget) -> [Trouble] {
    switch state {
    case .missing(let component): [.missing(component)]
    case .link(let component): [.link(component)]
    case .notDirectory(let kind, let component): [.notDirectory(kind, component)]
    case .refused(let access, let errno, let component): [.refused(access, errno: errno, component)]
    case .held(let hold, let component): [.held(by: hold, component)]
    case .directory(let directory):
      [deletionTrouble(of: directory)].compactMap { $0 } + mountTroubles(of: directory)
        + [ageTrouble(of: directory, target)].compactMap { $0 }
    }
  }

  private func deletionTrouble(of directory: HostFacts.Directory) -> Trouble? {
    switch directory.deletion {
    case .possible, .untried: nil
    case .refused(let errno):
      .cannotDelete(errno: errno, isReadOnlyMount: directory.mount?.options.contains("ro") == true)
    case .probeRemains(let name, let errno): .probeRemains(name: name, errno: errno)
    case .unknown(let errno, _): .deletionUnknown(errno: errno)
    }
  }

  // No word about the version of NFS: with 3 and 4.0 a purge does the same, if not as fast.
  private func mountTroubles(of directory: HostFacts.Directory) -> [Trouble] {
    guard let mount = directory.mount else { return [] }
    let soft = mount.options.first { $0 == "soft" || $0 == "softerr" }
    let isContainers = directory.isOnRootMount && mount.isOverlay
    return (isContainers ? [.containerFileSystem] : []) + (soft.map { [.softMount($0)] } ?? [])
  }

  private func ageTrouble(of directory: HostFacts.Directory, _ target: DecodedTarget) -> Trouble? {
    let values = target.settings.values
    // Then nobody asks for an age.
    if values.maxAge == .never { return nil }
    switch values.ageFrom {
    case .birth: return directory.givesBirthTimes == false ? .birthTimesUnknown : nil
    case .atime: return accessTimeTrouble(of: directory, maxAge: values.maxAge?.duration)
    // Of `newest`, an access time can only keep a file.
    case .mtime, .ctime, .newest: return nil
    }
  }

  private func accessTimeTrouble(of directory: HostFacts.Directory, maxAge: Duration?) -> Trouble? {
    if directory.givesAccessTimes == false { return .accessTimesUnknown }
    guard let mount = directory.mount else { return nil }
    if mount.isNFS { return .accessTimesOnServer(mount.kind) }
    if mount.options.contains("noatime") { return .accessTimesOff }
    // With longer ages, a day more or less is what their users expect.
    let isShort = maxAge.map { $0 < .seconds(2 * 86_400) } ?? false
    return isShort && mount.options.contains("relatime") ? .accessTimesDaily : nil
  }

  private func finding(_ trouble: Trouble, _ folders: Diagnostic.HostFolders, _ target: DecodedTarget) -> Diagnostic {
    let path = trouble.component.map { target.place(ofComponent: $0) } ?? target.pathPlace
    let age = target.settings.place(of: "age_from") ?? target.pathPlace
    switch trouble {
    case .missing: return .hostFolderMissing(folders, at: path)
    case .link: return .hostSymbolicLink(folders, at: path)
    case .notDirectory(let kind, _): return .hostNotDirectory(folders, kind, at: path)
    case .refused(let access, let errno, _):
      return .hostFolderRefused(folders, access, errno: errno, user: user, at: path)
    case .held(let hold, let component):
      let holder = component.map { target.place(ofComponent: $0) } ?? target.pathPlace
      return .hostHeld(folders, by: hold, at: holder)
    case .cannotDelete(let errno, let isReadOnlyMount):
      return .hostCannotDelete(folders, errno: errno, isReadOnlyMount: isReadOnlyMount, user: user, at: path)
    case .probeRemains(let name, let errno): return .hostProbeRemains(folders, name: name, errno: errno, at: path)
    case .deletionUnknown(let errno): return .hostDeletionUnknown(folders, errno: errno, at: path)
    case .containerFileSystem: return .hostContainerFileSystem(folders, at: path)
    case .softMount(let option): return .hostSoftMount(folders, option: option, at: path)
    case .accessTimesOff: return .hostAccessTimesOff(folders, at: age)
    case .accessTimesOnServer(let kind): return .hostAccessTimesOnServer(folders, kind: kind, at: age)
    case .accessTimesDaily: return .hostAccessTimesDaily(folders, at: age)
    case .accessTimesUnknown: return .hostAccessTimesUnknown(folders, at: age)
    case .birthTimesUnknown: return .hostBirthTimesUnknown(folders, at: age)
    }
  }

  private var user: String { host.process.user.map { "user \($0)" } ?? "this user" }
}

// MARK: - Clocks

extension HostChecks {
  private struct Skew {
    /// With the benefit of the doubt.
    let size: Duration
    let isAhead: Bool
    let folder: String
    let target: DecodedTarget
  }

  /// The worst is enough: they share the limit, and mostly the server.
  private func checkClocks(_ findings: inout Findings) {
    let allowed = draft.safety.values.maxClockSkew
    guard let worst = skews.max(by: { $0.size < $1.size }), worst.size > allowed else { return }
    let limit = draft.safety.place(of: "max_clock_skew")
    findings.report(
      .hostClockSkew(
        worst.folder, by: HostChecks.text(of: worst.size), isAhead: worst.isAhead, allowed: allowed.text,
        at: limit ?? worst.target.pathPlace, path: limit == nil ? nil : worst.target.pathPlace))
  }

  private var skews: [Skew] {
    host.targets.filter { targets.indices.contains($0.index) }.flatMap { fact -> [Skew] in
      guard case .folders(let folders, found: _, passedOver: _) = fact.answer else { return [] }
      return folders.compactMap { folder in
        guard case .directory(let directory) = folder.state, let range = directory.clockSkew,
          !range.contains(.zero)
        else { return nil }
        let isAhead = range.lowerBound > .zero
        let size = isAhead ? range.lowerBound : .zero - range.upperBound
        return Skew(size: size, isAhead: isAhead, folder: folder.path, target: targets[fact.index])
      }
    }
  }

  /// No finer than matters to somebody who sets a clock right.
  private static func text(of size: Duration) -> String {
    let (seconds, attoseconds) = size.components
    if seconds < 10 { return Duration.milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000).text }
    let step: Int64 = seconds < 3600 ? 1 : seconds < 86_400 ? 60 : 3600
    return Duration.seconds(seconds / step * step).text
  }
}

// MARK: - Limits of the process

extension HostChecks {
  private typealias Wish = (amount: Int, place: SourcePlace)

  /// What targets explicitly ask for, cut to their share of the ceiling. Those without a number take what helps.
  private func wish(of target: DecodedTarget) -> Wish? {
    guard target.isEnabled, case .atMost(let count) = target.settings.values.concurrency,
      let place = target.settings.place(of: "concurrency")
    else { return nil }
    let run = draft.run.values
    return (min(count, max(1, run.concurrency / run.parallelTargets)), place)
  }

  private func checkDescriptors(_ findings: inout Findings) {
    guard let descriptors = host.process.descriptors else { return }
    for case let wish? in targets.map(wish) where wish.amount > descriptors.concurrency {
      findings.report(
        .hostDescriptors(
          wish.amount, limit: descriptors.limit, allows: descriptors.concurrency, at: wish.place))
    }
  }

  /// All threads of the targets that may run at once count against the one limit.
  private func checkThreads(_ findings: inout Findings) {
    guard let threads = host.process.threads else { return }
    let parallel = draft.run.values.parallelTargets
    guard let demand = ParallelDemand(of: targets, parallel: parallel, wish) else { return }
    let sum = demand.amounts.reduce(0, +)
    guard sum > threads.concurrency else { return }
    findings.report(
      .hostThreads(
        sum, of: demand.amounts.count, limit: threads.limit, source: threads.source, at: demand.place,
        others: demand.otherPlaces))
  }
}

// MARK: - Paths and mounts

extension HostFacts.Folder {
  fileprivate var probeThatMayRemain: String? {
    guard case .directory(let directory) = state, case .unknown(_, let probe?) = directory.deletion else { return nil }
    return "\(path)/\(probe)"
  }

  /// Its path down to this component, counted from 0.
  fileprivate func path(through component: Int) -> String {
    "/" + path.split(separator: "/").prefix(component + 1).joined(separator: "/")
  }
}

extension DecodedTarget {
  /// Where this component of the path stands, counted from 0; the whole path when it cannot be told.
  fileprivate func place(ofComponent index: Int) -> SourcePlace {
    guard let scalar = settings.given["path"]?.node.scalar else { return pathPlace }
    let components = scalar.text.utf8.split(separator: UInt8(ascii: "/"))
    guard components.indices.contains(index) else { return pathPlace }
    let utf8 = scalar.text.utf8
    let start = utf8.distance(from: utf8.startIndex, to: components[index].startIndex)
    return scalar.place(ofBytes: start..<start + components[index].count)
  }
}

extension HostFacts.Mount {
  fileprivate var isNFS: Bool { kind == "nfs" || kind == "nfs4" }

  /// What container runtimes lay over their images.
  fileprivate var isOverlay: Bool { ["overlay", "aufs", "fuse.fuse-overlayfs"].contains(kind) }
}
