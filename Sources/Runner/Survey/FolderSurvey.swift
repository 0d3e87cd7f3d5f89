import Kernel
import Plan
import SystemPackage

/// Looks at one open folder, and tries in it what a run would do.
struct FolderSurvey {
  private let directory: DirectoryHandle
  private let fileSystem: any FileSystem
  private let clock: @Sendable () -> Timestamp

  init(_ directory: DirectoryHandle, fileSystem: any FileSystem, clock: @escaping @Sendable () -> Timestamp) {
    (self.directory, self.fileSystem, self.clock) = (directory, fileSystem, clock)
  }

  /// - Parameter component: the last one of the folder's path.
  func state(component: Int) -> HostFacts.State {
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

  private func facts(_ itself: EntryStatus) -> HostFacts.Directory {
    let trial = Trial(in: directory, clock: clock)
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

  init(in directory: DirectoryHandle, clock: () -> Timestamp) {
    // Names of other processes, on other hosts too, are kept apart by chance alone.
    let name = ".efs-purge-batch-probe-" + String(UInt64.random(in: 0 ... .max), radix: 36)
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
    let leftover = Trial.removal(of: name, in: directory)
    if let failure {
      (deletion, clockSkew) = Trial.withoutFile(failure, in: directory, clock: clock)
    } else if let leftover {
      deletion = .probeRemains(name: name, errno: ErrnoName.of(leftover))
    }
  }

  /// What kept the file from being removed; nil: it is gone.
  private static func removal(of name: String, in directory: DirectoryHandle) -> Errno? {
    do throws(Errno) {
      try directory.removeFile(Array(name.utf8))
      return nil
    } catch {
      return error.meansVanished ? nil : error
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
