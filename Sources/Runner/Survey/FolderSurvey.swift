import Kernel
import Plan
import SystemPackage

/// Looks at one open folder, and tries in it what a run would do.
struct FolderSurvey {
  private let directory: DirectoryHandle
  private let path: [UInt8]
  private let fileSystem: any FileSystem
  private let clock: @Sendable () -> Timestamp
  private let probes: ProbeLedger

  /// - Parameters:
  ///   - path: the folder's.
  ///   - probes: told of what is made there.
  init(
    _ directory: DirectoryHandle, at path: [UInt8], fileSystem: any FileSystem,
    clock: @escaping @Sendable () -> Timestamp, probes: ProbeLedger
  ) {
    (self.directory, self.path, self.fileSystem) = (directory, path, fileSystem)
    (self.clock, self.probes) = (clock, probes)
  }

  /// Which component of a path is its last one.
  static func last(of path: some Sequence<UInt8>) -> Int { max(0, path.count { $0 == UInt8(ascii: "/") } - 1) }

  func state() -> HostFacts.State {
    let component = FolderSurvey.last(of: path)
    do throws(Errno) {
      if let hold = try hold() { return hold }
    } catch {
      return .refused(.search, errno: ErrnoName.of(error), component: component)
    }
    do throws(Errno) {
      _ = try fileSystem.list(directory, limit: WalkLimits.firstListing, order: .asListed)
    } catch {
      return .refused(.list, errno: ErrnoName.of(error), component: component)
    }
    let itself: EntryStatus
    do throws(Errno) {
      itself = try fileSystem.freshStatus(of: [UInt8(ascii: ".")], in: directory)
    } catch {
      return .refused(.search, errno: ErrnoName.of(error), component: component)
    }
    return .directory(facts(itself))
  }

  /// Looked for before anything else, as a run does.
  private func hold() throws(Errno) -> HostFacts.State? {
    guard let height = try PurgeHold.height(above: directory, fileSystem) else { return nil }
    let names = path.split(separator: UInt8(ascii: "/")).dropLast(height)
    let folder = names.flatMap { [UInt8(ascii: "/")] + $0 }
    return .held(
      by: PrintableText.path(folder) + "/\(PurgeHold.name)", component: names.isEmpty ? nil : names.count - 1)
  }

  private func facts(_ itself: EntryStatus) -> HostFacts.Directory {
    let trial = Trial(in: directory, at: PrintableText.path(path), fileSystem: fileSystem, clock: clock, probes: probes)
    var facts = HostFacts.Directory(deletion: trial.deletion, clockSkew: trial.clockSkew)
    if let mount = Mount.holding(directory) {
      facts.mount = HostFacts.Mount(kind: mount.kind, options: mount.options)
      facts.isOnRootMount = rootMount == mount.id
    }
    // A file's own word counts more than its directory's.
    let status = trial.status ?? itself
    facts.givesBirthTimes = status.birth != nil
    facts.givesAccessTimes = status.atime != nil
    return facts
  }

  private var rootMount: Int? { (try? fileSystem.openRoot([UInt8(ascii: "/")])).flatMap { Mount.id(of: $0) } }
}

/// An empty file that was made in a folder and removed again, with what could be learnt from it.
private struct Trial {
  private(set) var deletion: HostFacts.Deletion = .possible
  private(set) var clockSkew: ClosedRange<Duration>?
  /// The file's, as the server had it.
  private(set) var status: EntryStatus?

  init(
    in directory: DirectoryHandle, at path: String, fileSystem: any FileSystem, clock: () -> Timestamp,
    probes: ProbeLedger
  ) {
    // Names of other processes, on other hosts too, are kept apart by chance alone.
    let name = ".efs-purge-batch-probe-" + String(UInt64.random(in: 0 ... .max), radix: 36)
    guard probes.add("\(path)/\(name)") else {
      deletion = .unknown(errno: ErrnoName.of(.canceled))
      return
    }
    let before = clock()
    var failure: Errno?
    do throws(Errno) {
      let status = try directory.createFile(Array(name.utf8))
      clockSkew = Trial.skew(of: status.mtime, before, clock())
      self.status = status
    } catch {
      failure = error
    }
    // In any case: a call that failed, or that was repeated after a signal, may have made it all the same.
    let leftover = fileSystem.failureToRemove(Array(name.utf8), in: directory)
    let mayRemain = leftover != nil && failure.map(Trial.leavesOpenWhatWasMade) != false
    if !mayRemain { probes.remove("\(path)/\(name)") }
    if let failure {
      (deletion, clockSkew) = Trial.withoutFile(failure, in: directory, clock: clock)
      if case .unknown(let errno, _) = deletion, mayRemain { deletion = .unknown(errno: errno, probe: name) }
    } else if let leftover {
      deletion = .probeRemains(name: name, errno: ErrnoName.of(leftover))
    }
  }

  /// Whether the file may have been made though making it failed: a call that got no answer may have got through.
  private static func leavesOpenWhatWasMade(_ error: Errno) -> Bool {
    switch error {
    case .noSpace, .diskQuotaExceeded: false
    default: if case .unknown = deletion(after: error) { true } else { false }
    }
  }

  /// What a failure to make a file says of removals. Where there is no room for one, the folder's times are set instead, which
  /// needs the same permission.
  private static func withoutFile(
    _ error: Errno, in directory: DirectoryHandle, clock: () -> Timestamp
  ) -> (HostFacts.Deletion, ClosedRange<Duration>?) {
    guard error == .noSpace || error == .diskQuotaExceeded else { return (deletion(after: error), nil) }
    let before = clock()
    do throws(Errno) {
      let time = try directory.touch()
      return (.possible, skew(of: time, before, clock()))
    } catch {
      return (deletion(after: error), nil)
    }
  }

  private static func deletion(after error: Errno) -> HostFacts.Deletion {
    switch error {
    case .permissionDenied, .notPermitted, .readOnlyFileSystem: .refused(errno: ErrnoName.of(error))
    default: .unknown(errno: ErrnoName.of(error))
    }
  }

  /// The server's clock less ours, when it said `time` at some moment between `before` and `after`.
  private static func skew(of time: FileTime, _ before: Timestamp, _ after: Timestamp) -> ClosedRange<Duration> {
    // Times are rounded down: to the tick of a kernel's coarse clock, or to the seconds some file systems keep.
    let rounding: Duration = time.nanoseconds == 0 ? .seconds(1) : .milliseconds(10)
    let earliest = Timestamp(time).since(after)
    return earliest...max(earliest, Timestamp(time).since(before) + rounding)
  }
}

extension FileSystem {
  /// What kept a file from being removed; nil: it is gone.
  fileprivate func failureToRemove(_ name: [UInt8], in directory: DirectoryHandle) -> Errno? {
    var names = NameList()
    names.append(name)
    var failure: Errno?
    removeFiles(0..<1, of: names, in: directory, clearance: { _ in .granted }, decide: { _, _ in true }) {
      _, result, _ in
      if case .failed(let error) = result { failure = error }
    }
    return failure
  }
}
